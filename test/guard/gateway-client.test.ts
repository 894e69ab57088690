// The clients that plans really use: psql, and psycopg as the tested system has it.
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preparePython } from '../../src/environment/python-environment.ts';
import { need } from '../support/machine-need.ts';
import { reading, startGuarded, writing, type Guarded } from './fixture.ts';

const fixture = resolve(import.meta.dirname, '../../fixtures/run-proof');

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

interface Ended {
  readonly code: number;
  readonly output: string;
}

function run(program: string, programArguments: readonly string[], input: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolveEnded) => {
    const child = execFile(program, [...programArguments], { env: { PATH: process.env['PATH'] ?? '', ...environment } }, (error, stdout, stderr) =>
      resolveEnded({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, output: stdout + stderr }),
    );
    child.stdin?.end(input);
  });
}

test('psql: honest work, refusals, COPY and metacommands', async (context) => {
  const psql = need(context, 'psql');
  const door = await guarded.guard.open('3.1', writing);
  const before = await guarded.countRuns();
  const honest = await run(
    psql,
    [door.url, '-X', '-v', 'ON_ERROR_STOP=1'],
    "SELECT 40 + 2;\n\\d runs\n\\copy notes (body) from pstdin\nfrom psql\n\\.\nSELECT body FROM notes;\nSELECT count(*) FROM runs \\gset\n\\copy (SELECT 'out') to pstdout\n",
  );
  expect(honest).toEqual({ code: 0, output: expect.stringMatching(/42[\s\S]*"runs_pkey"[\s\S]*from psql[\s\S]*out/) });
  const refused = await run(psql, [door.url, '-X', '-c', "INSERT INTO runs (id) VALUES ('psql')"], '');
  expect(refused).toEqual({ code: 1, output: expect.stringContaining('ERROR:  refused by proofplan: an INSERT into `runs`') });
  const copied = await run(psql, [door.url, '-X', '-v', 'ON_ERROR_STOP=1', '-c', '\\copy runs (id) from pstdin'], 'psql copy\n\\.\n');
  expect(copied).toMatchObject({ code: 1, output: expect.stringContaining('a COPY into `runs`') });
  const made = await run(psql, [door.url, '-X'], "SELECT 'INSERT INTO runs (id) VALUES (''gexec'')' \\gexec\n");
  expect(made.output).toContain('refused by proofplan');
  const wrong = await run(psql, [door.url.replace(/:[^:@]+@/, ':wrong@'), '-X', '-c', 'SELECT 1'], '');
  expect(wrong).toMatchObject({ code: 2, output: expect.stringContaining('the token of `step-3.1` is not good') });
  expect((await door.close()).filter((record) => record.decision.effect === 'refuse')).toHaveLength(4);
  expect(await guarded.countRuns()).toBe(before);
});

const program = `
import logging, os, psycopg
# Where the answer comes while the block still runs, the block ends by it, and psycopg says so.
logging.getLogger('psycopg').setLevel(logging.ERROR)
with psycopg.connect(os.environ['DATABASE_URL'], autocommit=True) as c:
    with c.pipeline():
        a, b = c.execute('SELECT 1'), c.execute('SELECT %s::text', ['x'])
        print('pipeline', a.fetchone(), b.fetchone())
    for i in range(8):
        c.execute('SELECT %s::int + 1', [i], prepare=True)
    with c.transaction():
        try:
            with c.transaction():
                c.execute("INSERT INTO " + "ru" + "ns (id) VALUES ('psycopg')")
        except psycopg.Error as e:
            print('nested', e.sqlstate)
        print('goes on', c.execute('SELECT 6').fetchone())
    try:
        with c.pipeline():
            c.execute('SELECT 1')
            c.execute('INSERT INTO runs (id) VALUES (%s)', ['psycopg'])
            c.execute('SELECT 2')
    except psycopg.Error as e:
        print('pipelined', e.sqlstate)
    with c.cursor() as cur, cur.copy('COPY (SELECT generate_series(1, 1000)) TO STDOUT') as copy:
        print('copy out', sum(len(d) for d in copy))
    try:
        with c.cursor() as cur, cur.copy('COPY runs (id) FROM STDIN') as copy:
            copy.write_row(['psycopg'])
    except psycopg.Error as e:
        print('copy in', e.sqlstate)
with psycopg.connect(os.environ['DATABASE_URL']) as c:
    with c.cursor('named') as cur:
        cur.itersize = 100
        print('cursor', len(cur.execute('SELECT generate_series(1, 1000)').fetchall()))
`;

test('psycopg 3: pipelines, prepared statements, nested transactions, COPY, server-side cursors', async () => {
  await preparePython(
    { virtualEnvironment: '.venv', requirements: 'backend/requirements.txt', minimum: '3.9' },
    { workspace: fixture, processEnvironment: process.env },
  );
  const before = await guarded.countRuns();
  const door = await guarded.guard.open('2.1', reading);
  const ended = await run(join(fixture, '.venv/bin/python'), ['-'], program, { DATABASE_URL: door.url });
  expect(ended.output.trim().split('\n')).toEqual([
    "pipeline (1,) ('x',)",
    'nested 25006',
    'goes on (6,)',
    'pipelined 25006',
    'copy out 3893',
    'copy in 25006',
    'cursor 1000',
  ]);
  const records = await door.close();
  expect(records.filter((record) => record.decision.effect === 'refuse').map((record) => record.text)).toEqual([
    "INSERT INTO runs (id) VALUES ('psycopg')",
    'INSERT INTO runs (id) VALUES ($1)',
    'COPY runs (id) FROM STDIN',
  ]);
  expect(records.filter((record) => record.fate === 'open')).toEqual([]);
  expect(await guarded.countRuns()).toBe(before);
});
