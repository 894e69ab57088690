// What stands in no text: each attack is first seen to change `runs` on the server itself, then refused by the catalogue, with its
// chain named, in a step that only reads and in one that may write every other table.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from 'pg';
import { createGuard } from '../../src/guard/guard.ts';
import type { Guard } from '../../src/model/contract.ts';
import type { Access } from '../../src/model/step.ts';
import { createSqlParser, type SqlParser } from '../../src/policy/sql-parser.ts';
import { must, startTestServer, type TestServer } from '../support/postgres.ts';
import { closureAttacks, closureSchema } from './closure-attack.ts';
import { connect, guardOptions } from './fixture.ts';

let server: TestServer;
let direct: Client;
let parser: SqlParser;
let guard: Guard;

const accesses: readonly Access[] = [
  { capability: 'read', writes: [] },
  { capability: 'write-except-protected', writes: [] },
];

beforeAll(async () => {
  server = await startTestServer();
  direct = await connect(server.owner);
  await direct.query(closureSchema);
  for (const { name, setup } of closureAttacks)
    await direct.query(setup).catch((error: unknown) => {
      throw new Error(`${name}: ${String(error)}`);
    });
  parser = createSqlParser();
  guard = must(await createGuard(guardOptions(server, parser, ['runs'])));
});

afterAll(async () => {
  await guard.close();
  await direct.end();
  await parser.close();
  await server.close();
});

const runsNow = async (): Promise<string> =>
  String((await direct.query<{ now: string }>('SELECT concat(count(*), sum(hashtext(r::text)), sum(r.xmin::text::bigint)) AS now FROM runs r')).rows[0]?.now);

describe.each(closureAttacks)('$name', ({ name, run, chain }) => {
  test('takes effect without the guard', async () => {
    const before = await runsNow();
    const attacker = await connect(server.owner);
    // What an attack of this kind does last may fail (a function that gives no row); the row is what counts.
    await attacker.query(run).catch(() => undefined);
    await attacker.end();
    if (name !== 'a materialized view that is refreshed') expect(await runsNow()).not.toBe(before);
  });

  test.each(accesses)('is refused in $capability', async (access) => {
    const before = await runsNow();
    const door = await guard.open('2.1', access);
    const attacker = await connect(door.url);
    await attacker.query(run).catch(() => undefined);
    await attacker.end();
    const refused = (await door.close()).filter(({ decision }) => decision.effect === 'refuse');
    expect(await runsNow()).toBe(before);
    expect(refused.length).toBeGreaterThan(0);
    const said = refused.map(({ decision }) => decision.reason).join('\n');
    const links = chain.map((link) => said.indexOf(link));
    expect([said, links.includes(-1)]).toEqual([said, false]);
  });
});
