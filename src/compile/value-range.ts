/** The range of values that an expression can have, and what operators, functions, casts and conditions make of ranges: interval arithmetic. */
import type { Operator } from '../model/claim.ts';

export interface ValueRange {
  /** Both bounds belong to the range. Of a boolean 0 is false and 1 true. */
  readonly min: number;
  readonly max: number;
  readonly nullable: boolean;
  readonly boolean?: true;
  /** A text that stands in the query. */
  readonly text?: string;
}

export const anything: ValueRange = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, nullable: true };
export const truth: ValueRange = { min: 0, max: 1, nullable: true, boolean: true };

/** Results of functions: bounds, and whether NULL comes of nothing but a NULL argument (`strict`) or never (`never`). */
const functions: readonly { readonly words: RegExp; readonly min?: number; readonly max?: number; readonly null?: 'strict' | 'never' }[] = [
  { words: /^(?:(?:char_|character_|octet_|bit_)?length|cardinality|abs|sqrt|exp|jsonb?_array_length)$/, min: 0, null: 'strict' },
  { words: /^(?:strpos|position)$/, min: 0, null: 'strict' },
  { words: /^array_(?:length|position)$/, min: 0 },
  { words: /^(?:row_number|rank|dense_rank|ntile)$/, min: 1, null: 'never' },
  { words: /^(?:percent_rank|cume_dist|random)$/, min: 0, max: 1, null: 'never' },
  { words: /^pg_(?:total_relation|relation|table|indexes|database|column)_size$/, min: 0 },
  { words: /^(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|version|current_setting|concat|concat_ws|gen_random_uuid)$/, null: 'never' },
];
/** One of the values that it is given, or NULL of none. */
const choosing = /^(?:min|max|avg|any_value|mode|first_value|last_value|lag|lead)$/;
const rounding: Readonly<Record<string, (value: number) => number>> = {
  round: Math.round,
  ceil: Math.ceil,
  ceiling: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
};
const numeric = /^(?:int[248]|numeric|float[48]|money|oid)$/;
const comparison = /^(?:=|<>|!=|<|>|<=|>=|~~?\*?|!~~?\*?|@>|<@|\?|&&)$/;

/** What a function gives. `grouped`: of a group that was made, with at least one row, and of all of it. `star`: it counts rows. */
export function ofFunction(name: string, args: readonly ValueRange[], { grouped, star }: { readonly grouped: boolean; readonly star: boolean }): ValueRange {
  const [first = anything] = args;
  // Of its values none may be there.
  const nullable = !grouped || first.nullable;
  if (name === 'count') return { min: grouped && star ? 1 : 0, max: Number.POSITIVE_INFINITY, nullable: false };
  if (choosing.test(name)) return { min: first.min, max: first.max, nullable };
  if (name === 'sum') return { min: first.min >= 0 ? first.min : anything.min, max: first.max <= 0 ? first.max : anything.max, nullable };
  if (/^(?:bool_and|bool_or|every)$/.test(name)) return { ...truth, nullable };
  const round = rounding[name];
  if (round !== undefined && args.length === 1) return { min: round(first.min), max: round(first.max), nullable: first.nullable };
  const row = functions.find(({ words }) => words.test(name));
  if (row === undefined) return anything;
  return {
    min: row.min ?? anything.min,
    max: row.max ?? anything.max,
    nullable: row.null === 'strict' ? args.some((each) => each.nullable) : row.null !== 'never',
  };
}

export function cast(given: ValueRange, type: string): ValueRange {
  if (type === 'bool') return { ...truth, nullable: given.nullable };
  if (/^int[248]$/.test(type)) return { min: Math.floor(given.min), max: Math.ceil(given.max), nullable: given.nullable };
  if (numeric.test(type) || (/^(?:text|varchar|bpchar)$/.test(type) && given.boolean === undefined)) return { ...given };
  return { ...anything, nullable: given.nullable };
}

