/**
 * The server's parent: a small shell in a session of its own that holds a pipe to the runner. It makes the cluster's folder,
 * starts the server, and when the pipe closes (the runner ended it, or died, however it died) stops the server and removes
 * the folder. From the first file to the last, nothing of a cluster exists without a watchdog.
 */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { serverProcessEnvironment, spawnIds, type ServerUser } from './server-user.ts';

/**
 * A background command of a shell reads /dev/null, so descriptor 3 keeps the pipe. Signals are ignored only after the server
 * has started, because a child inherits what is ignored. SIGQUIT is the immediate stop: nothing of a throw-away is worth a
 * checkpoint; SIGINT the one with a checkpoint, for a cluster that an execution needs again (`keep`) whose runner died without
 * a word: then the folder stays. The file `ended` keeps the reader from signalling a process id that the system may have given to another. A
 * message to a dead runner fails and must not end the shell before it has removed the folder. Should the shell itself be
 * killed, its reader still stops the server, and the folder is swept at the next start.
 */
const watchdogScript = `
exec 3<&0
umask 077
folder=$1
{
  { [ -z "$2" ] || { mkdir "$folder" && cp -R "$2/data" "$folder/data"; }; } &&
  printf '%s' "$3" >"$folder/data/postgresql.conf" &&
  printf '%s' "$4" >"$folder/data/pg_hba.conf" &&
  : >"$folder/data/postgresql.auto.conf" &&
  : >"$folder/data/pg_ident.conf" &&
  rm -f "$folder/ended" "$folder/data/postmaster.pid" "$folder/data/standby.signal" "$folder/data/recovery.signal"
} 2>&1 || { [ -e "$folder/keep" ] || rm -rf "$folder"; exit 1; }
shift 4
"$@" </dev/null >>"$folder/log" 2>&1 3<&- &
server=$!
trap '' INT HUP TERM QUIT PIPE
(
  word=
  read -r word <&3
  [ "$word" != end ] || rm -f "$folder/keep"
  if [ -e "$folder/keep" ]; then stop=INT; else stop=QUIT; fi
  tries=0
  until [ -e "$folder/ended" ] || ! kill -0 "$server"; do
    case $tries in 0) kill -$stop "$server" ;; 500) kill -KILL "$server" ;; esac
    tries=$((tries + 1))
    sleep 0.02
  done
) >/dev/null 2>&1 &
reader=$!
wait "$server"
echo >"$folder/ended"
echo "the server ended" 2>/dev/null
wait "$reader"
[ -e "$folder/keep" ] || rm -rf "$folder"
`;

/** What the watchdog makes and starts. */
export interface WatchedCluster {
  /** Made by the watchdog, and removed by it. */
  readonly folder: string;
  /** A folder with an initialised `data`, of which the folder is made; absent for a folder that is there. */
  readonly template?: string;
  /** The whole text of postgresql.conf and of pg_hba.conf. */
  readonly configuration: string;
  readonly accessRules: string;
  /** An absolute program and its arguments. */
  readonly command: readonly string[];
}

export interface Watchdog {
  /** Resolves when the server has ended or was never started, for whatever reason, with what the watchdog said about it. */
  readonly serverExited: Promise<string>;
  /** Closes the pipe and resolves when the server is gone and its folder removed, or when the shell itself is gone. */
  readonly close: () => Promise<void>;
  /** The same, but a folder that is kept stays, as if this process had been killed. */
  readonly leave: () => Promise<void>;
}

/** Starts a cluster as the server's user under a watchdog of its own. */
export function startWatchdog(user: ServerUser, cluster: WatchedCluster): Promise<Watchdog> {
  const { folder, template, configuration, accessRules, command } = cluster;
  const child = spawn('/bin/sh', ['-c', watchdogScript, 'proofplan-watchdog', folder, template ?? '', configuration, accessRules, ...command], {
    ...spawnIds(user),
    cwd: '/',
    env: serverProcessEnvironment,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // Where there is no descriptor left, the child has no streams, and says so in an `error` event alone.
  if ((child.stdio as unknown) === undefined) return new Promise((_, reject) => child.once('error', reject));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let said = '';
  const serverExited = new Promise<string>((resolve) => {
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString('utf8');
      if (said.includes('the server ended')) resolve(said);
    });
    void gone.then(() => resolve(said));
  });
  // A watchdog that somebody killed breaks the pipe; `close` then finds it gone.
  child.stdin.on('error', () => undefined);
  // A runner that forgets to close still ends: nothing here keeps it alive.
  for (const handle of [child, child.stdin as Socket, child.stdout as Socket]) handle.unref();
  const end = async (word: string): Promise<void> => {
    child.ref();
    (child.stdout as Socket).ref();
    child.stdin.end(word);
    await gone;
  };
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve({ serverExited, close: () => end('end\n'), leave: () => end('') }));
  });
}
