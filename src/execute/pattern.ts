/**
 * Regular expressions of a plan, with a deadline. JavaScript's engine backtracks: a pattern like `(a+)+$` could hold the
 * runner for ever, and with it the guard. The expression runs in an empty context that node stops from outside.
 */
import { createContext, runInContext, type Context } from 'node:vm';
import type { Comparison } from './comparison.ts';

const patternTimeoutMs = 1_000;

let context: Context | undefined;

/** Does the text hold a match of the pattern? A pattern that is none, or takes too long, is `incomparable`. */
export function matchPattern(pattern: string, text: string): Comparison {
  context ??= createContext({});
  context['pattern'] = pattern;
  context['text'] = text;
  try {
    const found: unknown = runInContext('new RegExp(pattern).test(text)', context, { timeout: patternTimeoutMs });
    return { kind: found === true ? 'held' : 'not held' };
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    const reason =
      code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
        ? `the pattern \`${pattern}\` took longer than ${patternTimeoutMs} ms`
        : `\`${pattern}\` is no regular expression`;
    return { kind: 'incomparable', reason };
  } finally {
    context['text'] = undefined;
  }
}
