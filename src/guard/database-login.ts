// Every connection that the guard itself makes: the runner's own sessions and the upstream half of each gateway session.
// It counts them, so that a tripwire can tell a connection around the gateway from the guard's own.
import { Client, Connection, DatabaseError } from 'pg';
import { demandBinding } from '../model/channel-binding.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { tlsOption } from '../model/tls-option.ts';

/** Settings of a session, as startup options: they are what RESET ALL goes back to. */
export type SessionSettings = Readonly<Record<string, string>>;

/**
 * What no session of the guard may be without: the parser reads backslashes and bytes as these two say, so a session that
 * reads them differently could be told something else than what was judged.
 */
export const parserSettings: SessionSettings = { standard_conforming_strings: 'on', client_encoding: 'UTF8' };

/** What makes the server itself refuse a write. */
export const readOnlySettings: SessionSettings = { ...parserSettings, default_transaction_read_only: 'on' };

/** What the takeover of a logged-in client needs of pg's internals: its socket and the keys for a cancel request. */
interface ClientInternals {
  readonly connection: Connection;
  readonly processID: number;
  readonly secretKey: number;
}

interface CancelConnection {
  readonly connect: (port: number, host: string) => void;
  readonly requestSsl: () => void;
  readonly cancel: (processId: number, secretKey: number) => void;
  readonly once: (event: string, listener: () => void) => void;
  readonly on: (event: 'error', listener: () => void) => void;
}

const connectTimeoutMs = 15_000;
const cancelTimeoutMs = 5000;
const leavingMs = 1000;

/** A session of the server, taken over after pg's login: everything it sends from here on is ours to read. */
export interface Upstream {
  readonly stream: Connection['stream'];
  readonly processId: number;
  readonly secretKey: number;
  /** What the server reported at login (`server_version`, `TimeZone`, …). */
  readonly parameters: ReadonlyMap<string, string>;
}

export class DatabaseLogin {
  #count = 0;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #own = new Set<number>();
  readonly #served = new Set<number>();

  /** Sessions that the server has accepted from the guard so far. */
  get count(): number {
    return this.#count;
  }

  /** Process ids of the runner's own sessions, not of those that belong to steps. */
  get ownSessions(): readonly number[] {
    return [...this.#own];
  }

  /** Process ids of the sessions that steps were given since `forgetServed`. */
  get servedSessions(): ReadonlySet<number> {
    return this.#served;
  }

  /** For the time when no step has a session: the server gives the ids of ended processes to others. */
  forgetServed(): void {
    this.#served.clear();
  }

  /** Resolves when no login is under way, so that the server's count and ours speak of the same moment. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled([...this.#pending]);
  }

  /** A session of the runner's own; every value comes as the server's text. Rejects as pg does. */
  async open(address: DatabaseAddress, settings: SessionSettings): Promise<Client> {
    const client = newClient(address, settings, 'proofplan');
    await this.#connect(client);
    const { processID } = client as unknown as ClientInternals;
    this.#own.add(processID);
    // The server takes a moment to end what its client has left.
    client.once('end', () => setTimeout(() => this.#own.delete(processID), leavingMs).unref());
    return client;
  }

  /** Logs in with the real account and hands over the socket. Rejects as pg does (a DatabaseError where the server refused). */
  async openUpstream(address: DatabaseAddress, settings: SessionSettings, applicationName: string): Promise<Upstream> {
    const client = newClient(address, settings, applicationName);
    const internals = client as unknown as ClientInternals;
    const parameters = new Map<string, string>();
    internals.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
      parameters.set(message.parameterName, message.parameterValue);
    });
    await this.#connect(client);
    this.#served.add(internals.processID);
    const { stream } = internals.connection;
    // pg's parser is the only listener for data; its listeners for errors and the end stay and talk to a client nobody uses.
    stream.removeAllListeners('data');
    return { stream, processId: internals.processID, secretKey: internals.secretKey, parameters };
  }

  async #connect(client: Client): Promise<void> {
    // Without a listener, node would end the whole runner when the server goes away.
    client.on('error', () => undefined);
    const connected = client.connect();
    this.#pending.add(connected);
    try {
      await connected;
      this.#count += 1;
    } finally {
      this.#pending.delete(connected);
    }
  }
}

/** Sends a cancel request (protocol chapter "Canceling Requests in Progress"). Resolves when the server has closed; never rejects. */
export async function cancelUpstream(address: DatabaseAddress, upstream: Pick<Upstream, 'processId' | 'secretKey'>): Promise<void> {
  const connection = new Connection({ ssl: tlsOption(address) });
  const requester = connection as unknown as CancelConnection;
  await new Promise<void>((resolve) => {
    // A server that does not answer must not keep a step from ending.
    const timer = setTimeout(() => connection.stream.destroy(), cancelTimeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const cancel = (): void => requester.cancel(upstream.processId, upstream.secretKey);
    requester.once('connect', address.tls ? requester.requestSsl.bind(requester) : cancel);
    requester.once('sslconnect', cancel);
    requester.on('error', done);
    requester.once('end', done);
    requester.connect(address.port, address.host);
  });
}

/** Was it the server's answer (and not the network's) that failed the login? */
export function isServerAnswer(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && typeof error.code === 'string';
}

/** SQLSTATE classes that say the server itself is not there: starting up, shutting down, connection lost. */
export function meansServerGone(error: unknown): boolean {
  return !isServerAnswer(error) || ['57P01', '57P02', '57P03'].includes(error.code ?? '');
}

function newClient(address: DatabaseAddress, settings: SessionSettings, applicationName: string): Client {
  const client = new Client({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    database: address.database,
    ssl: tlsOption(address),
    enableChannelBinding: address.channelBinding !== undefined,
    application_name: applicationName,
    options: startupOptions(settings),
    connectionTimeoutMillis: connectTimeoutMs,
    types: { getTypeParser: (() => (text: string) => text) as never },
  });
  if (address.channelBinding !== undefined) demandBinding(client.connection);
  return client;
}

/** The `options` startup parameter: words split at blanks, a backslash takes the next character as it is. */
function startupOptions(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${`${name}=${value}`.replace(/[\s\\]/g, (character) => `\\${character}`)}`)
    .join(' ');
}
