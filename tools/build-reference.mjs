// Makes docs/reference/ from the table of commands, the schemas and the pages of the codes. `--check` writes nothing, and says what is
// out of date. The table is that of the sources, bundled for this one use, so that nobody keeps a second list of commands.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { rawText } from './raw-text.mjs';
import { renderCodes } from './reference/code-page.mjs';
import { renderCommands } from './reference/command-page.mjs';
import { renderSchemas } from './reference/schema-page.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'docs', 'reference');

/** What the pages are made from. */
async function readSources() {
  const entry = `
    export { createProgram } from ${JSON.stringify(join(root, 'src/cli/create-program.ts'))};
    export { readCommandTable } from ${JSON.stringify(join(root, 'src/cli/command-table.ts'))};
    export { codePage } from ${JSON.stringify(join(root, 'src/review/code-page.ts'))};
    export { diagnosticCodes } from ${JSON.stringify(join(root, 'src/model/diagnostic-code.ts'))};`;
  const bundle = await rolldown({
    input: 'reference-sources',
    cwd: root,
    logLevel: 'silent',
    platform: 'node',
    external: [/^node:/, /^(?!\.|\/|reference-sources)[^?]*$/],
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'reference-sources' ? join(root, 'reference-sources.ts') : undefined),
        load: (id) => (id === join(root, 'reference-sources.ts') ? entry : undefined),
      },
      rawText,
    ],
  });
  // Beside node_modules, where packages are found; by process, because tests run side by side.
  const folder = join(root, 'node_modules', '.cache', 'proofplan', `reference-${process.pid}`);
  try {
    await bundle.write({ dir: folder, format: 'esm', entryFileNames: 'sources.mjs', chunkFileNames: '[name].mjs' });
    return await import(pathToFileURL(join(folder, 'sources.mjs')).href);
  } finally {
    await bundle.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Only what the table needs: no command runs. */
const context = { version: '', environment: {}, argv: [], outColumns: 80, errColumns: 80, out: () => undefined, err: () => undefined };

async function makePages() {
  const { createProgram, readCommandTable, codePage, diagnosticCodes } = await readSources();
  const table = readCommandTable(createProgram(context, () => undefined));
  const schemas = readdirSync(join(root, 'schemas'))
    .filter((name) => name.endsWith('.schema.json'))
    .sort()
    .map((name) => ({ name: name.replace('.schema.json', ''), schema: JSON.parse(readFileSync(join(root, 'schemas', name), 'utf8')) }));
  return {
    ...renderCommands(table),
    ...renderSchemas(schemas),
    ...renderCodes(Object.keys(diagnosticCodes).map((code) => codePage(code))),
  };
}

const pages = await makePages();
const there = existsSync(target) ? readdirSync(target) : [];
const stale = [
  ...Object.entries(pages)
    .filter(([name, text]) => !there.includes(name) || readFileSync(join(target, name), 'utf8') !== text)
    .map(([name]) => name),
  ...there.filter((name) => !Object.hasOwn(pages, name)),
];
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`docs/reference is out of date (${stale.join(', ')}): npm run build:reference`);
    process.exitCode = 1;
  }
} else {
  mkdirSync(target, { recursive: true });
  for (const name of stale) {
    if (Object.hasOwn(pages, name)) writeFileSync(join(target, name), pages[name]);
    else rmSync(join(target, name));
  }
}
