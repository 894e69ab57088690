import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { afterAll, describe, expect, test } from 'vitest';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser, type SqlParse } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

function texts(parsed: SqlParse): readonly (readonly [number, number, string])[] {
  return parsed.kind === 'statements' ? parsed.statements.map(({ offset, length, text }) => [offset, length, text]) : [];
}

describe('statements', () => {
  test('in UTF-16 units, without what stands before them', async () => {
    const text = "-- é\n  SELECT 'ß🙂' ; /* x /* ; */ */ SELECT 2 ;; SELECT 3 -- end";
    const parsed = await parser.parse(text);
    expect(texts(parsed).map(([, , own]) => own)).toEqual(["SELECT 'ß🙂'", 'SELECT 2', 'SELECT 3 -- end']);
    for (const [offset, length, own] of texts(parsed)) expect(text.slice(offset, offset + length)).toBe(own);
  });

  test('none in an empty text', async () => {
    for (const text of ['', ' \n', '-- x', ';;']) expect(await parser.parse(text)).toEqual({ kind: 'statements', statements: [] });
  });

  test('a syntax error has its place', async () => {
    expect(await parser.parse("SELECT '🙂é' x x")).toEqual({ kind: 'syntax-error', message: 'syntax error at or near "x"', offset: 15 });
  });
});

describe('what is refused', () => {
  test('size, depth, characters, and what breaks the parser; the next text is read as ever', async () => {
    for (const text of [
      `SELECT '${'x'.repeat(256 * 1024)}'`,
      `SELECT '${'é'.repeat(130 * 1024)}'`,
      `SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`,
      `SELECT ${'[(('.repeat(300)}`,
      `SELECT 1${'+1'.repeat(60_000)}`,
      'SELECT 1\0; DELETE FROM runs',
      "SELECT '\ud800'",
      "SELECT '\udc00x'",
    ]) {
      expect([text.slice(0, 20), (await parser.parse(text)).kind]).toEqual([text.slice(0, 20), 'refused']);
      expect((await parser.parse('SELECT 1')).kind).toBe('statements');
    }
    // The server's own parser gives up here too.
    expect((await parser.parse(`SELECT ${'- '.repeat(20_000)}1`)).kind).toBe('syntax-error');
    expect((await parser.parse('SELECT 2')).kind).toBe('statements');
  });

  test('a text that takes too long; its worker is ended, and the next text gets another', async () => {
    const hasty = createSqlParser({ timeoutMs: 1 });
    const slow = `SELECT 1${' UNION SELECT 1'.repeat(8_000)}`;
    expect(await hasty.parse(slow)).toEqual({ kind: 'refused', reason: 'the parser did not answer within 1 ms' });
    await hasty.close();
    const patient = createSqlParser();
    expect((await patient.parse(slow)).kind).toBe('statements');
    await patient.close();
  });

  /** What nests without a bracket, so that no count of brackets sees it. */
  const nesting: Readonly<Record<string, (depth: number) => string>> = {
    NOT: (depth) => `SELECT ${'NOT '.repeat(depth)}true`,
    sign: (depth) => `SELECT ${'- '.repeat(depth)}1`,
    sum: (depth) => `SELECT 1${' + 1'.repeat(depth)}`,
    cast: (depth) => `SELECT 1${'::int'.repeat(depth)}`,
    CASE: (depth) => `SELECT ${'CASE WHEN true THEN '.repeat(depth)}1${' END'.repeat(depth)}`,
    UNION: (depth) => `SELECT 1${' UNION SELECT 1'.repeat(depth)}`,
    JOIN: (depth) => `SELECT 1 FROM runs${' JOIN runs ON true'.repeat(depth)}`,
    AND: (depth) => `SELECT 1 WHERE true${' AND true'.repeat(depth)}`,
    COLLATE: (depth) => `SELECT 'a'${' COLLATE "C"'.repeat(depth)}`,
    'AT TIME ZONE': (depth) => `SELECT now()${" AT TIME ZONE 'UTC'".repeat(depth)}`,
    'IS NULL': (depth) => `SELECT 1${' IS NULL'.repeat(depth)}`,
    operator: (depth) => `SELECT ${'@ '.repeat(depth)}1`,
    comment: (depth) => `SELECT ${'/*'.repeat(depth)} DELETE FROM runs ${'*/'.repeat(depth)} 1`,
    statements: (depth) => 'SELECT 1;'.repeat(depth),
    names: (depth) => `SELECT a${'.a'.repeat(depth)}`,
    'dollar quotes': (depth) => `SELECT ${Array.from({ length: depth }, (_, index) => `$t${index}$`).join('')}`,
  };

  test.each(Object.entries(nesting))('%s without end: an answer each time, and the parser stays the same', async (_name, textOf) => {
    const insert = "INSERT INTO runs (id) VALUES ('r1')";
    const sound = await parser.parse(insert);
    expect(sound.kind).toBe('statements');
    for (const depth of [400, 14_000]) {
      const policy = { access: { capability: 'read', writes: [] }, protectedTables: ['runs'] } as const;
      const { decision } = await decideSql(parser, textOf(depth), policy);
      expect(decision.effect === 'permit' || decision.rule === 'unparsable').toBe(true);
      // Behind whatever it is, a write is seen, or nothing is known of the text at all.
      const behind = await decideSql(parser, `${textOf(depth)}; ${insert} -- ${depth}`, policy);
      expect([behind.decision.effect, ['protected-relation', 'unparsable'].includes(behind.decision.rule)]).toEqual(['refuse', true]);
      const again = await parser.parse(`${insert} `);
      expect(again.kind === 'statements' && sound.kind === 'statements' && again.statements[0]?.tree).toEqual(
        sound.kind === 'statements' && sound.statements[0]?.tree,
      );
    }
  });

  test('forty overflows in a row leave a parser that reads as a fresh one does', async () => {
    const patient = createSqlParser();
    const text = 'WITH x AS (DELETE FROM runs RETURNING id) SELECT lower(id)::text, count(*) OVER () FROM x JOIN notes USING (id) WHERE id ~ $1';
    const fresh = await patient.parse(text);
    for (let round = 0; round < 40; round += 1) {
      const overflow = round % 2 === 0 ? `SELECT ${'- '.repeat(20_000 + round)}1` : `SELECT ${'NOT '.repeat(15_000 + round)}true`;
      expect((await patient.parse(overflow)).kind).not.toBe('statements');
      if (round % 10 === 0) expect(await patient.parse(`${text}${' '.repeat(round + 1)}`)).toMatchObject({ kind: fresh.kind });
    }
    const after = await patient.parse(`${text} `);
    expect(after.kind === 'statements' && after.statements.map(({ tree }) => tree)).toEqual(
      fresh.kind === 'statements' && fresh.statements.map(({ tree }) => tree),
    );
    await patient.close();
  });

  test('everything after close, also what was waiting', async () => {
    const closing = createSqlParser();
    const waiting = [closing.parse('SELECT 1'), closing.parse('SELECT 2')];
    await closing.close();
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['refused', 'refused']);
    expect((await closing.parse('SELECT 3')).kind).toBe('refused');
  });
});

