/** Numbers as people write them, compared without floating point: 9007199254740993 is not 9007199254740992, and 0.1 + 0.2 is no question. */

/** `digits` × 10^-`scale`, both exact. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$|^([+-]?)\.(\d+)(?:[eE]([+-]?\d{1,4}))?$/;

/** A longer text is no number that a plan compares; it would only cost time. */
const longestDecimal = 1_000;

/** Reads an integer or decimal number, with sign and exponent; undefined for anything else (`NaN`, `Infinity`, `1,000`, empty). */
export function parseDecimal(text: string): Decimal | undefined {
  const trimmed = text.trim();
  if (trimmed.length > longestDecimal) return undefined;
  const match = decimalPattern.exec(trimmed);
  if (!match) return undefined;
  const sign = match[1] ?? match[5] ?? '';
  const whole = match[2] ?? '';
  const fraction = match[3] ?? match[6] ?? '';
  const exponent = Number(match[4] ?? match[7] ?? '0');
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - exponent;
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

/** -1, 0 or 1. */
export function compareDecimals(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const scale = Math.max(left.scale, right.scale);
  const a = left.digits * 10n ** BigInt(scale - left.scale);
  const b = right.digits * 10n ** BigInt(scale - right.scale);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Exact. */
export function addDecimals(left: Decimal, right: Decimal): Decimal {
  const scale = Math.max(left.scale, right.scale);
  return { digits: left.digits * 10n ** BigInt(scale - left.scale) + right.digits * 10n ** BigInt(scale - right.scale), scale };
}

/** As people write it, without an exponent: `-1.50`. */
export function renderDecimal({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? '-' : '';
  const written = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  return scale === 0 ? `${sign}${written}` : `${sign}${written.slice(0, -scale)}.${written.slice(-scale)}`;
}

/** One text for all spellings of one number: `1.50` and `1.5` have the same. */
export function canonicalDecimal(decimal: Decimal): string {
  let { digits, scale } = decimal;
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale -= 1;
  }
  return renderDecimal({ digits, scale });
}
