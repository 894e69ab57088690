/**
 * What stands at a database address, before anything relies on it. First one question on the bare wire, because a driver that
 * meets another protocol waits or says something about its own parser; then a session that asks who we are.
 */
import { createConnection } from 'node:net';
import pg from 'pg';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { cannot } from './finding.ts';
import { minimumPostgres } from './postgres-binary.ts';

/** What a database account may do, as the server tells it. */
export interface DatabaseFacts {
  /** `15.18`. */
  readonly version: string;
  readonly major: number;
  readonly superuser: boolean;
  readonly createRole: boolean;
  /** A standby: nothing can be written there. */
  readonly standby: boolean;
}

export interface ProbeOptions {
  /** For each of the two questions. */
  readonly timeoutMs?: number;
}

/** Reachable, PostgreSQL, not too old, and this account may log in; else the reason, with host and port. */
export async function probeDatabase(address: DatabaseAddress, options: ProbeOptions = {}): Promise<Checked<DatabaseFacts>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const wire = await askForTls(address, timeoutMs);
  const place = placeOf(address);
  if (wire.kind === 'unreachable') {
    return cannot('environment/unreachable', `no database answers at ${place}`, {
      notes: [wire.reason],
      help: 'start the server, or correct host and port; `database: embedded` needs no server',
    });
  }
  if (wire.kind === 'other') {
    return cannot('environment/not-postgres', `what answers at ${place} is not PostgreSQL`, { notes: [wire.reason], help: 'correct host and port' });
  }
  if (address.tls && !wire.tls) {
    return cannot('environment/no-tls', `the server at ${place} offers no TLS, which the URL's sslmode demands`, {
      help: 'switch `ssl` on at the server, or write `sslmode=disable`',
    });
  }
  const client = new pg.Client({ ...address, ssl: address.tls, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return judgeFacts(place, (await client.query<FactsRow>(factsQuery)).rows[0]);
  } catch (thrown) {
    return explain(address, thrown);
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface FactsRow {
  readonly banner: string;
  readonly version: string;
  readonly number: string;
  readonly superuser: boolean;
  readonly createrole: boolean;
  readonly standby: boolean;
}

const factsQuery = `
  SELECT version() AS banner, current_setting('server_version') AS version, current_setting('server_version_num') AS number,
         rolsuper AS superuser, rolcreaterole AS createrole, pg_is_in_recovery() AS standby
  FROM pg_roles WHERE rolname = current_user`;

function judgeFacts(place: string, row: FactsRow | undefined): Checked<DatabaseFacts> {
  // Relatives speak the protocol and differ in what the guard relies on: system columns, statistics, read-only sessions.
  if (row === undefined || !row.banner.startsWith('PostgreSQL ') || /Redshift|-YB-|Greenplum/.test(row.banner)) {
    return cannot('environment/not-postgres', `what answers at ${place} is not PostgreSQL`, {
      notes: [`it calls itself \`${row?.banner ?? 'nothing'}\``],
      help: 'correct host and port',
    });
  }
  const major = Math.floor(Number(row.number) / 10_000);
  const version = row.version.split(' ')[0] ?? row.version;
  if (major < minimumPostgres) {
    return cannot('environment/server-too-old', `the server at ${place} is PostgreSQL ${version}`, { help: `use PostgreSQL ${minimumPostgres} or later` });
  }
  return { value: { version, major, superuser: row.superuser, createRole: row.createrole, standby: row.standby }, diagnostics: [] };
}

type WireAnswer =
  | { readonly kind: 'postgres'; readonly tls: boolean }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'other'; readonly reason: string };

/** SSLRequest (protocol, "Message Formats"): PostgreSQL answers with exactly one byte, `S` or `N`. */
function askForTls(address: DatabaseAddress, timeoutMs: number): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address.host, port: address.port });
    let connected = false;
    const answer = (value: WireAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(value);
    };
    const timer = setTimeout(() => {
      answer(
        connected
          ? { kind: 'other', reason: `it accepts connections and says nothing within ${timeoutMs} ms` }
          : { kind: 'unreachable', reason: `no connection within ${timeoutMs} ms` },
      );
    }, timeoutMs);
    socket.on('error', (error) => answer(connected ? { kind: 'other', reason: messageOf(error) } : { kind: 'unreachable', reason: messageOf(error) }));
    socket.on('close', () => answer({ kind: 'other', reason: 'it ends a connection at once' }));
    socket.on('connect', () => {
      connected = true;
      const request = Buffer.alloc(8);
      request.writeInt32BE(8, 0);
      request.writeInt32BE(80_877_103, 4);
      socket.write(request);
    });
    socket.on('data', (bytes) => {
      const letter = bytes.length === 1 ? bytes.toString('latin1') : '';
      if (letter === 'S' || letter === 'N') answer({ kind: 'postgres', tls: letter === 'S' });
      else answer({ kind: 'other', reason: `it answers ${JSON.stringify(bytes.toString('latin1').slice(0, 40))}` });
    });
  });
}

/** What a refused login means (SQLSTATE, PostgreSQL appendix A). */
function explain(address: DatabaseAddress, thrown: unknown): Checked<never> {
  const place = placeOf(address);
  const notes = [messageOf(thrown)];
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
  switch (code) {
    case '28P01':
    case '28000':
      return cannot('environment/login-refused', `the server at ${place} refuses the user \`${address.user}\` or its password`, {
        notes,
        help: "correct user and password, or the server's `pg_hba.conf` (a server that demands TLS needs `sslmode=require`)",
      });
    case '3D000':
      return cannot('environment/no-such-database', `the server at ${place} has no database \`${address.database}\``, {
        notes,
        help: `create it (\`createdb ${address.database}\`), or correct the name`,
      });
    case '42501':
      return cannot('environment/login-refused', `the user \`${address.user}\` may not connect to the database \`${address.database}\` at ${place}`, {
        notes,
        help: 'grant it CONNECT',
      });
    default:
      if (/CERT|ALTNAME/.test(code)) {
        return cannot('environment/no-tls', `the certificate of the server at ${place} is not trusted`, {
          notes,
          help: 'name the file of its authority in NODE_EXTRA_CA_CERTS',
        });
      }
      return cannot('environment/unreachable', `the database at ${place} cannot be used`, {
        notes,
        help: "see the server's log, or name another database with --database",
      });
  }
}

function placeOf(address: DatabaseAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
