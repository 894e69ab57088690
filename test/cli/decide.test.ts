import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import type { DecisionData } from '../../src/cli/decision-text.ts';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { command, root, startProgram, type CommandEnd } from '../support/command.ts';
import { startTestServer } from '../support/postgres.ts';

const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/decide.schema.json'), 'utf8')));

interface Decided {
  readonly exitCode: number | null;
  readonly data: DecisionData;
}

async function decide(words: readonly string[], stdin: string | Uint8Array, environment: Readonly<Record<string, string>> = {}): Promise<Decided> {
  const end = await command(['decide', ...words], { stdin, environment });
  if (end.stdout === '') throw new Error(end.stderr);
  const data = JSON.parse(end.stdout) as DecisionData;
  expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
  expect(end.stderr).toBe('');
  return { exitCode: end.exitCode, data };
}

describe('SQL', () => {
  test('what is permitted: exit code 0, each statement with its place', async () => {
    const { exitCode, data } = await decide([], "SELECT 1;\n  SHOW server_version; EXPLAIN SELECT 'a;b'");
    expect(exitCode).toBe(0);
    expect(data).toMatchObject({
      schemaVersion: 1,
      dialect: 'sql',
      capability: 'read',
      protect: [],
      catalogue: null,
      decision: { effect: 'permit', rule: 'read' },
    });
    expect('statements' in data && data.statements.map(({ line, column, kind }) => [line, column, kind])).toEqual([
      [1, 1, 'select'],
      [2, 3, 'show'],
      [2, 24, 'explain'],
    ]);
  });

  test.each([
    [[], 'INSERT INTO runs VALUES (1)', 'write-in-read-step', '25006'],
    [[], 'WITH x AS (DELETE FROM runs RETURNING 1) SELECT * FROM x', 'write-in-read-step', '25006'],
    [['--capability', 'write', '--protect', 'runs'], 'UPDATE public.runs SET id = 1', 'protected-relation', '42501'],
    [['--capability', 'ddl', '--protect', 'runs'], 'DROP TABLE runs', 'protected-relation', '42501'],
    [['--capability', 'write'], 'CREATE TABLE x (id integer)', 'ddl', '42501'],
    [['--capability', 'write'], 'SELECT pg_terminate_backend(1)', 'guard-function', '42501'],
    [[], 'SELEC 1', 'unparsable', '42601'],
    [[], 'SELECT 1; COMMIT; INSERT INTO runs VALUES (1)', 'write-in-read-step', '25006'],
  ])('%j: %s is refused by %s', async (words, text, rule, sqlstate) => {
    const { exitCode, data } = await decide(words, text);
    expect(exitCode).toBe(3);
    expect(data.decision).toMatchObject({ effect: 'refuse', rule, sqlstate });
    // There is no plan, so nothing speaks of its words.
    expect(data.decision.reason).not.toMatch(/production path|\bstep\b/);
  });

  test.each([
    [['--capability', 'write', '--protect', 'runs'], 'INSERT INTO notes VALUES (1)', 'unprotected-write'],
    [['--capability', 'ddl', '--protect', 'runs'], 'CREATE TABLE x (id integer)', 'schema-change'],
    [['--capability', 'full'], 'DROP TABLE runs', 'schema-change'],
    [[], '-- nothing but a comment', 'empty'],
  ])('%j: %s is permitted by %s', async (words, text, rule) => {
    const { exitCode, data } = await decide(words, text);
    expect(data.decision).toMatchObject({ effect: 'permit', rule });
    expect(exitCode).toBe(0);
  });
});

describe('shell', () => {
  test.each([
    ['psql -c "DELETE FROM runs"', [], 'write-in-read-step'],
    ['psql <<SQL\nTRUNCATE runs;\nSQL', ['--capability', 'write', '--protect', 'runs'], 'protected-relation'],
    ['echo "drop table runs" | psql', ['--capability', 'ddl', '--protect', 'runs'], 'protected-relation'],
    ['bash -c \'psql -c "insert into runs values (1)"\'', [], 'write-in-read-step'],
    ['psql -h db.example -c "SELECT 1"', [], 'connection-elsewhere'],
    ['if then', [], 'unparsable'],
  ])('%s is refused', async (text, words, rule) => {
    const { exitCode, data } = await decide(['--dialect', 'shell', ...words], text);
    expect(data.decision).toMatchObject({ effect: 'refuse', rule });
    expect(exitCode).toBe(3);
    expect('findings' in data && data.findings.length).toBeGreaterThan(0);
  });

  test('what the text does not show is permitted by a rule that says so: the gateway decides then', async () => {
    const { exitCode, data } = await decide(['--dialect', 'shell'], 'ls\npython3 -c "import psycopg2"');
    expect(exitCode).toBe(0);
    expect(data.decision).toMatchObject({ effect: 'permit', rule: 'opaque-program' });
    expect(data).toMatchObject({ findings: [{ line: 2 }] });
  });

  test('a text without a database at all', async () => {
    const { exitCode, data } = await decide(['--dialect', 'shell'], 'ls -l; echo done');
    expect(exitCode).toBe(0);
    expect(data).toMatchObject({ decision: { effect: 'permit', rule: 'nothing-found' }, findings: [] });
  });
});

