/** A client that speaks the protocol by hand, to send what no library would, and to see every byte that comes back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { DatabaseLogin, type SessionSettings, type Upstream } from '../../src/guard/database-login.ts';
import { cString, frameMessage, MessageReader, readErrorFields, type ErrorFields } from '../../src/guard/wire-message.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';

export interface Answer {
  readonly type: string;
  readonly bytes: Buffer;
}

export class WireClient {
  readonly upstream: Upstream;
  readonly #reader = new MessageReader((_type, length) => length);
  readonly #answers: Answer[] = [];
  #wake: () => void = () => undefined;
  closed = false;

  private constructor(upstream: Upstream) {
    this.upstream = upstream;
    upstream.stream.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      for (let piece = this.#reader.next(); piece?.kind === 'message'; piece = this.#reader.next()) {
        this.#answers.push({ type: String.fromCharCode(piece.type), bytes: Buffer.from(piece.bytes) });
      }
      this.#wake();
    });
    upstream.stream.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** Logs in as pg does, then hands the wire over. */
  static async open(address: DatabaseAddress, settings: SessionSettings = {}): Promise<WireClient> {
    return new WireClient(await new DatabaseLogin().openUpstream(address, settings, 'wire'));
  }

  send(...messages: readonly Buffer[]): void {
    this.upstream.stream.write(Buffer.concat(messages));
  }

  /** What comes until so many messages of the type have come, or the server has hung up. */
  async until(type: string, times = 1): Promise<readonly Answer[]> {
    while (!this.closed && this.#answers.filter((answer) => answer.type === type).length < times) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#answers.splice(0);
  }

  async end(): Promise<void> {
    this.upstream.stream.end(frameMessage(0x58, Buffer.alloc(0)));
    while (!this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** `T`, `D`, `C`, `Z`, … one letter an answer. */
export function typesOf(answers: readonly Answer[]): string {
  return answers.map((answer) => answer.type).join('');
}

export function errorsOf(answers: readonly Answer[]): readonly ErrorFields[] {
  return answers.filter((answer) => answer.type === 'E').map((answer) => readErrorFields(answer.bytes));
}

export function query(text: string): Buffer {
  return frameMessage(0x51, cString(text));
}

export function parse(name: string, text: string): Buffer {
  return frameMessage(0x50, Buffer.concat([cString(name), cString(text), Buffer.from([0, 0])]));
}

export function bind(portal: string, statement: string, values: readonly string[] = []): Buffer {
  const encoded = values.map((value) => Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]));
  return frameMessage(0x42, Buffer.concat([cString(portal), cString(statement), Buffer.from([0, 0]), int16(values.length), ...encoded, Buffer.from([0, 0])]));
}

export function execute(portal: string, rows = 0): Buffer {
  return frameMessage(0x45, Buffer.concat([cString(portal), int32(rows)]));
}

export function describePortal(portal: string): Buffer {
  return frameMessage(0x44, cString(`P${portal}`));
}

export function closeStatement(name: string): Buffer {
  return frameMessage(0x43, cString(`S${name}`));
}

export const sync = frameMessage(0x53, Buffer.alloc(0));
export const flush = frameMessage(0x48, Buffer.alloc(0));

/** Parse, Bind, Execute of one statement, without Sync. */
export function statement(text: string, values: readonly string[] = []): Buffer {
  return Buffer.concat([parse('', text), bind('', '', values), execute('')]);
}

/** A socket to the gateway with nothing said yet. */
export async function dial(address: DatabaseAddress): Promise<Socket> {
  const socket = connect({ host: address.host, port: address.port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A startup packet of the given minor version. */
export function startup(minor: number, parameters: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.concat([
    int32((3 << 16) | minor),
    ...Object.entries(parameters).flatMap(([name, value]) => [cString(name), cString(value)]),
    Buffer.from([0]),
  ]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** All that a socket says until it is closed. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
