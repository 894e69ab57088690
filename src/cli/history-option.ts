/** What `history` and `prune` are told in words: how many, since when, which plan, which folders. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import type { PastExecution } from '../model/history.ts';
import { executionIdPattern } from '../model/journal-entry.ts';
import type { PlanChoice } from '../review/history.ts';
import type { SourceOptions } from '../review/history-source.ts';
import type { CommandContext } from './command-context.ts';
import { shortPath, stateFolder } from './folder.ts';

const agePattern = /^(\d{1,6})(h|d|w)$/;
const hourMs = 3_600_000;
const units: Readonly<Record<string, number>> = { h: hourMs, d: 24 * hourMs, w: 7 * 24 * hourMs };

/** `12h`, `30d`, `4w` → milliseconds. A month has no length. */
export function parseAge(text: string): number {
  const [, number = '', unit = ''] = agePattern.exec(text.trim()) ?? [];
  const ageMs = Number(number) * (units[unit] ?? Number.NaN);
  if (number === '' || !Number.isSafeInteger(ageMs)) throw new InvalidArgumentError('Write an age in hours, days or weeks, such as 12h, 30d or 4w.');
  return ageMs;
}

/** An age, or a day or moment in UTC (`2026-02-09`, `2026-02-09T12:00:00Z`): tells milliseconds since 1970, given the time now. */
export function parseSince(text: string): (nowMs: number) => number {
  if (agePattern.test(text.trim())) {
    const ageMs = parseAge(text);
    return (nowMs) => nowMs - ageMs;
  }
  const day = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (Number.isNaN(day)) throw new InvalidArgumentError('Write an age (7d) or a day in UTC (2026-02-09).');
  return () => day;
}

export function parseLimit(text: string): number {
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Write a number from 1 on, or all.');
  return Number(text);
}

/** The output folders that are named, each once. */
export function sourcesOf(paths: readonly string[], context: CommandContext, verifierKey?: string): readonly SourceOptions[] {
  const folders = new Map(paths.map((path) => [resolve(context.workingFolder, path), path]));
  return [...folders].map(([folder]) => ({
    folder,
    path: shortPath(folder, context),
    stateFolder: stateFolder(),
    ...(verifierKey === undefined ? {} : { verifierKey }),
  }));
}

/**
 * Executions of one plan: by its path as it was given, by the file that this path names from here, or by the id of one of its
 * executions; then all of the same texts, whatever they were called. A copy of a plan does not hide how it failed.
 */
export function choosePlan(wanted: string, { workingFolder }: CommandContext): PlanChoice {
  return (executions) => {
    const normal = posix.normalize(wanted);
    const absolute = resolve(workingFolder, wanted);
    const isMeant = (past: PastExecution): boolean =>
      executionIdPattern.test(wanted)
        ? past.execution === wanted
        : posix.normalize(past.plan.path) === normal || resolve(workingFolder, past.plan.path) === absolute;
    const named = executions.filter(isMeant);
    const paths = new Set(named.map(({ plan }) => posix.normalize(plan.path)));
    const texts = new Set([...named.map(({ plan }) => plan.sha256), ...digestOf(absolute)]);
    return executions.filter(({ plan }) => paths.has(posix.normalize(plan.path)) || texts.has(plan.sha256));
  };
}

function digestOf(path: string): readonly string[] {
  try {
    return existsSync(path) ? [createHash('sha256').update(readFileSync(path)).digest('hex')] : [];
  } catch {
    return [];
  }
}
