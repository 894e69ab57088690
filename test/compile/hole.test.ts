import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applySplices } from '../../src/compile/placeholder.ts';
import { shellHoles } from '../../src/compile/shell-hole.ts';
import { neededVariables } from '../../src/compile/shell-setting.ts';
import { blankSqlHoles, sqlSplices } from '../../src/compile/sql-hole.ts';
import { readHoledShell } from '../../src/compile/unquoted-hole.ts';

const rowsOf = (name: string): readonly (readonly string[])[] =>
  readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'reading', 'holes', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t').map((cell) => cell.replace(/\\(n|\\)/g, (_, sign: string) => (sign === 'n' ? '\n' : '\\'))));

describe('holes in shell text, where they are and only there', () => {
  test.each(rowsOf('shell.tsv'))('%s %s %j', (_trade, known = '', text = '', expected = '') => {
    const names = known.slice(1, -1).split(' ');
    const script = readHoledShell(text);
    const { splices, problems, blanks } = shellHoles(script, { known: (name) => names.includes(name) });
    const variables = neededVariables(script, {}).filter((use) => !use.hasDefault);
    const found = [
      ...new Set(splices.map((splice) => splice.name)),
      ...problems.map((problem) => `!${problem.kind} ${problem.hole.name}`),
      ...blanks.map((blank) => `?${blank.written}`),
      ...variables.map((use) => `$${use.name}`),
    ];
    expect(found.length === 0 ? '-' : found.join(' ')).toBe(expected);
    expect(script.errors).toEqual([]);
    const command = applySplices(text, splices);
    if (splices.length === 0) expect(command).toBe(text);
    // Words stay words: a splice adds no command, no redirection and no argument.
    const shape = (read: typeof script): unknown =>
      read.commands.map((each) => [each.words.length, each.redirects.length, each.heredocs.length, each.assignments.length]);
    expect(shape(readHoledShell(command))).toEqual(shape(script));
  });
});

describe('holes in SQL', () => {
  test.each(rowsOf('sql.tsv'))('%s %j', (_trade, text = '', expected = '') => {
    const { parameters, problems, splices } = sqlSplices(text);
    const found = [...parameters, ...problems.map((problem) => `!${problem.kind}`)];
    expect(found.length === 0 ? '-' : found.join(' ')).toBe(expected);
    if (splices.length === 0) expect(applySplices(text, splices)).toBe(text);
    expect(blankSqlHoles(text)).toHaveLength(text.length);
  });
});
