/** The questions of `doctor`, one function each: what is there, what is missing, and the one next action. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { findPostgres } from '../environment/postgres-binary.ts';
import { findProgram } from '../environment/program-path.ts';
import { findPython } from '../environment/python-program.ts';
import { findServerUser } from '../environment/server-user.ts';
import { probeIsolation } from '../guard/isolation-probe.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { EnvironmentConfig } from '../model/environment.ts';
import type { CommandContext } from './command-context.ts';
import { chooseEnvironment, configName, readConfig, type EnvironmentChoice } from './config-file.ts';
import { cacheFolder } from './folder.ts';

/** `missing` stands in the way of an execution; `limited` leaves something out that some plans or guards want. */
export interface DoctorCheck {
  readonly name: string;
  readonly state: 'ok' | 'limited' | 'missing';
  readonly fact: string;
  readonly help?: string;
}

const minimumPython = '3.9';

export function checkNode(version: string): DoctorCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  return supported ? ok('node', version) : { name: 'node', state: 'missing', fact: `${version} is not supported`, help: 'use Node 20.19, 22.12, 24 or later' };
}

/** Python is asked for by the environments that name it; a machine without one still runs other plans. */
export async function checkPython(context: CommandContext, environment: EnvironmentConfig | undefined): Promise<readonly DoctorCheck[]> {
  const state = environment?.python === undefined ? 'limited' : 'missing';
  const minimum = environment?.python?.minimum ?? minimumPython;
  const python = await findPython(minimum, context.environment);
  if (python.value === undefined) return [from('python', state, python)];
  const venv = spawnSync(python.value.path, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
  return [
    ok('python', `${python.value.version} (${python.value.path})`),
    venv
      ? ok('venv', 'virtual environments can be made')
      : {
          name: 'venv',
          state,
          fact: 'this Python has no venv or no ensurepip module',
          help: 'install it: on Debian and Ubuntu `apt-get install python3-venv`',
        },
  ];
}

/** The embedded server: one of the two sources is enough. */
export async function checkPostgres(context: CommandContext, environment: EnvironmentConfig | undefined): Promise<readonly DoctorCheck[]> {
  const user = await findServerUser();
  const needed = environment === undefined || environment.database.kind === 'embedded';
  if (user.value === undefined) return [from('postgres', needed ? 'missing' : 'limited', user)];
  const named = context.environment['PROOFPLAN_POSTGRES_BIN'];
  const search = { user: user.value, searchPath: context.environment['PATH'] ?? '', cacheFolder: cacheFolder(context) };
  const any = await findPostgres(named === undefined || named === '' ? search : { ...search, named });
  const sources = await Promise.all((['system', 'package'] as const).map(async (source) => ({ source, found: await findPostgres({ ...search, source }) })));
  return [
    any.value === undefined
      ? from('postgres', needed ? 'missing' : 'limited', any)
      : ok('postgres', `${any.value.version} (${any.value.folder}), started as ${user.value.name}`),
    ...sources.map(({ source, found }): DoctorCheck => {
      const name = `postgres of the ${source === 'system' ? 'system' : 'npm package'}`;
      if (found.value !== undefined) return ok(name, `${found.value.version} (${found.value.folder})`);
      return {
        name,
        state: 'limited',
        fact: found.diagnostics[0]?.notes?.[0] ?? 'none',
        ...(any.value === undefined ? {} : { help: 'nothing to do: the other source serves' }),
      };
    }),
  ];
}

export async function checkPrograms(context: CommandContext): Promise<readonly DoctorCheck[]> {
  const path = context.environment['PATH'] ?? '';
  const wanted = [
    { name: 'bash', program: 'bash', trial: ['--version'], state: 'missing', help: 'install bash: shell steps run in it' },
    { name: 'psql', program: 'psql', trial: ['--version'], state: 'limited', help: 'only plans that call psql need it: `apt-get install postgresql-client`' },
  ] as const;
  return Promise.all(
    wanted.map(async ({ name, program, trial, state, help }): Promise<DoctorCheck> => {
      const found = await findProgram(program, path);
      if (found === undefined) return { name, state, fact: 'not found on the PATH', help };
      const answer = spawnSync(found, trial, { encoding: 'utf8' });
      if (answer.status !== 0) return { name, state, fact: `${found} does not work here: ${answer.stderr.trim().split('\n')[0] ?? ''}`, help };
      return ok(name, found);
    }),
  );
}

/** By the trial that an execution makes, too: that the program is there says nothing. */
export async function checkIsolation(): Promise<DoctorCheck> {
  const { level, program, reason, help } = await probeIsolation();
  const fact = [program ?? reason ?? 'none', `isolation \`${level}\``, ...(program === undefined || reason === undefined ? [] : [reason])].join('; ');
  return level === 'network' ? ok('bubblewrap', fact) : { name: 'bubblewrap', state: 'limited', fact, ...(help === undefined ? {} : { help }) };
}

export async function checkRipgrep(): Promise<DoctorCheck> {
  const { rgPath } = await import('@vscode/ripgrep');
  const works = spawnSync(rgPath, ['--version'], { stdio: 'ignore' }).status === 0;
  return works ? ok('ripgrep', rgPath) : { name: 'ripgrep', state: 'missing', fact: `${rgPath} does not run`, help: 'install the packages again: `npm ci`' };
}

/** The configuration and the environment that a run would use; the environment is undefined where there is none. */
export async function checkConfig(
  choice: EnvironmentChoice,
  context: CommandContext,
): Promise<{ readonly check: DoctorCheck; readonly environment: EnvironmentConfig | undefined }> {
  const config = await readConfig(context.workingFolder, context);
  if (config.diagnostics.some(({ severity }) => severity !== 'warning')) return { check: from('configuration', 'missing', config), environment: undefined };
  const chosen = chooseEnvironment(config.value, choice, context);
  if (chosen.diagnostics.length > 0) return { check: from('configuration', 'missing', chosen), environment: undefined };
  if (config.value === undefined)
    return {
      check: { name: 'configuration', state: 'limited', fact: `no ${configName} here or above`, help: `plans with a database need one, or --database` },
      environment: chosen.value,
    };
  const names = config.value.environments.map(({ name }) => name).join(', ');
  if (chosen.value !== undefined && !isFolder(chosen.value.workspace))
    return {
      check: {
        name: 'configuration',
        state: 'missing',
        fact: `the workspace of ${chosen.value.name} is not a folder: ${chosen.value.workspace}`,
        help: `correct \`workspace\` in ${config.value.path}`,
      },
      environment: undefined,
    };
  return {
    check: ok('configuration', `${config.value.path}: ${names}${chosen.value === undefined ? '' : ` (here ${chosen.value.name})`}`),
    environment: chosen.value,
  };
}

/** Which plans of the environment `run --jobs` executes side by side. */
export function checkParallel(environment: EnvironmentConfig | undefined): DoctorCheck {
  const name = 'run --jobs';
  if (environment?.parallel === true) return ok(name, `plans of ${environment.name} are side by side: it says \`parallel: true\``);
  const inTurn =
    environment === undefined || environment.database.kind === 'embedded'
      ? 'plans that only read are side by side; those that run programs in one workspace are one after the other'
      : 'plans are one after the other: their database is the same';
  return ok(name, `${inTurn}, unless the environment says \`parallel: true\``);
}

/** Nothing is written to find out: the nearest folder that exists tells. */
export function checkOutput(out: string, context: CommandContext): DoctorCheck {
  let folder = resolve(context.workingFolder, out);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    if (!isFolder(folder)) return { name: 'output folder', state: 'missing', fact: `${folder} is not a folder`, help: 'pass another one with --out' };
    accessSync(folder, constants.W_OK | constants.X_OK);
    return ok('output folder', relative(context.workingFolder, resolve(context.workingFolder, out)) || '.');
  } catch {
    return { name: 'output folder', state: 'missing', fact: `${folder} cannot be written`, help: 'pass another one with --out' };
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

export function ok(name: string, fact: string): DoctorCheck {
  return { name, state: 'ok', fact };
}

/** What a floor below says about something that is not there, in one line. */
export function from(name: string, state: DoctorCheck['state'], { diagnostics }: Checked<unknown>): DoctorCheck {
  const [first] = diagnostics;
  return {
    name,
    state,
    fact: [first?.message ?? 'unknown', ...(first?.notes ?? []).slice(0, 3)].join('; '),
    ...(first?.help === undefined ? {} : { help: first.help }),
  };
}
