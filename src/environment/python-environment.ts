/**
 * The virtual environment that an environment's commands need: exactly the pinned requirements, every one with its hash. Built
 * in place (a virtual environment cannot be moved) under a lock; a stamp written last makes it trusted.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import type { PythonRequirement } from '../model/environment.ts';
import { acquireLock, type FileLock } from './file-lock.ts';
import { cannot, lastLines } from './finding.ts';
import { askPython, findPython, isAtLeast, pythonEnvironment, type ProcessEnvironment, type PythonProgram } from './python-program.ts';
import { runTethered, type CommandEnd } from './tethered-command.ts';

export interface PythonContext {
  readonly workspace: string;
  readonly processEnvironment: ProcessEnvironment;
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for another execution that builds the same folder. */
  readonly lockTimeoutMs?: number;
}

export interface PythonEnvironment {
  /** Absolute; its `bin` is what belongs on a PATH. */
  readonly folder: string;
  readonly version: string;
  /** False when the one from before was good. */
  readonly built: boolean;
}

/** What a stamp holds; `complete` is false while it is being built, so that what is left of a broken build is known as ours. */
interface Stamp {
  readonly requirementsSha256: string;
  readonly python: string;
  readonly complete: boolean;
  /** Where it was built: its programs name their interpreter by it. */
  readonly folder: string;
}

const stampName = 'proofplan-stamp.json';

