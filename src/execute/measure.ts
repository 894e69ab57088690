/** Values with units or a calendar, brought to one exact number of the smallest unit. */
import { addDecimals, parseDecimal, type Decimal } from './decimal.ts';

const microsecondsPer: Readonly<Record<string, bigint>> = {
  us: 1n,
  µs: 1n,
  ms: 1_000n,
  s: 1_000_000n,
  sec: 1_000_000n,
  secs: 1_000_000n,
  msec: 1_000n,
  millisecond: 1_000n,
  milliseconds: 1_000n,
  second: 1_000_000n,
  seconds: 1_000_000n,
  m: 60_000_000n,
  min: 60_000_000n,
  mins: 60_000_000n,
  minute: 60_000_000n,
  minutes: 60_000_000n,
  h: 3_600_000_000n,
  hr: 3_600_000_000n,
  hrs: 3_600_000_000n,
  hour: 3_600_000_000n,
  hours: 3_600_000_000n,
  d: 86_400_000_000n,
  day: 86_400_000_000n,
  days: 86_400_000_000n,
  week: 604_800_000_000n,
  weeks: 604_800_000_000n,
};

const bytesPer: Readonly<Record<string, bigint>> = {
  b: 1n,
  byte: 1n,
  bytes: 1n,
  kb: 1_000n,
  mb: 1_000_000n,
  gb: 1_000_000_000n,
  tb: 1_000_000_000_000n,
  pb: 1_000_000_000_000_000n,
  kib: 1_024n,
  mib: 1_048_576n,
  gib: 1_073_741_824n,
  tib: 1_099_511_627_776n,
  pib: 1_125_899_906_842_624n,
};

/** `200 ms`, `1.5s`, `2 minutes`, `1h30m`, and PostgreSQL's `1 day 02:03:04.5` as microseconds. Months have no length, so they are none. */
export function parseDuration(text: string): Decimal | undefined {
  const clock = /^(?:(-?\d{1,9}) days?\s*)?(?:(-?)(\d{1,9}):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?)?$/.exec(text.trim());
  if (clock && text.trim() !== '') {
    const [, days = '0', minus = '', hours = '0', minutes = '0', seconds = '0', fraction = ''] = clock;
    const time = ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
    return { digits: BigInt(days) * 86_400_000_000n + (minus === '' ? time : -time), scale: 0 };
  }
  const parts = /^(?:\d+(?:\.\d+)?\s*[a-zµ]+\s*){2,}$/i.test(text.trim()) ? (text.match(/\d+(?:\.\d+)?\s*[a-zµ]+/gi) ?? []) : [text];
  return parts.map((part) => parseQuantity(part, microsecondsPer)).reduce((sum, part) => sum && part && addDecimals(sum, part));
}

/** `0.5 %` as 0.5. */
export function parsePercentage(text: string): Decimal | undefined {
  const number = /^(.*\S)\s?%$/.exec(text.trim())?.[1];
  return number === undefined ? undefined : parseDecimal(number);
}

/** `10 MB` (decimal), `4 KiB` (binary) as bytes. */
export function parseSize(text: string): Decimal | undefined {
  return parseQuantity(text, bytesPer);
}

const timestampPattern = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;

export interface Timestamp {
  /** Nanoseconds since 1970, as if UTC where the text names no zone. */
  readonly nanoseconds: Decimal;
  readonly zoned: boolean;
}

/** ISO 8601 and PostgreSQL's ISO output. Undefined for anything else, also for a day that the calendar does not have. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = timestampPattern.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date rolls 30 February over into March: what comes out must be what went in.
  if (Number.isNaN(time.getTime()) || time.getUTCDate() !== Number(day)) return undefined;
  const local = BigInt(time.getTime()) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
  return { nanoseconds: { digits: local - offsetNanoseconds(zone), scale: 0 }, zoned: zone !== undefined };
}

function offsetNanoseconds(zone: string | undefined): bigint {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '');
  if (!match) return 0n;
  const minutes = BigInt(Number(match[2]) * 60 + Number(match[3] ?? '0'));
  return minutes * 60_000_000_000n * (match[1] === '-' ? -1n : 1n);
}

function parseQuantity(text: string, unitOf: Readonly<Record<string, bigint>>): Decimal | undefined {
  const match = /^([^a-zµ]*?)\s*([a-zµ]+)$/i.exec(text.trim());
  const factor = Object.hasOwn(unitOf, match?.[2]?.toLowerCase() ?? '') ? unitOf[match?.[2]?.toLowerCase() ?? ''] : undefined;
  const number = parseDecimal(match?.[1] ?? '');
  return factor !== undefined && number ? { digits: number.digits * factor, scale: number.scale } : undefined;
}
