/** A real pgbouncer before a server, for one test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Pooled {
  readonly address: DatabaseAddress;
  readonly close: () => Promise<void>;
}

/** `settings` go below `[pgbouncer]` as they are. `folder` holds its files: one that is gone with the running test where none is given. */
export async function startPgbouncer(
  program: string,
  server: DatabaseAddress,
  settings: Readonly<Record<string, string>>,
  folder = temporaryFolder(),
): Promise<Pooled> {
  // It runs as another user than root, who must get there.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o644 });
    return path;
  };
  const users = file('users.txt', `"${server.user}" "${server.password}"\n`);
  const general = { listen_addr: '127.0.0.1', listen_port: String(port), unix_socket_dir: '', auth_type: 'scram-sha-256', auth_file: users, ...settings };
  const lines = Object.entries(general).map(([name, value]) => `${name} = ${value}`);
  const config = file('pgbouncer.ini', `[databases]\n* = host=${server.host} port=${server.port}\n[pgbouncer]\n${lines.join('\n')}\n`);
  const child = spawn(program, [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(child, 'exit');
  const deadline = Date.now() + 15_000;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`pgbouncer does not listen: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { address: { ...server, host: '127.0.0.1', port }, close };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
