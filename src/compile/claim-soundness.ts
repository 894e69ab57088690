/** A claim that nothing could make fail, or nothing could make hold, is no claim: each rule says why. */
import type { CellTest, Claim, Operator } from '../model/claim.ts';
import type { Value } from '../model/value.ts';
import { matchesEverything, patternProblem } from './claim-pattern.ts';
import { impossible, type ClaimReading } from './claim-reading.ts';

type Unsound = Extract<ClaimReading, { readonly kind: 'vacuous' | 'impossible' | 'pattern' }>;

/** Undefined for a sound claim. */
export function unsoundness(claim: Claim): Unsound | undefined {
  switch (claim.kind) {
    case 'compare':
      return comparison(claim);
    case 'member':
      return everyBoolean(claim.values) ? vacuous('a boolean is always one of both') : undefined;
    case 'each-row':
      return cell(claim.name, claim.test);
    case 'output':
      if (claim.operator === 'matches') return pattern(claim.text);
      return claim.text === ''
        ? vacuous(`every output ${claim.operator === 'is' ? 'that is empty is said to be so with "is empty"' : 'has an empty text'}`)
        : undefined;
    case 'duration':
      return /^[+-]?0+(?:\.0+)?\D*$/.test(claim.limit.text ?? '') ? ofNothing(claim.operator, 'time') : undefined;
    case 'fails':
      return claim.pattern === '' ? vacuous('every message contains an empty text') : undefined;
    default:
      return undefined;
  }
}

function comparison({ left, operator, right }: Extract<Claim, { readonly kind: 'compare' }>): Unsound | undefined {
  if (left.kind === 'literal' && right.kind === 'literal') return vacuous('both sides are constants');
  if (left.kind === 'name' && right.kind === 'name') return left.name === right.name ? vacuous(`\`${left.name}\` is compared with itself`) : undefined;
  if (left.kind === 'name' && right.kind === 'literal') return ofName(left.name, operator, right.value);
  if (left.kind === 'literal' && right.kind === 'name') return ofName(right.name, mirrored[operator] ?? operator, left.value);
  return undefined;
}

const mirrored: Readonly<Partial<Record<Operator, Operator>>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=' };

function cell(name: string, test: CellTest): Unsound | undefined {
  if (test.kind === 'member') return everyBoolean(test.values) ? vacuous('a boolean is always one of both') : undefined;
  return test.kind === 'compare' ? ofName(name, test.operator, test.value) : undefined;
}

/** Names of what is counted or measured: never less than nothing. */
const counter =
  /(?:^|[._])(?:counts?|cnt|rows|length|len|size|bytes|duration|latency|elapsed|age|attempts|retries)(?:_(?:ms|s|seconds|bytes))?$|(?:^|\.)(?:num|nr|number_of|n|count)_\w+$|(?:^|\.)n$/i;

function ofName(name: string, operator: Operator, value: Value): Unsound | undefined {
  const text = value.text ?? '';
  if (operator === 'matches' || operator === 'does not match') return pattern(text);
  if (['contains', 'does not contain', 'starts with', 'ends with'].includes(operator))
    return text === '' ? vacuous('every text has an empty text in it') : undefined;
  if (!counter.test(name)) return undefined;
  const sign = signOf(text);
  if (sign === undefined || sign > 0) return undefined;
  const what = `\`${name}\``;
  if (sign === 0) return operator === '>=' || operator === '<' ? ofNothing(operator, what) : undefined;
  return operator === '>=' || operator === '>' || operator === '!=' ? vacuous(`${what} is never less than 0`) : impossible(`${what} is never less than 0`);
}

/** -1, 0 or 1 of a number or a measure. */
function signOf(text: string): number | undefined {
  const figures = /^([+-]?)(\d*\.?\d+)/.exec(text);
  if (!figures) return undefined;
  if (!/[1-9]/.test(figures[2] ?? '')) return 0;
  return figures[1] === '-' ? -1 : 1;
}

function ofNothing(operator: '<' | '<=' | '>' | '>=', what: string): Unsound | undefined {
  if (operator === '>=') return vacuous(`${what} is always at least 0`);
  return operator === '<' || what === 'time' ? (operator === '>' ? vacuous(`${what} always passes`) : impossible(`${what} is never less than 0`)) : undefined;
}

function everyBoolean(values: readonly Value[]): boolean {
  return ['true', 'false'].every((word) => values.some((value) => value.text?.toLowerCase() === word));
}

function pattern(text: string): Unsound | undefined {
  const why = patternProblem(text);
  if (why !== undefined) return { kind: 'pattern', pattern: text, why };
  return matchesEverything(text) ? vacuous('the pattern matches every text') : undefined;
}

function vacuous(why: string): Unsound {
  return { kind: 'vacuous', why };
}
