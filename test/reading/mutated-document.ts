import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Both seeds, and documents of many trades, in which each line is changed. Paths relative to the root. */
export function mutatedDocuments(): readonly string[] {
  const folders = ['fixtures/diff', 'fixtures/reading/labelled'];
  return [
    'plans/run-proof-v2.md',
    'plans/run-proof-v4.md',
    ...folders.flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith('.md'))
        .sort()
        .map((name) => `${folder}/${name}`),
    ),
  ];
}
