// No false alarm: what clients and people honestly send passes in the capability that it needs, and the answer is the server's own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseLogin } from '../../src/guard/database-login.ts';
import { readCatalogue } from '../../src/guard/catalogue-reader.ts';
import { createGuard } from '../../src/guard/guard.ts';
import { frameMessage } from '../../src/guard/wire-message.ts';
import type { Catalogue } from '../../src/model/catalogue.ts';
import type { Guard } from '../../src/model/contract.ts';
import type { Access, Capability } from '../../src/model/step.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser, type SqlParser } from '../../src/policy/sql-parser.ts';
import { must } from '../support/postgres.ts';
import { attackFolder } from './attack-corpus.ts';
import { protectedTables } from './attack-scene.ts';
import { startAttackServer, type AttackDatabase, type AttackServer } from './attack-server.ts';
import { addressOf } from './fixture.ts';
import { readHonestGroups, type HonestGroup, type HonestStatement } from './honest-corpus.ts';
import { bind, errorsOf, execute, int32, parse, query, sync, WireClient, type Answer } from './wire-client.ts';

const groups = readHonestGroups();
const accessOf = (capability: Capability): Access => ({ capability, writes: capability === 'production' ? [...protectedTables] : [] });
/** Who may do the one may do the other. */
const wider: Readonly<Partial<Record<Capability, readonly Capability[]>>> = {
  read: ['write', 'write-except-protected', 'ddl', 'full', 'production'],
  'write-except-protected': ['ddl', 'full', 'production'],
  ddl: ['full'],
};

let server: AttackServer;
let parser: SqlParser;
let directly: AttackDatabase;
let guarded: AttackDatabase;
let catalogue: Catalogue;
let guard: Guard;

beforeAll(async () => {
  const fixture = (name: string): string => readFileSync(join(attackFolder, name), 'utf8');
  server = await startAttackServer(fixture('schema-superuser.sql'), fixture('schema-owner.sql'));
  parser = createSqlParser();
  directly = await server.copy();
  guarded = await server.copy();
  const client = await new DatabaseLogin().open(directly.owner, { search_path: 'pg_catalog' });
  catalogue = await readCatalogue(client, ['app', 'public']);
  await client.end();
  const made = await createGuard({
    execution: 'honest',
    database: guarded.owner,
    superuser: guarded.superuser,
    ownServer: true,
    protectedTables,
    sqlitePolicy: false,
    workspace: import.meta.dirname,
    decide: (text, access, catalogue) => decideSql(parser, text, { access, protectedTables, ...(catalogue === undefined ? {} : { catalogue }) }),
  });
  guard = must(made);
});

afterAll(async () => {
  await guard.close();
  await parser.close();
  await server.close();
});

test('the corpus is as large as it claims to be', () => {
  expect(groups.reduce((sum, { statements }) => sum + statements.length, 0)).toBeGreaterThanOrEqual(700);
});

const titled = groups.map((group) => [`${group.family}: ${group.about}`, group] as const);

describe('the judgement with the catalogue permits it, where it needs no more than rows', () => {
  test.each(titled.filter(([, { needs }]) => needs === 'read' || needs === 'write-except-protected'))('%s', async (_title, group) => {
    const refused: string[] = [];
    for (const capability of [group.needs, ...(wider[group.needs] ?? [])]) {
      for (const { sql } of group.statements) {
        const { decision } = await decideSql(parser, sql, { access: accessOf(capability), protectedTables, catalogue });
        if (decision.effect === 'refuse') refused.push(`${capability}: ${sql.slice(0, 200)} — ${decision.rule}: ${decision.reason}`);
      }
    }
    expect(refused).toEqual([]);
  });
});

describe('through the gateway the answer is the server’s own', () => {
  test.each(titled)('%s', async (title, group) => {
    const door = await guard.open(title, accessOf(group.needs));
    // Where nothing is changed both ask the same database; else each has its own.
    const there = await WireClient.open(group.needs === 'read' ? guarded.owner : directly.owner);
    const here = await WireClient.open(addressOf(door.url));
    const answered: unknown[] = [];
    const expected: unknown[] = [];
    for (const statement of group.statements) {
      if (statement.refused !== undefined) {
        await ask(here, statement);
        continue;
      }
      const [own, through] = [await ask(there, statement), await ask(here, statement)];
      expected.push(shown(statement, own));
      answered.push(shown(statement, through));
    }
    await Promise.all([there.end(), here.end()]);
    const records = await door.close();
    const refused = records.filter(({ decision }) => decision.effect === 'refuse');
    const known = group.statements.flatMap((statement) => (statement.refused === undefined ? [] : [`${statement.refused.split(':')[0]}: ${statement.sql}`]));
    expect(refused.map(({ text, decision }) => `${decision.rule}: ${text}`)).toEqual(known);
    expect(answered).toEqual(expected);
  });

  test('the false alarms that are known can be counted on one hand', () => {
    expect(groups.flatMap(({ statements }) => statements.filter(({ refused }) => refused !== undefined)).length).toBeLessThan(5);
  });

  test('and each is an error only where it says so', () => {
    const errors = groups.flatMap(({ statements }: HonestGroup) => statements.filter(({ error }) => error !== undefined));
    expect(errors.length).toBeGreaterThan(0);
  });
});

async function ask(client: WireClient, { sql, values, data }: HonestStatement): Promise<readonly Answer[]> {
  const copied = data === undefined ? [] : [frameMessage(0x64, Buffer.from(data)), frameMessage(0x63, Buffer.alloc(0))];
  if (values === undefined) client.send(query(sql), ...copied);
  else client.send(parse('', sql), values.includes(null) ? bindNulls(values) : bind('', '', values as readonly string[]), execute(''), sync);
  return client.until('Z');
}

function bindNulls(values: readonly (string | null)[]): Buffer {
  const two = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
  const encoded = values.map((value) => (value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)])));
  return frameMessage(0x42, Buffer.concat([Buffer.from([0, 0, 0, 0]), two(values.length), ...encoded, Buffer.from([0, 0])]));
}

/** What has to be the same: of rows that vary only that there were some; of a description its columns' names, not their tables' numbers. */
function shown({ sql, error, varies }: HonestStatement, answers: readonly Answer[]): unknown {
  const states = errorsOf(answers).map((fields) => fields['C']);
  if (String(states[0]) !== String(error)) return { sql, unexpected: errorsOf(answers).map((fields) => `${fields['C']} ${fields['M']}`), wanted: error };
  const bodies = answers.flatMap(({ type, bytes }) => {
    if (varies && type === 'S') return [];
    if (type === 'T' || type === 'S' || type === 'Z' || (varies && (type === 'D' || type === 'C'))) return [type];
    return [`${type} ${bytes.toString('latin1').replaceAll(guarded.owner.database, directly.owner.database)}`];
  });
  // Who asks for no order gets the one that rows happen to have, and the guard's own objects lie among those of the catalogue.
  const ordered = /\border by\b/i.test(sql) ? bodies : bodies.toSorted();
  return { sql, bodies: varies ? [...new Set(bodies)] : ordered };
}
