import module from 'node:module';
import { join } from 'node:path';
import { homeFolder } from '../guard/home-folder.ts';

/**
 * Compiled code is kept in the user's own cache, not in the shared temporary folder that is node's default: V8 takes from a
 * cache what it finds there, and a guard must not load code that others could have put down. Node 20 has no such cache.
 */
export async function start(process: NodeJS.Process, version: string): Promise<void> {
  const { enableCompileCache } = module as { readonly enableCompileCache?: (folder: string) => unknown };
  const cache = process.env['XDG_CACHE_HOME'] || join(homeFolder(), '.cache');
  if (process.env['NODE_DISABLE_COMPILE_CACHE'] === undefined) enableCompileCache?.(join(cache, 'proofplan', 'compiled'));
  const { main } = await import('./main.ts');
  await main(process, version);
}
