import type { StatementRecord } from '../model/contract.ts';
import type { WriteData } from '../model/event.ts';

/**
 * What a step wrote, of all that came through its door. `after` is the greatest number that an earlier process of this execution gave
 * to a statement: each gateway counts from 1.
 */
export function writesOf(statements: readonly StatementRecord[], after = 0): readonly WriteData[] {
  return statements
    .filter(({ writes }) => writes.length > 0)
    .map(({ step, sequence, decision, text, writes, rowCount, fate, settledAt }) => ({
      step,
      sequence: sequence + after,
      effect: decision.effect,
      inserts: /\b(insert|copy|merge)\b/i.test(text),
      writes,
      ...(rowCount === undefined ? {} : { rowCount }),
      fate,
      ...(settledAt === undefined ? {} : { settledAt: settledAt + after }),
    }));
}

/** The greatest number among them. */
export function lastSequence(writes: readonly WriteData[]): number {
  return Math.max(0, ...writes.map(({ sequence, settledAt = 0 }) => Math.max(sequence, settledAt)));
}
