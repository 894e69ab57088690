import type { Bound, CellTest, Claim, Operand } from './claim.ts';
import type { Value } from './value.ts';

/** A claim as it will be judged, in the words of the claim language: what a reader compares with the author's sentence. */
export function renderClaim(claim: Claim): string {
  switch (claim.kind) {
    case 'compare':
      return `${renderOperand(claim.left)} ${claim.operator} ${claim.operator.includes('match') ? renderPattern(claim.right) : renderOperand(claim.right)}`;
    case 'member':
      return `${claim.name} ${claim.negated === true ? 'not in' : 'in'} ${renderList(claim.values)}`;
    case 'null':
      return `${claim.name} is ${claim.negated ? 'not null' : 'null'}`;
    case 'rows':
      return counted(claim.bound, claim.count, claim.noun === '' ? 'row' : `${claim.noun} row`);
    case 'each-row':
      return `${claim.some === true ? 'at least one row' : 'every row'} has ${renderCell(claim.name, claim.test)}`;
    case 'unique':
      return `${claim.name} is unique`;
    case 'exit-code':
      return `exit code is ${claim.code}`;
    case 'exit-codes':
      return `exit code is ${claim.codes.join(' or ')}`;
    case 'fails':
      return claim.pattern === undefined ? 'the command fails' : `the command fails with ${quote(claim.pattern)}`;
    case 'output':
      return renderOutput(claim);
    case 'output-empty':
      return `${claim.stream ?? 'output'} is ${claim.negated ? 'not ' : ''}empty`;
    case 'output-lines':
      return `${claim.stream} has ${counted(claim.bound, claim.count, 'line')}`;
    case 'http-status':
      return `HTTP status is ${claim.statuses.join(' or ')}`;
    case 'duration':
      return `takes ${{ '<': 'less than', '<=': 'at most', '>': 'more than', '>=': 'at least' }[claim.operator]} ${claim.limit.text ?? ''}`;
    case 'tests-pass':
      return claim.passed === undefined
        ? 'at least one test ran and none failed'
        : `${counted(claim.passed.bound, claim.passed.count, 'test')} passed and none failed`;
    case 'returns':
      return `exactly one printed field is ${claim.value}`;
    case 'sql-fails':
      return `fails with SQLSTATE ${claim.sqlstate}${named('column', claim.column)}${named('constraint', claim.constraint)}${named('table', claim.table)}`;
    case 'found':
      return { each: 'each pattern is found', any: 'the pattern is found', none: 'nothing is found' }[claim.quantity];
    case 'match-count':
      return claim.count === 1 ? counted(claim.bound, 1, 'match') : `${counted(claim.bound, claim.count, 'matche')}`;
    case 'each-hit':
      return `each hit has ${JSON.stringify(claim.contains)} within ${claim.withinLines} lines${claim.except === undefined ? '' : `, except hits of ${JSON.stringify(claim.except)}`}`;
    case 'fresh':
      return `${claim.name} is new: no row of ${claim.relation} had it as ${claim.column} before, and this execution wrote it`;
    case 'write-order':
      return `${claim.first.relation}.${claim.first.column} is written and committed before the first row of ${claim.then.relation}`;
    case 'hash-chain':
      return `${claim.root} equals the root that the runner's own witness recomputes, before and now`;
  }
}

/** Third person for a positive claim, the bare verb after "does not". */
const outputVerbs = {
  contains: ['contains', 'does not contain'],
  is: ['is exactly', 'is not exactly'],
  line: ['has the line', 'does not have the line'],
  'starts with': ['starts with', 'does not start with'],
  'ends with': ['ends with', 'does not end with'],
  matches: ['matches', 'does not match'],
} as const;

function renderOutput(claim: Extract<Claim, { readonly kind: 'output' }>): string {
  const verb = outputVerbs[claim.operator][claim.negated ? 1 : 0];
  return `${claim.stream ?? 'output'} ${verb} ${claim.operator === 'matches' ? regex(claim.text) : quote(claim.text)}`;
}

function renderCell(name: string, test: CellTest): string {
  switch (test.kind) {
    case 'compare':
      return renderClaim({ kind: 'compare', left: { kind: 'name', name }, operator: test.operator, right: { kind: 'literal', value: test.value } });
    case 'member':
      return renderClaim({ kind: 'member', name, values: test.values, ...(test.negated ? { negated: true } : {}) });
    case 'null':
      return renderClaim({ kind: 'null', name, negated: test.negated });
  }
}

function counted(bound: Bound, count: number, noun: string): string {
  return `${bound.replace('-', ' ')} ${count} ${noun}${count === 1 ? '' : 's'}`;
}

function named(what: string, name: string | undefined): string {
  return name === undefined ? '' : ` on ${what} ${name}`;
}

function renderOperand(operand: Operand): string {
  if (operand.kind === 'literal') return renderValue(operand.value);
  if (operand.plus === undefined) return operand.name;
  return operand.plus.startsWith('-') ? `${operand.name} - ${operand.plus.slice(1)}` : `${operand.name} + ${operand.plus}`;
}

function renderPattern(operand: Operand): string {
  return operand.kind === 'literal' ? regex(operand.value.text ?? '') : renderOperand(operand);
}

function renderList(values: readonly Value[]): string {
  return `{ ${values.map((value) => (value.type === 'text' && /^[A-Za-z_][\w-]*$/.test(value.text ?? '') ? value.text : renderValue(value))).join(', ')} }`;
}

function renderValue({ type, text }: Value): string {
  if (text === null) return 'null';
  return type === 'text' && !/^[A-Z][A-Z0-9_]*$/.test(text) ? quote(text, "'") : text;
}

function regex(source: string): string {
  return `/${source.replace(/\\.|\//g, (found) => (found === '/' ? '\\/' : found))}/`;
}

/** In the first of three kinds of quotes that the text does not hold itself: nothing is escaped in the language of claims. */
function quote(text: string, first = '"'): string {
  const mark = [first, '"', "'", '`'].find((candidate) => !text.includes(candidate));
  return mark === undefined ? JSON.stringify(text) : `${mark}${text}${mark}`;
}
