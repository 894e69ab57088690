/** Stands between the gateway and a server and passes bytes on in pieces of given sizes, so that no message arrives as it was sent. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export class ChunkingRelay {
  /** Sizes of the pieces in bytes, taken in turn. */
  cuts: readonly number[] = [1 << 20];
  /** What becomes of the server's bytes; as they are where it is not set. */
  alter: ((bytes: Buffer) => Buffer) | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(to: { readonly host: string; readonly port: number }): Promise<ChunkingRelay> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    const relay = new ChunkingRelay(server);
    server.on('connection', (near) => {
      const far = connect({ host: to.host, port: to.port, noDelay: true, allowHalfOpen: true });
      for (const socket of [near, far]) relay.#sockets.add(socket.on('error', () => undefined));
      void relay.#pass(near, far, (bytes) => bytes);
      void relay.#pass(far, near, (bytes) => relay.alter?.(bytes) ?? bytes);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection, as a network that is gone. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(from: Readable, to: Writable, alter: (bytes: Buffer) => Buffer): Promise<void> {
    const cuts = (): readonly number[] => this.cuts;
    async function* parted(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
      for await (const chunk of source) {
        for (const piece of pieces(alter(chunk), cuts())) {
          yield piece;
          await new Promise(setImmediate);
        }
      }
    }
    await pipeline(from, parted, to).catch(() => undefined);
  }
}

/** The bytes in order, in pieces of the given sizes in turn. */
export function* pieces(bytes: Buffer, cuts: readonly number[]): Iterable<Buffer> {
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = Math.max(1, cuts[turn % cuts.length] ?? 1);
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}
