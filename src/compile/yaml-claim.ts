/** A claim that a YAML plan writes as it is judged (`is:`), for what the language of claims has no words for. */
import type { Claim } from '../model/claim.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { YamlPart } from './yaml-part.ts';

/** The schema has accepted the part; what comes out is plain data in the author's order of keys. */
export function claimAt(part: YamlPart): Claim {
  return JSON.parse(JSON.stringify(part.value)) as Claim;
}

/** What the schema cannot see: a claim that nothing could make fail. */
export function judgedProblems(part: YamlPart | undefined): readonly Diagnostic[] {
  if (part === undefined) return [];
  const why = vacuousReason(claimAt(part));
  if (why === undefined) return [];
  const help = 'compare a name with a value, or with another name';
  return [{ severity: 'error', code: 'compile/vacuous-claim', message: `nothing could make this claim fail: ${why}`, span: part.span, help }];
}

function vacuousReason(claim: Claim): string | undefined {
  switch (claim.kind) {
    case 'compare': {
      const { left, operator, right } = claim;
      if (left.kind === 'name' && right.kind === 'name' && left.name === right.name) return `\`${left.name}\` is compared with itself`;
      const matchesAll = /^(?:contains|starts with|ends with|matches)$/.test(operator) && right.kind === 'literal' && (right.value.text ?? '') === '';
      return matchesAll ? 'every text holds the empty text' : undefined;
    }
    case 'rows':
    case 'output-lines':
    case 'match-count':
      return claim.bound === 'at-least' && claim.count === 0 ? 'there are always at least 0' : undefined;
    default:
      return undefined;
  }
}
