/** Claims about what a program printed. */
import type { OutputEvidence } from '../model/evidence.ts';
import { counted, failed, passed, unproven, withinBound, type ClaimOf, type JudgeFacts, type Judgement } from './judgement.ts';

const newline = 0x0a;

export function judgeOutput(claim: ClaimOf<'output'>, facts: JudgeFacts): Judgement {
  const { gathered } = facts;
  if (gathered?.kind !== 'output') return unproven('the output was not searched');
  if (gathered.problem !== undefined) return failed('the output could not be searched', gathered.problem);
  if (claim.text === '') return unproven('every output contains the empty text: this proves nothing');
  const actual = gathered.found ? `found in ${gathered.place}` : `not found in ${claim.stream ?? 'the output'}`;
  if (gathered.found === claim.negated) return failed(actual);
  return claim.negated ? absence(actual, facts) : passed(actual);
}

/** What is not there shows nothing where a failure would not show either. */
function absence(actual: string, { doubt }: JudgeFacts): Judgement {
  return doubt === undefined ? passed(actual) : unproven(actual, `${doubt}, so nothing shows that it was looked for`);
}

export function judgeOutputEmpty(claim: ClaimOf<'output-empty'>, facts: JudgeFacts): Judgement {
  const outputs = (facts.evidence.outputs ?? []).filter((output) => claim.stream === undefined || output.stream === claim.stream);
  if (outputs.length === 0) return failed(`no ${claim.stream ?? 'output'} was kept`, 'what is not there is not empty');
  const actual = outputs.map((output) => `${output.stream}: ${counted(output.bytes, 'byte')}`).join(', ');
  const full = outputs.filter((output) => output.bytes > 0);
  if (!claim.negated)
    return full.length === 0 ? absence(actual, facts) : failed(actual, ...full.map((output) => `${output.stream} begins: ${beginning(output)}`));
  if (full.length === 0) return failed(actual);
  return full.every((output) => output.tail === '' && output.head.trim() === '') ? unproven(actual, 'only white space was printed') : passed(actual);
}

export function judgeOutputLines(claim: ClaimOf<'output-lines'>, facts: JudgeFacts): Judgement {
  const output = facts.evidence.outputs?.find((candidate) => candidate.stream === claim.stream);
  if (!output) return failed(`no ${claim.stream} was kept`);
  // A mask is a part of one line; what it hides may be several (a key).
  const hidden = facts.evidence.hidden?.find((candidate) => candidate.stream === output.stream);
  if (hidden && !hidden.parts) return failed(`the lines on ${output.stream} cannot be counted`, 'so much of it is secret');
  const lines = output.lines + (hidden?.parts ?? []).reduce((sum, part) => sum + part.hidden.filter((byte) => byte === newline).length, 0);
  const actual = `${counted(lines, 'line')} on ${output.stream}`;
  if (claim.bound === 'at-least' && claim.count === 0) return unproven(actual, 'every output has at least 0 lines: this proves nothing');
  if (!withinBound(claim.bound, claim.count, lines)) return failed(actual);
  return lines === 0 ? absence(actual, facts) : passed(actual);
}

export function judgeHttpStatus(claim: ClaimOf<'http-status'>, facts: JudgeFacts): Judgement {
  const { gathered } = facts;
  if (gathered?.kind !== 'http-status') return unproven('the output was not searched for an HTTP status');
  if (gathered.problem !== undefined) return failed('no HTTP status can be told', gathered.problem);
  const { status } = gathered;
  if (status === undefined)
    return failed(
      'no HTTP status was printed',
      "it is read from `HTTP/… 200` as `curl -i` and `curl -v` show it, or from an output that is nothing but the three digits (`curl -w '%{http_code}'`)",
    );
  const held = claim.statuses.some((wanted) => wanted === status || (wanted.endsWith('xx') && wanted[0] === status[0]));
  return (held ? passed : failed)(`HTTP ${status}`);
}

function beginning(output: OutputEvidence): string {
  const line = output.head.trim().split('\n')[0] ?? '';
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
