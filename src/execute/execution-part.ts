import { worst, type Verdict } from '../model/verdict.ts';

/** One thing that an execution's verdict rests on, with why it is so in a few words. */
export interface Part {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** The worst of the parts, with the first reason for it. Without parts nothing was proven, and that is no pass. */
export function judgeParts(parts: readonly Part[]): Part {
  const verdict = worst(parts.map((part) => part.verdict));
  if (verdict === 'none') return { verdict: 'unproven', reason: 'nothing was executed' };
  if (verdict === 'passed') return { verdict, reason: 'every step was run, every expectation held, every criterion has its witnesses, every policy was kept' };
  return { verdict, reason: parts.find((part) => part.verdict === verdict)?.reason ?? verdict };
}
