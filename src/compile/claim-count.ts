/** Counted things: `at least 3 rows`, `no matches`, `between 1 and 5 lines of output`, `row count > 0`. */
import type { Bound, Claim } from '../model/claim.ts';
import { claims, impossible, type ClaimReading } from './claim-reading.ts';
import { quoteSource, unmask, type Term } from './claim-term.ts';
import { countOf, countSource } from './claim-value.ts';

/** A least and a greatest count; `most` may be open. */
interface Range {
  readonly least: number;
  readonly most: number | undefined;
}

const quantities: readonly { readonly words: string; readonly range: (count: number) => Range }[] = [
  {
    words: 'at least|no fewer than|no less than|not fewer than|not less than|a minimum of|minimum|>=|≥',
    range: (count) => ({ least: count, most: undefined }),
  },
  { words: 'at most|no more than|not more than|up to|a maximum of|maximum|<=|≤', range: (count) => ({ least: 0, most: count }) },
  { words: 'more than|over|greater than|>', range: (count) => ({ least: count + 1, most: undefined }) },
  { words: 'fewer than|less than|under|below|<', range: (count) => ({ least: 0, most: count - 1 }) },
  { words: 'exactly|precisely|only|just|==|=|equals|is equal to', range: (count) => ({ least: count, most: count }) },
];

const quantity = quantities.map((row) => row.words).join('|');
const spread = String.raw`between (${countSource}) and (${countSource})|(\d+) ?(?:-|to) ?(\d+)`;
const amount = String.raw`(?:${spread}|(?:(${quantity}) ?)?(${countSource})( or more| or fewer| or less|\+)?|(some))`;

const wholeAmount = new RegExp(`^${amount}$`, 'i');

/** Words before "rows" that change what is counted into something that no count of rows shows. */
const otherwise =
  /\b(?:more|other|others|duplicate[ds]?|additional|extra|such|new|unexpected|different|distinct|unique|null|the|each|every|all|any|per|further|same|missing|another|of|to|or)\b|\b\d+\b/i;

const lead = String.raw`(?:(?:there is|(?:it|this|that|the (?:query|select|statement|result(?: set)?|command|table|search|answer|output|response|script|program))|you should see|we (?:see|get)|${quoteSource}) ?)?(?:(?:returns?|shows?|gives?|yields?|gets?|has|have|contains?|finds?|prints?|outputs?|produces?|results? in|is) )?`;
const tail = String.raw`(?: (?:exists?|is (?:returned|found|present|there|shown|printed|in the (?:result|output))|returned|found|in the results?))?`;
const place = String.raw`(?: (?:in|from) (?:the )?(${quoteSource}|[A-Za-z_][\w.]*)(?: table)?)?`;

const thing = {
  row: new RegExp(String.raw`^${lead}${amount} (?:((?:[\w.-]+|${quoteSource})(?: [\w.-]+){0,3}?) )?(?:rows?|records?|tuples?)${place}${tail}$`, 'i'),
  match: new RegExp(String.raw`^${lead}${amount} (?:match(?:es)?|hits?|occurrences?)${tail}$`, 'i'),
  line: new RegExp(
    String.raw`^((?:std)?out(?:put)?|stderr|${lead})(?: ?(?:has|have|contains?|is) )? ?${amount} (?:output )?lines?(?: (?:of (?:output|text)|(?:on|to|in) (stdout|stderr)|of (stdout|stderr)))?${tail}$`,
    'i',
  ),
  test: new RegExp(String.raw`^(?:all )?${amount} (?:tests? )?(?:pass(?:es|ed)?|succeeds?|is green|is passed)(?: and none failed)?$`, 'i'),
};

const counter =
  /^(?:the )?(?:(row|record|line|match)[ _]?count|(?:number|count) of (?:the )?(?:(?:returned|output|result) )?(row|record|line|matche)s|(row|line|matche)s)(?: (?:of|in|on) (?:the )?(?:result|output|(stdout|stderr)))? ?(is not|is|!=|≠|<>)?[ :]?(.+)$/i;

