/** Which database an URL leads to, whatever its spelling: asked of the server itself. */
import pg from 'pg';
import type { DatabaseAddress } from '../model/environment.ts';
import { tlsOption } from '../model/tls-option.ts';
import { parseDatabaseUrl } from './database-url.ts';

const timeoutMs = 10_000;

/**
 * The same text for the same database of the same running server; undefined where it cannot be asked. By the moment of the server's
 * start, to the microsecond, which every account may ask for: its system identifier is for some accounts only, and copies share it.
 * What an account has set for itself (its time zone, its form of dates, its search path) must not make two of one.
 */
export async function identifyDatabase(url: string): Promise<string | undefined> {
  const address = parseDatabaseUrl(url).value;
  if (address === undefined) return undefined;
  const answers = await Promise.all(ways(address).map((way) => ask(way)));
  return answers.find((answer) => answer !== undefined);
}

/** Encrypted and plain, where the URL leaves it open. */
function ways(address: DatabaseAddress): readonly DatabaseAddress[] {
  return address.tlsOpen === undefined ? [address] : [address, { ...address, tls: !address.tls }];
}

async function ask(address: DatabaseAddress): Promise<string | undefined> {
  const client = new pg.Client({ ...address, ssl: tlsOption(address), connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const own = await client.query<{ identity: string }>(
      `SELECT pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_postmaster_start_time()), 'YYYY-MM-DD HH24:MI:SS.US') OPERATOR(pg_catalog.||) ' '
         OPERATOR(pg_catalog.||) (SELECT oid::pg_catalog.text FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) AS identity`,
    );
    return own.rows[0]?.identity;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
