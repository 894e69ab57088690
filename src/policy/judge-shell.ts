/** One decision over a whole shell text, with everything that was found in it. */
import type { Decision } from '../model/policy.ts';
import { decideShell, type ShellFinding, type ShellPolicy } from './decide-shell.ts';
import { mostTelling } from './judge-effect.ts';
import { parseShell } from './shell-syntax.ts';
import type { SqlParser } from './sql-parser.ts';

export interface ShellJudgement {
  readonly decision: Decision;
  /** In order of text; permissions too, where the text alone does not tell what happens. */
  readonly findings: readonly ShellFinding[];
}

/** Rules of permissions from the one that most wants looking at to the least. */
const wantsLooking = ['opaque-write', 'opaque-program', 'full-write', 'unprotected-write', 'declared-write', 'schema-change', 'unseen', 'side-effect', 'read'];

/** Same text, same policy, same judgement. What cannot be read as shell text is refused. */
export async function judgeShell(parser: SqlParser, text: string, policy: ShellPolicy): Promise<ShellJudgement> {
  const script = parseShell(text);
  const unreadable = script.errors.map(({ offset, message }): ShellFinding => {
    const matched = text.slice(offset, offset + 40);
    return { decision: { effect: 'refuse', rule: 'unparsable', reason: message, ...(matched === '' ? {} : { matched }) }, offset, length: 0 };
  });
  const findings = [...unreadable, ...(await decideShell(parser, script, policy))].toSorted((a, b) => a.offset - b.offset);
  const refusal = mostTelling(findings.map(({ decision }) => decision).filter(({ effect }) => effect === 'refuse'));
  return { decision: refusal ?? leastSure(findings) ?? nothingFound, findings };
}

const nothingFound: Decision = {
  effect: 'permit',
  rule: 'nothing-found',
  reason: 'nothing in this text leads to the database round the guard; what its programs send is for the gateway to decide',
};

function leastSure(findings: readonly ShellFinding[]): Decision | undefined {
  const rank = ({ rule }: Decision): number => (wantsLooking.includes(rule) ? wantsLooking.indexOf(rule) : wantsLooking.length);
  return findings.map(({ decision }) => decision).toSorted((a, b) => rank(a) - rank(b))[0];
}
