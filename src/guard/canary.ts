// "No violations" looks the same with a live guard and with none. So the runner itself tries the forbidden acts, through each
// guard, before the first step: whoever is not refused must not start.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Catalogue } from '../model/catalogue.ts';
import type { CanaryResult } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Access } from '../model/step.ts';
import type { AssertionSessions } from './assertion-session.ts';
import { isServerAnswer, parserSettings, DatabaseLogin } from './database-login.ts';
import type { Gateway } from './gateway.ts';
import type { Decide } from './live-judge.ts';
import type { ProtectedTable } from './protected-table.ts';
import type { SqliteWatch } from './sqlite-watch.ts';
import { compareMarks, type Tripwire } from './tripwire.ts';

export interface CanaryOptions {
  readonly gateway: Gateway;
  readonly sessions: AssertionSessions;
  readonly tripwire: Tripwire;
  readonly sqlite: SqliteWatch | undefined;
  readonly database: DatabaseAddress;
  readonly ownServer: boolean;
  /** The judge and what it is given. */
  readonly closure: { readonly decide: Decide; readonly catalogue: () => Promise<Catalogue> };
}

const reading: Access = { capability: 'read', writes: [] };
const writing: Access = { capability: 'write', writes: [] };
const writingOthers: Access = { capability: 'write-except-protected', writes: [] };
const step = 'canary';
/** What the server or the gateway says to a write that is not permitted. */
const refusals = new Set(['25006', '42501']);

/** Tries every act; never rejects, for a canary that could not be tried was not refused. */
export async function tryCanaries(options: CanaryOptions): Promise<readonly CanaryResult[]> {
  const { tripwire, sqlite } = options;
  const tries: (() => Promise<CanaryResult>)[] = [];
  const [table] = await tripwire.tables().catch(() => []);
  // Without a table to protect there is none to insert into, and a new one is the forbidden act.
  const act = table === undefined ? 'CREATE TABLE proofplan_canary (id integer)' : `INSERT INTO ${table.quoted} DEFAULT VALUES`;
  const what = table === undefined ? 'a new table' : `an INSERT into \`${table.label}\``;
  tries.push(() => throughGateway(options, reading, `${what} from a step that reads`, act));
  tries.push(() => throughGateway(options, writing, `${what} from a step that may write other tables`, act));
  tries.push(() => readOnlyAtTheServer(options));
  tries.push(() => throughSession(options, `${what} from an assertion`, act));
  if (table !== undefined) tries.push(() => behindTrigger(options, table));
  tries.push(
    () => wrongToken(options),
    () => usedToken(options),
  );
  if (options.ownServer && tripwire.countsSessions) tries.push(() => aroundGateway(options));
  if (tripwire.attributes) tries.push(() => unseenWrite(tripwire));
  if (sqlite !== undefined) tries.push(() => sqliteFile(sqlite));
  const results: CanaryResult[] = [];
  for (const attempt of tries) results.push(await attempt());
  return results;
}

async function throughGateway(options: CanaryOptions, access: Access, name: string, act: string): Promise<CanaryResult> {
  return withoutEffect(options, { name, layer: 'gateway' }, async () => {
    const door = await options.gateway.open(step, access, true);
    try {
      return await refusalOf(() => ask(door.url, act));
    } finally {
      await door.close();
    }
  });
}

/** The second lock behind the gateway's judgement: in a step that reads, the server itself must say no. */
async function readOnlyAtTheServer({ gateway }: CanaryOptions): Promise<CanaryResult> {
  const named = { name: 'the sessions of a step that reads', layer: 'gateway' } as const;
  return guarded(named, async () => {
    const door = await gateway.open(step, reading, true);
    try {
      const rows = await ask(door.url, 'SHOW transaction_read_only');
      const on = rows[0]?.['transaction_read_only'] === 'on';
      return { refused: on, detail: on ? 'are read-only at the server too' : 'are not read-only at the server' };
    } finally {
      await door.close();
    }
  });
}

async function throughSession(options: CanaryOptions, name: string, act: string): Promise<CanaryResult> {
  return withoutEffect(options, { name, layer: 'session' }, async () => {
    const answer = await options.sessions.askUnjudged({ sql: act, parameters: [], mode: 'read', timeoutMs: 10_000 });
    if (answer.kind !== 'failure') return { refused: false, detail: answer.kind === 'lost' ? answer.message : 'was carried out' };
    return { refused: refusals.has(answer.sqlstate), detail: `${answer.sqlstate}: ${answer.message}` };
  });
}

/** The catalogue as it is, and in it a harmless-looking table whose trigger writes the protected one: nothing is made for that in the database. */
async function behindTrigger({ closure }: CanaryOptions, { label, quoted }: ProtectedTable): Promise<CanaryResult> {
  return guarded({ name: `an INSERT into \`${label}\` behind a trigger`, layer: 'catalogue' }, async () => {
    const { decision } = await closure.decide('INSERT INTO public.proofplan_canary DEFAULT VALUES', writingOthers, withTrap(await closure.catalogue(), quoted));
    return { refused: decision.effect === 'refuse' && decision.rule === 'protected-relation', detail: decision.reason };
  });
}

