/** How a new value stands to an old one: permits less, permits more, or neither. What that means for a plan is the table's to say. */
import type { CellTest, Claim, Operator } from '../model/claim.ts';
import type { Value } from '../model/value.ts';
import { compareExtents, type Extent, type Relation } from './compare-extent.ts';

/** Two lists as sets: `less` where the new one is a part of the old one. */
export function compareSets(old: readonly string[], next: readonly string[]): Relation {
  const less = next.every((each) => old.includes(each));
  const more = old.every((each) => next.includes(each));
  if (less && more) return 'same';
  return less ? 'less' : more ? 'more' : 'different';
}

/** Two places on a scale that goes from least to most; a value that is not on it is different. */
export function compareRanks(old: string, next: string, scale: readonly string[]): Relation {
  if (old === next) return 'same';
  const [from, to] = [scale.indexOf(old), scale.indexOf(next)];
  if (from === -1 || to === -1) return 'different';
  return to < from ? 'less' : 'more';
}

/** Fields of a claim that narrow it: given rather than absent, or smaller rather than greater. All other fields must be equal. */
const narrowing: Readonly<Record<string, Readonly<Record<string, 'given' | 'absent' | 'smaller'>>>> = {
  fails: { pattern: 'given' },
  'sql-fails': { column: 'given', constraint: 'given', table: 'given' },
  'tests-pass': { passed: 'given' },
  'each-hit': { except: 'absent', withinLines: 'smaller' },
};

/** What an operator says as well. */
const implied: Readonly<Partial<Record<Operator, readonly Operator[]>>> = { '==': ['>=', '<='], '>': ['>=', '!='], '<': ['<=', '!='] };

/** `less`: the new claim is fulfilled by less, so it is the stronger one. Claims about different things are `different`. */
export function compareClaims(old: Claim, next: Claim): Relation {
  if (isSame(old, next)) return 'same';
  const [from, to] = [extentOf(old), extentOf(next)];
  if (from !== undefined && to !== undefined) return subjectOf(old) === subjectOf(next) ? compareExtents(from, to) : 'different';
  if (old.kind === 'compare' && next.kind === 'compare') {
    if (!isSame(old.left, next.left) || !isSame(old.right, next.right)) return 'different';
    if (implied[old.operator]?.includes(next.operator) === true) return 'more';
    return implied[next.operator]?.includes(old.operator) === true ? 'less' : 'different';
  }
  if (old.kind === 'found' && next.kind === 'found') return compareRanks(old.quantity, next.quantity, ['each', 'any']);
  return old.kind === next.kind ? compareFields(old, next, narrowing[old.kind] ?? {}) : 'different';
}

/** What a claim is about: two claims of one subject are two forms of one expectation. */
export function subjectOf(claim: Claim): string {
  switch (claim.kind) {
    case 'compare':
      return claim.left.kind === 'name'
        ? `name ${claim.left.name}${claim.left.plus ?? ''}${claim.right.kind === 'name' ? ` and ${claim.right.name}` : ''}`
        : 'value';
    case 'member':
    case 'null':
      return `name ${claim.name}`;
    case 'each-row':
    case 'unique':
      return `${claim.kind} ${claim.name}`;
    case 'output':
    case 'output-empty':
    case 'output-lines':
      return `${claim.kind} ${claim.stream ?? ''}`;
    case 'exit-codes':
      return 'exit-code';
    default:
      return claim.kind;
  }
}

/** Undefined where a claim is not about one value of which some are right. */
function extentOf(claim: Claim): Extent | undefined {
  switch (claim.kind) {
    case 'compare':
      return claim.left.kind === 'name' && claim.right.kind === 'literal'
        ? extentOfTest({ kind: 'compare', operator: claim.operator, value: claim.right.value })
        : undefined;
    case 'member':
      return extentOfTest({ kind: 'member', values: claim.values, negated: claim.negated === true });
    case 'null':
      return extentOfTest(claim);
    case 'each-row':
      return extentOfTest(claim.test);
    case 'rows':
    case 'match-count':
    case 'output-lines':
      return compared(({ exactly: '==', 'at-least': '>=', 'at-most': '<=' } as const)[claim.bound], String(claim.count));
    case 'duration':
      return compared(claim.operator, claim.limit.text);
    case 'exit-code':
      return { kind: 'values', values: [String(claim.code)], except: false };
    case 'exit-codes':
      return { kind: 'values', values: claim.codes.map(String), except: false };
    case 'http-status':
      return { kind: 'values', values: claim.statuses, except: false };
    default:
      return undefined;
  }
}

function extentOfTest(test: CellTest): Extent | undefined {
  if (test.kind === 'compare') return compared(test.operator, spelled(test.value));
  return { kind: 'values', values: test.kind === 'null' ? [null] : test.values.map(spelled), except: test.negated };
}

/** Numbers as numbers; what is not one keeps its quotes, so that the versions 1.1 and 1.10 are two. */
function spelled({ type, text }: Value): string | null {
  return text === null || type === 'integer' || type === 'number' ? text : JSON.stringify(text);
}

function compared(operator: Operator, text: string | null): Extent | undefined {
  if (operator === '==' || operator === '!=') return { kind: 'values', values: [text], except: operator === '!=' };
  if (text === null || !['>=', '>', '<=', '<'].includes(operator)) return undefined;
  const bound = { text, open: operator === '>' || operator === '<' };
  return operator === '>=' || operator === '>' ? { kind: 'range', low: bound } : { kind: 'range', high: bound };
}

function compareFields(old: Claim, next: Claim, narrows: Readonly<Record<string, 'given' | 'absent' | 'smaller'>>): Relation {
  const [a, b]: readonly Readonly<Record<string, unknown>>[] = [{ ...old }, { ...next }];
  const relations = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])].map((key): Relation => {
    const [from, to] = [a?.[key], b?.[key]];
    if (isSame(from, to)) return 'same';
    const how = narrows[key];
    if (how === 'smaller') return typeof from === 'number' && typeof to === 'number' && to < from ? 'less' : 'more';
    if (how === 'given' && (from === undefined || to === undefined)) return from === undefined ? 'less' : 'more';
    return how === 'absent' && (from === undefined || to === undefined) ? (to === undefined ? 'less' : 'more') : 'different';
  });
  return joinRelations(relations);
}

/** Several relations as one: less here and more there is different. */
function joinRelations(relations: readonly Relation[]): Relation {
  const kinds = new Set(relations.filter((relation) => relation !== 'same'));
  if (kinds.size === 0) return 'same';
  return kinds.size === 1 ? ([...kinds][0] ?? 'different') : 'different';
}

/** Where something stands is not what it says. */
const placeKeys: ReadonlySet<string> = new Set(['span', 'hole', 'grantedAt']);

/** Plain data, by what it says: neither places nor the order of keys are a part of it. */
export function isSame(a: unknown, b: unknown): boolean {
  return stable(a) === stable(b);
}

function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each)
        ? Object.fromEntries(
            Object.entries(each)
              .filter(([key]) => !placeKeys.has(key))
              .sort(([a], [b]) => (a < b ? -1 : 1)),
          )
        : each,
    ) ?? 'undefined'
  );
}
