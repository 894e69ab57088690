/** docs/reference is what `npm run build:reference` makes of the commands, the schemas and the codes of today. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnosticCodes } from '../../src/model/diagnostic-code.ts';
import { root } from '../support/command.ts';

const folder = join(root, 'docs/reference');
const pages = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

test('it is up to date', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'tools/build-reference.mjs'), '--check'], { encoding: 'utf8' });
  expect(status, `${stdout}${stderr}`).toBe(0);
});

test('each command, schema and code has its place', () => {
  const headings = pages.flatMap(({ text }) => [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]));
  expect(headings).toEqual(expect.arrayContaining(['run', 'audit verify', 'completion bash', ...Object.keys(diagnosticCodes)]));
  for (const schema of readdirSync(join(root, 'schemas'))) expect(pages.map(({ name }) => name)).toContain(`schema-${schema.replace('.schema.json', '.md')}`);
});

/** As GitHub makes anchors of headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');

test('every link leads somewhere', () => {
  const lost = pages.flatMap(({ name, text }) =>
    // What stands in a fence is text of plans.
    [...text.replaceAll(/^(`{3,})[^]*?^\1$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(folder, name) : join(dirname(join(folder, name)), path);
      if (!existsSync(file)) return [`${name}: ${target}`];
      if (anchor === undefined) return [];
      const anchors = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));
      return anchors.includes(anchor) ? [] : [`${name}: ${target}`];
    }),
  );
  expect(lost).toEqual([]);
});

/** The length of the fence that is open at the end (CommonMark 4.5); 0 where none is. */
function openFence(text: string): number {
  let open = 0;
  for (const line of text.split('\n')) {
    const run = /^`{3,}/.exec(line)?.[0].length ?? 0;
    if (open === 0) open = run;
    else if (run >= open && /^`+$/.test(line)) open = 0;
  }
  return open;
}

test('no text breaks a table, and no fence is left open', () => {
  for (const { name, text } of pages) {
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    for (const row of rows) expect((row.match(/(?<!\\)\|/g) ?? []).length, `${name}: ${row}`).toBeLessThanOrEqual(4);
    expect(openFence(text), name).toBe(0);
  }
});
