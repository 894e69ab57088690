/**
 * The closed language of expectations: text → claims. A conjunction becomes several claims. What the language cannot
 * express is `none`, never guessed; the caller reports it with the nearest claim that would compile.
 *
 *     claim := term { ("," | "and" | "&&" | "+") term } [within DURATION]
 *     term  := operand op operand | name between a and b | a <= name <= b | name [+|- N] op name
 *            | name (exists | is null | is not null | is empty) | name [not] in { a, b } | name is a or b
 *            | (every | no) row has name op value | name is unique | no nulls in name
 *            | [exactly | at least | at most | more than | fewer than | between a and | no] N (noun… row(s) | lines | matches | tests pass)
 *            | exit code is N [or M] | fails [with "…" | with exit code N | with SQLSTATE … on (column | constraint | table) x]
 *            | (output | stdout | stderr) (contains | is | starts with | ends with | matches | has the line | is empty) …
 *            | HTTP [status] N | within DURATION | takes at most DURATION | all tests pass
 */
import type { Claim } from '../model/claim.ts';
import { compileColumn } from './claim-column.ts';
import { compileComparison } from './claim-compare.ts';
import { compileCount } from './claim-count.ts';
import { nameOf, nearest, type ClaimNames } from './claim-name.ts';
import { compileOutput } from './claim-output.ts';
import { plainTerm } from './claim-phrase.ts';
import { compileHttp } from './claim-http.ts';
import { compileProcess } from './claim-process.ts';
import type { ClaimReading } from './claim-reading.ts';
import { unsoundness } from './claim-soundness.ts';
import { suggestForm } from './claim-suggestion.ts';
import { quoteSource, splitTerms, type Term } from './claim-term.ts';
import { compileDuration, compileFound, compileTests, trailingDuration } from './claim-time.ts';

export type { ClaimNames } from './claim-name.ts';
export type { ClaimReading } from './claim-reading.ts';
export { splitTerms } from './claim-term.ts';
export { literalOf } from './claim-value.ts';

/** A longer sentence is no claim; it would only cost time. */
const longestSentence = 2_000;

export function compileClaim(sentence: string, names: ClaimNames): ClaimReading {
  const reading = compileSentence(sentence, names);
  if (reading.kind !== 'none' && reading.kind !== 'unknown-name') return reading;
  if (reading.kind === 'unknown-name' && reading.names.some((name) => nearest(name, names) !== undefined)) return reading;
  const suggestion = sentence.length > longestSentence ? undefined : suggestForm(sentence, names);
  return suggestion !== undefined && compileSentence(suggestion, names).kind === 'claims' ? { ...reading, suggestion } : reading;
}

