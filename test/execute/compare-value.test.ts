import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareValues, sameValue } from '../../src/execute/compare-value.ts';
import { compareDecimals, parseDecimal, type Decimal } from '../../src/execute/decimal.ts';
import { parseDuration, parseSize, parseTimestamp } from '../../src/execute/measure.ts';

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it cannot be read');
  return value;
}

const decimal = (text: string): Decimal => must(parseDecimal(text));

describe('parseDecimal', () => {
  it.each(['', ' ', '1,000', '0x10', 'NaN', 'Infinity', '--1', '1.2.3', '.', 'e5', '1e99999', '9'.repeat(2_000)])('is none: %j', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('orders integers as BigInt does', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        const order = a === b ? 0 : a < b ? -1 : 1;
        expect(compareDecimals(decimal(String(a)), decimal(String(b)))).toBe(order);
      }),
    );
  });

  it('does not care how a number is written', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat({ max: 30 }), (digits, places) => {
        const written = `${digits}${places > 0 ? `.${'0'.repeat(places)}` : ''}`;
        expect(compareDecimals(decimal(written), decimal(`${digits * 10n ** BigInt(places)}e-${places}`))).toBe(0);
      }),
    );
  });
});

describe('compareValues', () => {
  it('text is equal to itself alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(compareValues({ type: 'text', text: a }, '==', { type: 'text', text: b }).kind).toBe(a === b ? 'held' : 'not held');
      }),
    );
  });

  it('what is no number holds for no claim about numbers', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.constantFrom('==', '!=', '<', '<=', '>', '>=' as const), (text, number, operator) => {
        fc.pre(parseDecimal(text) === undefined);
        expect(compareValues({ type: 'text', text }, operator as '==', { type: 'integer', text: String(number) }).kind).toBe('incomparable');
      }),
    );
  });

  it('two observations are the same or not, whichever comes first', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [x, y] = [
          { type: 'text', text: a },
          { type: 'integer', text: b },
        ] as const;
        expect(sameValue(x, y)).toBe(sameValue(y, x));
      }),
    );
  });
});

describe('measures', () => {
  it.each([
    ['1.5s', '1500 ms'],
    ['2 minutes', '120 sec'],
    ['1 h', '60m'],
  ])('%s is %s', (a, b) => {
    expect(compareDecimals(must(parseDuration(a)), must(parseDuration(b)))).toBe(0);
  });
  it.each(['1 fortnight', 's', '', '1.5', '-'])('is no duration: %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
  it('knows decimal and binary sizes', () => {
    expect(compareDecimals(must(parseSize('1 MiB')), must(parseSize('1048576 bytes')))).toBe(0);
    expect(compareDecimals(must(parseSize('1 MB')), must(parseSize('1 MiB')))).toBe(-1);
    expect(parseSize('1 constructor')).toBeUndefined();
  });
  it('keeps more digits of a second than a double has', () => {
    const nanoseconds = (text: string): Decimal => must(parseTimestamp(text)).nanoseconds;
    expect(compareDecimals(nanoseconds('2026-02-09T12:00:00.123456Z'), nanoseconds('2026-02-09T12:00:00.123457Z'))).toBe(-1);
  });
  it.each(['2026-13-01', '2026-02-30', 'yesterday', '12:00', '2026-02-09T25:00:00Z'])('is no timestamp: %s', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
