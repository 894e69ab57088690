/**
 * What stands at a database address, before anything relies on it. First one question on the bare wire, because a driver that
 * meets another protocol waits or says something about its own parser; then a session that asks who we are.
 */
import { createConnection } from 'node:net';
import pg from 'pg';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import { demandBinding } from '../model/channel-binding.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { tlsOption } from '../model/tls-option.ts';
import { cannot } from './finding.ts';
import { codeOf, explainLogin, isCertificateTrouble, placeOf } from './login-refusal.ts';
import { findPooler } from './pooler.ts';
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
  /** Is the connection encrypted? Where the URL leaves it open, what the server let in. */
  readonly tls: boolean;
  /** `track_counts`: what is done to each table is counted. */
  readonly countsTables: boolean;
  /** May the account see the state of other accounts' sessions (`pg_read_all_stats`)? */
  readonly seesSessions: boolean;
  /** A pooler answers in the server's name. */
  readonly pooled: boolean;
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
      help: 'start the server, or correct host and port; `embedded` in its place needs none',
    });
  }
  if (wire.kind === 'other') {
    return cannot('environment/not-postgres', `what answers at ${place} is not PostgreSQL`, { notes: [wire.reason], help: 'correct host and port' });
  }
  if (address.tls && !wire.tls && address.tlsOpen === undefined) {
    return cannot('environment/no-tls', `the server at ${place} offers no TLS, which the URL's sslmode demands`, {
      help: 'switch `ssl` on at the server, or write `sslmode=disable`',
    });
  }
  let first: Checked<DatabaseFacts> | undefined;
  for (const tls of waysIn(address, wire.tls)) {
    const asked = await askFacts({ ...address, tls }, timeoutMs);
    if (asked.kind === 'answered') return asked.facts;
    first ??= asked.facts;
    // Another password or database is not found by asking again.
    if (asked.kind === 'final') return first;
  }
  return first ?? cannot('environment/unreachable', `the database at ${place} cannot be used`);
}

/** With and without TLS, in the order that the URL's sslmode gives, as far as the server has it (libpq, "SSL Mode Descriptions"). */
function waysIn({ tls, tlsOpen }: DatabaseAddress, offered: boolean): readonly boolean[] {
  if (tlsOpen === undefined) return [tls];
  if (!offered) return [false];
  return tlsOpen === 'tls-first' ? [true, false] : [false, true];
}

/** `encryption`: refused because of the way of connecting, so the other one may do. */
interface Asked {
  readonly kind: 'answered' | 'encryption' | 'final';
  readonly facts: Checked<DatabaseFacts>;
}

async function askFacts(address: DatabaseAddress, timeoutMs: number): Promise<Asked> {
  const client = new pg.Client({
    ...address,
    ssl: tlsOption(address),
    enableChannelBinding: address.channelBinding !== undefined,
    options: probeOptions,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => undefined);
  if (address.channelBinding !== undefined) demandBinding(client.connection);
  try {
    await client.connect();
    const row = (await client.query<FactsRow>(factsQuery)).rows[0];
    const facts = judgeFacts(address, row);
    if (facts.value === undefined) return { kind: 'answered', facts };
    const pooler = await findPooler(address, client, row?.applied === 'on', timeoutMs);
    if (pooler?.severity === 'error') return { kind: 'answered', facts: { value: undefined, diagnostics: [pooler] } };
    return { kind: 'answered', facts: pooler === undefined ? facts : { value: { ...facts.value, pooled: true }, diagnostics: [pooler] } };
  } catch (thrown) {
    const code = codeOf(thrown);
    return { kind: code === '28000' || isCertificateTrouble(code) ? 'encryption' : 'final', facts: explainLogin(address, thrown) };
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
  /** The setting of `probeOptions`, as it is in force. */
  readonly applied: string;
  readonly sees: boolean;
  readonly counts: string;
}

/** What the guard's own sessions ask for too: only the server itself applies it. */
const probeOptions = '-c default_transaction_read_only=on';

const factsQuery = `
  SELECT version() AS banner, current_setting('server_version') AS version, current_setting('server_version_num') AS number,
         rolsuper AS superuser, rolcreaterole AS createrole, pg_is_in_recovery() AS standby,
         current_setting('default_transaction_read_only') AS applied, current_setting('track_counts') AS counts,
         pg_has_role('pg_read_all_stats', 'USAGE') AS sees
  FROM pg_roles WHERE rolname = current_user`;

function judgeFacts(address: DatabaseAddress, row: FactsRow | undefined): Checked<DatabaseFacts> {
  const place = placeOf(address);
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
  const { superuser, createrole: createRole, standby } = row;
  return {
    value: { version, major, superuser, createRole, standby, tls: address.tls, countsTables: row.counts === 'on', seesSessions: row.sees, pooled: false },
    diagnostics: [],
  };
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
