/** Of whom a sentence speaks: "it", "the command", `` `make build` ``. */
import type { ClaimReading } from './claim-reading.ts';
import { loneQuote, quoteSource, type Term } from './claim-term.ts';

/** Source of a subject with the space behind it; there may be none. */
export const subjectSource = String.raw`(?:(?:it|this|that|(?:the|this) (?:command|script|call|program|process|step|query|statement|insert|update|delete|job|run|import|migration|deployment|build)|(?:the )?${quoteSource}|(?:the )?(?:command|script|process) ${quoteSource}) )?`;

const quotedSubject = new RegExp(`^(?:the )?(?:(?:command|script|process) )?(${quoteSource}) \\w`, 'i');

/** A command in backticks before the verb: the claim is about that command and no other. */
export function withSubject(reading: Extract<ClaimReading, { readonly kind: 'claims' }>, { text, quotes }: Term): ClaimReading {
  const quote = loneQuote(quotedSubject.exec(text)?.[1] ?? '', quotes);
  return quote?.mark === 'code' ? { ...reading, subject: quote.text.replace(/^(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) /, '') } : reading;
}
