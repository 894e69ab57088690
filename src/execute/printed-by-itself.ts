/** Words that a block prints by itself, also where what it should show has failed: they are no evidence. */
import type { Claim } from '../model/claim.ts';
import type { JudgeFacts } from './judgement.ts';
import { matchPattern } from './pattern.ts';

/** Why a claim that holds is not shown by what was printed; undefined where nothing speaks against it. */
export function printedByItself(claim: Claim, facts: JudgeFacts): string | undefined {
  const { printed = [] } = facts;
  const found = printed.find(({ text }) => holds(claim, text, facts));
  return found && `the block prints this by itself, also where what stands before it fails: ${found.what}`;
}

function holds(claim: Claim, text: string, { names, evidence }: JudgeFacts): boolean {
  if (claim.kind === 'output') {
    if (claim.negated || claim.text === '') return false;
    return claim.operator === 'matches' ? matchPattern(claim.text, text).kind === 'held' : text.includes(claim.text);
  }
  if (claim.kind === 'output-empty') return claim.negated;
  if (claim.kind === 'http-status') {
    const printed = Array.from(text.matchAll(/(?:^|\s)(?:HTTP\/[\d.]+ )?([1-5]\d\d)(?=\s|$)/g), ([, status]) => status);
    return claim.statuses.some((wanted) => printed.some((status) => status === wanted || (wanted.endsWith('xx') && status?.[0] === wanted[0])));
  }
  const asked =
    claim.kind === 'compare'
      ? [claim.left, claim.right].flatMap((side) => (side.kind === 'name' ? [side.name] : []))
      : claim.kind === 'member' || claim.kind === 'null'
        ? [claim.name]
        : [];
  const lines = text.split('\n').map((line) => /^(.*?)\s*[:=]\s*(.*?)\s*$/.exec(line));
  return asked.some((name) => {
    const binding = evidence.observations.find((observed) => observed.name === name) ?? names.get(name);
    return lines.some((line) => line !== null && nameOf(line[1] ?? '').endsWith(name) && line[2] === binding?.value.text);
  });
}

function nameOf(label: string): string {
  return label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}
