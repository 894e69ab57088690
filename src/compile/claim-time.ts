/** Claims about how long a step took, what a test runner counted, and what a search found. */
import { claims, type ClaimReading } from './claim-reading.ts';
import { subjectSource as subject, withSubject } from './claim-subject.ts';
import { quoteSource, type Term } from './claim-term.ts';
import { durationOf } from './claim-value.ts';

const limits: readonly { readonly words: string; readonly operator: '<' | '<=' | '>' | '>=' }[] = [
  { words: 'less than|under|below|fewer than', operator: '<' },
  { words: 'at most|no more than|no longer than|not more than|not longer than|up to|a maximum of', operator: '<=' },
  { words: 'at least|no less than', operator: '>=' },
  { words: 'more than|longer than|over', operator: '>' },
];
const limit = limits.map((row) => row.words).join('|');
const timed = new RegExp(
  String.raw`^${subject}(?:(?:(?:completes?|finish(?:es)?|ends?|returns?|runs?|responds?|answers?|succeeds?|is (?:done|finished|complete(?:d)?|ready)) )?(?:within|in (${limit}))|(?:complete|finish|end|be (?:done|finished|complete(?:d)?|ready)) in|takes? (${limit})|(does not take (?:longer|more) than)|lasts? (${limit})) (.+)$`,
  'i',
);

/** "within 30 s", "takes at most 500 ms". */
export function compileDuration(term: Term): ClaimReading | undefined {
  const match = timed.exec(term.text);
  const value = match && durationOf(match[5] ?? '', term.quotes);
  if (!match || !value) return undefined;
  const words = (match[1] ?? match[2] ?? match[4])?.toLowerCase();
  const operator = limits.find((row) => words !== undefined && row.words.split('|').includes(words))?.operator ?? '<=';
  return withSubject({ kind: 'claims', claims: [{ kind: 'duration', operator, limit: value }] }, term);
}

const trailing = new RegExp(String.raw`^(.+?),? ((?:within|in (?:${limit})) (?:${quoteSource}|[\w.]+(?: ?[a-zµ]+)?))$`, 'i');

/** "… within 30 s" behind another claim: the claim without it, and the limit. */
export function trailingDuration(text: string): { readonly before: string; readonly limit: string } | undefined {
  const match = trailing.exec(text);
  return match ? { before: match[1] ?? '', limit: match[2] ?? '' } : undefined;
}

const testWords: readonly RegExp[] = [
  /^(?:all (?:of )?(?:the )?|the )?(?:(?:unit|integration|regression|smoke|e2e) )?tests? (?:suite )?(?:pass(?:es)?|succeeds?|is green|is passing)$/i,
  /^(?:the )?test suite (?:passes|is green)$/i,
  /^(?:no (?:tests? )?(?:fails?|failures?)|no tests? failed|0 (?:tests? )?(?:failed|failures)|at least (?:one|1) test ran and none failed)$/i,
];

export function compileTests(term: Term): ClaimReading | undefined {
  return testWords.some((words) => words.test(term.text)) ? claims({ kind: 'tests-pass' }) : undefined;
}

const foundWords: readonly { readonly words: RegExp; readonly quantity: 'any' | 'none' | 'each' }[] = [
  { words: /^(?:the )?(?:pattern|search|text) (?:is found|finds something|matches)$/i, quantity: 'any' },
  { words: /^(?:each|every) (?:pattern|alternative) (?:is found|matches)$/i, quantity: 'each' },
  { words: /^(?:nothing is found|(?:the )?(?:pattern|text) is not found|(?:the search )?finds nothing)$/i, quantity: 'none' },
];

export function compileFound(term: Term): ClaimReading | undefined {
  const row = foundWords.find((candidate) => candidate.words.test(term.text));
  return row && claims({ kind: 'found', quantity: row.quantity });
}
