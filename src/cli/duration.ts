import { InvalidArgumentError } from '@commander-js/extra-typings';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `90s`, `10m`, `1h`, `500ms` → milliseconds. A bare number would leave the unit to be guessed. */
export function parseDurationOption(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)$/.exec(text.trim());
  const durationMs = match === null ? Number.NaN : Math.round(Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN));
  // The longest delay of a timer: setTimeout takes a signed 32-bit number.
  if (!(durationMs >= 1 && durationMs <= 2 ** 31 - 1)) throw new InvalidArgumentError('Write a number with its unit, such as 90s, 10m or 1h.');
  return durationMs;
}

/** Counts an option without a value: `-vv` is 2. */
export function more(_: string, before: number): number {
  return before + 1;
}

/** Collects an option that may stand several times. */
export function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
