/** Claims about what a step printed. */
import type { Claim, OutputOperator, OutputStream } from '../model/claim.ts';
import { claims, type ClaimReading } from './claim-reading.ts';
import { patternOf, quoteSource, loneQuote, type Term } from './claim-term.ts';
import { withSubject } from './claim-subject.ts';

const streams = String.raw`(?:the )?(?:(std(?:out|err))|(?:standard )?(?:output|response(?: body)?|body|console output|error output)|command output)(?: of the command)?`;
const speaker = String.raw`(?:(?:it|this|that|(?:the|this) (?:command|call|script|endpoint|program|tool|terminal|console|job)|${quoteSource}|you) )`;
const where = String.raw`(?: (?:in|on|to) (?:the )?(?:(stdout|stderr)|output|console|terminal|response))?`;
const article = String.raw`(?:the (?:text|line|word|string|message|value) )?`;
const q = `(${quoteSource})`;
const say = '(?:print|output|show|display|include|contain|mention|say|report|log|emit|write)';

/** `stream` and `quote` say which groups they are. */
interface Row {
  readonly words: RegExp;
  readonly operator: OutputOperator;
  readonly negated?: true;
  readonly quote: number;
  readonly stream: readonly number[];
}

const rows: readonly Row[] = [
  { words: new RegExp(`^${streams} (?:is exactly|equals|is equal to|is just|is only|is) ${article}${q}$`, 'i'), operator: 'is', quote: 2, stream: [1] },
  { words: new RegExp(`^${streams} (?:is not(?: exactly)?|does not equal) ${article}${q}$`, 'i'), operator: 'is', negated: true, quote: 2, stream: [1] },
  {
    words: new RegExp(`^${speaker}?(?:(?:prints?|outputs?|shows?) (?:exactly|only|just|nothing but)|returns?(?: exactly| only)?) ${article}${q}${where}$`, 'i'),
    operator: 'is',
    quote: 1,
    stream: [2],
  },
  { words: new RegExp(`^${streams} (?:starts?|begins?) with ${article}${q}$`, 'i'), operator: 'starts with', quote: 2, stream: [1] },
  { words: new RegExp(`^${streams} does not (?:start|begin) with ${article}${q}$`, 'i'), operator: 'starts with', negated: true, quote: 2, stream: [1] },
  { words: new RegExp(`^${streams} ends? (?:with|in) ${article}${q}$`, 'i'), operator: 'ends with', quote: 2, stream: [1] },
  { words: new RegExp(`^${streams} does not end (?:with|in) ${article}${q}$`, 'i'), operator: 'ends with', negated: true, quote: 2, stream: [1] },
  {
    words: new RegExp(`^${streams} match(?:es)? ${article}(?:the )?(?:pattern |regex(?:p)? |regular expression )?${q}$`, 'i'),
    operator: 'matches',
    quote: 2,
    stream: [1],
  },
  {
    words: new RegExp(`^${streams} does not match ${article}(?:the )?(?:pattern |regex(?:p)? |regular expression )?${q}$`, 'i'),
    operator: 'matches',
    negated: true,
    quote: 2,
    stream: [1],
  },
  {
    words: new RegExp(`^(?:${streams} (?:has|contains?|includes?|shows?) |there is )(?:the|a) line (?:that (?:is|says|reads) )?${q}${where}$`, 'i'),
    operator: 'line',
    quote: 2,
    stream: [1, 3],
  },
  { words: new RegExp(`^${streams} does not (?:have|contain) (?:the|a) line ${q}$`, 'i'), operator: 'line', negated: true, quote: 2, stream: [1] },
  { words: new RegExp(`^${speaker}?prints? (?:the|a) line ${q}${where}$`, 'i'), operator: 'line', quote: 1, stream: [2] },
  { words: new RegExp(`^${streams} (?:${say}s?|has) ${article}${q}$`, 'i'), operator: 'contains', quote: 2, stream: [1] },
  { words: new RegExp(`^${streams} does not (?:${say}|have) ${article}${q}$`, 'i'), operator: 'contains', negated: true, quote: 2, stream: [1] },
  { words: new RegExp(`^${speaker}?${say}s? ${article}${q}${where}$`, 'i'), operator: 'contains', quote: 1, stream: [2] },
  { words: new RegExp(`^${speaker}?does not ${say} ${article}${q}${where}$`, 'i'), operator: 'contains', negated: true, quote: 1, stream: [2] },
  { words: new RegExp(`^(?:you |to )?(?:now )?see ${article}${q}${where}$`, 'i'), operator: 'contains', quote: 1, stream: [2] },
  {
    words: new RegExp(`^${article}${q} (?:is (?:printed|shown|displayed|visible|logged|included|present|found)|appears?|occurs?)${where}$`, 'i'),
    operator: 'contains',
    quote: 1,
    stream: [2],
  },
  {
    words: new RegExp(`^${article}${q} (?:is not (?:printed|shown|displayed|visible|logged|included|present|found)|does not (?:appear|occur))${where}$`, 'i'),
    operator: 'contains',
    negated: true,
    quote: 1,
    stream: [2],
  },
  { words: new RegExp(`^${article}${q}(?: is)? (?:in|on) (?:the )?(?:(stdout|stderr)|output|response)$`, 'i'), operator: 'contains', quote: 1, stream: [2] },
  {
    words: new RegExp(`^(?:there is )?no ${q} (?:in|on) (?:the )?(?:(stdout|stderr)|output|response)$`, 'i'),
    operator: 'contains',
    negated: true,
    quote: 1,
    stream: [2],
  },
  { words: new RegExp(`^(?:expected )?output:? ${q}$`, 'i'), operator: 'contains', quote: 1, stream: [] },
  { words: new RegExp(`^(?:the )?output (?:contains?|includes?) (?:the word )?([A-Z][A-Z0-9_]+)$`), operator: 'contains', quote: 1, stream: [] },
];

