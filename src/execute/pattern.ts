/**
 * Regular expressions of a plan, in time that grows with the text alone. JavaScript's engine backtracks: a pattern like
 * `(a+)+$` could hold the runner for ever, and with it the guard.
 */
import { RE2JS } from 're2js';
import { messageOf } from '../model/diagnostic.ts';
import type { Comparison } from './comparison.ts';

/** The pattern that was asked last: a search asks for one, line by line. */
let compiled: { readonly pattern: string; readonly expression: RE2JS } | undefined;

/** Does the text hold a match of the pattern? A pattern that is none is `incomparable`. */
export function matchPattern(pattern: string, text: string): Comparison {
  try {
    if (compiled?.pattern !== pattern) compiled = { pattern, expression: RE2JS.compile(pattern) };
    return { kind: compiled.expression.test(text) ? 'held' : 'not held' };
  } catch (error) {
    return { kind: 'incomparable', reason: `\`${pattern}\` is no regular expression: ${messageOf(error)}` };
  }
}