function withTrap(catalogue: Catalogue, target: string): Catalogue {
  const [relation, procedure] = [-1, -2];
  return {
    ...catalogue,
    functions: [
      ...catalogue.functions,
      {
        id: procedure,
        schema: 'public',
        name: 'proofplan_canary',
        language: 'plpgsql',
        volatile: true,
        body: '',
        definition: `CREATE FUNCTION public.proofplan_canary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ${target} DEFAULT VALUES; RETURN NULL; END $$`,
        fewestArguments: 0,
        mostArguments: 0,
        settings: [],
        types: [],
        takesRow: false,
        parts: [],
      },
    ],
    relations: [
      ...catalogue.relations,
      {
        id: relation,
        schema: 'public',
        name: 'proofplan_canary',
        kind: 'table',
        parents: [],
        types: [],
        rules: [],
        triggers: [{ name: 'canary', events: ['insert'], instead: false, columns: [], function: procedure }],
        foreignKeys: [],
        expressions: [],
        indexFunctions: [],
      },
    ],
  };
}

async function wrongToken({ gateway }: CanaryOptions): Promise<CanaryResult> {
  return guarded({ name: 'a wrong token', layer: 'token' }, async () => {
    const door = await gateway.open(step, reading, true);
    try {
      const url = new URL(door.url);
      url.password = 'wrong';
      return await refusalOf(() => ask(url.href, 'SELECT 1'), '28P01');
    } finally {
      await door.close();
    }
  });
}

async function usedToken({ gateway }: CanaryOptions): Promise<CanaryResult> {
  return guarded({ name: 'a token whose step has ended', layer: 'token' }, async () => {
    const door = await gateway.open(step, reading, true);
    await door.close();
    return refusalOf(() => ask(door.url, 'SELECT 1'), '28P01');
  });
}

async function aroundGateway({ tripwire, database }: CanaryOptions): Promise<CanaryResult> {
  return guarded({ name: 'a session round the gateway', layer: 'tripwire' }, async () => {
    await tripwire.strangeSessions();
    // A login book of its own: this session is the one that nobody may have opened.
    const client = await new DatabaseLogin().open(database, parserSettings);
    await client.end();
    const findings = await tripwire.strangeSessions();
    return { refused: findings.length > 0, detail: findings[0]?.what ?? 'was not noticed' };
  });
}

async function unseenWrite(tripwire: Tripwire): Promise<CanaryResult> {
  return guarded({ name: 'a write with triggers switched off', layer: 'tripwire' }, async () => {
    const noticed = await tripwire.noticesWrites();
    return { refused: noticed === true, detail: noticed === true ? 'was noted' : 'was not noted' };
  });
}

async function sqliteFile(sqlite: SqliteWatch): Promise<CanaryResult> {
  return guarded({ name: 'a SQLite database', layer: 'sqlite' }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'proofplan-canary-'));
    try {
      const watch = sqlite.begin([folder]);
      await writeFile(join(folder, 'canary.db'), Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(496)]));
      const seen = watch.compare().some((finding) => !finding.explained && finding.what.includes(join(folder, 'canary.db')));
      return { refused: seen, detail: seen ? `was noticed; watched: ${sqlite.coverage}` : 'was not noticed' };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

type Outcome = Pick<CanaryResult, 'refused' | 'detail'>;
type Named = Pick<CanaryResult, 'name' | 'layer'>;

/** A refusal counts only when nothing was changed either. */
async function withoutEffect({ tripwire }: CanaryOptions, named: Named, act: () => Promise<Outcome>): Promise<CanaryResult> {
  return guarded(named, async () => {
    const before = await tripwire.mark();
    const outcome = await act();
    const effect = compareMarks(before, await tripwire.mark(), reading).find(({ explained }) => !explained);
    return effect === undefined ? outcome : { refused: false, detail: effect.what };
  });
}

async function guarded(named: Named, act: () => Promise<Outcome>): Promise<CanaryResult> {
  try {
    return { ...named, ...(await act()) };
  } catch (error) {
    return { ...named, refused: false, detail: `could not be tried: ${messageOf(error)}` };
  }
}

async function refusalOf(act: () => Promise<unknown>, sqlstate?: string): Promise<Outcome> {
  try {
    await act();
    return { refused: false, detail: 'was let through' };
  } catch (error) {
    if (!isServerAnswer(error)) throw error;
    const wanted = sqlstate === undefined ? refusals.has(error.code ?? '') : error.code === sqlstate;
    return { refused: wanted, detail: `${error.code}: ${error.message}` };
  }
}

/** In a transaction that is rolled back: with a dead guard, the canary itself must leave nothing. */
async function ask(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 15_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
    await client.end();
  }
}
