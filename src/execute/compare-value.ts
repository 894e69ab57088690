/**
 * The one place where two values meet. Types were given once, at capture; here nothing is converted silently: values that
 * cannot be compared are neither equal nor unequal, and every caller makes a failure of that.
 */
import type { Operator } from '../model/claim.ts';
import type { Value, ValueType } from '../model/value.ts';
import type { Comparison } from './comparison.ts';
import { canonicalDecimal, compareDecimals, parseDecimal, type Decimal } from './decimal.ts';
import { parseDuration, parsePercentage, parseSize, parseTimestamp } from './measure.ts';
import { matchPattern } from './pattern.ts';

/** Does `left operator right` hold? */
export function compareValues(left: Value, operator: Operator, right: Value): Comparison {
  if (left.text === null || right.text === null) return compareNull(left, operator, right);
  switch (operator) {
    case 'contains':
    case 'does not contain':
      return answer(left.text.includes(right.text) === (operator === 'contains'));
    case 'starts with':
      return answer(left.text.startsWith(right.text));
    case 'ends with':
      return answer(left.text.endsWith(right.text));
    case 'matches':
      return matchPattern(right.text, left.text);
    case 'does not match': {
      const found = matchPattern(right.text, left.text);
      return found.kind === 'incomparable' ? found : answer(found.kind === 'not held');
    }
    default:
      return compareOrder({ type: left.type, text: left.text }, operator, { type: right.type, text: right.text });
  }
}

interface Written {
  readonly type: ValueType;
  readonly text: string;
}

function compareOrder(left: Written, operator: OrderOperator, right: Written): Comparison {
  const type = commonType(left.type, right.type);
  if (type === undefined) return { kind: 'incomparable', reason: `\`${left.text}\` is of type ${left.type}, \`${right.text}\` of type ${right.type}` };
  const order = orderOf(type, left.text, right.text);
  if (typeof order === 'string') return { kind: 'incomparable', reason: order };
  if (order.ordered || operator === '==' || operator === '!=') return answer(holds(operator, order.sign));
  return { kind: 'incomparable', reason: `values of type ${type} have no order` };
}

/** Are two observations of one name the same value? The types of two sources may differ; a count stays a count. */
export function sameValue(a: Value, b: Value): boolean {
  if (a.text === null || b.text === null) return a.text === b.text;
  return a.text === b.text || compareValues(a, '==', b).kind === 'held';
}

/** One text for all spellings of one value, by its type: what is the same value has the same text. */
export function canonicalText({ type, text }: { readonly type: ValueType; readonly text: string }): string {
  if (type === 'integer' || type === 'number') {
    const decimal = parseDecimal(text);
    return decimal ? canonicalDecimal(decimal) : text;
  }
  if (type === 'timestamp') {
    const timestamp = parseTimestamp(text);
    return timestamp ? `${canonicalDecimal(timestamp.nanoseconds)} ${timestamp.zoned}` : text;
  }
  return type === 'uuid' ? text.toLowerCase() : text;
}

/** Is it a number, and zero? */
export function isZero(value: Value): boolean {
  return value.text !== null && parseDecimal(value.text)?.digits === 0n;
}

function answer(held: boolean): Comparison {
  return { kind: held ? 'held' : 'not held' };
}

/** NULL equals nothing and differs from nothing; only a claim that names null asks about it. */
function compareNull(left: Value, operator: Operator, right: Value): Comparison {
  if (left.text === null && right.text === null && operator === '==') return answer(true);
  return { kind: 'incomparable', reason: `null cannot be compared by \`${operator}\`` };
}

type OrderOperator = Extract<Operator, '==' | '!=' | '>=' | '<=' | '>' | '<'>;

/**
 * The type in which two values are compared: a specific one wins over text, integer and number are both numbers. Undefined
 * for two that have nothing in common: 200 is not 200 ms, and it is not another duration either.
 */
function commonType(left: ValueType, right: ValueType): ValueType | undefined {
  if (left === right) return left;
  if (left === 'text' || left === 'database') return right === 'database' ? 'text' : right;
  if (right === 'text' || right === 'database') return left;
  const numeric: readonly ValueType[] = ['integer', 'number'];
  return numeric.includes(left) && numeric.includes(right) ? 'number' : undefined;
}

interface Order {
  readonly sign: -1 | 0 | 1;
  readonly ordered: boolean;
}

function orderOf(type: ValueType, left: string, right: string): Order | string {
  switch (type) {
    case 'integer':
    case 'number':
      return measured(type, left, right, parseDecimal);
    case 'duration':
      return measured(type, left, right, parseDuration);
    case 'size':
      return measured(type, left, right, parseSize);
    case 'percentage':
      return measured(type, left, right, parsePercentage);
    case 'timestamp':
      return timestampOrder(left, right);
    case 'boolean':
      return booleanOrder(left, right);
    case 'uuid':
      return { sign: left.toLowerCase() === right.toLowerCase() ? 0 : 1, ordered: false };
    case 'text':
    case 'database':
      return { sign: left === right ? 0 : 1, ordered: false };
  }
}

function measured(type: ValueType, left: string, right: string, parse: (text: string) => Decimal | undefined): Order | string {
  const a = parse(left);
  const b = parse(right);
  if (!a || !b) return `\`${a ? right : left}\` is no ${type}`;
  return { sign: compareDecimals(a, b), ordered: true };
}

function timestampOrder(left: string, right: string): Order | string {
  const a = parseTimestamp(left);
  const b = parseTimestamp(right);
  if (!a || !b) return `\`${a ? right : left}\` is no timestamp`;
  if (a.zoned !== b.zoned) return 'one timestamp names its time zone, the other does not';
  return { sign: compareDecimals(a.nanoseconds, b.nanoseconds), ordered: true };
}

function booleanOrder(left: string, right: string): Order | string {
  const a = parseBoolean(left);
  const b = parseBoolean(right);
  if (a === undefined || b === undefined) return `\`${a === undefined ? left : right}\` is no boolean`;
  return { sign: a === b ? 0 : 1, ordered: false };
}

/** PostgreSQL's, JSON's and Python's spelling. */
function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'true' || word === 't') return true;
  return word === 'false' || word === 'f' ? false : undefined;
}

function holds(operator: OrderOperator, sign: -1 | 0 | 1): boolean {
  switch (operator) {
    case '==':
      return sign === 0;
    case '!=':
      return sign !== 0;
    case '>=':
      return sign >= 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    case '<':
      return sign < 0;
  }
}
