/** Finds a Python that is new enough. A shim (pyenv, asdf) costs a third of a second at each call, so the real program is what comes out. */
import { execa } from 'execa';
import type { Checked } from '../model/diagnostic.ts';
import { cannot } from './finding.ts';
import { findProgram, findPrograms } from './program-path.ts';

export interface PythonProgram {
  /** `sys.executable`: absolute, behind any shim. */
  readonly path: string;
  /** `3.11.7`. */
  readonly version: string;
}

/** The process environment, as far as its names go: an absent variable is undefined. */
export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

const question = 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)';

/** The first of `python3`, `python` and `python3.X` on the PATH that is at least `minimum` (`3.9`). */
export async function findPython(minimum: string, environment: ProcessEnvironment): Promise<Checked<PythonProgram>> {
  const searchPath = environment['PATH'] ?? '';
  const usual = await Promise.all(['python3', 'python'].map((name) => findProgram(name, searchPath)));
  const candidates = new Set([...usual.filter((path) => path !== undefined), ...(await findPrograms(/^python3\.\d+$/, searchPath))]);
  const seen: string[] = [];
  let tooOld = false;
  for (const candidate of candidates) {
    const answer = await askPython(candidate, environment);
    if (answer === undefined) {
      seen.push(`\`${candidate}\` does not run`);
    } else if (isAtLeast(answer.version, minimum)) {
      return { value: answer, diagnostics: [] };
    } else {
      tooOld = true;
      seen.push(`\`${candidate}\` is Python ${answer.version}`);
    }
  }
  const help = `install Python ${minimum} or later, so that \`python3\` on the PATH is it`;
  return tooOld
    ? cannot('environment/python-too-old', `every Python on the PATH is older than ${minimum}, which this environment needs`, { notes: seen, help })
    : cannot('environment/no-python', `no Python on the PATH, and this environment needs ${minimum} or later`, {
        ...(seen.length > 0 ? { notes: seen } : {}),
        help,
      });
}

/** Version and real path of a Python; undefined when it does not run. */
export async function askPython(path: string, environment: ProcessEnvironment): Promise<PythonProgram | undefined> {
  const result = await execa(path, ['-c', question], {
    env: pythonEnvironment(environment),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 30_000,
  });
  const [version, executable] = result.stdout.split('\n').map((line) => line.trim());
  if (result.exitCode !== 0 || version === undefined || !/^\d+\.\d+\.\d+$/.test(version) || !executable) return undefined;
  return { path: executable, version };
}

/**
 * The environment for Python's own tools: the caller's, because the registry, its proxy and its certificates stand there, but
 * nothing that would load other code or install to another place.
 */
export function pythonEnvironment(environment: ProcessEnvironment): Record<string, string> {
  const harmful =
    /^(PYTHON(PATH|HOME|STARTUP|USERBASE|NOUSERSITE|EXECUTABLE|PLATLIBDIR|PYCACHEPREFIX|OPTIMIZE)|VIRTUAL_ENV|__PYVENV_LAUNCHER__|PIP_(TARGET|PREFIX|ROOT|USER|REQUIREMENT|CONSTRAINT|EDITABLE|NO_DEPS|DRY_RUN|REQUIRE_VIRTUALENV|PYTHON|SRC|LOG|QUIET))$/;
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && !harmful.test(entry[0])));
}

/** Compares dotted numbers part by part. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, part] of (need ?? []).entries()) {
    const own = have?.[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
