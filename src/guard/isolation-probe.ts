// Which level this machine reaches, found by a real trial: kernels, containers and distributions forbid parts of it in many ways.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readlinkSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../model/diagnostic.ts';
import type { CanaryResult, SandboxedCall } from '../model/contract.ts';
import type { IsolationLevel } from '../model/policy.ts';
import { isolate, type IsolationPlan, type Treatment } from './isolation-plan.ts';

/** What can be had here. `reason` and `help` say why it is not more. */
export interface IsolationSupport {
  readonly level: IsolationLevel;
  /** Absent with the level `none`. */
  readonly program?: string;
  readonly bash?: string;
  readonly reason?: string;
  readonly help?: string;
}

/** Never by PATH: a planted one would be no sandbox. */
const programPlaces = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap', '/run/current-system/sw/bin/bwrap'];
const bashPlaces = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/run/current-system/sw/bin/bash'];
const trialTimeoutMs = 10_000;
/** SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_BOOT, MKNOD, DAC_READ_SEARCH (capability.h). */
const escaping = [16n, 17n, 19n, 21n, 22n, 27n, 2n].reduce((mask, bit) => mask | (1n << bit), 0n);

let probed: Promise<IsolationSupport> | undefined;

/** Tries it once in the life of this process. Never rejects. */
export function probeIsolation(): Promise<IsolationSupport> {
  return (probed ??= probe());
}

async function probe(): Promise<IsolationSupport> {
  if (process.platform !== 'linux') return none(`there is no bubblewrap for ${process.platform}`, 'execute the plan on Linux');
  const program = programPlaces.find(isExecutable);
  const bash = bashPlaces.find(isExecutable);
  if (program === undefined || bash === undefined)
    return none('bubblewrap (`bwrap`) is not installed', 'install it with the system: `apt-get install bubblewrap`');
  if (!existsSync(`/proc/${process.pid}/task/${process.pid}/children`))
    return none('this kernel does not list the children of a process', 'use a kernel with CONFIG_PROC_CHILDREN');
  const plan = { program, bash, root: process.getuid?.() === 0, treatments: new Map<string, Treatment>(), devices: [], systemWritable: true };
  const process_ = await tryLevel({ ...plan, level: 'process' });
  if (process_ !== undefined) return none(`bubblewrap does not work here: ${process_}`, remedy(process_));
  const network = await tryLevel({ ...plan, level: 'network' });
  if (network !== undefined) return { level: 'process', program, bash, reason: `no network of its own: ${network}`, help: remedy(network) };
  return { level: 'network', program, bash };
}

function none(reason: string, help: string): IsolationSupport {
  return { level: 'none', reason, help };
}

/** What keeps bubblewrap from working, from the words that it says it in. */
function remedy(reason: string): string {
  if (/user namespace|uid map|setting up uid/i.test(reason))
    return 'let ordinary users make user namespaces (`sysctl kernel.unprivileged_userns_clone=1`, or an AppArmor profile for bwrap)';
  if (/nesting depth|max_.*namespaces/.test(reason))
    return 'let this user make namespaces (`sysctl user.max_user_namespaces=1000`), or start it outside of another sandbox';
  if (/mount proc|newroot\/proc/i.test(reason)) return 'start the container so that it may mount /proc (`--security-opt systempaths=unconfined`)';
  return 'start the container with the right to make namespaces (`--cap-add SYS_ADMIN --security-opt seccomp=unconfined`)';
}

/** Undefined where the level is what it should be; otherwise what is not. */
async function tryLevel(plan: IsolationPlan): Promise<string | undefined> {
  const question =
    'readlink /proc/self/ns/pid; readlink /proc/self/ns/net; printf "%s " /proc/[0-9]*; echo; while read -r line; do echo "$line"; done </proc/self/status';
  const answer = await ask(plan, question);
  if (typeof answer === 'string') return answer;
  const [processes = '', network = '', seen = ''] = answer.lines;
  const field = (name: string): string =>
    answer.lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? '';
  if (processes === namespaceOf('pid') || processes === '') return 'processes are not kept apart';
  if (seen.trim().split(' ').length > 4) return 'other processes can be seen in /proc';
  if (field('NoNewPrivs') !== '1') return 'new privileges can be had';
  if ((BigInt(`0x${field('CapEff') || 'f'.repeat(16)}`) & escaping) !== 0n) return 'privileges that lead out of a sandbox are kept';
  if (plan.level === 'network' && (network === namespaceOf('net') || network === '')) return 'the network is not kept apart';
  return undefined;
}

function namespaceOf(kind: string): string {
  return readlinkSync(`/proc/self/ns/${kind}`);
}

/** The runner itself tries to write into what is not to be written, and to see what is hidden. */
export async function tryIsolation(plan: IsolationPlan): Promise<CanaryResult> {
  const name = `write into the record from isolation ${plan.level}`;
  const paths = (wanted: Treatment): readonly string[] => [...plan.treatments].filter(([, treatment]) => treatment === wanted).map(([path]) => path);
  const question =
    'for path in "$@"; do [[ ! -w $path ]] || echo "can be written: $path"; done; [[ ! -e /proc/$0 || $0 -lt 9 ]] || echo "the runner can be seen"; echo done';
  const answer = await ask({ ...plan, treatments: plan.treatments }, question, [
    String(process.pid),
    ...paths('read-only'),
    ...paths('empty folder'),
    '/proc/sys/kernel/core_pattern',
  ]);
  if (typeof answer === 'string') return { name, layer: 'isolation', refused: false, detail: answer };
  const found = answer.lines.filter((line) => line !== '' && line !== 'done');
  const whole = answer.lines.includes('done');
  const refused = whole && found.length === 0;
  return { name, layer: 'isolation', refused, detail: refused ? 'none of it can be written, and the runner is not seen' : found.join('; ') || 'no answer' };
}

/** The lines that bash printed in the sandbox, or why there are none. */
function ask(plan: IsolationPlan, script: string, parameters: readonly string[] = ['proofplan']): Promise<{ readonly lines: readonly string[] } | string> {
  const { relay: _, ...unrelayed } = plan;
  const call = isolate(unrelayed, {
    program: plan.bash,
    arguments: ['--noprofile', '--norc', '-p', '-c', script, ...parameters],
    workingDirectory: '/',
    environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return new Promise((resolve) => start(call, resolve));
}

function start(call: SandboxedCall, answer: (said: { readonly lines: readonly string[] } | string) => void): void {
  try {
    const child = spawn(call.program, call.arguments, { cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'pipe', 'pipe'] });
    // First of all: where there is no descriptor left, the child has no streams, and says so in an `error` event alone.
    child.once('error', (error) => answer(error.message));
    if ((child.stdio as unknown) === undefined) return;
    const said = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => void (said.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => void (said.stderr += text));
    // (The types of Node know five descriptors.)
    const [, , , , options, report] = child.stdio as unknown as readonly [null, Readable, Readable, null, Writable, Readable];
    report.on('error', () => undefined).resume();
    options.on('error', () => undefined);
    options.end(call.options);
    const timer = setTimeout(() => child.kill('SIGKILL'), trialTimeoutMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      answer(code === 0 ? { lines: said.stdout.split('\n') } : (said.stderr.trim().split('\n')[0] ?? '').replace(/^bwrap: /, '') || `it ended with ${code}`);
    });
  } catch (error) {
    answer(messageOf(error));
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
