// PostgreSQL's own programs with their defaults: psql, pg_dump and pgbench, in the capability that they need.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Access } from '../../../src/model/step.ts';
import { need } from '../../support/machine-need.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { reading, startGuarded, type Guarded } from '../fixture.ts';
import { ordersTable, run } from './fixture.ts';

const writing: Access = { capability: 'write-except-protected', writes: [] };
const making: Access = { capability: 'ddl', writes: [] };
let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
  await guarded.direct.query(ordersTable);
});

afterAll(async () => {
  await guarded.close();
});

/** Every metacommand that reads the catalogue, with and without a name. */
const describing = [
  ...['d', 'dt', 'dt+', 'di', 'ds', 'dv', 'dm', 'df', 'dT', 'dn', 'du', 'dp', 'dx', 'dD', 'dF', 'dL', 'do', 'dC', 'db', 'dc', 'dd', 'ddp', 'des', 'dew'],
  ...[
    'deu',
    'det',
    'dO',
    'dy',
    'dRp',
    'dRs',
    'dPt',
    'dA',
    'l',
    'z',
    'sf add_run',
    'sv inbox',
    'd runs',
    'd+ runs',
    'd inbox',
    'd orders_id_seq',
    'dX',
    'dconfig',
  ],
];

test('psql in a step that reads: metacommands, formats, variables, a script', async (context) => {
  const psql = need(context, 'psql');
  const door = await guarded.guard.open('1.1', reading);
  const script = `${describing.map((command) => `\\${command}`).join('\n')}\nSELECT 1 \\gdesc\nSELECT 2 AS x \\gset\n\\echo x is :x\n\\conninfo\n\\timing on\nSELECT 3;\n\\errverbose\n`;
  const ended = await run(psql, [door.url, '-X', '-v', 'ON_ERROR_STOP=1', '--no-psqlrc'], script);
  expect(ended).toEqual({ code: 0, output: expect.stringMatching(/runs_pkey[\s\S]*x is 2/) });
  expect(ended.output).not.toContain('ERROR');
  expect((await door.close()).filter((record) => record.decision.effect === 'refuse')).toEqual([]);
});

test('psql in a step that writes: -1, -f, \\copy both ways, \\gexec, \\watch, \\bind', async (context) => {
  const psql = need(context, 'psql');
  const folder = temporaryFolder();
  const door = await guarded.guard.open('1.2', writing);
  const file = join(folder, 'script.sql');
  writeFileSync(join(folder, 'rows.csv'), 'a,1\nb,2\n');
  writeFileSync(
    file,
    `\\copy orders (body, amount) FROM '${folder}/rows.csv' WITH (FORMAT csv)\nUPDATE orders SET amount = 3 WHERE body = 'a';\n\\copy (SELECT body FROM orders WHERE amount = 3 AND body = 'a') TO '${folder}/out.csv'\n`,
  );
  expect(await run(psql, [door.url, '-X', '-v', 'ON_ERROR_STOP=1', '--single-transaction', '-f', file], '')).toEqual({
    code: 0,
    output: 'COPY 2\nUPDATE 1\nCOPY 1\n',
  });
  expect(await run(psql, [door.url, '-X', '-1', '-c', "DELETE FROM orders WHERE body = 'b'", '-c', 'SELECT 1/0'], '')).toMatchObject({ code: 1 });
  expect(await run(psql, [door.url, '-XAt', '-c', "SELECT count(*) FROM orders WHERE body = 'b'"], '')).toEqual({ code: 0, output: '1\n' });
  writeFileSync(file, "INSERT INTO orders (body) VALUES ('lost');\nINSERT INTO runs (id) VALUES ('psql');\n");
  const refused = await run(psql, [door.url, '-X', '-v', 'ON_ERROR_STOP=1', '-1', '-f', file], '');
  expect(refused).toMatchObject({ code: 3, output: expect.stringContaining('refused by proofplan: an INSERT into `runs`') });
  expect(await run(psql, [door.url, '-XAt', '-c', "SELECT count(*) FROM orders WHERE body = 'lost'"], '')).toEqual({ code: 0, output: '0\n' });
  const records = await door.close();
  expect(records.filter((record) => record.fate === 'open')).toEqual([]);
  expect(records.find((record) => record.text.includes("'lost'") && record.text.startsWith('INSERT'))).toMatchObject({ fate: 'rolled back', rowCount: 1 });
});

