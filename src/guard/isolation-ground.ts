// What of this machine a sandbox must not have: found once for an execution, and sockets again for each step.
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { homeFolder } from './home-folder.ts';
import { isInside, type Treatment } from './isolation-plan.ts';

/** The paths of one execution, absolute. Those that are not there are left out. */
export interface Ground {
  /** Steps work in it. */
  readonly workspace: string;
  readonly workspaceWritable: boolean;
  /** The output folder: ledger, journals, evidence. */
  readonly record: string;
  /** Plan, addendum, configuration, and the runner's own programs. */
  readonly protectedPaths: readonly string[];
  /** The runner's state: what servers of its own are made of. */
  readonly privateFolders: readonly string[];
  /** Is there a gateway that must be the only way to its server? */
  readonly guarded: boolean;
}

/** In the output folder, where that is the workspace itself or lies around it. */
const recordParts = ['ledger.jsonl', 'executions', 'latest'];
/** A server that was started by hand stands there with its password. */
const serverNote = 'server.json';
/** The embedded server's, where the state folder is not its user's (see the environment's `server-user`). */
const serverFolder = /^proofplan-.+-(?:clusters|templates|packages?)-[0-9a-f]{12}$/;
/** Of the user's own home, where programs look for another way to a database (libpq, "The Password File" and "The Connection Service File"). */
const credentialFiles = ['.pgpass', '.pg_service.conf'];
/** Sockets of those who start a program for another process, outside of any sandbox of that process. */
const launcherSocket = /\/(?:systemd\/private|dbus\/system_bus_socket|user\/\d+\/bus)$/;
const databaseSocket = /\/\.s\.PGSQL\.\d+$/;
/** Character devices that programs compute with. */
const computingDevice = /^(?:dri|kfd|kvm|nvidia.*)$/;

/** How each path is treated inside. */
export function treatGround(ground: Ground): ReadonlyMap<string, Treatment> {
  const treatments = new Map<string, Treatment>();
  const treat = (path: string, treatment: Treatment): void => {
    const real = realPathOf(path);
    if (real !== undefined && real !== '/') treatments.set(real, treatment);
  };
  for (const folder of [...ground.privateFolders, ...serverFolders()]) treat(folder, 'empty folder');
  if (ground.guarded) for (const name of credentialFiles) treat(join(homeFolder(), name), 'empty file');
  treat(ground.workspace, ground.workspaceWritable ? 'same' : 'read-only');
  for (const path of ground.protectedPaths) if (isWithinReach(path)) treat(path, 'read-only');
  const [record, workspace] = [realPathOf(ground.record), realPathOf(ground.workspace)];
  if (record !== undefined && (record === workspace || (workspace !== undefined && isInside(workspace, record)))) {
    for (const part of recordParts) treat(join(record, part), 'read-only');
  } else treat(ground.record, 'read-only');
  treat(join(ground.record, serverNote), 'empty file');
  return treatments;
}

/** Sockets that are closed to a step: those that lead round the guard, or all without a network. `kept`: the gateway's. */
export function socketsToClose(options: { readonly all: boolean; readonly guarded: boolean; readonly kept: string | undefined }): readonly string[] {
  return boundSockets().filter((path) => {
    if (path === options.kept) return false;
    return options.all || launcherSocket.test(path) || (options.guarded && databaseSocket.test(path));
  });
}

export function computingDevices(): readonly string[] {
  return listOf('/dev')
    .filter((name) => computingDevice.test(name))
    .map((name) => join('/dev', name));
}

/** The paths of all Unix sockets that somebody listens at (proc_net(5)); links resolved. */
function boundSockets(): readonly string[] {
  const table = attempt(() => readFileSync('/proc/net/unix', 'utf8')) ?? '';
  const paths = table.split('\n').flatMap((line) => /^\S+ \S+ \S+ \S+ \S+ \S+ +\d+ (\/.+)$/.exec(line)?.[1] ?? []);
  return [...new Set(paths)].flatMap((path) => (attempt(() => statSync(path).isSocket()) === true ? (realPathOf(path) ?? []) : []));
}

/** Those that a step could look into, and find something: each mount makes every step slower. */
function serverFolders(): readonly string[] {
  const named = [...new Set([tmpdir(), '/tmp', '/var/tmp'])].flatMap((folder) =>
    listOf(folder)
      .filter((name) => serverFolder.test(name))
      .map((name) => join(folder, name)),
  );
  return named.filter((folder) => listOf(folder).length > 0);
}

/** Can kernel settings be written by their files? A container mounts them read-only itself. */
export function isSystemWritable(): boolean {
  const mounts = attempt(() => readFileSync('/proc/self/mounts', 'utf8'))?.split('\n') ?? ['sysfs /sys sysfs rw'];
  return mounts.some((line) => / \/sys(?:\/\S*)? \S+ rw\b/.test(line));
}

/** What nobody of ours can change needs no protection: a mount costs a fraction of a millisecond in every step. */
function isWithinReach(path: string): boolean {
  const real = realPathOf(path);
  return real !== undefined && [real, dirname(real)].some((each) => attempt(() => accessSync(each, constants.W_OK) ?? true) === true);
}

/** A mount goes where a link leads, and where that is, bubblewrap does not ask. */
function realPathOf(path: string): string | undefined {
  return existsSync(path) ? attempt(() => realpathSync.native(path)) : undefined;
}

function listOf(folder: string): readonly string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