const empty: readonly { readonly words: RegExp; readonly negated: boolean; readonly stream: readonly number[] }[] = [
  { words: new RegExp(`^${streams} (?:is empty|has nothing|is blank)$`, 'i'), negated: false, stream: [1] },
  { words: new RegExp(`^${streams} (?:is not empty|is non-empty|is not blank)$`, 'i'), negated: true, stream: [1] },
  {
    words: new RegExp(
      `^(?:${speaker}?(?:prints?|outputs?|shows?|writes?) (?:nothing|no output)|nothing is (?:printed|shown|output|written|displayed)|(?:there is |produces? )?no output)${where}$`,
      'i',
    ),
    negated: false,
    stream: [1],
  },
  { words: /^(?:there is )?(?:an? )?(?:empty (std(?:out|err)|output)|(?:no output|nothing) on (stderr|stdout))$/i, negated: false, stream: [1, 2] },
  { words: /^(?:there is |prints? )?something (?:is printed |printed )?(?:on|to) (stdout|stderr)$/i, negated: true, stream: [1] },
];

export function compileOutput(term: Term): ClaimReading | undefined {
  const { text, quotes } = term;
  for (const row of rows) {
    const match = row.words.exec(text);
    if (!match || /^(?:the )?error output/i.test(text)) continue;
    const written = match[row.quote] ?? '';
    const quote = loneQuote(written, quotes) ?? { text: written, mark: 'text' as const };
    if (quote.mark === 'pattern' && row.operator !== 'matches') return undefined;
    const claim = outputClaim(
      row,
      row.operator === 'matches' ? patternOf(quote) : quote.text,
      streamOf(match, row.stream),
      /\b(?:contain|include|mention|ha[sv])/i.test(text),
    );
    // What is printed is no command, also where the sentence begins with it.
    return text.startsWith(written) ? claims(claim) : withSubject({ kind: 'claims', claims: [claim] }, term);
  }
  for (const row of empty) {
    const match = row.words.exec(text);
    if (!match) continue;
    // What is printed on stderr is no proof of an output; nothing printed means nowhere.
    const stream = streamOf(match, row.stream) ?? (row.negated ? 'stdout' : undefined);
    return claims({ kind: 'output-empty', negated: row.negated, ...(stream ? { stream } : {}) });
  }
  return undefined;
}

function outputClaim(row: Row, text: string, stream: OutputStream | undefined, literally: boolean): Claim {
  const negated = row.negated === true;
  // "prints `5`" is not shown by 15: a number that is printed is a line of its own. Who writes "contains" means any place.
  const number = row.operator === 'contains' && !negated && !literally && /^[+-]?\d+(?:\.\d+)?$/.test(text);
  // A whole text, its beginning and its end are those of one stream.
  const whole = row.operator === 'is' || row.operator === 'starts with' || row.operator === 'ends with';
  const given = stream ?? (whole ? 'stdout' : undefined);
  return { kind: 'output', operator: number ? 'line' : row.operator, text, negated, ...(given ? { stream: given } : {}) };
}

function streamOf(match: RegExpExecArray, groups: readonly number[]): OutputStream | undefined {
  const word = groups
    .map((group) => match[group])
    .find((found) => found !== undefined)
    ?.toLowerCase();
  return word === 'stdout' || word === 'stderr' ? word : undefined;
}
