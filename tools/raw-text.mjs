import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A rolldown plugin: `import text from './plan.md?raw'` is the text of a file, as vitest reads it, too. */
export const rawText = {
  name: 'raw-text',
  resolveId: (id, importer) => (id.endsWith('?raw') && importer !== undefined ? resolve(importer, '..', id) : undefined),
  load: (id) =>
    id.endsWith('?raw') ? { code: `export default ${JSON.stringify(readFileSync(id.slice(0, -'?raw'.length), 'utf8'))};`, moduleType: 'js' } : undefined,
};
