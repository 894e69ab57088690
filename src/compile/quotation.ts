/** Finding an addendum's quotations in the document: exactly as written, except that a run of white space equals any other. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import type { MarkdownDocument } from '../parse/markdown-document.ts';
import type { StepDraft } from './draft.ts';

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export interface QuotationIndex {
  readonly find: (quotation: string) => readonly Stretch[];
  /** The line of the document that comes nearest, for a quotation that matches nothing. */
  readonly nearest: (quotation: string) => { readonly line: number; readonly text: string } | undefined;
  /** `2.1/3`, the third expectation of a YAML plan's step. */
  readonly numbered?: (quotation: string) => { readonly step: StepDraft; readonly number: number } | undefined;
}

export function indexQuotations(document: MarkdownDocument): QuotationIndex {
  const source = document.text.text;
  // Front matter quotes the text below it, never itself.
  const [first] = document.blocks;
  const from = first?.type === 'front-matter' ? first.end : 0;
  // Made when the first quotation is looked for. Pieces are joined once: asking a growing string for its end copies it each time.
  let made: { readonly folded: string; readonly offsets: readonly number[] } | undefined;
  const foldedSource = (): NonNullable<typeof made> => {
    if (made) return made;
    const units: string[] = [];
    const offsets: number[] = [];
    let inSpace = false;
    for (let index = from; index < source.length; index += 1) {
      const unit = source.charAt(index);
      const space = /\s/.test(unit);
      if (space && inSpace) continue;
      units.push(space ? ' ' : unit);
      offsets.push(index);
      inSpace = space;
    }
    made = { folded: units.join(''), offsets };
    return made;
  };
  const find = (quotation: string): readonly Stretch[] => {
    const wanted = quotation.replace(/\s+/g, ' ').trim();
    const found: Stretch[] = [];
    if (wanted === '') return found;
    const { folded, offsets } = foldedSource();
    for (let at = folded.indexOf(wanted); at !== -1; at = folded.indexOf(wanted, at + 1)) {
      const start = offsets[at] ?? 0;
      const last = offsets[at + wanted.length - 1] ?? start;
      found.push({ start, end: last + 1 });
    }
    return found;
  };
  const nearest = (quotation: string): { readonly line: number; readonly text: string } | undefined => {
    const wanted = wordsOf(quotation);
    let best: { readonly line: number; readonly text: string; readonly score: number } | undefined;
    const skipped = source.slice(0, from).split('\n').length - 1;
    for (const [index, text] of source.split('\n').entries()) {
      if (index < skipped) continue;
      const words = wordsOf(text);
      if (words.size === 0) continue;
      const shared = [...wanted].filter((word) => words.has(word)).length;
      // A few words of a long line are near to it when the line holds most of them.
      const part = wanted.size < 3 ? 0 : (0.9 * shared) / wanted.size;
      const score = Math.max(shared / (wanted.size + words.size - shared), part > 0.5 ? part : 0);
      if (score > (best?.score ?? 0.3)) best = { line: index + 1, text: text.trim(), score };
    }
    return best;
  };
  return { find, nearest };
}

export function quotationDiagnostic(index: QuotationIndex, quotation: string, span: Span, planPath: string): Diagnostic {
  const nearest = index.nearest(quotation);
  return {
    severity: 'error',
    code: 'compile/quotation-not-found',
    message: `\`${shorten(quotation)}\` does not stand in \`${planPath}\``,
    span,
    label: 'quoted here',
    ...(nearest ? { notes: [`the nearest line is ${nearest.line}: ${shorten(nearest.text)}`] } : {}),
    help: nearest ? `quote the text of line ${nearest.line} as it stands, if that is meant` : 'quote the text as it stands in the plan, or remove the entry',
  };
}

export function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 90 ? `${line.slice(0, 87)}…` : line;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []);
}
