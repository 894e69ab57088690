import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { concealedFailures } from '../../src/policy/concealed-failure.ts';
import { decideShell, productionPathProblem } from '../../src/policy/decide-shell.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { readPsqlScript } from '../../src/policy/psql-script.ts';
import { parseShell, quoteContextAt, wordAt } from '../../src/policy/shell-syntax.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { evasionRows } from './evasion-row.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

const read = { access: { capability: 'read', writes: [] }, protectedTables: ['runs'] } as const;
const settings = { seed: 20_260_209, numRuns: 400 } as const;

/** Text made of what matters to a shell and to SQL, so that quotes, brackets and keywords meet. */
const fragments = [
  'psql',
  ' -c ',
  "'",
  '"',
  '$(',
  ')',
  '`',
  '<<E\n',
  '\nE\n',
  '|',
  '&&',
  '||',
  ';',
  '#',
  '\\',
  '\n',
  ' ',
  '$x',
  '${',
  '}',
  '<x>',
  '[[',
  ']]',
  '((',
  '))',
  'if ',
  'fi',
  'DELETE FROM runs',
  'é🙂',
  '\0',
  '\ud800',
  'echo ',
  "$'",
  '$$',
  '--',
  '/*',
  '*/',
  ':',
  "E'",
  '\\;',
  '\\copy runs from x',
  '{ ',
];
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...fragments), { maxLength: 25 }).map((parts) => parts.join('')),
);

test('shell text of any kind is read, judged and answered within its own bounds', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, fc.nat(60), async (text, offset) => {
      const script = parseShell(text);
      expect(script.text).toBe(text);
      quoteContextAt(script, offset);
      const word = wordAt(script, offset);
      expect(word === undefined || (word.start <= offset && offset < word.end)).toBe(true);
      for (const { start, end } of [...script.words, ...script.commands, ...script.statements])
        expect(0 <= start && start <= end && end <= text.length).toBe(true);
      for (const { text: own, start, end } of script.words) expect(own).toBe(text.slice(start, end));
      for (const error of script.errors) expect(0 <= error.offset && error.offset <= text.length).toBe(true);
      productionPathProblem(script);
      const findings = await decideShell(parser, script, { ...read, productionPath: false });
      for (const { offset: at, length } of [...findings, ...concealedFailures(script)]) expect(0 <= at && 0 <= length && at + length <= text.length).toBe(true);
    }),
    settings,
  );
});

test('a script of psql keeps its length and its places', () => {
  fc.assert(
    fc.property(anyText, (script) => {
      const pieces = readPsqlScript(script);
      const statements = pieces.filter(({ kind }) => kind === 'sql');
      for (const { offset, text } of pieces) expect(offset + text.length).toBeLessThanOrEqual(script.length);
      for (const [index, { offset, text }] of statements.entries())
        expect(offset + text.length).toBeLessThanOrEqual(statements[index + 1]?.offset ?? script.length);
      for (const { offset, text, kind } of pieces) expect(kind === 'sql' || script.slice(offset, offset + text.length) === text).toBe(true);
    }),
    settings,
  );
});

test('SQL of any kind gets the same decision twice, with places inside the text', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const first = await decideSql(parser, text, read);
      expect(await decideSql(parser, text, read)).toEqual(first);
      for (const { offset, text: own } of first.statements) expect(text.slice(offset, offset + own.length)).toBe(own);
    }),
    settings,
  );
});

test('case, space and comments between the words do not make a refused statement a permitted one', async () => {
  const refused = evasionRows.filter(({ read: verdict, sql }) => verdict === 'refuse' && !/['"$\u00a0/]|--/.test(sql));
  expect(refused.length).toBeGreaterThan(60);
  const blank = fc.constantFrom(' ', '\n', '\t', ' /* x */ ', ' -- x\n', '\r\n', ' /* /* ; */ */ ', '\f');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...refused), fc.infiniteStream(blank), fc.infiniteStream(fc.boolean()), async ({ sql }, blanks, cases) => {
      const spaced = sql.replace(/ /g, () => blanks.next().value ?? ' ');
      const mutated = spaced.replace(/[a-z]/gi, (letter) => (cases.next().value === true ? letter.toUpperCase() : letter.toLowerCase()));
      expect([mutated, (await decideSql(parser, mutated, read)).decision.effect]).toEqual([mutated, 'refuse']);
    }),
    settings,
  );
});

test('a refused statement stays refused among others', async () => {
  const refused = evasionRows.filter(({ read: verdict, name }) => verdict === 'refuse' && !/comment|scs on|std_conf/.test(name));
  const harmless = fc.constantFrom('SELECT 1', 'BEGIN', 'COMMIT', "SET application_name = 'x'", 'SHOW search_path', "SELECT ';'");
  await fc.assert(
    fc.asyncProperty(
      fc.array(harmless, { maxLength: 3 }),
      fc.constantFrom(...refused),
      fc.array(harmless, { maxLength: 3 }),
      async (before, { sql }, after) => {
        const text = [...before, sql, ...after].join(';\n');
        expect([text, (await decideSql(parser, text, read)).decision.effect]).toEqual([text, 'refuse']);
      },
    ),
    settings,
  );
});
