// How a connection begins (protocol chapter "Start-up", with "SSL Session Encryption" and "Canceling Requests in Progress"):
// requests for encryption, a cancel request, or the startup packet with its version.
import type { Socket } from 'node:net';
import type { ClientIntake } from './client-intake.ts';
import { cString, errorResponse, frameMessage, readCString } from './wire-message.ts';

export interface Startup {
  /** Agreed: 0, or 2 where the client asks for it (it changes the length of cancel keys alone). */
  readonly minor: 0 | 2;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What a cancel request must bring: the session's number and its key, of 4 bytes (3.0) or more (3.2). */
export type CancelRequest = (processId: number, secretKey: Buffer) => Promise<void>;

const startupLimit = 10_000;
/** The longest key that the protocol knows (BackendKeyData, 3.2). */
const longestKey = 256;
const code = { cancel: 80877102, tls: 80877103, gss: 80877104 } as const;
const protocol3 = 3;
const newestMinor = 2;
const negotiateVersion = 0x76;
/** The record type of a TLS handshake; no startup packet begins so, since its length would be 369 MB. */
const tlsHandshake = 0x16;
/** A fatal alert, handshake_failure (RFC 8446, section 6): what a TLS client can read. */
const tlsAlert = Buffer.from([0x15, 3, 1, 0, 2, 2, 40]);

/** Tells a client why it cannot come in, and closes. */
export function turnAway(socket: Socket, sqlstate: string, message: string, more: Readonly<Record<string, string>> = {}): undefined {
  if (socket.writable) socket.end(errorResponse({ S: 'FATAL', V: 'FATAL', C: sqlstate, M: message, ...more }));
}

/** Undefined when there will be no session: the client was told, had asked for something else, or has gone. */
export async function readStartup(socket: Socket, intake: ClientIntake, cancel: CancelRequest): Promise<Startup | undefined> {
  // One request for TLS and one for GSS may come before; more is no client that we know.
  for (let requests = 0; requests < 3; requests += 1) {
    const header = await intake.take(8);
    if (header === undefined) return undefined;
    if (header[0] === tlsHandshake) return void socket.end(tlsAlert);
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
      if (body.length >= 8 && body.length <= 4 + longestKey) await cancel(body.readInt32BE(0), body.subarray(4));
      // A client waits for this end: then the server has been told.
      socket.end();
      return undefined;
    }
    if (version >> 16 !== protocol3) {
      return turnAway(socket, '0A000', `unsupported frontend protocol ${version >> 16}.${version & 0xffff}: server supports 3.0 to 3.${newestMinor}`);
    }
    const parameters = readParameters(body);
    if (parameters === undefined) return turnAway(socket, '08P01', 'the startup packet is malformed');
    return { minor: negotiate(socket, version & 0xffff, parameters), parameters };
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

/** A client that asks for more than there is, or for options that nobody knows, is told so (NegotiateProtocolVersion) and goes on. */
function negotiate(socket: Socket, asked: number, parameters: ReadonlyMap<string, string>): 0 | 2 {
  const minor = asked >= newestMinor ? newestMinor : 0;
  const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
  if (asked === minor && unknown.length === 0) return minor;
  const numbers = Buffer.alloc(8);
  numbers.writeInt32BE((protocol3 << 16) | minor, 0);
  numbers.writeInt32BE(unknown.length, 4);
  socket.write(frameMessage(negotiateVersion, Buffer.concat([numbers, ...unknown.map(cString)])));
  return minor;
}