test('a client that insists on channel binding is told why it cannot have it, and a wrong token that it is wrong', async (context) => {
  const psql = need(context, 'psql');
  const door = await guarded.guard.open('1.3', reading);
  const bound = await run(psql, [`${door.url}&channel_binding=require`, '-X', '-c', 'SELECT 1'], '');
  expect(bound).toEqual({ code: 2, output: expect.stringContaining('channel binding') });
  expect(await run(psql, [door.url.replace('disable', 'prefer'), '-XAt', '-c', 'SELECT 1'], '')).toEqual({ code: 0, output: '1\n' });
  expect(await run(psql, [door.url.replace('disable', 'require'), '-XAt', '-c', 'SELECT 1'], '')).toMatchObject({ code: 2 });
  const wrong = await run(psql, [door.url.replace(/:[^:@]+@/, ':wrong@'), '-X', '-c', 'SELECT 1'], '');
  expect(wrong).toMatchObject({ code: 2, output: expect.stringContaining('the token of `step-1.3` is not good') });
  expect((await door.close()).filter((record) => record.decision.effect === 'refuse').map((record) => record.decision.rule)).toEqual(['bad-token']);
});

test('pg_dump of the schema, in a step that reads', async (context) => {
  const dump = need(context, 'pg_dump');
  const door = await guarded.guard.open('1.4', reading);
  const direct = guarded.server.owner;
  const url = `postgresql://${direct.user}:${encodeURIComponent(direct.password)}@${direct.host}:${direct.port}/${direct.database}`;
  // The two marker lines of newer versions hold a key by chance.
  const withoutKey = (text: string): string => text.replace(/^\\(?:un)?restrict .*$/gm, '');
  const [through, bare] = [await run(dump, [door.url, '--schema-only'], ''), await run(dump, [url, '--schema-only'], '')];
  expect(through.output).not.toContain('error:');
  expect(through.code).toBe(0);
  expect(withoutKey(through.output)).toBe(withoutKey(bare.output));
  expect((await door.close()).filter((record) => record.decision.effect === 'refuse').map((record) => record.text)).toEqual([]);
});

test('pgbench: its own tables, all three protocols, selects and TPC-B', async (context) => {
  const pgbench = need(context, 'pgbench');
  const door = await guarded.guard.open('1.5', making);
  const made = await run(pgbench, ['-i', '-q', door.url], '');
  expect(made).toMatchObject({ code: 0 });
  for (const protocol of ['simple', 'extended', 'prepared']) {
    for (const script of [['-S'], []]) {
      const ended = await run(pgbench, ['-n', '-c', '4', '-j', '2', '-t', '20', '-M', protocol, ...script, door.url], '');
      expect(ended).toMatchObject({ code: 0, output: expect.stringContaining('80/80') });
    }
  }
  const records = await door.close();
  expect(records.filter((record) => record.decision.effect === 'refuse')).toEqual([]);
  expect(records.filter((record) => record.text.startsWith('UPDATE pgbench_accounts') && record.fate === 'committed')).toHaveLength(240);
  const only = await guarded.guard.open('1.6', reading);
  expect(await run(pgbench, ['-n', '-S', '-t', '5', only.url], '')).toMatchObject({ code: 0 });
  expect(await run(pgbench, ['-n', '-t', '5', only.url], '')).toMatchObject({ code: 2, output: expect.stringContaining('refused by proofplan') });
  await only.close();
});