function compileSentence(sentence: string, names: ClaimNames): ClaimReading {
  if (sentence.length > longestSentence) return { kind: 'none' };
  // A list ("0, 1 or 2", "one of a, b") and "for every row, …" have commas of their own.
  if (/ or | nor |\bone of\b|\bany of\b|\band none failed$|^(?:for|in) (?:all|every|each) /i.test(sentence)) {
    const reading = compileTerm(plainTerm(sentence), names);
    if (reading.kind === 'claims') return sound(reading);
  }
  const terms = splitTerms(sentence.trim()).flatMap((raw) => {
    const term = plainTerm(raw);
    // A conjunction may stand in backticks as a whole.
    const inner = /^`[^`]*`$/.test(raw) && !term.text.includes('\uE000') ? splitTerms(term.text) : [raw];
    return inner.length > 1 ? inner.map(plainTerm) : [term];
  });
  const spread = shareParts(terms, names);
  if (spread.length === 0) return { kind: 'none' };
  const claims: Claim[] = [];
  const unknown: string[] = [];
  let subject: string | undefined;
  for (const term of spread) {
    const reading = compileTerm(term, names);
    if (reading.kind === 'unknown-name') unknown.push(...reading.names);
    else if (reading.kind === 'claims') {
      claims.push(...reading.claims);
      subject ??= reading.subject;
    } else return reading;
  }
  if (unknown.length > 0) return { kind: 'unknown-name', names: unknown };
  return sound({ kind: 'claims', claims, ...(subject === undefined ? {} : { subject }) });
}

function sound(reading: Extract<ClaimReading, { readonly kind: 'claims' }>): ClaimReading {
  return reading.claims.map(unsoundness).find((found) => found !== undefined) ?? reading;
}

function compileTerm(given: Term, names: ClaimNames): ClaimReading {
  if (given.text === '') return { kind: 'none' };
  const term = withVerb(given, names);
  const hasName = (words: string): boolean => nameOf(words, term.quotes, names) !== undefined;
  // "`region` contains …" is about the name that something supplies, "`make build` prints …" about a command.
  const first = /^(?:the )?(\S+)/i.exec(term.text)?.[1] ?? '';
  const aboutName = hasName(first) ? (compileColumn(term, names) ?? compileComparison(term, names)) : undefined;
  const whole =
    (aboutName?.kind === 'claims' ? aboutName : undefined) ??
    compileResultSet(term) ??
    compileProcess(term) ??
    compileHttp(term, hasName) ??
    compileDuration(term) ??
    compileTests(term) ??
    compileFound(term) ??
    compileCount(term, hasName) ??
    compileOutput(term) ??
    compileColumn(term, names) ??
    compileComparison(term, names);
  if (whole) return whole;
  const timed = trailingDuration(term.text);
  if (!timed) return { kind: 'none' };
  const [before, limit] = [compileTerm({ ...term, text: timed.before }, names), compileDuration({ ...term, text: timed.limit })];
  if (before.kind !== 'claims') return before;
  return limit?.kind === 'claims' ? { ...before, claims: [...before.claims, ...limit.claims] } : { kind: 'none' };
}

/** "Status: `paid`": the name of something supplied, as a label. */
function withVerb(term: Term, names: ClaimNames): Term {
  const match = /^(.{1,60}?): (?=\uE000|-?\d|[A-Z]|true\b|false\b)/.exec(term.text);
  return match && nameOf(match[1] ?? '', term.quotes, names) !== undefined ? { ...term, text: `${match[1]} is ${term.text.slice(match[0].length)}` } : term;
}

const emptySet =
  /^(?:(?:the |an? )?(?:(?:query|select|statement)(?:'s)? )?(?:result(?: ?set)?s?|answer|query) (?:is empty|has nothing)|(?:the )?(?:query|select|statement) (?:returns|finds|gives) nothing|(?:returns |an? )?empty (?:result(?: ?set)?|set)|(?:returns )?no results?|is empty)$/i;

function compileResultSet({ text }: Term): ClaimReading | undefined {
  if (/^(?:(?:a|the|some) (?:row|record)s? (?:exists?|is (?:returned|found|present))|(?:rows|records) (?:exist|is (?:returned|found|present)))$/i.test(text))
    return { kind: 'claims', claims: [{ kind: 'rows', bound: 'at-least', count: 1, noun: '' }] };
  return emptySet.test(text) ? { kind: 'claims', claims: [{ kind: 'rows', bound: 'exactly', count: 0, noun: '' }] } : undefined;
}

const predicate = new RegExp(
  String.raw`^(?:both )?(${quoteSource}|[\w.$]+) ((?:is|exists?|==?|!=|>=?|<=?|has|contains?|starts|ends|match(?:es)?|equals?|differ|agrees?)\b.*|(?:==?|!=|>=?|<=?).*)$`,
  'i',
);
const mutual = /^(?:is (?:equal|the same|identical|different|not equal)|agrees?|match|differ)$/i;
const listed = new RegExp(String.raw`^(.*(?:contain|print|show|include|display|output|see|mention)s? )(?:the (?:text|line|word|string) )?${quoteSource}$`, 'i');

const quotesAlone = new RegExp(`^${quoteSource}(?:(?:, or | or )${quoteSource})*$`);

/** "`a`, `b` and `c` are set": the names share the predicate. "prints `a` and `b`": the texts share the verb. */
function shareParts(terms: readonly Term[], names: ClaimNames): readonly Term[] {
  const last = terms.at(-1);
  const own = last && predicate.exec(last.text);
  const subjects = terms.slice(0, -1).map((term) => ({ ...term, text: term.text.replace(/^both /i, '') }));
  if (last && own && subjects.length > 0 && subjects.every((term) => nameOf(term.text, term.quotes, names) !== undefined)) {
    const said = own[2] ?? '';
    const [first] = subjects;
    if (mutual.test(said) && subjects.length === 1 && first) return [joined(first, ` and ${own[1] ?? ''} ${said}`, last)];
    if (!mutual.test(said)) return [...subjects.map((term) => joined(term, ` ${said}`, last)), last];
  }
  return terms
    .map((term, at, all) => {
      const before = all[at - 1];
      const compared = before && /^(.+?) (?:is|[<>]=?|exceeds) /i.exec(before.text)?.[1];
      // "`n` is more than 2 and less than 9".
      if (compared !== undefined && before && furtherBound.test(term.text) && nameOf(compared, before.quotes, names) !== undefined)
        return joined({ ...before, text: compared }, ` ${/^[<>]/.test(term.text) ? '' : 'is '}${term.text.replace(/^is /i, '')}`, term);
      const verb = all.slice(0, at).findLast((other) => listed.test(other.text));
      if (!verb || !quotesAlone.test(term.text)) return term;
      return joined({ text: listed.exec(verb.text)?.[1]?.trim() ?? '', quotes: verb.quotes }, ` ${term.text}`, term);
    })
    .flatMap(denied);
}

const furtherBound =
  /^(?:is )?(?:at least|at most|less than|more than|greater than|fewer than|no more than|no less than|below|above|[<>]=?) ?-?\d[\d.]*(?: ?(?:%|[a-zµ]+))?$/i;
const denial = new RegExp(
  String.raw`^(.*does not (?:contain|print|show|include|display|output|mention) )(${quoteSource}(?:(?:, or | or )${quoteSource})+)$`,
  'i',
);

/** "does not contain `a` or `b`" denies each of them. */
function denied(term: Term): readonly Term[] {
  const match = denial.exec(term.text);
  return match ? (match[2] ?? '').split(/, or | or /i).map((quote) => ({ ...term, text: `${match[1] ?? ''}${quote}` })) : [term];
}

/** Two texts as one, each with its own quotations. */
function joined(first: Term, text: string, second: Term): Term {
  const shifted = text.replace(/\uE000(\d+)\uE001/g, (_, at: string) => `\uE000${Number(at) + first.quotes.length}\uE001`);
  return { text: first.text + shifted, quotes: [...first.quotes, ...second.quotes] };
}
