import type { Claim, Operand } from '../model/claim.ts';
import type { Value } from '../model/value.ts';

/** A claim as it will be judged, in the words of the claim language: what a reader compares with the author's sentence. */
export function renderClaim(claim: Claim): string {
  switch (claim.kind) {
    case 'compare':
      return `${renderOperand(claim.left)} ${claim.operator} ${renderOperand(claim.right)}`;
    case 'member':
      return `${claim.name} in { ${claim.values.map(renderValue).join(', ')} }`;
    case 'null':
      return `${claim.name} is ${claim.negated ? 'not ' : ''}null`;
    case 'rows':
      return `${claim.bound.replace('-', ' ')} ${claim.count} ${claim.noun}${claim.count === 1 ? '' : 's'}`;
    case 'exit-code':
      return `exit code is ${claim.code}`;
    case 'fails':
      return claim.pattern === undefined ? 'the command fails' : `the command fails with ${JSON.stringify(claim.pattern)}`;
    case 'output':
      return `output ${claim.negated ? 'does not ' : ''}${claim.operator === 'contains' ? (claim.negated ? 'contain' : 'contains') : claim.negated ? 'match' : 'matches'} ${JSON.stringify(claim.text)}`;
    case 'tests-pass':
      return 'at least one test ran and none failed';
    case 'returns':
      return `exactly one printed field is ${claim.value}`;
    case 'sql-fails':
      return ['fails with', claim.sqlstate, claim.column === undefined ? '' : `on column ${claim.column}`, claim.constraint === undefined ? '' : `on constraint ${claim.constraint}`].filter((part) => part !== '').join(' ');
    case 'found':
      return { each: 'each pattern is found', any: 'the pattern is found', none: 'nothing is found' }[claim.quantity];
    case 'each-hit':
      return `each hit has ${JSON.stringify(claim.contains)} within ${claim.withinLines} lines${claim.except === undefined ? '' : `, except hits of ${JSON.stringify(claim.except)}`}`;
    case 'fresh':
      return `${claim.name} is new: no row of ${claim.relation} had it as ${claim.column} before, and this execution wrote it`;
    case 'write-order':
      return `${claim.first.relation}.${claim.first.column} is written and committed before the first row of ${claim.then.relation}`;
    case 'hash-chain':
      return `${claim.root} equals the root that the runner's own witness recomputes, before and now`;
    default:
      return claim satisfies never;
  }
}

function renderOperand(operand: Operand): string {
  return operand.kind === 'name' ? operand.name : renderValue(operand.value);
}

function renderValue({ type, text }: Value): string {
  if (text === null) return 'null';
  return type === 'text' && !/^[A-Z][A-Z0-9_]*$/.test(text) ? `'${text}'` : text;
}