/** Undefined for a text that counts nothing. `hasName`: is there a name that the words before the figure mean? */
export function compileCount(term: Term, hasName: (words: string) => boolean): ClaimReading | undefined {
  const { text, quotes } = term;
  const rows = thing.row.exec(text);
  if (rows) {
    const noun = unmask(rows[9] ?? rows[10] ?? '', quotes).replace(/[`"]/g, '');
    return otherwise.test(noun) ? undefined : build(rangeOf(rows), 'rows', (bound, count) => ({ kind: 'rows', bound, count, noun: noun.toLowerCase() }));
  }
  const matches = thing.match.exec(text);
  if (matches) return build(rangeOf(matches), 'matches', matchClaim);
  const lines = thing.line.exec(text);
  if (lines) {
    const stream = /^stderr/i.test(lines[1] ?? '') || /stderr/i.test(lines[10] ?? lines[11] ?? '') ? 'stderr' : 'stdout';
    return build(rangeOf(lines, 1), 'lines', (bound, count) => ({ kind: 'output-lines', bound, count, stream }));
  }
  const tests = thing.test.exec(text);
  if (tests) return build(rangeOf(tests), 'tests', (bound, count) => ({ kind: 'tests-pass', passed: { bound, count } }));
  return hasName(text.replace(/\s(?:is|[=<>!≥≤]).*$/i, '')) ? undefined : countedByName(text);
}

function countedByName(text: string): ClaimReading | undefined {
  const match = counter.exec(text);
  const what = (match?.[1] ?? match?.[2] ?? match?.[3] ?? '').toLowerCase();
  const range = match && wholeAmount.exec((match[6] ?? '').trim());
  if (!match || !range) return undefined;
  const found = rangeOf(range);
  if (/^(?:is not|!=|≠|<>)$/i.test(match[5] ?? '')) {
    // Only of none there is a single opposite that the language has.
    if (found?.least !== 0 || found.most !== 0) return undefined;
    return countOfWhat(what, { least: 1, most: undefined }, match[4]);
  }
  return countOfWhat(what, found, match[4]);
}

function countOfWhat(what: string, range: Range | undefined, stream: string | undefined): ClaimReading | undefined {
  if (what === 'row' || what === 'record') return build(range, 'rows', (bound, count) => ({ kind: 'rows', bound, count, noun: '' }));
  if (what === 'line')
    return build(range, 'lines', (bound, count) => ({ kind: 'output-lines', bound, count, stream: stream?.toLowerCase() === 'stderr' ? 'stderr' : 'stdout' }));
  return build(range, 'matches', matchClaim);
}

function matchClaim(bound: Bound, count: number): Claim {
  if (count === 0) return { kind: 'found', quantity: 'none' };
  return bound === 'at-least' && count === 1 ? { kind: 'found', quantity: 'any' } : { kind: 'match-count', bound, count };
}

/** The range that the groups of `amount` say, of which the first is number `offset + 1`. */
function rangeOf(match: RegExpExecArray, offset = 0): Range | undefined {
  const [low, high, first, last, words, single, more, some] = match.slice(1 + offset, 9 + offset);
  if (some !== undefined) return { least: 1, most: undefined };
  if (single === undefined) {
    const [least, most] = [countOf(low ?? first ?? ''), countOf(high ?? last ?? '')];
    return least === undefined || most === undefined ? undefined : { least, most };
  }
  const count = countOf(single);
  if (count === undefined) return undefined;
  if (more !== undefined) {
    if (words !== undefined) return undefined;
    return / or fewer| or less/i.test(more) ? { least: 0, most: count } : { least: count, most: undefined };
  }
  const said = words?.toLowerCase();
  return (quantities.find((row) => said !== undefined && row.words.split('|').includes(said)) ?? quantities[4])?.range(count);
}

function build(range: Range | undefined, noun: string, make: (bound: Bound, count: number) => Claim): ClaimReading | undefined {
  if (range === undefined) return undefined;
  const { least, most } = range;
  if (most === undefined) return least === 0 ? { kind: 'vacuous', why: `there are always at least 0 ${noun}` } : claims(make('at-least', least));
  if (most < 0) return impossible(`there are never fewer than 0 ${noun}`);
  if (least > most) return impossible(`nothing is at least ${least} and at most ${most}`);
  if (least === most) return claims(make('exactly', least));
  return least === 0 ? claims(make('at-most', most)) : claims(make('at-least', least), make('at-most', most));
}
