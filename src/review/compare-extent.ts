/** The values that a claim is fulfilled by, and whether one such set is a part of another. Numbers are compared as written, to any length. */

/** How new values stand to old ones: only some of them, those and others, or neither. */
export type Relation = 'same' | 'less' | 'more' | 'different';

/** A bound of a range; `open`: the bound itself is not in it. */
interface Bound {
  readonly text: string;
  readonly open: boolean;
}

/** `except`: every value but these. */
export type Extent =
  | { readonly kind: 'values'; readonly values: readonly (string | null)[]; readonly except: boolean }
  | { readonly kind: 'range'; readonly low?: Bound; readonly high?: Bound };

export function compareExtents(old: Extent, next: Extent): Relation {
  const less = isPart(next, old);
  const more = isPart(old, next);
  if (less && more) return 'same';
  return less ? 'less' : more ? 'more' : 'different';
}

/** Is each value of `a` one of `b`? False where it cannot be known. */
function isPart(a: Extent, b: Extent): boolean {
  if (a.kind === 'values') {
    if (!a.except) return a.values.every((value) => holds(b, value));
    return b.kind === 'values' && b.except && b.values.every((value) => includes(a.values, value));
  }
  if (b.kind === 'values') return b.except && b.values.every((value) => isOutside(a, value));
  return isAbove(a.low, b.low, 1) && isAbove(a.high, b.high, -1);
}

function holds(extent: Extent, value: string | null): boolean {
  if (extent.kind === 'values') return includes(extent.values, value) !== extent.except;
  if (value === null) return false;
  return within(value, extent.low, 1) && within(value, extent.high, -1);
}

/** A value that is no number is outside of every range, and so is NULL. */
function isOutside(range: Extent & { readonly kind: 'range' }, value: string | null): boolean {
  return value === null || !isDecimal(value) || !holds(range, value);
}

function includes(values: readonly (string | null)[], value: string | null): boolean {
  return values.some((each) => each === value || (each !== null && value !== null && compareDecimals(each, value) === 0));
}

/** `direction` 1: the bound is a lower one; -1: an upper one. */
function within(value: string, bound: Bound | undefined, direction: 1 | -1): boolean {
  if (bound === undefined) return true;
  const order = compareDecimals(value, bound.text);
  if (order === undefined) return false;
  return order === 0 ? !bound.open : order === direction;
}

function isAbove(a: Bound | undefined, b: Bound | undefined, direction: 1 | -1): boolean {
  if (b === undefined) return true;
  if (a === undefined) return false;
  const order = compareDecimals(a.text, b.text);
  if (order === undefined) return false;
  return order === 0 ? a.open || !b.open : order === direction;
}

function isDecimal(text: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(text);
}

/** Undefined where one is no decimal number. */
function compareDecimals(a: string, b: string): 0 | 1 | -1 | undefined {
  if (!isDecimal(a) || !isDecimal(b)) return undefined;
  const digits = Math.max(...[a, b].map((text) => text.split('.')[1]?.length ?? 0));
  const [x = 0n, y = 0n] = [a, b].map((text) => {
    const [whole = '', fraction = ''] = text.split('.');
    return BigInt(`${whole}${fraction.padEnd(digits, '0')}`);
  });
  return x === y ? 0 : x > y ? 1 : -1;
}
