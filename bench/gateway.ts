/** A query through the gateway, against the same through a bare TCP pipe in Node. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '../src/environment/embedded-database.ts';
import { startEmbeddedServer } from '../src/environment/embedded-server.ts';
import { createGuard } from '../src/guard/guard.ts';
import { decideSql } from '../src/policy/decide-sql.ts';
import { createSqlParser } from '../src/policy/sql-parser.ts';
import { spread, type Row } from './measure.ts';

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  chmodSync(folder, 0o755);
  const server = (await startEmbeddedServer({ stateFolder: join(folder, 'state'), cacheFolder: join(folder, 'cache') })).value;
  if (!server) throw new Error('no server');
  const owner = (await createDatabase(server, 'bench')).value;
  if (!owner) throw new Error('no database');
  const parser = createSqlParser();
  const guard = (
    await createGuard({ execution: 'bench', database: owner, superuser: { ...server.superuser, database: owner.database }, ownServer: true, protectedTables: [], sqlitePolicy: false, workspace: folder, decide: (text, access) => decideSql(parser, text, { access, protectedTables: [] }) })
  ).value;
  if (!guard) throw new Error('no guard');
  const door = await guard.open('1.1', { capability: 'read', writes: [] });
  const pipe = createServer((socket) => {
    const upstream = connect(owner.port, owner.host);
    socket.setNoDelay(true);
    upstream.setNoDelay(true);
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((listening) => pipe.listen(0, '127.0.0.1', listening));
  const port = (pipe.address() as AddressInfo).port;
  const through = new pg.Client(door.url);
  const bare = new pg.Client({ host: '127.0.0.1', port, user: owner.user, password: owner.password, database: owner.database });
  await Promise.all([through.connect(), bare.connect()]);
  const kinds: readonly (readonly [string, (client: pg.Client) => Promise<unknown>, number])[] = [
    ['a simple query', (client) => client.query('SELECT 1'), 500],
    ['a prepared statement', (client) => client.query({ name: 'one', text: 'SELECT $1::int', values: [1] }), 500],
    ['a result of 10 MB', (client) => client.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000)"), 5],
  ];
  const rows: Row[] = [];
  for (const [what, query, count] of kinds) {
    const ratios: number[] = [];
    const time = async (client: pg.Client): Promise<number> => {
      const started = performance.now();
      for (let index = 0; index < count; index += 1) await query(client);
      return performance.now() - started;
    };
    await time(bare);
    await time(through);
    for (let repetition = 0; repetition < 11; repetition += 1) {
      const [first, second] = repetition % 2 === 0 ? [await time(bare), await time(through)] : [await time(through), await time(bare)].reverse();
      ratios.push((second ?? 0) / (first ?? 1));
    }
    rows.push({ what: `${what} through the gateway against a bare TCP pipe`, figure: spread(ratios), aim: what.includes('MB') ? '1.1' : '1.3' });
  }
  await Promise.all([through.end(), bare.end()]);
  await door.close();
  await guard.close();
  await parser.close();
  pipe.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  return rows;
}
