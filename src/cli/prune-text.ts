/** What `prune` says it will do, and what it has done. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PastExecution } from '../model/history.ts';
import { cutToWidth } from '../report/display-width.ts';
import { count, verdictMarks } from '../report/verdict-mark.ts';
import { plainLine } from '../review/plain-text.ts';
import { keptReasons, type PruneChoice } from '../review/prune-rule.ts';
import type { CommandContext } from './command-context.ts';

const mostLines = 20;
const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Text without a last line feed. `bytes` as they are on the disk. */
export function renderChoice({ remove, kept }: PruneChoice, bytes: number, path: string, { outColumns }: CommandContext): string {
  const lines = remove.slice(0, mostLines).map((past) => cutToWidth(`  ${rowOf(past)}`, outColumns));
  const more = remove.length > mostLines ? [`  and ${remove.length - mostLines} more: --json lists them`] : [];
  const head =
    remove.length === 0 ? `nothing in ${path} is to be removed` : `to be removed from ${path}: ${count(remove.length, 'execution')}, ${renderBytes(bytes)}`;
  const reasons = keptReasons.flatMap((reason) => {
    const number = kept.filter(({ because }) => because === reason).length;
    return number === 0 ? [] : [`  ${String(number).padStart(4)}  ${reason}${reason === 'did not pass' ? ' (--failures removes their records, too)' : ''}`];
  });
  return [
    head,
    ...lines,
    ...more,
    ...(reasons.length === 0 ? [] : [`${count(kept.length, 'execution')} ${kept.length === 1 ? 'stays' : 'stay'}:`, ...reasons]),
    ...(remove.length === 0 ? [] : ['the ledger keeps each of them, with its verdict, and says that it was pruned']),
  ]
    .map((line) => cutToWidth(line, outColumns))
    .join('\n');
}

function rowOf({ execution, verdict, plan }: PastExecution): string {
  return `${plainLine(execution)}  ${verdict === null ? '- no end' : `${verdictMarks[verdict]} ${verdict}`}  ${plainLine(plan.path)}`;
}

/** Of all files of these executions; what cannot be looked at counts nothing. Follows no link. */
export function countBytes(output: string, executions: readonly PastExecution[]): number {
  return executions.reduce((sum, { execution }) => sum + bytesOf(join(output, 'executions', execution)), 0);
}

function bytesOf(path: string): number {
  try {
    const found = lstatSync(path);
    if (!found.isDirectory()) return found.blocks * 512;
    return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), found.blocks * 512);
  } catch {
    return 0;
  }
}

/** `512 bytes`, `1.4 MB`. */
function renderBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1_000 && unit < units.length - 1; unit += 1) value /= 1_000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}
