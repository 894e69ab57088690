import module from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { homeFolder } from '../guard/home-folder.ts';

/** A V8 that does not know a flag says so on standard error, so a version that nobody has tried is given none. */
const newestTried = 26;

/**
 * Reading a plan tries hundreds of regular expressions. V8 would compile each of them twice, to bytecode for its first use and to
 * machine code for its second; told to do the latter at once, `check` takes a third less time.
 *
 * Compiled code is kept in the user's own cache, not in the shared temporary folder that is node's default: V8 takes from a
 * cache what it finds there, and a guard must not load code that others could have put down. Node 20 has no such cache.
 */
export async function start(process: NodeJS.Process, version: string): Promise<void> {
  const { enableCompileCache } = module as { readonly enableCompileCache?: (folder: string) => unknown };
  const cache = process.env['XDG_CACHE_HOME'] || join(homeFolder(), '.cache');
  if (process.env['NODE_DISABLE_COMPILE_CACHE'] === undefined) enableCompileCache?.(join(cache, 'proofplan', 'compiled'));
  if (Number.parseInt(process.versions.node, 10) <= newestTried) setFlagsFromString('--no-regexp-tier-up');
  // As Node 21 and later have it. Where there is none, `pg` loads an HTTP client to find out what it runs on.
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { userAgent: `Node.js/${Number.parseInt(process.versions.node, 10)}` } });
  const { main } = await import('./main.ts');
  await main(process, version);
}
