/** The nearest claim to a sentence that is none: made of its own names, figures and quotations, never of others. */
import { nameOf, type ClaimNames } from './claim-name.ts';
import { plainTerm } from './claim-phrase.ts';
import { unwritten } from './claim-value.ts';
import { everyQuote, loneQuote, quoteSource, unmask, type Term } from './claim-term.ts';

const figure = /(?<![\w.,-])-?\d+(?:\.\d+)?(?: ?(?:%|ms|s|seconds?|minutes?|hours?|[kKMG]i?B)(?![\w]))?(?![\w-]|[.,]\d)/;
const grouped = /(?<![\w.])\d{1,3}(?:,\d{3})+(?!\d)/;

/** Words that say which comparison is meant. */
const comparisons: readonly { readonly words: RegExp; readonly sign: string }[] = [
  { words: />=|=>|\u2265|\b(?:at least|minimum|no (?:less|fewer) than|not (?:less|fewer|below)|or more)\b/i, sign: '>=' },
  { words: /<=|=<|\u2264|\b(?:at most|maximum|no more than|not more than|up to|not exceed|or (?:less|fewer))\b/i, sign: '<=' },
  { words: /!=|<>|\u2260|\b(?:is|does) not\b|^no\b|\bwithout\b/i, sign: '!=' },
  { words: />|\b(?:(?:more|greater|larger|higher) than|(?:above|over)(?= -?\d)|exceeds?)\b/i, sign: '>' },
  { words: /<|\b(?:(?:less|fewer|smaller|lower) than|(?:below|under)(?= -?\d))\b/i, sign: '<' },
];

/** A text in the language of claims; the caller makes sure that it compiles. Undefined where the sentence holds nothing to go by, or too much. */
export function suggestForm(sentence: string, names: ClaimNames): string | undefined {
  const term = plainTerm(sentence);
  const plain = term.text.replace(everyQuote, ' ');
  const [name, ...otherNames] = new Set(namesOf(term, names));
  const figures = plain.match(/(?<![\w.,])-?\d[\d.,]*/g) ?? [];
  const number = figures.length === 1 ? (grouped.exec(plain)?.[0].replaceAll(',', '') ?? figure.exec(plain)?.[0].trim()) : undefined;
  const sign = comparisons.find((row) => row.words.test(plain))?.sign ?? '=';
  const quotes = term.quotes.filter((quote) => quote.mark !== 'pattern' && nameOf(quote.text.trim(), [], names) === undefined && quote.text.trim() !== '');
  // In backticks stands what a sentence is about as often as what it wants; without a verb of saying it is not known which.
  const speaks =
    name !== undefined || /^\W*$/.test(plain) || /\b(?:prints?|contains?|shows?|sees?|outputs?|includes?|displays?|says?|resembles?|looks)\b/i.test(plain);
  const quote = quotes.find((candidate) => candidate.mark === 'text' || speaks);
  const written = quote && unmask('\uE0000\uE001', [{ ...quote, mark: quote.text.includes('"') ? 'code' : 'text' }]);
  // What a sentence denies is only suggested as a denial: the nearest claim must not say the opposite.
  const denies = denial.test(plain);
  if (plain.split(/[^\w]+/).some((word) => unwritten.test(word))) return undefined;
  if (denies && /[<>]|\bthan\b|\bat (?:least|most)\b|\b(?:above|below|under|over)\b/i.test(plain)) return undefined;
  if (otherNames.length > 0 || (denies && quotes.length > 1)) return undefined;
  const aboutRows = /\b(?:rows?|records?)\b/i.test(plain);
  if (name !== undefined) {
    if (denies && sign !== '!=') return undefined;
    const word = written ?? (number === undefined ? after(term, names) : undefined);
    if (word !== undefined && aboutRows)
      return denies || /\b(?:one|some|most|half|many|few)\b|[\d%]/i.test(plain) ? undefined : `every row has ${name} = ${word}`;
    if (word !== undefined)
      return !denies && /\bcontain|\binclude|\bmention/i.test(plain) ? `${name} contains ${word}` : `${name} ${sign === '!=' ? '!=' : '='} ${word}`;
    if (number !== undefined) return aboutRows ? undefined : `${name} ${sign} ${number}`;
    return !denies && /\b(?:exist|present|set|recorded|available|shown|printed|returned|there)\b/i.test(plain) ? `${name} is not null` : undefined;
  }
  if (denies)
    return written !== undefined && /\b(?:prints?|contains?|shows?|outputs?|includes?|displays?|output)\b/i.test(plain) && !/\bonly\b/i.test(plain)
      ? `output does not contain ${written}`
      : undefined;
  const count = /^\d+$/.test(number ?? '') ? number : undefined;
  if (aboutRows) return count === undefined ? undefined : `${rowWords[sign] ?? ''}${count} row${count === '1' ? '' : 's'}`;
  if (/\bexit|\breturn code/i.test(plain)) return figures.length > 1 ? undefined : `exit code ${count ?? 0}`;
  if (/\b(?:http|status code|response|endpoint|request|returns)\b/i.test(plain) && /^[1-5]\d\d$/.test(count ?? '')) return `HTTP ${count}`;
  if (number !== undefined && /[a-z]$/.test(number) && /\b(?:takes?|within|completes?|finish(?:es)?|in)\b/i.test(plain)) return `within ${number}`;
  if (written === undefined) return undefined;
  return /\b(?:fails?|rejected)\b/i.test(plain) ? `fails with ${written}` : `output contains ${written}`;
}

/** Words that may turn a sentence into its opposite. */
const denial =
  /\b(?:not|no|never|neither|nor|none|nothing|nobody|without|except|but|instead|other than|fails? to|outside|missing|absent|hardly|only|cannot)\b|n't\b|!=|<>|\u2260/i;

const rowWords: Readonly<Record<string, string>> = { '>=': 'at least ', '<=': 'at most ', '>': 'more than ', '<': 'fewer than ' };

/** The supplied names that the sentence holds, those in backticks first. */
function namesOf(term: Term, names: ClaimNames): readonly string[] {
  const quoted = term.quotes.flatMap((quote) => (quote.mark === 'code' ? [quote.text.trim()] : []));
  const words = term.text.match(/[A-Za-z_$][\w.$]*(?:[ -][A-Za-z_]\w*){0,2}/g) ?? [];
  const parts = words.flatMap((word) => [word, ...word.split(' ')]).filter((word) => word.length > 2);
  return [...quoted, ...parts].flatMap((word) => nameOf(word, [], names) ?? []);
}

const said = new RegExp(String.raw`(${quoteSource}|[\w.]+) ?(?:is|equals|==?|shows|reads)(?: not)? ?([A-Za-z][\w.-]*)$`);

/** `status is paid`: the bare word behind the verb, in quotes. */
function after(term: Term, names: ClaimNames): string | undefined {
  const match = said.exec(term.text);
  const subject = match && (loneQuote(match[1] ?? '', term.quotes)?.text ?? match[1]);
  return match && subject !== undefined && subject !== null && nameOf(subject, [], names) !== undefined && names.resolve(match[2] ?? '') === undefined
    ? `"${match[2]}"`
    : undefined;
}
