/** What a tripwire's look costs against one bare query on a kept connection, by the size of the protected table and by what changed. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '../src/environment/embedded-database.ts';
import { startEmbeddedServer } from '../src/environment/embedded-server.ts';
import { DatabaseLogin } from '../src/guard/database-login.ts';
import { Tripwire } from '../src/guard/tripwire.ts';
import { median, spread, type Row } from './measure.ts';

const sizes = [1000, 100_000, 10_000_000];
const repetitions = 5;

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  chmodSync(folder, 0o755);
  const server = (await startEmbeddedServer({ stateFolder: join(folder, 'state'), cacheFolder: join(folder, 'cache') })).value;
  if (!server) throw new Error('no server');
  const owner = (await createDatabase(server, 'bench')).value;
  if (!owner) throw new Error('no database');
  const kept = new pg.Client({ ...owner, ssl: false });
  await kept.connect();
  // In another database: a session that has done something since the last look may hold its counters back, and makes the look longer.
  const aside = new pg.Client({ ...server.superuser, ssl: false });
  await aside.connect();
  const rows: Row[] = [];
  const unchanged: number[] = [];
  for (const size of sizes) {
    await kept.query(`CREATE TABLE kept_${size} AS SELECT g AS id, 'a note of some length' AS note FROM generate_series(1, ${size}) g`);
    await kept.query(`ALTER TABLE kept_${size} ADD PRIMARY KEY (id); CREATE TABLE IF NOT EXISTS other (id integer)`);
    await kept.query(`VACUUM ANALYZE kept_${size}`);
    const login = new DatabaseLogin();
    const superuser = { ...server.superuser, database: owner.database };
    const tripwire = await Tripwire.open({ login, address: superuser, superuser, protectedTables: [`kept_${size}`], ownServer: true });
    const look = (): Promise<number> => timed(() => tripwire.mark());
    await tripwire.mark();
    const figures: Record<'bare' | 'still' | 'elsewhere' | 'declared' | 'stranger', number[]> = {
      bare: [],
      still: [],
      elsewhere: [],
      declared: [],
      stranger: [],
    };
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      const bare = await timed(async () => {
        for (let index = 0; index < 100; index += 1) await aside.query('SELECT 1');
      });
      figures.bare.push(bare / 100);
      figures.still.push(await look());
      // A step that writes elsewhere: its session has ended by the time of the look.
      await apart(owner, 'INSERT INTO other VALUES (1)');
      figures.elsewhere.push(await look());
      const change = `UPDATE kept_${size} SET note = note || '.' WHERE id = ${repetition + 1}`;
      await apart(owner, change);
      figures.declared.push(await look());
      // Somebody else's session, which stays open.
      await kept.query(change);
      figures.stranger.push(await look());
      await new Promise((resolve) => setTimeout(resolve, 100));
      await tripwire.mark();
    }
    const against = (values: readonly number[]): string => `${spread(values.map((value) => value / median(figures.bare)))} (${median(values).toFixed(1)} ms)`;
    const of = `${size.toLocaleString('en')} rows`;
    unchanged.push(median(figures.still));
    rows.push(
      { what: `a look at ${of}, nothing committed, against a bare query`, figure: against(figures.still), aim: 'independent of size' },
      { what: `a look at ${of}, another table written`, figure: against(figures.elsewhere), aim: 'independent of size' },
      { what: `a look at ${of}, one row changed by a session that has ended`, figure: against(figures.declared) },
      { what: `a look at ${of}, one row changed by a session that is still open`, figure: against(figures.stranger) },
    );
    await tripwire.close();
    await kept.query(`DROP TABLE kept_${size}`);
  }
  await kept.end();
  await aside.end();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  return [
    ...rows,
    {
      what: 'an unchanged look at the longest table against one at the shortest',
      figure: ((unchanged.at(-1) ?? 0) / (unchanged[0] ?? 1)).toFixed(2),
      aim: '1',
    },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function apart(address: pg.ClientConfig, statement: string): Promise<void> {
  const client = new pg.Client({ ...address, ssl: false });
  await client.connect();
  await client.query(statement);
  await client.end();
}
