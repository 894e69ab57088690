// A client's way in: how it begins, who it says it is, and the proof (protocol chapter "Start-up", "SASL Authentication").
// Ends with a client that is who it says, or with its connection closed.
import type { Socket } from 'node:net';
import { ClientIntake } from './client-intake.ts';
import { readStartup, turnAway, type CancelRequest } from './client-startup.ts';
import { ScramExchange, type ScramSecret } from './scram.ts';
import { cString, frameMessage, fromClient, readCString } from './wire-message.ts';

/** A client that has proved its token. `unread` is what it sent beyond the proof. */
export interface AdmittedClient {
  readonly user: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** Bytes of the key that it can send back with a cancel request. */
  readonly keyLength: 4 | 32;
  readonly unread: Buffer;
}

/** Who may come in, and who else is to be told. */
export interface Doorkeeper {
  /** The secret of a user's token while it is good. An unknown user gets one that nothing fits. */
  readonly secretOf: (user: string) => ScramSecret;
  /** Somebody came with a token that is not good, or not any more. */
  readonly rejected: (user: string) => void;
  readonly cancel: CancelRequest;
}

const authenticationLimit = 4096;
/** A client that says nothing is let go, as a server does (authentication_timeout), so that it holds nothing. */
const admissionTimeoutMs = 20_000;
const authentication = 0x52;
const mechanism = 'SCRAM-SHA-256';

/** Leads a client through its login; undefined when it was turned away (it has been told) or went away. */
export async function admitClient(socket: Socket, doorkeeper: Doorkeeper): Promise<AdmittedClient | undefined> {
  const timer = setTimeout(() => socket.destroy(), admissionTimeoutMs);
  const intake = new ClientIntake(socket);
  try {
    const admitted = await converse(socket, intake, doorkeeper);
    if (admitted === undefined && intake.gone) socket.end();
    return admitted;
  } finally {
    clearTimeout(timer);
  }
}

async function converse(socket: Socket, intake: ClientIntake, doorkeeper: Doorkeeper): Promise<AdmittedClient | undefined> {
  const startup = await readStartup(socket, intake, doorkeeper.cancel);
  if (startup === undefined) return undefined;
  const { minor, parameters } = startup;
  const user = parameters.get('user');
  if (user === undefined) return turnAway(socket, '28000', 'no user name was given');
  switch (await authenticate(socket, intake, doorkeeper.secretOf(user))) {
    case 'good':
      return { user, parameters, keyLength: minor === 0 ? 4 : 32, unread: intake.release() };
    case 'gone':
      return undefined;
    case 'binding':
      return turnAway(socket, '28000', 'channel binding was asked for, which needs TLS, and there is none between a step and its gateway', {
        H: 'Leave `channel_binding=require` out: the token is good for this step and on this machine alone.',
      });
    case 'malformed':
      return turnAway(socket, '08P01', `the login is not ${mechanism}, which is all that is offered`);
    case 'wrong':
      doorkeeper.rejected(user);
      return turnAway(socket, '28P01', `the token of \`${user}\` is not good: it is made for one step and ends with it`);
  }
}

type Proof = 'good' | 'wrong' | 'binding' | 'malformed' | 'gone';

async function authenticate(socket: Socket, intake: ClientIntake, secret: ScramSecret): Promise<Proof> {
  const exchange = new ScramExchange(secret);
  // Never SCRAM-SHA-256-PLUS: without TLS there is nothing to bind to.
  socket.write(authenticationMessage(10, Buffer.concat([cString(mechanism), Buffer.from([0])])));
  const initial = await takePassword(intake);
  if (typeof initial === 'string') return initial;
  const chosen = readCString(initial, 0);
  const name = chosen?.bytes.toString('latin1');
  if (name === `${mechanism}-PLUS`) return 'binding';
  if (chosen === undefined || name !== mechanism || initial.length < chosen.end + 4) return 'malformed';
  const clientFirst = initial.toString('utf8', chosen.end + 4);
  if (clientFirst.startsWith('p=')) return 'binding';
  const first = exchange.first(clientFirst);
  if (first === undefined) return 'malformed';
  socket.write(authenticationMessage(11, Buffer.from(first)));
  const proof = await takePassword(intake);
  if (typeof proof === 'string') return proof;
  const final = exchange.final(proof.toString('utf8'));
  if (final === undefined) return 'wrong';
  socket.write(authenticationMessage(12, Buffer.from(final)));
  return 'good';
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
async function takePassword(intake: ClientIntake): Promise<Buffer | 'malformed' | 'gone'> {
  const header = await intake.take(5);
  if (header === undefined) return 'gone';
  const length = header.readInt32BE(1);
  if (header[0] !== fromClient.password || length < 4 || length > authenticationLimit) return 'malformed';
  return (await intake.take(length - 4)) ?? 'gone';
}
