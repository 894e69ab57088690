/** What is said of a sentence that is no claim: why, and the nearest claim that would compile. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Span } from '../model/span.ts';
import type { ClaimReading } from './claim-reading.ts';

type Unread = Exclude<ClaimReading, { readonly kind: 'claims' }>;

/** One diagnostic, or one for each name that nothing supplies. `known`: the names that are supplied. */
export function unreadDiagnostics(text: string, span: Span, reading: Unread, known: readonly string[]): readonly Diagnostic[] {
  if (reading.kind !== 'unknown-name') return [{ severity: 'error', span, ...unreadClaim(text, reading) }];
  const supplied = known.slice(0, 12).map((candidate) => `\`${candidate}\``);
  const instead = reading.suggestion === undefined ? 'name a column, a printed field, a recorded name or an input' : nearestClaim(reading.suggestion);
  return reading.names.map((name) => {
    const near = nearestName(name, known);
    return {
      severity: 'error',
      code: 'compile/unknown-name',
      message: `nothing supplies \`${name}\``,
      span,
      notes: [`names that are supplied: ${supplied.join(', ') || 'none'}`],
      help: near === undefined ? instead : `did you mean \`${near}\`?`,
    };
  });
}

function nearestClaim(suggestion: string): string {
  return `the nearest claim is: ${suggestion}`;
}

function unreadClaim(text: string, reading: Exclude<Unread, { readonly kind: 'unknown-name' }>): Pick<Diagnostic, 'code' | 'message' | 'help'> {
  switch (reading.kind) {
    case 'vacuous':
      return {
        code: 'compile/vacuous-claim',
        message: `nothing could make this claim fail: ${reading.why}`,
        help: 'compare a name with a value, or with another name',
      };
    case 'impossible':
      return {
        code: 'compile/impossible-claim',
        message: `nothing could make this claim hold: ${reading.why}`,
        help: 'write what evidence can show',
      };
    case 'pattern':
      return {
        code: 'compile/unreadable-pattern',
        message: `\`${reading.pattern}\` is no regular expression that is read in linear time: ${reading.why}`,
        help: 'write it without references back and without looking ahead or behind, as RE2 and ripgrep have it',
      };
    case 'none':
      return {
        code: 'compile/unclear-expectation',
        message: `\`${text.replace(/`/g, '')}\` is no claim that could be judged`,
        help: reading.suggestion
          ? nearestClaim(reading.suggestion)
          : (helps.find(({ words }) => words.test(text))?.help ??
            'write it as `name >= 1`, `name = VALUE`, `1 trace row`, `name in { a, b }`, `fails with …` or `stdout contains "…"`'),
      };
  }
}

/** What helps with sentences that are often met; the first row that matches counts. */
const helps: readonly { readonly words: RegExp; readonly help: string }[] = [
  {
    words: /^\W*(?:[<>\u2264\u2265]=?|(?:at least|at most|more than|less than|fewer than|over|under|above|below|up to)\b)\s*-?\d/i,
    help: 'say what is compared: of a query `column >= 1`; a command may print `Total: 120`, which **Record:** Total names for `total > 100`',
  },
  { words: /`(?:select|with)\s[^`]+`/i, help: 'put the query into a ```sql block, and below it **Expected:** with a claim on its columns or rows' },
  {
    words: /\b(?:tables?|rows?|records?|columns?|entries|database)\b/i,
    help: 'ask for it with a ```sql block, and claim what it shows: `exactly 1 row`, `name = VALUE`, `every row has name = VALUE`',
  },
  {
    words: /\b(?:or|either|unless|if|depending)\b/i,
    help: 'state what must hold in this execution; of several values write `name in { a, b }`, of a text `output matches /a|b/`',
  },
];
