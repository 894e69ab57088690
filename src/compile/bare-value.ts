/**
 * "Expected: `0`", "-> 4", "→ `A08`": a value alone below a command. It is what a query's only column shows, or what the command
 * prints: a number as the whole output, since `10` contains `0`; a text somewhere in it.
 */
import type { Claim } from '../model/claim.ts';
import { literalOf } from './claim-value.ts';
import type { StepDraft } from './draft.ts';

const lead =
  /^(?:(?:expect(?:ed)?|(?:it )?should (?:be|print|show|return)|(?:it )?must (?:be|print|show|return)|result|answer|it (?:is|says|prints|shows|answers)|prints?|says?|answers?|shows?|gives?)\b(?: (?:output|result|value|answer))?\s*[:=]?|->|=>|\u2192|==?)\s*/i;
const remark = /\s*\([^()]*\)\s*$/;
const value = /^(?:`([^`<>\u2026]+)`|"([^"<>\u2026]+)"|(-?\d+(?:\.\d+)?)|([A-Z][A-Z0-9_-]+))$/;
const bound = /^`?(>=|<=|>|<|\u2265|\u2264)\s*(-?\d+(?:\.\d+)?)`?$/;

/** The claim that a bare value makes of a step; undefined where the text is no bare value or the step shows no one value. */
export function bareClaim(text: string, step: StepDraft | undefined): Claim | undefined {
  // A query returns a value; of a command it could be the exit code.
  let bare = text
    .trim()
    .replace(/[.;]$/, '')
    .replace(step?.sql ? /^(?:it )?(?:returns?|(?:must|should) return) /i : /^$/, '');
  for (let start = lead.exec(bare)?.[0].length ?? 0; start > 0 && start < bare.length; start = lead.exec(bare)?.[0].length ?? 0) bare = bare.slice(start);
  if (!value.test(bare) && !bound.test(bare)) bare = bare.replace(remark, '').replace(/[.;]$/, '');
  const [only, ...more] = step?.sql?.mode === 'read' ? step.sql.columns : [];
  const column = more.length === 0 ? only : undefined;
  const limit = bound.exec(bare);
  if (limit && column) {
    const operator = ({ '\u2265': '>=', '\u2264': '<=' } as const)[limit[1] ?? ''] ?? (limit[1] as '>=' | '<=' | '>' | '<');
    return { kind: 'compare', left: { kind: 'name', name: column.name }, operator, right: { kind: 'literal', value: literalOf(limit[2] ?? '') } };
  }
  const match = value.exec(bare);
  const said = match?.[1] ?? match?.[2] ?? match?.[3] ?? match?.[4];
  if (said === undefined || said.trim() === '' || step === undefined) return undefined;
  if (column) return { kind: 'compare', left: { kind: 'name', name: column.name }, operator: '==', right: { kind: 'literal', value: literalOf(said) } };
  if (step.kind !== 'shell' && step.kind !== 'coordinator-call') return undefined;
  const exact = /^-?\d+(?:\.\d+)?$/.test(said) || said.length < 3;
  return { kind: 'output', operator: exact ? 'is' : 'contains', text: said, negated: false };
}