/** Makes the virtual environment, or finds it made. Never throws; a folder that somebody else made is never touched. */
export async function preparePython(requirement: PythonRequirement, context: PythonContext): Promise<Checked<PythonEnvironment>> {
  // By its own name: a link to the workspace may be gone when its programs are called.
  const workspace = await realpath(context.workspace).catch(() => context.workspace);
  const folder = resolve(workspace, requirement.virtualEnvironment);
  const requirements = resolve(context.workspace, requirement.requirements);
  let digest: string;
  try {
    digest = createHash('sha256')
      .update(await readFile(requirements))
      .digest('hex');
  } catch (thrown) {
    return cannot('environment/requirements-missing', `the Python requirements \`${requirement.requirements}\` cannot be read`, {
      notes: [messageOf(thrown)],
      help: "correct `requirements` in the environment's `python`; its path starts at the workspace",
    });
  }
  const ready = await readyFolder(folder, digest, requirement, context);
  if (ready !== undefined) return { value: ready, diagnostics: [] };
  let lock: FileLock | undefined;
  try {
    await mkdir(dirname(folder), { recursive: true });
    lock = await acquireLock(`${folder}.lock`, {
      timeoutMs: context.lockTimeoutMs ?? 600_000,
      waiting: () => context.progress?.('waiting for another execution that installs Python packages'),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
  } catch (thrown) {
    return unwritable(folder, thrown);
  }
  if (lock === undefined) {
    return cannot('environment/python-busy', `another execution has been building \`${folder}\` for too long`, {
      help: `wait for it, or remove \`${folder}.lock\` when nothing builds there`,
    });
  }
  try {
    // Whoever held the lock may have built just this.
    const made = await readyFolder(folder, digest, requirement, context);
    return made === undefined ? await build(folder, digest, requirement, requirements, lock, context) : { value: made, diagnostics: [] };
  } finally {
    await lock.release();
  }
}

/** The virtual environment that is there, if its stamp fits and its Python still runs (a system upgrade can take it away). */
async function readyFolder(folder: string, digest: string, requirement: PythonRequirement, context: PythonContext): Promise<PythonEnvironment | undefined> {
  const stamp = await readStamp(folder);
  if (stamp === undefined || !stamp.complete || stamp.requirementsSha256 !== digest || stamp.folder !== folder || !isAtLeast(stamp.python, requirement.minimum))
    return undefined;
  const python = await askPython(join(folder, 'bin', 'python'), context.processEnvironment);
  return python?.version === stamp.python ? { folder, version: stamp.python, built: false } : undefined;
}

async function build(
  folder: string,
  digest: string,
  requirement: PythonRequirement,
  requirements: string,
  lock: FileLock,
  context: PythonContext,
): Promise<Checked<PythonEnvironment>> {
  const found = await findPython(requirement.minimum, context.processEnvironment);
  const python = found.value;
  if (python === undefined) return { value: undefined, diagnostics: found.diagnostics };
  if (await isForeign(folder)) {
    return cannot('environment/python-folder-foreign', `\`${folder}\` was not made by this tool, so it is left as it is`, {
      help: 'remove it, or name another folder as `virtualEnvironment`',
    });
  }
  const stamp: Stamp = { requirementsSha256: digest, python: python.version, complete: false, folder };
  try {
    await mkdir(folder, { recursive: true });
    await writeStamp(folder, stamp);
    await emptyFolder(folder);
    // The workspace may be watched for changes: what is made here is not part of it.
    await writeFile(join(folder, '.gitignore'), '*\n');
    const problem = await fill(folder, python, requirement, requirements, context);
    if (problem === undefined && (await lock.held())) {
      await writeStamp(folder, { ...stamp, complete: true });
      return { value: { folder, version: python.version, built: true }, diagnostics: [] };
    }
    if (problem === undefined) {
      return cannot('environment/python-busy', `another execution took \`${folder}\` over while it was built`, { help: 'start again when it has ended' });
    }
    await emptyFolder(folder);
    await rm(folder, { recursive: true });
    return problem;
  } catch (thrown) {
    return unwritable(folder, thrown);
  }
}

/** Makes the virtual environment and installs the packages; the problem, if there is one. */
async function fill(
  folder: string,
  python: PythonProgram,
  requirement: PythonRequirement,
  requirements: string,
  context: PythonContext,
): Promise<Checked<never> | undefined> {
  context.progress?.(`making a virtual environment with Python ${python.version}`);
  const venv = await runPython(python.path, ['-m', 'venv', folder], context);
  if (venv.exitCode !== 0) return venvFailed(python, venv);
  context.progress?.('installing Python packages');
  const options = ['--require-hashes', '--no-input', '--disable-pip-version-check', '--no-warn-script-location'];
  const pip = await runPython(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...options, '-r', requirements], context);
  if (pip.exitCode === 0) return undefined;
  return cannot('environment/python-packages', `the packages of \`${requirement.requirements}\` cannot be installed`, {
    notes: lastLines(pip.problem ?? pip.tail),
    help: packagesHelp(pip.tail),
  });
}

/** There is something, and it has no stamp of ours. */
async function isForeign(folder: string): Promise<boolean> {
  const status = await lstat(folder).catch(() => undefined);
  if (status === undefined) return false;
  return !status.isDirectory() || ((await readdir(folder)).length > 0 && (await readStamp(folder)) === undefined);
}

/** All but the stamp: should we be killed here, what is left is still known as ours. */
async function emptyFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (entry !== stampName) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

async function readStamp(folder: string): Promise<Stamp | undefined> {
  try {
    const stamp = JSON.parse(await readFile(join(folder, stampName), 'utf8')) as Partial<Stamp>;
    const { requirementsSha256, python, complete, folder: builtAs = '' } = stamp;
    return typeof requirementsSha256 === 'string' && typeof python === 'string' && typeof complete === 'boolean'
      ? { requirementsSha256, python, complete, folder: builtAs }
      : undefined;
  } catch {
    return undefined;
  }
}

function writeStamp(folder: string, stamp: Stamp): Promise<void> {
  return writeFile(join(folder, stampName), `${JSON.stringify(stamp)}\n`);
}

function runPython(python: string, parameters: readonly string[], context: PythonContext): Promise<CommandEnd> {
  return runTethered(python, parameters, {
    workingDirectory: context.workspace,
    environment: pythonEnvironment(context.processEnvironment),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
}

function venvFailed(python: PythonProgram, end: CommandEnd): Checked<never> {
  const output = end.problem ?? end.tail;
  const lacking = /ensurepip is not available|No module named '?(venv|ensurepip)/.test(output);
  if (!lacking) return cannot('environment/no-venv', `\`${python.path} -m venv\` failed`, { notes: lastLines(output) });
  const named = /apt(?:-get)? install (\S+)/.exec(output)?.[1] ?? 'python3-venv';
  return cannot('environment/no-venv', `\`${python.path}\` (Python ${python.version}) has no \`venv\` module that brings pip`, {
    notes: lastLines(output, 4),
    help: `install it; on Debian and Ubuntu: \`apt install ${named}\``,
  });
}

function packagesHelp(output: string): string {
  if (/DO NOT MATCH THE HASHES|require-hashes mode|must have their versions pinned/.test(output))
    return 'pin every requirement with `==` and `--hash`, for instance by `pip-compile --generate-hashes`';
  if (/No matching distribution|is not a supported wheel|Requires-Python/.test(output))
    return 'see that the registry has these versions for this Python; another registry is named in PIP_INDEX_URL';
  return 'see that the package registry can be reached; proxy and registry are named in HTTPS_PROXY and PIP_INDEX_URL';
}

function unwritable(folder: string, thrown: unknown): Checked<never> {
  return cannot('environment/python-folder-unwritable', `the virtual environment \`${folder}\` cannot be written`, {
    notes: [messageOf(thrown)],
    help: 'make its folder writable, or name another one as `virtualEnvironment`',
  });
}
