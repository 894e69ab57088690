/**
 * Statements through the gateway, directly, and through a bare TCP pipe in Node: the pipe is the least that a process between can cost. The pipe and the
 * gateway run in processes of their own, so that their processor time can be told from the client's. Of wall time the best rounds are compared, because
 * whatever else the machine does only adds to it. What limits each figure is printed with it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '../src/environment/embedded-database.ts';
import { startEmbeddedServer } from '../src/environment/embedded-server.ts';
import { createGuard } from '../src/guard/guard.ts';
import type { DatabaseAddress } from '../src/model/environment.ts';
import { decideSql } from '../src/policy/decide-sql.ts';
import { createSqlParser } from '../src/policy/sql-parser.ts';
import { median, spread, type Row } from './measure.ts';

interface Way {
  readonly name: 'direct' | 'pipe' | 'gateway';
  readonly url: string;
  /** The process between, where there is one. */
  readonly middle?: ChildProcess;
}

interface Kind {
  readonly what: string;
  readonly query: (client: pg.Client, index: number) => Promise<unknown>;
  readonly clients: number;
  readonly count: number;
  readonly aim: string;
  readonly limit: string;
}

const small = 'two writes to sockets, four fifths of its processor time; framing, the look-up of the text and the record are the rest';
const one = (client: pg.Client): Promise<unknown> => client.query('SELECT 1');
const prepared = (client: pg.Client, index: number): Promise<unknown> => client.query({ name: 'one', text: 'SELECT $1::int', values: [index] });
const rows = (client: pg.Client): Promise<unknown> => client.query("SELECT n, repeat('x', 50) FROM generate_series(1, 100) n");

const kinds: readonly Kind[] = [
  { what: 'a simple query, 1 client', query: one, clients: 1, count: 400, aim: '1.3', limit: small },
  { what: 'a simple query, 8 clients', query: one, clients: 8, count: 800, aim: '1.3', limit: `the client's own process, and one thread for all eight` },
  { what: 'a prepared statement, 1 client', query: prepared, clients: 1, count: 400, aim: '1.3', limit: small },
  {
    what: 'a prepared statement, 8 clients',
    query: prepared,
    clients: 8,
    count: 800,
    aim: '1.3',
    limit: `the client's own process, and one thread for all eight`,
  },
  { what: 'a hundred rows, 1 client', query: rows, clients: 1, count: 300, aim: '1.3', limit: 'the client, which makes objects of the rows' },
  {
    what: 'a result of 10 MB, 1 client',
    query: (client) => client.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000)"),
    clients: 1,
    count: 4,
    aim: '1.1',
    limit: 'the client, which makes objects of the rows; of the gateway the collection of its buffers, in a heap that holds the catalogue',
  },
  {
    what: 'a result of 10 MB, 8 clients',
    query: (client) => client.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000)"),
    clients: 8,
    count: 16,
    aim: '1.1',
    limit: 'the processors: server, middle and client share them',
  },
];

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  chmodSync(folder, 0o755);
  const server = (await startEmbeddedServer({ stateFolder: join(folder, 'state'), cacheFolder: join(folder, 'cache') })).value;
  if (!server) throw new Error('no server');
  const owner = (await createDatabase(server, 'bench')).value;
  if (!owner) throw new Error('no database');
  const superuser = { ...server.superuser, database: owner.database };
  const [pipe, gateway] = await Promise.all([startMiddle('pipe', owner, superuser), startMiddle('gateway', owner, superuser)]);
  const login = `${owner.user}:${encodeURIComponent(owner.password)}`;
  const ways: readonly Way[] = [
    { name: 'direct', url: `postgresql://${login}@${owner.host}:${owner.port}/${owner.database}` },
    { name: 'pipe', url: `postgresql://${login}@127.0.0.1:${pipe.answer}/${owner.database}`, middle: pipe.child },
    { name: 'gateway', url: gateway.answer, middle: gateway.child },
  ];
  const measured: Row[] = [];
  for (const kind of kinds) measured.push(...(await compare(ways, kind)));
  measured.push(await parses());
  for (const { child } of [pipe, gateway]) {
    child.send('end');
    await once(child, 'exit');
  }
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  return measured;
}

