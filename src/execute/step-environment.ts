/**
 * The complete environment of a step's processes. A permitted list, because the environment can forge a pass: `SHELLOPTS`,
 * `BASH_ENV`, `LD_PRELOAD`, `PYTHONSTARTUP` or another PATH make a program do nothing, or something else. What the plan
 * does not say is not set either: no PYTHONUNBUFFERED, no PYTHONDONTWRITEBYTECODE.
 */
import { delimiter, join } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EnvironmentConfig } from '../model/environment.ts';

export const systemPath: readonly string[] = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * Never inherited, even where the configuration names them: they change what a shell or loader runs, or hold an address or
 * credential of the database, and the real address goes to no step.
 */
const neverInherited =
  /^(?:BASH_.*|BASHOPTS|SHELLOPTS|ENV|IFS|PS4|CDPATH|LD_.*|DYLD_.*|PG.*|DATABASE_URL|PYTHONSTARTUP|PYTHONHOME|NODE_OPTIONS|RIPGREP_CONFIG_PATH|PROOFPLAN_.*|PP_.*|PATH|HOME|TMPDIR)$/;

export interface StepEnvironmentOptions {
  readonly config: Pick<EnvironmentConfig, 'path' | 'inherit'> | undefined;
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  /** The runner's own programs: last on the PATH, so that nothing of the system or the project is hidden by them. */
  readonly toolFolders: readonly string[];
  /** The step's own; HOME is a folder in it. */
  readonly temporaryFolder: string;
  /** The door's address, for steps that run programs. */
  readonly databaseUrl?: string;
}

/**
 * HOME is private to the step: a shared one would let a step fake the next (Python loads `usercustomize` from it, psql
 * reads `.psqlrc` and `.pgpass`), and caches that tools keep there are no change of the workspace.
 */
export function stepEnvironment(options: StepEnvironmentOptions): Readonly<Record<string, string>> {
  const inherited = (options.config?.inherit ?? []).filter((name) => !neverInherited.test(name));
  return {
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    TERM: 'dumb',
    ...Object.fromEntries(inherited.flatMap((name) => (options.processEnvironment[name] === undefined ? [] : [[name, options.processEnvironment[name]]]))),
    PATH: [...(options.config?.path ?? []), ...systemPath, ...options.toolFolders].join(delimiter),
    HOME: homeFolder(options.temporaryFolder),
    TMPDIR: options.temporaryFolder,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
  };
}

export function homeFolder(temporaryFolder: string): string {
  return join(temporaryFolder, 'home');
}

/** A warning for each name of the configuration that is not inherited all the same. */
export function refusedInheritance(config: Pick<EnvironmentConfig, 'inherit' | 'name'>): readonly Diagnostic[] {
  return config.inherit
    .filter((name) => neverInherited.test(name))
    .map((name) => ({
      severity: 'warning',
      code: 'execute/variable-not-inherited',
      message: `\`${name}\`, which the environment \`${config.name}\` wants to inherit, is not given to any step`,
      notes: ['it could change what a command does, or hold an address or credential of the database'],
      help: `take \`${name}\` out of \`inherit\` in the configuration`,
    }));
}
