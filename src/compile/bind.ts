/** What all bindings share: the draft, the addendum with its quotations found, and the steps by what they supply. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { PlacedDecision } from '../model/policy.ts';
import type { Span } from '../model/span.ts';
import { renderShellWord } from '../model/shell-word.ts';
import { spanOf } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import type { Addendum, PlacedText, QuotingEntry } from './addendum-shape.ts';
import type { ClaimNames } from './claim.ts';
import type { Draft, ExpectationDraft, StepDraft } from './draft.ts';
import { quotationDiagnostic, shorten, type QuotationIndex, type Stretch } from './quotation.ts';
import { suppliesOf } from './supply.ts';

export interface Binder {
  readonly draft: Draft;
  readonly addendum: Addendum | undefined;
  readonly quotations: QuotationIndex;
  readonly planPath: string;
  readonly parser: SqlParser;
  /** Names supplied from outside (`--set`, `--params`, the environment's `provides`). */
  readonly given: ReadonlySet<string>;
  /** Variables that steps inherit from the environment of the runner. */
  readonly inherited: ReadonlySet<string>;
  readonly diagnostics: Diagnostic[];
  /** What the texts of steps do not show. */
  readonly decisions: PlacedDecision[];
  /** Addendum entries that bound something; the others are reported. */
  readonly used: Set<object>;
}

export function span(binder: Binder, place: Stretch): Span {
  return spanOf(binder.draft.document, place.start, place.end);
}

/** Where an entry's quotation stands; a diagnostic when nowhere. */
export function placesOf(binder: Binder, entry: QuotingEntry): readonly Stretch[] {
  return placesOfText(binder, { text: entry.at, span: entry.atSpan });
}

export function placesOfText(binder: Binder, quoted: PlacedText): readonly Stretch[] {
  const found = binder.quotations.find(quoted.text);
  if (found.length === 0) binder.diagnostics.push(quotationDiagnostic(binder.quotations, quoted.text, quoted.span, binder.planPath));
  return found;
}

/** Do two stretches share a place? */
export function overlaps(a: Stretch, b: Stretch): boolean {
  return a.start < b.end && b.start < a.end;
}

/**
 * The one thing that a quotation stands in. None or several is a diagnostic: a binding that could mean two things binds
 * neither.
 */
export function oneOf<T extends Stretch>(binder: Binder, quoted: PlacedText, candidates: readonly T[], noun: string): T | undefined {
  const places = placesOfText(binder, quoted);
  if (places.length === 0) return undefined;
  const hits = candidates.filter((candidate) => places.some((place) => overlaps(place, candidate)));
  // A quotation inside two nested candidates means the inner one.
  const inner = hits.filter(
    (hit) => !hits.some((other) => other !== hit && other.start >= hit.start && other.end <= hit.end && other.end - other.start < hit.end - hit.start),
  );
  if (inner.length === 1) return inner[0];
  binder.diagnostics.push(
    inner.length === 0
      ? {
          severity: 'error',
          code: 'compile/quotation-of-nothing',
          message: `\`${shorten(quoted.text)}\` stands in the plan, but in no ${noun}`,
          span: quoted.span,
          notes: [`found at line ${places.map((place) => span(binder, place).start.line).join(', ')}`],
          help: `quote text of the ${noun} that is meant`,
        }
      : {
          severity: 'error',
          code: 'compile/quotation-ambiguous',
          message: `\`${shorten(quoted.text)}\` stands in ${inner.length} ${noun}s`,
          span: quoted.span,
          notes: [`at lines ${inner.map((hit) => span(binder, hit).start.line).join(', ')}`],
          help: 'quote more of the text, so that one is meant',
        },
  );
  return undefined;
}

/** The expectation that a YAML plan quotes by its number. It may come into being later, so it is looked for at the end. */
export function numberedExpectation(binder: Binder, quoted: PlacedText): (() => string) | undefined {
  const found = binder.quotations.numbered?.(quoted.text);
  if (found === undefined) return undefined;
  return () => {
    const { expectations } = found.step;
    if (found.number < 1 || found.number > expectations.length)
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/quotation-not-found',
        message: `step ${found.step.id} has no expectation ${found.number}`,
        span: quoted.span,
        notes: [`it has ${expectations.length}`],
        help: `see \`proofplan explain ${renderShellWord(binder.planPath)}\` for their numbers`,
      });
    return expectations[found.number - 1]?.id ?? quoted.text;
  };
}

/** Who supplies which name, in the order of the steps. */
export function suppliersOf(binder: Binder, name: string): readonly StepDraft[] {
  return suppliesOf(binder.draft).suppliers.get(name) ?? [];
}

/** All names that a claim may use. `extra` are inputs. */
export function namesOf(binder: Binder, extra: readonly string[], near?: readonly StepDraft[]): ClaimNames & { readonly all: readonly string[] } {
  const index = suppliesOf(binder.draft, extra);
  const resolve = (name: string): string | undefined => {
    if (index.has(name)) return name;
    const qualified = index.qualified(name);
    if (qualified.length < 2) return qualified[0];
    const local = qualified.filter((candidate) => near?.some((step) => step.supplies.includes(candidate)));
    return local.length === 1 ? local[0] : undefined;
  };
  return { all: index.all, resolve };
}

/** The same claim twice on one step is one expectation: the first that asked for it keeps it. */
export function expectOnce(step: StepDraft, draft: Omit<ExpectationDraft, 'id' | 'step'>): ExpectationDraft {
  const wanted = JSON.stringify(draft.claim);
  return step.expectations.find((expectation) => JSON.stringify(expectation.claim) === wanted) ?? expect(step, draft);
}

export function expect(step: StepDraft, draft: Omit<ExpectationDraft, 'id' | 'step'>): ExpectationDraft {
  const expectation: ExpectationDraft = { id: '', step, ...draft };
  step.expectations.push(expectation);
  return expectation;
}
