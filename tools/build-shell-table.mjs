// Writes the table of attacks on shell and processes into docs/guards.md, between its markers, from what was played
// (fixtures/guard/shell/outcome.json). `--check` only says whether it is up to date.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'fixtures/guard/shell');
const page = join(root, 'docs/guards.md');
const begin = '<!-- shell -->';
const end = '<!-- /shell -->';

/** The table as Markdown, with a line of sums before it and what is open after it. */
function renderShellTable() {
  const rows = JSON.parse(readFileSync(join(folder, 'outcome.json'), 'utf8'));
  const attacks = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => parse(readFileSync(join(folder, name), 'utf8'), { merge: true }).map((attack) => ({ ...attack, family: name.replace('.yaml', '') })));
  const open = attacks.filter((attack) => attack.open !== undefined);
  const isOpen = (row) => open.some((attack) => attack.family === row.family && attack.name === row.name);
  const count = (predicate) => rows.filter(predicate).length;
  const sums = [
    `${rows.length} attacks`,
    `${count((row) => row.without === 'took effect')} seen to succeed in a plain shell`,
    `${count((row) => row.stoppedBy !== null && !isOpen(row))} stopped`,
    `${count((row) => row.stoppedBy === null && row.detectedBy !== null && !isOpen(row))} detected, and no pass`,
    `${open.length} open`,
  ];
  const attackOf = (row) => attacks.find(({ family, name }) => family === row.family && name === row.name);
  const lines = rows.map((row) =>
    [
      row.family,
      row.name,
      row.without,
      row.static,
      `${row.execution} (${row.exitCode ?? 'killed'})`,
      isOpen(row) ? 'open' : (row.stoppedBy ?? '–'),
      row.detectedBy ?? '–',
      attackOf(row)?.bare === true ? (row.withoutIsolation ?? 'the same') : '–',
    ]
      .map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' '))
      .join(' | '),
  );
  const bare = attacks.filter((attack) => attack.bareOpen !== undefined);
  return [
    `${sums.join(', ')}.`,
    '',
    '| family | attack | in a plain shell | by the text alone | execution (exit code) | stopped by | detected by | where processes cannot be kept apart |',
    '|---|---|---|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
    ...(open.length === 0 ? [] : ['', 'Open, and why:', '', ...open.map(({ family, name, open: why }) => `- ${family}, ${name}: ${why}.`)]),
    ...(bare.length === 0
      ? []
      : [
          '',
          'Stopped by isolation alone, and neither stopped nor detected without it:',
          '',
          ...bare.map(({ family, name, bareOpen: why }) => `- ${family}, ${name}: ${why}.`),
        ]),
  ].join('\n');
}

/** The page with the table in its place; `undefined` where the page has no markers. */
function withShellTable(text) {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) return undefined;
  return `${text.slice(0, from + begin.length)}\n\n${renderShellTable()}\n\n${text.slice(to)}`;
}

const text = readFileSync(page, 'utf8');
const wanted = withShellTable(text);
if (wanted === undefined) {
  console.error(`docs/guards.md has no place for the table: write ${begin} and ${end} where it belongs`);
  process.exitCode = 1;
} else if (process.argv.includes('--check')) {
  if (wanted !== text) {
    console.error('docs/guards.md is not what was played: node tools/build-shell-table.mjs');
    process.exitCode = 1;
  }
} else if (wanted !== text) writeFileSync(page, wanted);