describe('input that nobody can judge is refused, and none at all is misuse', () => {
  test.each([
    ['of 300 KB', Buffer.from(`SELECT 1 -- ${'x'.repeat(300 * 1024)}`), 'too-long'],
    ['with a NUL', Buffer.from('SELECT 1\0; DROP TABLE runs'), 'unreadable'],
    ['that is not UTF-8', Buffer.from([0x53, 0xc3, 0x28]), 'unreadable'],
    ['nested 20,000 deep', Buffer.from(`SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`), 'unparsable'],
  ])('a text %s', async (_name, stdin, rule) => {
    for (const dialect of ['sql', ...(rule === 'unparsable' ? [] : ['shell'])]) {
      const { exitCode, data } = await decide(['--dialect', dialect], stdin);
      expect(exitCode).toBe(3);
      expect(data.decision).toMatchObject({ effect: 'refuse', rule });
    }
  });

  test.each([
    ['nothing', '', [], 'standard input holds no text'],
    ['blanks', ' \n\t', ['--dialect', 'shell'], 'standard input holds no text'],
    ['an unknown dialect', 'SELECT 1', ['--dialect', 'sqll'], 'sqll'],
    ['a misspelt option', 'SELECT 1', ['--protekt', 'runs'], '--protect'],
    ['a variable that is not set', 'SELECT 1', ['--database', 'env:NOWHERE'], 'NOWHERE'],
  ])('%s', async (_name, stdin, words, message) => {
    const end = await command(['decide', ...words], { stdin });
    expect(end).toMatchObject({ exitCode: 2, stdout: '' });
    expect(end.stderr).toContain(message);
  });

  test('the built program stops reading when it knows that the text is too long', async () => {
    const { child, ended } = startProgram(['decide']);
    child.stdin?.on('error', () => undefined);
    const end: CommandEnd = await ended;
    expect(end.exitCode).toBe(2);
    const long = await startProgram(['decide'], { stdin: 'x'.repeat(5 * 1024 * 1024) }).ended;
    expect(long.exitCode).toBe(3);
    expect(JSON.parse(long.stdout)).toMatchObject({ decision: { rule: 'too-long' } });
  });
});

test('--pretty is for people: the decision, then each part; control characters of the text do not reach the terminal', async () => {
  const end = await command(['decide', '--pretty'], { stdin: "SELECT 1; DELETE FROM runs WHERE id = '\u001b[2J'" });
  expect(end.exitCode).toBe(3);
  expect(end.stdout).toMatch(/^refused\[write-in-read-step\]: /);
  expect(end.stdout).toMatch(/^ {2}1:1 permitted\[read\]: changes nothing$/m);
  expect(end.stdout).not.toContain('\u001b');
  // A name goes from the text into the reason.
  const named = await command(['decide', '--pretty'], { stdin: 'DELETE FROM "a\u001b[2J\u202eb"' });
  expect(named.exitCode).toBe(3);
  expect(named.stdout).not.toMatch(/[\u001b\u202e]/);
});

describe('with a database', () => {
  test('a protected table that is not there is misuse; a server that is not there is an error; nothing is executed', async () => {
    const server = await startTestServer();
    const client = new Client({ connectionString: renderDatabaseUrl(server.owner) });
    await client.connect();
    try {
      await client.query(`CREATE TABLE runs (id integer); CREATE TABLE inbox (id integer);
        CREATE FUNCTION inbox_to_runs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO runs VALUES (NEW.id); RETURN NEW; END $$;
        CREATE TRIGGER inbox_trigger AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION inbox_to_runs();
        CREATE FUNCTION harmless(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + 1 $$`);
      const environment = { REAL: renderDatabaseUrl(server.owner) };
      const permitted = await decide(['--database', 'env:REAL', '--protect', 'runs'], 'SELECT * FROM runs', environment);
      expect(permitted).toMatchObject({ exitCode: 0, data: { catalogue: { database: 'app', port: server.owner.port } } });
      const missing = await command(['decide', '--database', 'env:REAL', '--protect', 'rusn'], { stdin: 'SELECT 1', environment });
      expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
      expect(missing.stderr).toContain('guard/no-such-table');
      // What stands in no text: a trigger writes the protected table, a function changes nothing.
      const words = ['--database', 'env:REAL', '--capability', 'write', '--protect', 'runs'];
      const chained = await decide(words, 'INSERT INTO inbox VALUES (1)', environment);
      expect(chained).toMatchObject({
        exitCode: 3,
        data: { decision: { rule: 'protected-relation', reason: expect.stringMatching(/inbox.*→.*inbox_to_runs.*→.*runs/) } },
      });
      expect((await decide(['--capability', 'write', '--protect', 'runs'], 'INSERT INTO inbox VALUES (1)')).exitCode).toBe(0);
      expect((await decide(words, 'SELECT harmless(1)', environment)).exitCode).toBe(0);
      expect((await decide(['--protect', 'runs'], 'SELECT harmless(1)')).exitCode).toBe(3);
      const full = await decide(['--database', 'env:REAL', '--capability', 'full'], 'INSERT INTO runs VALUES (1)', environment);
      expect(full.exitCode).toBe(0);
      expect((await client.query('SELECT * FROM runs')).rowCount).toBe(0);
      expect((await command(['decide', '--database', 'postgresql://x@127.0.0.1:1/x'], { stdin: 'SELECT 1' })).exitCode).toBe(5);
    } finally {
      await client.end();
      await server.close();
    }
  });
});
