// What runs first in a sandbox, and is its process 1: bash, which starts the program and stays until nothing of it is left. As
// process 1 it cannot be ended from inside, and with it everything ends (pid_namespaces(7)).
//
// bubblewrap's own process 1 would end with the program, and with it a process substitution that has not written its last
// line. And it tells an exit code of 143 and the signal TERM alike: only bash's list of jobs does not.

/** Whoever started the runner may have left descriptors open, which nobody closes above the first gap (`<(…)` of a shell is 63). */
const closing = `for __proofplan_descriptor in /proc/self/fd/*; do
  __proofplan_descriptor=\${__proofplan_descriptor##*/}
  if ((__proofplan_descriptor > 5 && __proofplan_descriptor < 255)); then exec {__proofplan_descriptor}>&-; fi
done
`;

/**
 * The keeper's own outputs are not the step's, so that these end with the step, and that what bash says of a program that has
 * ended before anybody waits for it (then its list of jobs is empty) goes where the list goes and not among the step's own words. The program's environment is the keeper's:
 * LC_ALL is changed only for the words of `jobs`. With job control the program leads a group of its own, no signal is ignored in
 * it, and `wait` answers for a program that was merely stopped, too.
 */
const keeping = `set -m
trap 'jobs -l >&5' CHLD
echo started >&5
exec {__proofplan_out}>&1 {__proofplan_err}>&2 >/dev/null 2>&5
if [[ -v LC_ALL ]]; then
  __proofplan_locale=$LC_ALL
  LC_ALL=C
  LC_ALL=$__proofplan_locale "$@" >&"$__proofplan_out" 2>&"$__proofplan_err" {__proofplan_out}>&- {__proofplan_err}>&- 5>&- &
else
  LC_ALL=C
  "$@" >&"$__proofplan_out" 2>&"$__proofplan_err" {__proofplan_out}>&- {__proofplan_err}>&- 5>&- &
fi
__proofplan_program=$!
exec 3<&- {__proofplan_out}>&- {__proofplan_err}>&-
set +o posix
wait "$__proofplan_program"
__proofplan_status=$?
while [[ -d /proc/$__proofplan_program ]]; do
  read -r -t 0.015 _ <&5
  wait "$__proofplan_program"
  __proofplan_status=$?
done
__proofplan_others() {
  local folder
  for folder in /proc/[0-9]*; do
    ((\${folder#/proc/} > __proofplan_keepers)) && return 0
  done
  return 1
}
while __proofplan_others; do read -r -t 0.015 _ <&5; done
exit "$__proofplan_status"`;

/** Carries what comes to the gateway's own TCP address inside the sandbox to the gateway's Unix socket outside of it. */
const relay = `const net = require('node:net');
const [port, path] = process.argv.slice(1);
const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const gateway = net.connect({ path, allowHalfOpen: true });
  client.on('error', () => gateway.destroy()).on('close', () => gateway.destroy());
  gateway.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.pipe(gateway).pipe(client);
});
server.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 }, () => console.log('ready'));`;

/** Process 2: it must listen before the program starts. */
const relaying = `exec 6< <(exec 3<&- 5>&- 2>/dev/null; exec /usr/bin/env -i "$1" -e "$2" "$3" "$4")
read -r -t 30 -u 6 _ || exit 125
exec 6<&-
shift 4
`;

/** The way to the gateway out of a sandbox without a network. */
export interface Relay {
  /** Absolute: Node. */
  readonly node: string;
  /** The gateway's TCP port on 127.0.0.1, which is listened at inside. */
  readonly port: number;
  /** Its Unix socket. */
  readonly socket: string;
}

export interface Keeper {
  /** What comes behind the program and the arguments of bash. */
  readonly arguments: readonly string[];
  /** So many of the first process ids are the keeper's own. */
  readonly processes: number;
}

export function keeperOf(relayTo: Relay | undefined): Keeper {
  if (relayTo === undefined) return { arguments: [`__proofplan_keepers=1\n${closing}${keeping}`, 'proofplan'], processes: 1 };
  const { node, port, socket } = relayTo;
  return { arguments: [`__proofplan_keepers=2\n${closing}${relaying}${keeping}`, 'proofplan', node, relay, String(port), socket], processes: 2 };
}
