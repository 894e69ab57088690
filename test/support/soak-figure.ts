/** Figures of the long tests go to `docs/soak.md`, one row for each, with the day on which they were found. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

const path = join(import.meta.dirname, '../../docs/soak.md');

/** Puts the figure into its row, or makes one behind the others. `what` names it and holds no `|`. */
export function noteFigure(what: string, figure: string): void {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const row = `| ${what} | ${figure} | ${new Date().toISOString().slice(0, 10)} | ${process.version}, ${cpus().length} cores, load ${load} |`;
  const index = lines.findIndex((line) => line.startsWith(`| ${what} |`));
  writeFileSync(path, `${(index === -1 ? [...lines, row] : lines.with(index, row)).join('\n')}\n`);
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
