import type { ChalkInstance } from 'chalk';
import type { Outcome, Verdict } from '../model/verdict.ts';

/** The one character in front of a line; the word beside it says the same, so nothing depends on seeing it. */
export const verdictMarks: Readonly<Record<Verdict, string>> = { none: '·', passed: '✓', unproven: '?', failed: '✗', refused: '⊘', error: '!' };

export function paintVerdict(verdict: Verdict, colours: ChalkInstance): (text: string) => string {
  const paints = { none: colours.dim, passed: colours.green, unproven: colours.yellow, failed: colours.red, refused: colours.magenta, error: colours.red };
  return paints[verdict];
}

/** How a step ended, where that is not plain from its verdict. */
export function outcomeWord(outcome: Outcome, exitCode: number | undefined, signal: string | undefined): string {
  if (outcome !== 'completed') return outcome;
  if (signal !== undefined) return `ended by ${signal}`;
  return exitCode === undefined || exitCode === 0 ? '' : `exit code ${exitCode}`;
}

/** `0.4s`, `12.3s`, `2m 05s`. */
export function renderDuration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
}

/** `1 step`, `2 steps`. */
export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : noun.endsWith('criterion') ? noun.replace(/on$/, 'a') : `${noun}s`}`;
}
