/** Claims about how a step ended: exit codes, expected failures, rejected statements. */
import { claims, impossible, type ClaimReading } from './claim-reading.ts';
import { sqlFailure, wholeState } from './claim-sql-failure.ts';
import { subjectSource as subject, withSubject } from './claim-subject.ts';
import { loneQuote, quoteSource, type Term } from './claim-term.ts';

const codes = String.raw`(?:(?:one of|either|in):? ?)?[{([]? ?(\d{1,3}(?:(?:, | or |, or )\d{1,3})*) ?[})\]]?`;
const exitWords = String.raw`(?:exit|return)(?:ed|s)? ?(?:code|status)`;

/** Before the verb, what makes a statement none. */
const hedge =
  /\b(?:if|unless|when|whether|until|usually|normally|often|sometimes|ideally|probably|possibly|maybe|perhaps|may|might|could|can|not|no|never|nothing|hardly|rarely|hopefully|eventually|almost|used to|example)\b/i;

/** The whole sentence, with groups; the first row that fits is meant. */
const rows: readonly { readonly words: RegExp; readonly read: (match: RegExpExecArray, term: Term) => ClaimReading | undefined }[] = [
  {
    words: new RegExp(
      String.raw`^${subject}(?:the )?(?:exits? with |returns? |with |has )?(?:an? |the )?${exitWords}(?: is| of| =| ==|:| equals)? ${codes}$`,
      'i',
    ),
    read: (match) => exitCodes(match[1] ?? ''),
  },
  { words: new RegExp(String.raw`^${subject}exits?(?: with)?(?: (?:code|status))? ${codes}$`, 'i'), read: (match) => exitCodes(match[1] ?? '') },
  {
    words: new RegExp(
      String.raw`^${subject}(?:succeeds?|does not fail|is successful|exits? (?:cleanly|successfully)|completes? (?:successfully|without (?:an? )?errors?))$`,
      'i',
    ),
    read: () => exitCodes('0'),
  },
  {
    words: new RegExp(
      String.raw`^${subject}(?:the )?(?:(?:exits?|returns?)(?: with)? )?(?:an? )?(?:${exitWords} )?(?:is )?(?:non-?zero|not (?:zero|0)|!= ?0|≠ ?0|<> ?0|> ?0|>= ?1|other than (?:0|zero))(?: (?:${exitWords}|code|status))?$`,
      'i',
    ),
    read: (_, { text }) => (/\b(?:exit|return)/i.test(text) ? claims({ kind: 'fails' }) : undefined),
  },
  { words: new RegExp(String.raw`^${subject}(?:fails?|errors?(?: out)?|is rejected)$`, 'i'), read: () => claims({ kind: 'fails' }) },
  {
    words: new RegExp(String.raw`^${subject}fails? with (?:an? |the )?(?:${exitWords}|code|status) (\d{1,3})$`, 'i'),
    read: (match) => (match[1] === '0' ? impossible('a command that ends with 0 has not failed') : exitCodes(match[1] ?? '')),
  },
  {
    words: new RegExp(
      String.raw`^${subject}(?:(?:fails?|exits?) (?:with|saying)|(?:fails?|is rejected) (?:with|and (?:says|prints|shows))|raises|reports)(?: (?:an? |the )?(?:error|exception|message|error message|text)(?: message)?)?:? (${quoteSource})$`,
      'i',
    ),
    read: (match, { text, quotes }) => {
      const quote = loneQuote(match[1] ?? '', quotes);
      if (/\breports\b/i.test(text) || quote === undefined) return undefined;
      if (quote.text.trim() === '') return { kind: 'vacuous', why: 'every message contains an empty text' };
      const state = wholeState.test(quote.text) ? sqlFailure(quote.text, quotes) : undefined;
      return state ?? claims({ kind: 'fails', pattern: quote.text });
    },
  },
  {
    words: new RegExp(String.raw`^(.{0,200}? )?(?:fails?|is (?:rejected|refused)|errors?|ends) (?:with|via|by|because of|on|due to) (?:an? |the )?(.+)$`, 'i'),
    read: (match, { quotes }) => (hedge.test(match[1] ?? '') ? undefined : sqlFailure(match[2] ?? '', quotes)),
  },
  { words: new RegExp(String.raw`^${subject}(violates? .+)$`, 'i'), read: (match, { quotes }) => sqlFailure(match[1] ?? '', quotes) },
  {
    words: new RegExp(String.raw`^${subject}(?:raises|returns|gives) (?:an? |the )?(.+)$`, 'i'),
    read: (match, { quotes }) => sqlFailure(match[1] ?? '', quotes),
  },
];

export function compileProcess(term: Term): ClaimReading | undefined {
  for (const row of rows) {
    const match = row.words.exec(term.text);
    const reading = match ? row.read(match, term) : undefined;
    if (reading?.kind === 'claims') return withSubject(reading, term);
    if (reading) return reading;
  }
  return undefined;
}

function exitCodes(text: string): ClaimReading {
  const wanted = [
    ...new Set(
      text
        .split(/\D+/)
        .filter((code) => code !== '')
        .map(Number),
    ),
  ];
  if (wanted.some((code) => code > 255)) return impossible('an exit code is at most 255');
  const [code, ...others] = wanted;
  if (code === undefined) return { kind: 'none' };
  return claims(others.length === 0 ? { kind: 'exit-code', code } : { kind: 'exit-codes', codes: wanted });
}
