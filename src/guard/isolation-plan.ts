// What a sandbox is made of, as options of bubblewrap. Pure: which paths there are is found elsewhere.
//
// The file system stays the one outside, under the same names: a private /tmp would hide what one step leaves for the next, and
// what the witnesses of the SQLite fallback look for. Only what is the runner's is taken away, or cannot be written.
import { sep } from 'node:path';
import type { ProgramCall, SandboxedCall } from '../model/contract.ts';
import type { IsolationLevel } from '../model/policy.ts';
import { keeperOf, type Relay } from './isolation-keeper.ts';

/** What a path is inside: an empty folder, an empty file, the same but not to be written, or plainly the same. */
export type Treatment = 'empty folder' | 'empty file' | 'read-only' | 'same';

export interface IsolationPlan {
  readonly level: Exclude<IsolationLevel, 'none'>;
  /** Absolute: bubblewrap, and the bash that keeps the sandbox. */
  readonly program: string;
  readonly bash: string;
  /** Does the runner run as root? Then rights are taken away one by one; else a user namespace takes all of them. */
  readonly root: boolean;
  /** Absolute, links resolved, and there. `same` counts inside of what is treated otherwise. */
  readonly treatments: ReadonlyMap<string, Treatment>;
  /** Devices beside the harmless ones that root's sandbox keeps. */
  readonly devices: readonly string[];
  /** Can root write kernel settings by the files of /sys? */
  readonly systemWritable: boolean;
  readonly relay?: Relay;
}

/**
 * What root keeps: what a container of root's usually has (capabilities(7)). Without SYS_ADMIN nothing can be unmounted, without
 * SYS_PTRACE and DAC_READ_SEARCH nothing outside reached by its number, without MKNOD no disk.
 */
const keptCapabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'AUDIT_WRITE',
  'SYS_CHROOT',
];

/**
 * By these root gives the kernel orders without any privilege, such as which program is to run when another one crashes
 * (`core_pattern`, core(5)): outside, as root. bubblewrap takes `/proc/sys` for read-only, because the folder itself is.
 */
const kernelFiles = ['/proc/sys', '/proc/sysrq-trigger', '/proc/fs', '/proc/scsi', '/proc/acpi'];

/** The program's call inside a sandbox. Options go by a descriptor: values of variables must not stand on a command line. */
export function isolate(plan: IsolationPlan, call: ProgramCall): SandboxedCall {
  const keeper = keeperOf(plan.relay);
  return {
    program: plan.program,
    arguments: ['--args', '4', '--', plan.bash, '--noprofile', '--norc', '-p', '-c', ...keeper.arguments, call.program, ...call.arguments],
    options: isolationOptions(plan, call)
      .map((option) => `${option}\0`)
      .join(''),
    keepers: keeper.processes,
  };
}

/** Everything that stands before the program; bubblewrap carries it out in this order. */
export function isolationOptions(plan: IsolationPlan, call: Pick<ProgramCall, 'workingDirectory' | 'environment'>): readonly string[] {
  return [
    ...['--unshare-pid', '--unshare-ipc', '--die-with-parent', '--as-pid-1'],
    ...(plan.level === 'network' ? ['--unshare-net'] : []),
    ...(plan.root ? rootOptions(plan) : ['--unshare-user', '--dev-bind', '/', '/']),
    ...['--proc', '/proc'],
    ...(plan.root ? kernelFiles.flatMap((path) => ['--ro-bind-try', path, path]) : []),
    ...treatmentOptions(plan.treatments),
    ...['--chdir', call.workingDirectory],
    ...Object.entries(call.environment).flatMap(([name, text]) => ['--setenv', name, text]),
  ];
}

/** Root may write to disks and kernel settings by their files: those are not there. */
function rootOptions({ devices, systemWritable }: IsolationPlan): readonly string[] {
  return [
    ...['--cap-drop', 'ALL', ...keptCapabilities.flatMap((name) => ['--cap-add', `CAP_${name}`])],
    ...['--bind', '/', '/', '--dev', '/dev', '--bind', '/dev/shm', '/dev/shm'],
    ...devices.flatMap((path) => ['--dev-bind', path, path]),
    ...['--remount-ro', '/dev'],
    ...(systemWritable ? ['--ro-bind', '/sys', '/sys'] : []),
  ];
}

/** Outer paths first, so that what lies inside counts; an empty folder is closed when everything in it has its place. */
function treatmentOptions(treatments: ReadonlyMap<string, Treatment>): readonly string[] {
  const ordered = [...treatments].sort(([a], [b]) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
  const options = ordered.flatMap(([path, treatment]) => {
    switch (treatment) {
      case 'empty folder':
        return ['--tmpfs', path];
      case 'empty file':
        return ['--ro-bind', '/dev/null', path];
      case 'read-only':
        return treatmentAround(path, treatments) === 'read-only' ? [] : ['--ro-bind', path, path];
      case 'same':
        return treatmentAround(path, treatments) === 'same' ? [] : ['--bind', path, path];
    }
  });
  const closed = ordered.filter(([, treatment]) => treatment === 'empty folder').flatMap(([path]) => ['--remount-ro', path]);
  return [...options, ...closed];
}

/** Of the nearest treated path around this one. */
function treatmentAround(path: string, treatments: ReadonlyMap<string, Treatment>): Treatment {
  let nearest: readonly [string, Treatment] = ['', 'same'];
  for (const entry of treatments) if (isInside(path, entry[0]) && entry[0].length > nearest[0].length) nearest = entry;
  return nearest[1];
}

/** Below `folder`, and not the folder itself. */
export function isInside(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function depthOf(path: string): number {
  return path.split(sep).length;
}
