/**
 * The catalogue of databases of 100, 1,000 and 10,000 relations: reading it whole, seeing that it has not moved, and judging one statement by it. A tenth
 * of the relations are views, each table has a default, a check, an index and a foreign key, each tenth a trigger with a function. What limits each figure
 * is printed with it.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '../src/environment/embedded-database.ts';
import { startEmbeddedServer } from '../src/environment/embedded-server.ts';
import { CatalogueKeeper } from '../src/guard/catalogue-keeper.ts';
import { readCatalogue } from '../src/guard/catalogue-reader.ts';
import { DatabaseLogin, readOnlySettings } from '../src/guard/database-login.ts';
import { decideSql } from '../src/policy/decide-sql.ts';
import { createSqlParser } from '../src/policy/sql-parser.ts';
import { median, spread, type Row } from './measure.ts';

const sizes = [100, 1000, 10_000];
const rounds = 5;

/** Made in blocks, since a transaction may hold only so many locks. */
const block = `DO $$ BEGIN
  FOR i IN %from..%to LOOP
    IF i % 10 = 0 THEN
      EXECUTE format('CREATE VIEW v%s AS SELECT id, body FROM t%s WHERE length(body) > 0', i, i - 1);
    ELSE
      EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, body text DEFAULT upper(''x'') CHECK (length(body) < 100), up integer%s)', i,
        CASE WHEN i % 10 > 1 THEN format(' REFERENCES t%s ON DELETE SET NULL', i - i % 10 + 1) END);
    END IF;
    IF i % 10 = 1 THEN
      EXECUTE format('CREATE FUNCTION f%s() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.body := lower(NEW.body); RETURN NEW; END $f$', i);
      EXECUTE format('CREATE TRIGGER g%s BEFORE INSERT ON t%s FOR EACH ROW EXECUTE FUNCTION f%s()', i, i, i);
    END IF;
  END LOOP; END $$`;

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  chmodSync(folder, 0o755);
  const server = (await startEmbeddedServer({ stateFolder: folder, cacheFolder: join(tmpdir(), 'proofplan-bench-cache') })).value;
  if (!server) throw new Error('no server');
  const rows: Row[] = [];
  const readTimes = new Map<number, number>();
  const judgeTimes = new Map<number, number>();
  try {
    for (const size of sizes) {
      const database = (await createDatabase(server, `size_${size}`)).value;
      if (!database) throw new Error('no database');
      const client = new pg.Client({ ...database, ssl: false });
      await client.connect();
      await client.query(
        "CREATE TABLE root (id serial PRIMARY KEY); CREATE TABLE runs (id text); CREATE FUNCTION harm() RETURNS void LANGUAGE sql AS 'INSERT INTO runs VALUES (1)'",
      );
      for (let from = 1; from < size; from += 500) await client.query(block.replace('%from', String(from)).replace('%to', String(Math.min(size, from + 499))));
      await client.query('ANALYZE');
      const login = new DatabaseLogin();
      const reader = await login.open(database, { ...readOnlySettings, search_path: 'pg_catalog' });
      const time = async (work: () => Promise<unknown>): Promise<readonly number[]> => {
        const times: number[] = [];
        for (let round = 0; round < rounds; round += 1) {
          const started = performance.now();
          await work();
          times.push(performance.now() - started);
        }
        return times;
      };
      const reading = await time(() => readCatalogue(reader, ['public']));
      readTimes.set(size, median(reading));
      rows.push({
        what: `reading the catalogue of ${size} relations, ms`,
        figure: `${spread(reading)}; limited by the server's printing of definitions (pg_get_viewdef, pg_get_expr) and by JSON`,
      });
      const keeper = new CatalogueKeeper(login, database, ['public']);
      await keeper.current();
      const unmoved = await time(() => keeper.recheck());
      const moved = await time(async () => {
        await client.query('INSERT INTO root DEFAULT VALUES');
        await keeper.recheck();
      });
      rows.push({
        what: `a step's start, ${size} relations, ms`,
        figure: `nothing happened ${spread(unmoved)}, rows changed ${spread(moved)}; limited by one scan of each system table (its rows' places and writers)`,
      });
      const parser = createSqlParser();
      const catalogue = await readCatalogue(reader, ['public']);
      const access = { capability: 'write-except-protected', writes: [] } as const;
      let number = 0;
      const judge = async (): Promise<void> => {
        const at = (number = (number + 10) % (size - 20)) + 1;
        const { decision } = await decideSql(parser, `INSERT INTO t${at} (body) SELECT body FROM v${at + 9} WHERE id = ${number}; DELETE FROM t${at + 1}`, {
          access,
          protectedTables: ['runs'],
          catalogue,
        });
        if (decision.effect !== 'permit') throw new Error(decision.reason);
      };
      const firstStarted = performance.now();
      await judge();
      const first = performance.now() - firstStarted;
      const judging = await time(judge);
      judgeTimes.set(size, median(judging));
      rows.push({
        what: `one judgement, ${size} relations, ms`,
        figure: `first ${first.toFixed(2)} (the index is made), then ${spread(judging)}; limited by the parser's worker: the texts of what is touched are parsed once`,
      });
      await keeper.close();
      await reader.end();
      await client.end();
      await parser.close();
    }
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const growth = (times: ReadonlyMap<number, number>): string => ((times.get(10_000) ?? 0) / (times.get(1000) ?? 1)).toFixed(2);
  rows.push({ what: 'reading: 10,000 relations against 1,000', figure: growth(readTimes), aim: '10 (linear)' });
  rows.push({ what: 'a judgement: 10,000 relations against 1,000', figure: growth(judgeTimes), aim: '1 (independent)' });
  return rows;
}
