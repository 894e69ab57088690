// From a message's bytes to a judgement. The text that is judged must be the text that the server reads, so what could be read
// in two ways is refused before anybody parses it.
import { isUtf8 } from 'node:buffer';
import { messageOf } from '../model/diagnostic.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import { statementLimit } from './session-framing.ts';

export type Judged = (text: string, judgement: SqlJudgement) => void;

/** What takes the place of a judgement where there is nothing to parse. */
export const fastpath = refusal('fastpath', 'a fastpath call names a function by its number, which cannot be judged', '42501');
const tooLong = refusal('too-long', `a statement of more than ${statementLimit} bytes cannot be judged`, '54000');
const unreadable = refusal('unreadable', 'a statement that is not one UTF-8 text without NUL cannot be judged', '22021');

/** How much of a message that was too long stands in the record. */
const shownBytes = 1024;

/**
 * Judges a C string's bytes with its NUL, as they stand in `message`, and goes on with `then`: at once where the judgement is
 * known. Undefined bytes are those of a message that was too long to be read.
 */
export function judgeBytes(
  bytes: Buffer | undefined,
  message: Buffer,
  decide: (text: string) => SqlJudgement | Promise<SqlJudgement>,
  then: Judged,
): Promise<void> | undefined {
  if (bytes === undefined) return void then(`${message.toString('utf8', 5, shownBytes)}…`, tooLong);
  const text = bytes.toString('utf8', 0, Math.max(0, bytes.length - 1));
  // It ends at its first NUL and is UTF-8: else the server would read less, or other characters.
  if (bytes.indexOf(0) !== bytes.length - 1 || !isUtf8(bytes)) return void then(text, unreadable);
  const judged = decide(text);
  if (!(judged instanceof Promise)) return void then(text, judged);
  return judged.then(
    (judgement) => then(text, judgement),
    (error: unknown) => then(text, refusal('undecided', `no decision could be made: ${messageOf(error)}`, '42501')),
  );
}

function refusal(rule: string, reason: string, sqlstate: string): SqlJudgement {
  return { decision: { effect: 'refuse', rule, reason, sqlstate }, statements: [] };
}
