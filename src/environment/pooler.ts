/**
 * A pooler between us and the server (pgbouncer and its relatives). It shows where it answers in its own name: the key of the session is
 * not the server process's, startup options are refused or dropped, and two sessions share one server process.
 */
import pg from 'pg';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { tlsOption } from '../model/tls-option.ts';

const help = "name the server's own host and port in the URL, not the pooler's";

const lost = {
  settings: 'settings: startup options do not reach the server, so no session is made read-only by the server itself',
  session:
    'session state: one server process serves several sessions in turn, so settings, prepared statements, LISTEN and advisory locks of one are seen or lost by another',
  counters: "counters: the pooler's server sessions outlive a step's, so the counters are late and a connection round the gateway does not stand out",
  cancel: "cancel: it reaches the pooler's session, and the server process only while the two belong together",
} as const;

/** The pooler did not let us in with the options that the guard's sessions need. */
export function startupRefused({ host, port }: DatabaseAddress, message: string): Diagnostic {
  return {
    severity: 'error',
    code: 'environment/pooler',
    message: `what answers at ${host}:${port} is a pooler, which refuses the settings that the guard's sessions start with`,
    notes: [message],
    help,
  };
}

/**
 * Undefined where the server itself answers. An error where sessions share server processes: names and settings that were judged for one
 * session would hold for another. A warning else, with what is lost. `client` is connected; `applied`: its startup options are in force.
 */
export async function findPooler(address: DatabaseAddress, client: pg.Client, applied: boolean, timeoutMs: number): Promise<Diagnostic | undefined> {
  const serverProcess = await processOf(client);
  const { processID } = client as unknown as { readonly processID: number | null };
  if (processID === serverProcess && applied) return undefined;
  const place = `${address.host}:${address.port}`;
  if (await sharesProcess(address, serverProcess, timeoutMs)) {
    return {
      severity: 'error',
      code: 'environment/pooler',
      message: `what answers at ${place} is a pooler that gives a server process to another session after each transaction`,
      notes: [`lost are ${lost.session}`, lost.settings, lost.counters, lost.cancel],
      help,
    };
  }
  return {
    severity: 'warning',
    code: 'environment/pooler',
    message: `what answers at ${place} is a pooler, not the server itself`,
    notes: [...(applied ? [] : [lost.settings]), lost.counters, lost.cancel],
    help,
  };
}

/** While `serverProcess` is another session's, does a new session get it? Then it was lent for a transaction only. */
async function sharesProcess(address: DatabaseAddress, serverProcess: number, timeoutMs: number): Promise<boolean> {
  const second = new pg.Client({
    ...address,
    ssl: tlsOption(address),
    enableChannelBinding: address.channelBinding !== undefined,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  second.on('error', () => undefined);
  try {
    await second.connect();
    return (await processOf(second)) === serverProcess;
  } catch {
    // A pooler with one server session in session mode lets nobody else in.
    return false;
  } finally {
    await second.end().catch(() => undefined);
  }
}

async function processOf(client: pg.Client): Promise<number> {
  return Number((await client.query<{ pid: string }>('SELECT pg_catalog.pg_backend_pid()::text AS pid')).rows[0]?.pid);
}