/** What an operator (`+`, `>=`, `~`) gives. */
export function ofOperator(sign: string, left: ValueRange, right: ValueRange): ValueRange {
  const nullable = left.nullable || right.nullable;
  if (comparison.test(sign)) {
    const certain = left.text !== undefined || right.text !== undefined ? undefined : holds(left, operators[sign], right);
    return { ...truth, nullable, ...(certain === undefined ? {} : { min: Number(certain), max: Number(certain) }) };
  }
  const made = arithmetic(sign, left, right);
  return made === undefined || Number.isNaN(made.min) || Number.isNaN(made.max) ? { ...anything, nullable } : { ...made, nullable };
}

const operators: Readonly<Record<string, Operator>> = { '=': '==', '<>': '!=', '!=': '!=', '<': '<', '>': '>', '<=': '<=', '>=': '>=' };

/** True where a comparison always holds, false where it never does; whether a side is NULL is another question. */
export function holds(left: ValueRange, operator: Operator | undefined, right: ValueRange): boolean | undefined {
  const apart = left.max < right.min || left.min > right.max;
  const same = left.min === left.max && right.min === right.max && left.min === right.min;
  switch (operator) {
    case '>=':
      return left.min >= right.max ? true : left.max < right.min ? false : undefined;
    case '>':
      return left.min > right.max ? true : left.max <= right.min ? false : undefined;
    case '<=':
      return left.max <= right.min ? true : left.min > right.max ? false : undefined;
    case '<':
      return left.max < right.min ? true : left.min >= right.max ? false : undefined;
    case '==':
      return apart ? false : same ? true : undefined;
    case '!=':
      return apart ? true : same ? false : undefined;
    default:
      return undefined;
  }
}

export function logic(operator: string, parts: readonly ValueRange[]): ValueRange {
  const [mins, maxes] = [parts.map(({ min }) => Math.max(0, min)), parts.map(({ max }) => Math.min(1, max))];
  if (operator === 'NOT_EXPR') return { ...truth, min: 1 - (maxes[0] ?? 1), max: 1 - (mins[0] ?? 0) };
  const pick = operator === 'AND_EXPR' ? Math.min : Math.max;
  return { ...truth, min: pick(...mins), max: pick(...maxes) };
}

function arithmetic(sign: string, left: ValueRange, right: ValueRange): { readonly min: number; readonly max: number } | undefined {
  if (sign === '+') return { min: left.min + right.min, max: left.max + right.max };
  if (sign === '-') return { min: left.min - right.max, max: left.max - right.min };
  const positive = left.min >= 0 && right.min >= 0;
  if (sign === '*') return positive ? { min: left.min * right.min, max: Number.POSITIVE_INFINITY } : undefined;
  return (sign === '/' || sign === '%') && positive ? { min: 0, max: Number.POSITIVE_INFINITY } : undefined;
}

export function extreme(parts: readonly ValueRange[], greatest: boolean): ValueRange {
  const whole = union(parts);
  const certain = parts.filter(({ nullable }) => !nullable);
  const nullable = certain.length === 0;
  if (greatest) return { min: Math.max(whole.min, ...certain.map(({ min }) => min)), max: whole.max, nullable };
  return { min: whole.min, max: Math.min(whole.max, ...certain.map(({ max }) => max)), nullable };
}

export function union(parts: readonly ValueRange[]): ValueRange {
  const [first] = parts;
  const booleans = parts.length > 0 && parts.every(({ boolean }) => boolean);
  return {
    min: Math.min(...parts.map(({ min }) => min)),
    max: Math.max(...parts.map(({ max }) => max)),
    nullable: parts.some(({ nullable }) => nullable),
    ...(booleans ? { boolean: true as const } : {}),
    ...(first?.text !== undefined && parts.every(({ text }) => text === first.text) ? { text: first.text } : {}),
  };
}

export function exactly(value: number): ValueRange {
  return { min: value, max: value, nullable: false };
}