describe('the cache', () => {
  test('answers with the same tree while it has room', async () => {
    const small = createSqlParser({ cachedTexts: 2 });
    const first = await small.parse('SELECT 1');
    expect(await small.parse('SELECT 1')).toBe(first);
    await small.parse('SELECT 2');
    await small.parse('SELECT 3');
    const again = await small.parse('SELECT 1');
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
    await small.close();
  });
});

describe('PL/pgSQL', () => {
  test('its tree, or nothing', async () => {
    expect(JSON.stringify(await parser.parsePlpgsql('DO $$ BEGIN DELETE FROM runs; END $$'))).toContain('DELETE FROM runs');
    expect(await parser.parsePlpgsql('DO $$ what $$')).toBeUndefined();
    expect((await parser.parse('SELECT 1')).kind).toBe('statements');
  });
});

test('works from a bundle in an empty folder, and does not keep a process alive', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-sql-parser-'));
  try {
    const entry = join(folder, 'entry.ts');
    const source = fileURLToPath(new URL('../../src/policy/sql-parser.ts', import.meta.url));
    writeFileSync(entry, `import { createSqlParser } from ${JSON.stringify(source)};\nconsole.log((await createSqlParser().parse('SELECT 1')).kind);\n`);
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
    await build({ input: entry, platform: 'node', external: ['libpg-query'], output: { file: join(folder, 'out.mjs'), format: 'esm' }, logLevel: 'silent' });
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'out.mjs')], { encoding: 'utf8', timeout: 20_000 });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'statements\n', stderr: '' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
