/** Values and counts as a claim's text states them. What has two readings (`1,234` as a value) is none. */
import type { Value, ValueType } from '../model/value.ts';
import type { Quote } from './claim-term.ts';
import { loneQuote } from './claim-term.ts';

const durationUnit = String.raw`(?:us|µs|ms|msec|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?)`;

/** Megabits are not megabytes, so the letters' case counts where it tells them apart. */
const forms: readonly { readonly type: ValueType; readonly words: RegExp }[] = [
  { type: 'integer', words: /^[+-]?(?:0|[1-9]\d*)$/ },
  { type: 'number', words: /^[+-]?(?:0|[1-9]\d*)?\.\d+$|^[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,3}$/ },
  { type: 'boolean', words: /^(?:true|false)$/i },
  { type: 'percentage', words: /^[+-]?\d+(?:\.\d+)?\s?%$/ },
  { type: 'duration', words: new RegExp(String.raw`^[+-]?\d+(?:\.\d+)?\s?${durationUnit}(?:\s?\d+(?:\.\d+)?\s?${durationUnit})*$`) },
  { type: 'size', words: /^\d+(?:\.\d+)?\s?(?:B|[Bb]ytes?|[kKMGTP]B|[KMGTP]iB)$/ },
  { type: 'uuid', words: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i },
  { type: 'timestamp', words: /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/ },
];

/** The value of a literal as it stands in a claim, by its form; text where it has none. `0042` is text: an integer would lose digits. */
export function literalOf(text: string): Value {
  const form = forms.find((candidate) => candidate.words.test(text));
  return form ? { type: form.type, text: form.type === 'boolean' ? text.toLowerCase() : text } : { type: 'text', text };
}

const numberWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

/** Source of what `countOf` reads. */
export const countSource = String.raw`(?:no|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a single|\d{1,3}(?:,\d{3})+|\d+)`;

/** A whole number in figures or words. Of things that are counted `10,000` can only be ten thousand. */
export function countOf(text: string): number | undefined {
  const folded = text.trim().toLowerCase();
  if (folded === 'no') return 0;
  if (folded === 'a single') return 1;
  const word = numberWords.indexOf(folded);
  if (word !== -1) return word;
  const figures = /^\d{1,3}(?:,\d{3})+$/.test(folded) ? folded.replaceAll(',', '') : folded;
  return /^\d{1,15}$/.test(figures) ? Number(figures) : undefined;
}

/** `five` as 5; figures are read elsewhere. */
export function spelledNumber(text: string): Value | undefined {
  const at = numberWords.indexOf(text.toLowerCase());
  return at === -1 ? undefined : { type: 'integer', text: String(at) };
}

/** `five minutes`, `a minute`, `30 s`, a quotation of one. */
export function durationOf(text: string, quotes: readonly Quote[]): Value | undefined {
  const bare = (loneQuote(text, quotes)?.text ?? text).trim();
  const spelled = /^(an?|[a-z]+) ((?:milli)?seconds?|minutes?|hours?|days?)$/i.exec(bare);
  const count = spelled ? (/^an?$/i.test(spelled[1] ?? '') ? 1 : countOf(spelled[1] ?? '')) : undefined;
  const value = literalOf(spelled && count !== undefined ? `${count} ${spelled[2] ?? ''}` : bare);
  return value.type === 'duration' ? value : undefined;
}

/** What an author writes in the place of a value that is still to come. */
export const unwritten = /^(?:TBD|TODO|FIXME|X+|N|Y|VALUE|PLACEHOLDER|N_A)$/;

/** A literal that stands bare: a number, a measure, a word in capitals, a version. Undefined for a phrase, and for `1,234`. */
export function bareLiteral(text: string): Value | undefined {
  const grouped = /^[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text;
  const plain = /^[+-]?\d{1,3}(?:_\d{3})+$/.test(grouped) ? grouped.replaceAll('_', '') : grouped;
  const value = literalOf(plain);
  if (value.type !== 'text') return value;
  if (unwritten.test(plain)) return undefined;
  return /^[A-Z][A-Z0-9_]*$/.test(plain) || /^v?\d[\w+-]*(?:\.[\w+-]+)*$/.test(plain) ? value : undefined;
}
