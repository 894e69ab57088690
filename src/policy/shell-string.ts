/** Statements that stand as string literals in a program of another language: what it may send, as far as its text shows it. */
import { decideSql, type SqlPolicy } from './decide-sql.ts';
import type { Decision } from '../model/policy.ts';
import type { SqlParser } from './sql-parser.ts';

export interface WritingString {
  readonly decision: Decision;
  /** In the program's text. */
  readonly offset: number;
  readonly length: number;
}

/** Triple quotes first; a string of one line otherwise. Backslashes escape in every language that is meant here. */
const literal = /("""|''')([^]*?)\1|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g;
const writing = /^\s*(?:--[^\n]*\n\s*)*(?:insert|update|delete|truncate|merge|copy|drop|alter|create|with|do|call|begin)\b/i;
/** `%s`, `%(name)s`, `?`, `{name}`, `${name}`: a value comes in its place. */
const filledIn = /%s|%\(\w+\)s|\$\{[^{}]*\}|\{\w*\}|\?/g;

/** Strings that begin as a statement and may not be sent. Nothing is certain: the program may never send them, or another text. */
export async function writingStrings(parser: SqlParser, program: string, policy: SqlPolicy): Promise<readonly WritingString[]> {
  const found: WritingString[] = [];
  for (const match of program.matchAll(literal)) {
    const text = match[2] ?? match[3] ?? match[4] ?? match[5] ?? '';
    if (!writing.test(text)) continue;
    const sql = text
      .replaceAll('\\n', '\n')
      .replaceAll(/\\(.)/g, '$1')
      .replace(filledIn, (hole) => (hole === '?' ? 'x' : 'x'.padEnd(hole.length, '0')));
    const { decision } = await decideSql(parser, sql, policy);
    if (decision.effect === 'refuse' && decision.rule === 'protected-relation') found.push({ decision, offset: match.index, length: match[0].length });
  }
  return found;
}
