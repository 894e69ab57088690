// Where clients reach the gateway: a loopback port, and where wanted a Unix socket beside it for a step that has no network.
// Knows no protocol.
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../model/diagnostic.ts';

export interface ListenerOptions {
  /** A folder for the Unix socket (absolute, made if it is not there); without one there is only the port. */
  readonly socketFolder?: string;
  readonly receive: (socket: Socket) => void;
  /** Called when a listener is gone and nobody had asked for it. */
  readonly fail: (reason: string) => void;
}

/** What the address of a Unix socket may hold (`sun_path` of Linux, less its NUL). */
const longestSocketPath = 107;
/** A client may say that it sends no more and still read: the server answers what came before. */
const socketOptions = { noDelay: true, allowHalfOpen: true, keepAlive: true };
/** Beyond Node's 511: clients of a pool come all at once. The system caps it (`net.core.somaxconn`). */
const backlog = 4096;

export class GatewayListener {
  readonly port: number;
  readonly socketFolder: string | undefined;
  readonly #servers: readonly Server[];
  #closing = false;

  private constructor(servers: readonly Server[], port: number, options: ListenerOptions) {
    this.#servers = servers;
    this.port = port;
    this.socketFolder = options.socketFolder;
    for (const server of servers) {
      server.on('error', (error) => options.fail(`the gateway's listener failed: ${error.message}`));
      server.on('close', () => {
        if (!this.#closing) options.fail("the gateway's listener was closed");
      });
    }
  }

  /** Listens on 127.0.0.1, on a port that the system picks. Rejects when that, or the socket, is not possible. */
  static async open(options: ListenerOptions): Promise<GatewayListener> {
    const tcp = createServer(socketOptions, options.receive);
    await listen(tcp, { host: '127.0.0.1', port: 0, backlog });
    const { port } = tcp.address() as AddressInfo;
    if (options.socketFolder === undefined) return new GatewayListener([tcp], port, options);
    try {
      return new GatewayListener([tcp, await openSocket(options.socketFolder, port, options.receive)], port, options);
    } catch (error) {
      tcp.close();
      throw error;
    }
  }

  /** Resolves when nobody listens any more and every connection that came in has ended. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }
}

/** The socket as libpq looks for it: `.s.PGSQL.` and the port, in a folder that only this user may enter. */
async function openSocket(folder: string, port: number, receive: (socket: Socket) => void): Promise<Server> {
  const path = join(folder, `.s.PGSQL.${port}`);
  if (Buffer.byteLength(path) > longestSocketPath) {
    throw new Error(`the path \`${path}\` is longer than the ${longestSocketPath} bytes that a Unix socket may have; name a folder with a shorter path`);
  }
  // libpq takes it for a list of hosts.
  if (folder.includes(',')) throw new Error(`the path \`${folder}\` has a comma, with which no client finds a socket; name another folder`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // The port is ours, so a socket of that number belonged to somebody who is gone.
  await rm(path, { force: true });
  const server = createServer(socketOptions, receive);
  await listen(server, { path, backlog });
  await chmod(path, 0o600);
  return server;
}

async function listen(
  server: Server,
  where: { readonly host: string; readonly port: number; readonly backlog: number } | { readonly path: string; readonly backlog: number },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`the gateway cannot listen: ${messageOf(error)}`)));
    server.listen(where, resolve);
  });
  server.removeAllListeners('error');
}
