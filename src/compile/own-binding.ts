/** What a Markdown plan binds itself, in its front matter and at its fences, is put beside what its addendum binds. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import type { Addendum, AddendumStep } from './addendum-shape.ts';
import { note, type Draft, type StepDraft } from './draft.ts';
import { readFrontMatter } from './front-matter.ts';
import { readInfoString, type FenceInfo } from './info-string.ts';
import { mergeAddenda } from './merge-addendum.ts';
import { indexQuotations, type QuotationIndex } from './quotation.ts';

export interface OwnBindings {
  readonly addendum: Addendum | undefined;
  readonly quotations: QuotationIndex;
}

/** Adds the metadata of the front matter and everything that is to be said to the draft. */
export function collectBindings(draft: Draft, beside: Addendum | undefined): OwnBindings {
  const front = readFrontMatter(draft.document);
  draft.metadata.unshift(...front.metadata);
  const [block] = draft.document.blocks;
  if (block && front.binds.length > 0) note(draft, block.index, 'metadata', undefined, `binds ${front.binds.join(', ')}`);
  const merged = mergeAddenda(beside, front.addendum);
  draft.diagnostics.push(...front.diagnostics, ...merged.diagnostics);
  const steps = draft.document.blocks.filter((block) => block.code !== undefined).flatMap((block) => readFence(draft, block));
  const addendum = steps.length === 0 ? merged.addendum : { ...(merged.addendum ?? nothing(draft)), steps: [...(merged.addendum?.steps ?? []), ...steps] };
  return { addendum, quotations: quotationsOf(draft) };
}

/** A fence quotes itself by a key that no text can hold; a step that has an id is quoted by it. */
function quotationsOf(draft: Draft): QuotationIndex {
  const text = indexQuotations(draft.document);
  return {
    ...text,
    find: (quotation) => {
      const own = draft.steps.filter((step) => keyOf(step) === quotation || step.fixedId === quotation);
      return own.length > 0 ? own.map(({ start, end }) => ({ start, end })) : text.find(quotation);
    },
  };
}

function keyOf(step: StepDraft): string {
  return `\u0000${step.start}`;
}

function readFence(draft: Draft, block: MarkdownBlock): readonly AddendumStep[] {
  const info = readInfoString(draft.document, block);
  if (info === undefined) return [];
  draft.diagnostics.push(...info.diagnostics);
  const steps = draft.steps.filter((step) => step.start >= block.start && step.end <= block.end);
  const [only] = steps;
  if (only === undefined) {
    if (info.entry) draft.diagnostics.push(withoutStep(draft, block));
    return [];
  }
  if (steps.length > 1 && (info.id !== undefined || (info.entry?.expect.length ?? 0) > 0)) {
    draft.diagnostics.push(ambiguous(info, steps.length));
    return [];
  }
  if (info.id) only.fixedId = info.id.text;
  const { entry } = info;
  return entry === undefined ? [] : steps.map((step) => ({ ...entry, at: keyOf(step), atSpan: entry.span }));
}

function withoutStep(draft: Draft, block: MarkdownBlock): Diagnostic {
  const line = draft.document.text.text.slice(block.start).search(/[\r\n]|$/);
  return {
    severity: 'warning',
    code: 'compile/entry-binds-nothing',
    message: 'this block is no step, so what its first line says about one has no effect',
    span: spanOf(draft.document, block.start, block.start + line),
    help: 'remove it, or see with `proofplan explain` why the block is not executed',
  };
}

function ambiguous(info: FenceInfo, count: number): Diagnostic {
  const place = info.id?.span ?? info.entry?.expect[0]?.span ?? info.entry?.span;
  return {
    severity: 'error',
    code: 'compile/quotation-ambiguous',
    message: `this block holds ${count} statements, and one is meant`,
    ...(place ? { span: place } : {}),
    help: 'give each statement a block of its own',
  };
}

function nothing(draft: Draft): Addendum {
  const place = spanOf(draft.document, 0, 0);
  const lists = {
    defaults: [],
    inputs: [],
    preconditions: [],
    searches: [],
    probes: [],
    steps: [],
    captures: [],
    expectations: [],
    policies: [],
    tasks: [],
    criteria: [],
    report: [],
    accept: [],
  };
  return { path: place.path, span: place, plan: { text: place.path, span: place }, ...lists };
}
