/** A login by hand (RFC 5802, RFC 7677), for protocol versions and headers that no library here sends. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { Socket } from 'node:net';
import { cString, frameMessage, MessageReader } from '../../src/guard/wire-message.ts';
import { addressOf } from './fixture.ts';
import { dial, int32, startup, type Answer } from './wire-client.ts';

export interface HandLogin {
  readonly minor?: number;
  readonly mechanism?: string;
  /** The GS2 header: `n,,`, `y,,`, `p=…,,`. */
  readonly header?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface LoggedIn {
  readonly socket: Socket;
  /** Everything that the server said until it was ready or had enough. */
  readonly answers: readonly Answer[];
}

export async function loginByHand(url: string, { minor = 0, mechanism = 'SCRAM-SHA-256', header = 'n,,', parameters = {} }: HandLogin): Promise<LoggedIn> {
  const { user, password, database, ...address } = addressOf(url);
  const socket = await dial({ user, password, database, ...address });
  const reader = new MessageReader((_type, length) => length);
  const answers: Answer[] = [];
  const bare = 'n=,r=clientnonce';
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const prove = (first: string): string => {
    const { r = '', s = '', i = '' } = Object.fromEntries(first.split(',').map((part) => [part[0], part.slice(2)]));
    const clientKey = hmac(pbkdf2Sync(password, Buffer.from(s, 'base64'), Number(i), 32, 'sha256'), 'Client Key');
    const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${r}`;
    const signature = hmac(createHash('sha256').update(clientKey).digest(), `${bare},${first},${withoutProof}`);
    return `${withoutProof},p=${Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))).toString('base64')}`;
  };
  socket.write(startup(minor, { user, database, ...parameters }));
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      for (let piece = reader.next(); piece?.kind === 'message'; piece = reader.next()) {
        const answer = { type: String.fromCharCode(piece.type), bytes: Buffer.from(piece.bytes) };
        answers.push(answer);
        const kind = answer.type === 'R' ? answer.bytes.readInt32BE(5) : -1;
        const first = Buffer.from(header + bare);
        if (kind === 10) socket.write(frameMessage(0x70, Buffer.concat([cString(mechanism), int32(first.length), first])));
        if (kind === 11) socket.write(frameMessage(0x70, Buffer.from(prove(answer.bytes.toString('utf8', 9)))));
        if (answer.type === 'Z' || answer.type === 'E') resolve();
      }
    });
  });
  return { socket, answers };
}
