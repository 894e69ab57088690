/** What isolation adds to a step: a program started and ended in a sandbox of each level, against the same without one. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSubprocess } from '../src/engine/subprocess.ts';
import { Isolation } from '../src/guard/isolation.ts';
import { GatewayListener } from '../src/guard/gateway-listener.ts';
import { probeIsolation } from '../src/guard/isolation-probe.ts';
import type { Sandbox } from '../src/model/contract.ts';
import { isStronger } from '../src/policy/decide-isolation.ts';
import { median, type Row, spread } from './measure.ts';

const rounds = 60;
const sink = { write: () => Promise.resolve(undefined) };

/** Milliseconds of one step that does nothing, in each way, one after the other so that the machine's moods strike all alike. */
export async function measure(): Promise<readonly Row[]> {
  const support = await probeIsolation();
  if (support.level === 'none') return [{ what: `no isolation here: ${support.reason ?? 'unknown'}`, figure: '–' }];
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-bench-isolation-')));
  const ground = {
    workspace: folder,
    workspaceWritable: true,
    record: join(folder, 'out'),
    protectedPaths: ['package.json', 'node_modules', 'src', 'dist'],
    privateFolders: [],
    guarded: true,
  };
  const isolation = new Isolation({
    support,
    ground: { ...ground, protectedPaths: ground.protectedPaths.map((path) => join(process.cwd(), path)) },
    node: process.execPath,
  });
  const listener = await GatewayListener.open({ socketFolder: join(folder, 'door'), receive: (socket) => socket.destroy(), fail: () => undefined });
  const door = { url: `postgresql://step:token@127.0.0.1:${listener.port}/app`, socketFolder: join(folder, 'door') };
  const ways: readonly { readonly name: string; readonly sandbox: () => Sandbox | undefined }[] = [
    { name: 'none', sandbox: () => undefined },
    { name: 'process', sandbox: () => isolation.sandbox({ level: 'process', folders: [] }) },
    ...(isStronger('network', support.level)
      ? []
      : [
          { name: 'network', sandbox: () => isolation.sandbox({ level: 'network', folders: [] }) },
          { name: 'network with a gateway', sandbox: () => isolation.sandbox({ level: 'network', folders: [], door }) },
        ]),
  ];
  const times = new Map(ways.map(({ name }): [string, number[]] => [name, []]));
  for (let round = -3; round < rounds; round += 1) {
    for (const { name, sandbox } of ways) {
      const startedAt = performance.now();
      const made = sandbox();
      await runSubprocess({
        program: '/bin/bash',
        arguments: ['-c', ':'],
        workingDirectory: folder,
        environment: { PATH: '/usr/bin:/bin' },
        timeoutMs: 30_000,
        signal: new AbortController().signal,
        stdout: sink,
        stderr: sink,
        ...(made === undefined ? {} : { sandbox: made }),
      });
      if (round >= 0) times.get(name)?.push(performance.now() - startedAt);
    }
  }
  await listener.close();
  rmSync(folder, { recursive: true, force: true });
  const none = times.get('none') ?? [];
  return [...times].map(([name, all]) => ({
    what: name === 'none' ? 'a step without isolation, ms' : `isolation \`${name}\`, ms a step`,
    figure: name === 'none' ? spread(all) : `${spread(all)}; +${(median(all) - median(none)).toFixed(1)} in the middle`,
    ...(name === 'process' ? { aim: '+2 to 4' } : {}),
  }));
}
