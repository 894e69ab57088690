// A client's way in: encryption requests, protocol version, who it says it is, and the proof (protocol chapter "Start-up").
// Ends with a client that is who it says, or with its connection closed.
import type { Socket } from 'node:net';
import { ScramExchange, type ScramSecret } from './scram.ts';
import { cString, errorResponse, frameMessage, fromClient, readCString } from './wire-message.ts';

/** A client that has proved its token. `unread` is what it sent beyond the proof. */
export interface AdmittedClient {
  readonly user: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly unread: Buffer;
}

/** Who may come in, and who else is to be told. */
export interface Doorkeeper {
  /** The secret of a user's token while it is good. An unknown user gets one that nothing fits. */
  readonly secretOf: (user: string) => ScramSecret;
  /** Somebody came with a token that is not good, or not any more. */
  readonly rejected: (user: string) => void;
  readonly cancel: (processId: number, secretKey: number) => void;
}

const startupLimit = 10_000;
const authenticationLimit = 4096;
/** A client that says nothing is let go, as a server does (authentication_timeout), so that it holds nothing. */
const admissionTimeoutMs = 20_000;

const code = { cancel: 80877102, tls: 80877103, gss: 80877104 } as const;
const protocol3 = 3;
const authentication = 0x52;
const negotiateVersion = 0x76;

/** Leads a client through its login; undefined when it was turned away (it has been told) or went away. */
export async function admitClient(socket: Socket, doorkeeper: Doorkeeper): Promise<AdmittedClient | undefined> {
  const timer = setTimeout(() => socket.destroy(), admissionTimeoutMs);
  const intake = new Intake(socket);
  try {
    return await converse(socket, intake, doorkeeper);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells a client why it cannot come in, and closes. */
export function turnAway(socket: Socket, sqlstate: string, message: string): undefined {
  if (socket.writable) socket.end(errorResponse({ S: 'FATAL', V: 'FATAL', C: sqlstate, M: message }));
}

async function converse(socket: Socket, intake: Intake, doorkeeper: Doorkeeper): Promise<AdmittedClient | undefined> {
  const startup = await readStartup(socket, intake, doorkeeper);
  if (startup === undefined) return undefined;
  const { parameters } = startup;
  const user = parameters.get('user');
  if (user === undefined) return turnAway(socket, '28000', 'no user name was given');
  negotiate(socket, startup.minor, parameters);
  if (!(await authenticate(socket, intake, doorkeeper.secretOf(user)))) {
    if (socket.destroyed) return undefined;
    doorkeeper.rejected(user);
    return turnAway(socket, '28P01', `the token of \`${user}\` is not good: it is made for one step and ends with it`);
  }
  return { user, parameters, unread: intake.release() };
}

interface Startup {
  readonly minor: number;
  readonly parameters: ReadonlyMap<string, string>;
}

async function readStartup(socket: Socket, intake: Intake, doorkeeper: Doorkeeper): Promise<Startup | undefined> {
  // One request for TLS and one for GSS may come before; more is no client that we know.
  for (let requests = 0; requests < 3; requests += 1) {
    const header = await intake.take(8);
    if (header === undefined) return undefined;
    const length = header.readInt32BE(0);
    const version = header.readInt32BE(4);
    if (length < 8 || length > startupLimit) return turnAway(socket, '08P01', 'this is not the start of a PostgreSQL session');
    if (version === code.tls || version === code.gss) {
      socket.write('N');
      continue;
    }
    const body = await intake.take(length - 8);
    if (body === undefined) return undefined;
    if (version === code.cancel) {
      // Longer keys belong to protocol 3.2, which is never agreed here.
      if (body.length === 8) doorkeeper.cancel(body.readInt32BE(0), body.readInt32BE(4));
      socket.end();
      return undefined;
    }
    if (version >> 16 !== protocol3) return turnAway(socket, '0A000', `protocol ${version >> 16}.${version & 0xffff} is not supported, only 3.0`);
    const parameters = readParameters(body);
    if (parameters === undefined) return turnAway(socket, '08P01', 'the startup packet is malformed');
    return { minor: version & 0xffff, parameters };
  }
  return turnAway(socket, '08P01', 'too many requests for encryption');
}

function readParameters(body: Buffer): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  let offset = 0;
  while (offset < body.length && body[offset] !== 0) {
    const name = readCString(body, offset);
    const value = name && readCString(body, name.end);
    if (name === undefined || value === undefined) return undefined;
    parameters.set(name.bytes.toString('utf8'), value.bytes.toString('utf8'));
    offset = value.end;
  }
  return offset === body.length - 1 ? parameters : undefined;
}

/** A client that asks for more than 3.0 is told what there is (NegotiateProtocolVersion), and goes on with it. */
function negotiate(socket: Socket, minor: number, parameters: ReadonlyMap<string, string>): void {
  const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
  if (minor === 0 && unknown.length === 0) return;
  const numbers = Buffer.alloc(8);
  numbers.writeInt32BE(protocol3 << 16, 0);
  numbers.writeInt32BE(unknown.length, 4);
  socket.write(frameMessage(negotiateVersion, Buffer.concat([numbers, ...unknown.map(cString)])));
}

async function authenticate(socket: Socket, intake: Intake, secret: ScramSecret): Promise<boolean> {
  const exchange = new ScramExchange(secret);
  socket.write(authenticationMessage(10, Buffer.concat([cString('SCRAM-SHA-256'), Buffer.from([0])])));
  const initial = await takePassword(intake);
  const mechanism = initial && readCString(initial, 0);
  if (initial === undefined || mechanism?.bytes.toString('latin1') !== 'SCRAM-SHA-256') return false;
  const first = exchange.first(initial.toString('utf8', mechanism.end + 4));
  if (first === undefined) return false;
  socket.write(authenticationMessage(11, Buffer.from(first)));
  const proof = await takePassword(intake);
  const final = proof && exchange.final(proof.toString('utf8'));
  if (final === undefined) return false;
  socket.write(authenticationMessage(12, Buffer.from(final)));
  return true;
}

function authenticationMessage(kind: number, data: Buffer): Buffer {
  const body = Buffer.alloc(4 + data.length);
  body.writeInt32BE(kind, 0);
  data.copy(body, 4);
  return frameMessage(authentication, body);
}

/** AuthenticationOk: the last word of the login, said only once the session behind it stands. */
export const authenticationOk = authenticationMessage(0, Buffer.alloc(0));

/** The body of a password message (SASLInitialResponse, SASLResponse). */
async function takePassword(intake: Intake): Promise<Buffer | undefined> {
  const header = await intake.take(5);
  if (header === undefined || header[0] !== fromClient.password) return undefined;
  const length = header.readInt32BE(1);
  return length < 4 || length > authenticationLimit ? undefined : intake.take(length - 4);
}

/** A socket's bytes, taken in the amounts that the conversation needs. */
class Intake {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    // Nobody needs more than this before the login is over.
    if (this.#bytes.length > 2 * startupLimit) this.#socket.pause();
    this.#wake();
  };
  readonly #onClose = (): void => this.#wake();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('close', this.#onClose);
  }

  /** Exactly so many bytes; undefined when the client is gone. */
  async take(size: number): Promise<Buffer | undefined> {
    while (this.#bytes.length < size) {
      if (this.#socket.destroyed) return undefined;
      this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return taken;
  }

  /** Lets go of the socket, paused, and gives what was not taken. */
  release(): Buffer {
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('close', this.#onClose);
    return this.#bytes;
  }
}
