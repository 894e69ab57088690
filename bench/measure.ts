import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly aim?: string;
}

/** The built command line; benches are bundled elsewhere, so it is found from the working directory (the repository). */
export const proofplan = resolve('dist/proofplan.js');

/** `min / median / max` with two digits. */
export function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(2);
  return `${at(0)} / ${at(0.5)} / ${at(1)}`;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Milliseconds that a command takes, from spawn to exit. Throws where it fails: a failing command measures nothing. */
export function timeCommand(
  command: readonly string[],
  options: { readonly cwd?: string; readonly exitCodes?: readonly number[]; readonly env?: NodeJS.ProcessEnv } = {},
): number {
  const started = performance.now();
  const ended = spawnSync(command[0] ?? '', command.slice(1), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  });
  const elapsed = performance.now() - started;
  if (!(options.exitCodes ?? [0]).includes(ended.status ?? -1)) throw new Error(`${command.join(' ')} ended with ${ended.status}\n${ended.stderr}`);
  return elapsed;
}

/** Peak resident memory in MiB, read from /proc while it runs. */
export function peakOf(command: readonly string[], cwd: string): Promise<number> {
  return new Promise((done, failed) => {
    const child = spawn(command[0] ?? '', command.slice(1), { cwd, stdio: 'ignore' });
    let peak = 0;
    const look = setInterval(() => {
      try {
        peak = Math.max(peak, Number(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)?.[1] ?? 0) / 1024);
      } catch {
        /* it ended between two looks */
      }
    }, 20);
    child.on('close', (code) => {
      clearInterval(look);
      if (code === 0 || code === 4) done(peak);
      else failed(new Error(`${command.join(' ')} ended with ${code}`));
    });
  });
}