async function compare(ways: readonly Way[], { what, query, clients, count, aim, limit }: Kind): Promise<readonly Row[]> {
  const opened = await Promise.all(
    ways.map(async ({ name, url, middle: between }) => {
      const each = await Promise.all(
        Array.from({ length: clients }, async () => {
          const client = new pg.Client(url);
          await client.connect();
          return client;
        }),
      );
      return { name, between, clients: each, times: [] as number[], processor: [] as number[] };
    }),
  );
  // Each round times all ways, beginning with another one: what else the machine does falls on all alike.
  for (let round = -1; round < 15; round += 1) {
    for (let turn = 0; turn < opened.length; turn += 1) {
      const way = opened[(turn + round + 3) % opened.length];
      if (way === undefined) continue;
      const used = await processorOf(way.between);
      const started = performance.now();
      await Promise.all(
        way.clients.map(async (client) => {
          for (let index = 0; index < count / clients; index += 1) await query(client, index);
        }),
      );
      if (round < 0) continue;
      way.times.push(performance.now() - started);
      way.processor.push((await processorOf(way.between)) - used);
    }
  }
  for (const { clients: each } of opened) await Promise.all(each.map((client) => client.end()));
  const [direct, pipe, gateway] = opened;
  if (direct === undefined || pipe === undefined || gateway === undefined) throw new Error('three ways are compared');
  const best = (times: readonly number[]): number => Math.min(...times);
  const against = (other: readonly number[]): string =>
    `${(best(gateway.times) / best(other)).toFixed(2)} (by round: ${spread(gateway.times.map((time, index) => time / (other[index] ?? Number.NaN)))})`;
  const each = (values: readonly number[], unit: number): string => ((median(values) / count) * unit).toFixed(0);
  return [
    { what: `${what}: gateway against a bare TCP pipe`, figure: against(pipe.times), aim },
    { what: `${what}: gateway against direct; limited by ${limit}`, figure: against(direct.times) },
    {
      what: `${what}: processor time of gateway and pipe for each`,
      figure: `${each(gateway.processor, 1)} µs, ${each(pipe.processor, 1)} µs: ${(median(gateway.processor) / median(pipe.processor)).toFixed(2)}`,
    },
  ];
}

/** Microseconds so far. */
async function processorOf(between: ChildProcess | undefined): Promise<number> {
  if (between === undefined) return 0;
  between.send('processor');
  const [used] = (await once(between, 'message')) as [number];
  return used;
}

/** Parses of statements that nobody has seen, judgement included. */
async function parses(): Promise<Row> {
  const parser = createSqlParser();
  const judge = (index: number): Promise<unknown> =>
    decideSql(parser, `SELECT r.id, n.body FROM runs r JOIN notes n ON n.run = r.id WHERE r.id = ${index} AND n.body LIKE 'x%' ORDER BY 1 LIMIT 10`, {
      access: { capability: 'read', writes: [] },
      protectedTables: ['runs'],
    });
  await judge(-1);
  const rates: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const started = performance.now();
    for (let index = 0; index < 300; index += 1) await judge(round * 1000 + index);
    rates.push(300 / ((performance.now() - started) / 1000));
  }
  await parser.close();
  return {
    what: 'parses of unseen statements with their judgement, a second (limited by the tree, which the worker hands over as a copy)',
    figure: spread(rates),
  };
}

interface Middle {
  readonly child: ChildProcess;
  /** The pipe's port, or the door's URL. */
  readonly answer: string;
}

/** This file again, as a process of its own. */
async function startMiddle(name: 'pipe' | 'gateway', owner: DatabaseAddress, superuser: DatabaseAddress): Promise<Middle> {
  const child = fork(new URL(import.meta.url), [], { env: { ...process.env, BENCH_MIDDLE: JSON.stringify({ name, owner, superuser }) } });
  const [answer] = (await once(child, 'message')) as [string];
  return { child, answer };
}

async function beMiddle(text: string): Promise<void> {
  const { name, owner, superuser } = JSON.parse(text) as { name: string; owner: DatabaseAddress; superuser: DatabaseAddress };
  if (name === 'pipe') {
    const pipe = createServer({ noDelay: true }, (socket) => {
      const upstream = connect({ port: owner.port, host: owner.host, noDelay: true });
      for (const end of [socket, upstream]) end.on('error', () => undefined);
      socket.pipe(upstream).pipe(socket);
    });
    pipe.listen(0, '127.0.0.1', () => process.send?.(String((pipe.address() as AddressInfo).port)));
  } else {
    const parser = createSqlParser();
    const created = await createGuard({
      execution: 'bench',
      database: owner,
      superuser,
      ownServer: true,
      protectedTables: [],
      sqlitePolicy: false,
      workspace: tmpdir(),
      decide: (sql, access) => decideSql(parser, sql, { access, protectedTables: [] }),
    });
    const door = await created.value?.open('1.1', { capability: 'read', writes: [] });
    process.send?.(door?.url ?? '');
  }
  process.on('message', (message) => {
    if (message === 'end') process.exit(0);
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
}

const middle = process.env['BENCH_MIDDLE'];
if (middle !== undefined) await beMiddle(middle);
