/** The names and operands of a claim: a name is one only when something supplies it. */
import type { Operand } from '../model/claim.ts';
import { nearestName } from '../model/nearest-name.ts';
import { loneQuote, type Quote } from './claim-term.ts';
import { bareLiteral, literalOf, spelledNumber } from './claim-value.ts';

/** The names that evidence can supply, so that a bare word is a name only when something supplies it. */
export interface ClaimNames {
  /** The full name that evidence supplies: `status` may be `runs.status` where only one table shows it. */
  readonly resolve: (name: string) => string | undefined;
  /** All of them, to tell a misspelt name from a value. */
  readonly all?: readonly string[];
}

export type OperandReading =
  | Operand
  /** `quoted`: it stood in backticks, so that it may be a value. */
  | { readonly kind: 'unknown'; readonly name: string; readonly quoted: boolean };

const identifier = /^(?:\$\.)?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** Words that name nothing that could be misspelt. */
const pronoun = /^(?:it|this|that|there|everything|nothing|something|all|each|no|not|they|these|those|we|you|null|none|stdout|stderr|output|response)$/i;

/** "the `total` column", "the value of `total`". */
const nounPhrase =
  /^(?:(?:the|its|each|their) )?(?:(?:values? (?:of|in|for)|column|field|variable) )?(?:the )?(.+?)(?: (?:columns?|fields?|values?|variables?))?$/i;

/** The supplied name that a phrase means; undefined when it means none. Spaces and hyphens of a label are underscores of its name. */
export function nameOf(phrase: string, quotes: readonly Quote[], names: ClaimNames): string | undefined {
  for (const candidate of [phrase, nounPhrase.exec(phrase)?.[1] ?? phrase]) {
    const quote = loneQuote(candidate, quotes);
    if (quote && quote.mark !== 'code') continue;
    const word = (quote?.text ?? candidate).trim();
    if (identifier.test(word)) {
      // A label begins with a capital, and SQL does not tell its names apart by case.
      const found = names.resolve(word) ?? (/^[A-Z][a-z]+$/.test(word) ? names.resolve(word.toLowerCase()) : undefined);
      if (found !== undefined) return found;
      // `$.status` is the field of that name where one was printed, never a column.
      const field = word.startsWith('$.') ? word.slice(2) : undefined;
      if (field !== undefined && names.resolve(field) === field) return field;
    } else if (/^[A-Za-z][\w]*(?:[ -][A-Za-z]\w*){1,3}$/.test(word)) {
      const joined = word.toLowerCase().replace(/[ -]/g, '_');
      if (names.resolve(joined) === joined) return joined;
    }
  }
  return undefined;
}

/** One side of a comparison. Undefined for a phrase that is neither a name nor a value. */
export function operandOf(phrase: string, quotes: readonly Quote[], names: ClaimNames): OperandReading | undefined {
  const text = phrase.trim();
  const quote = loneQuote(text, quotes);
  if (quote?.mark === 'text') return { kind: 'literal', value: { type: 'text', text: quote.text } };
  if (quote?.mark === 'pattern') return undefined;
  const name = nameOf(text, quotes, names);
  if (name !== undefined) return { kind: 'name', name };
  const bare = (quote?.text ?? text).trim();
  const sum = sumOf(bare, text, quotes, names);
  if (sum) return sum;
  const literal = bareLiteral(bare) ?? (quote ? undefined : spelledNumber(bare));
  if (literal) return { kind: 'literal', value: literal };
  if (!quote && pronoun.test(bare)) return undefined;
  if (identifier.test(bare)) return { kind: 'unknown', name: bare, quoted: quote !== undefined };
  if (quote) return { kind: 'literal', value: literalOf(bare) };
  // "the `total` column": the name itself is what nothing supplies.
  const inner = loneQuote(nounPhrase.exec(text)?.[1] ?? '', quotes);
  return inner?.mark === 'code' && identifier.test(inner.text) ? { kind: 'unknown', name: inner.text, quoted: true } : undefined;
}

/** `before + 1`, `` `total` - 0.5 ``. */
function sumOf(bare: string, text: string, quotes: readonly Quote[], names: ClaimNames): OperandReading | undefined {
  for (const candidate of [bare, text]) {
    const match = /^(.+?)\s+([+-])\s+(\d+(?:\.\d+)?)$/.exec(candidate);
    const name = match && nameOf(match[1] ?? '', quotes, names);
    if (match && name !== undefined && name !== null) return { kind: 'name', name, plus: `${match[2] === '-' ? '-' : ''}${match[3] ?? ''}` };
  }
  return undefined;
}

/** A word so near to a supplied name that it may be that name misspelt. */
export function nearest(word: string, names: ClaimNames): string | undefined {
  return nearestName(word, names.all ?? []);
}
