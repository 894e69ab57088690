/** The account of a document: every block with its one disposition, and what the addendum accepts, binds or leaves unused. */
import type { Block } from '../model/plan.ts';
import { spanOf } from '../parse/markdown-document.ts';
import { overlaps, placesOf, type Binder } from './bind.ts';
import { note, type BlockNote, type Draft } from './draft.ts';
import { shorten } from './quotation.ts';

/** What was read as asking for something and is not bound: its author may say by name that it asks for nothing. */
const acceptable = /^compile\/(?:un(?!bound-placeholder|enforced)|expectation-without-step|table-of-checks|empty-block)/;

/** Decisions of a person that the author accepts by name as something that is only shown: no tasks any more. */
export function acceptDecisions(binder: Binder): void {
  for (const entry of binder.addendum?.accept ?? []) {
    const places = placesOf(binder, entry);
    const accepted = binder.draft.tasks.filter((task) => task.condition !== undefined && places.some((place) => overlaps(place, task)));
    for (const task of accepted) {
      binder.used.add(entry);
      binder.draft.tasks.splice(binder.draft.tasks.indexOf(task), 1);
      binder.draft.notes.set(task.block, { disposition: entry.as, becomes: [], reason: `accepted by ${entry.by}: ${entry.reason}`, boundBy: 'addendum' });
    }
  }
}

/** Blocks that the addendum accepts by name as what they are not read as. */
export function acceptBlocks(binder: Binder): void {
  for (const entry of binder.addendum?.accept ?? []) {
    const places = placesOf(binder, entry);
    const blocks = binder.draft.document.blocks.filter((block) => block.children.length === 0 && places.some((place) => overlaps(place, block)));
    for (const block of blocks) {
      const existing = binder.draft.notes.get(block.index);
      const open = binder.diagnostics.some(
        (diagnostic) =>
          acceptable.test(diagnostic.code) &&
          diagnostic.severity === 'error' &&
          diagnostic.span?.path === binder.planPath &&
          diagnostic.span.start.offset >= block.start &&
          diagnostic.span.end.offset <= block.end,
      );
      if (existing && existing.disposition !== 'unclaimed' && existing.disposition !== 'unread' && !open) continue;
      binder.used.add(entry);
      binder.draft.notes.set(block.index, { disposition: entry.as, becomes: [], reason: `accepted by ${entry.by}: ${entry.reason}`, boundBy: 'addendum' });
      for (let index = binder.diagnostics.length - 1; index >= 0; index -= 1) {
        const at = binder.diagnostics[index]?.span;
        if (
          at?.path === binder.planPath &&
          at.start.offset >= block.start &&
          at.end.offset <= block.end &&
          acceptable.test(binder.diagnostics[index]?.code ?? '')
        )
          binder.diagnostics.splice(index, 1);
      }
    }
  }
}

/** Blocks that an entry quotes are shown as bound by the addendum. */
export function markBound(binder: Binder): void {
  const { addendum } = binder;
  if (!addendum) return;
  const entries = [
    ...addendum.preconditions,
    ...addendum.searches,
    ...addendum.probes,
    ...addendum.steps,
    ...addendum.captures,
    ...addendum.expectations,
    ...addendum.policies,
    ...addendum.tasks,
    ...addendum.criteria,
    ...addendum.report,
  ];
  for (const place of entries.flatMap((entry) => (entry.at === undefined ? [] : binder.quotations.find(entry.at)))) {
    for (const block of binder.draft.document.blocks)
      if (block.children.length === 0 && overlaps(place, block)) note(binder.draft, block.index, 'narrative').boundBy = 'addendum';
    for (const line of binder.draft.lines) if (overlaps(place, line)) line.note.boundBy = 'addendum';
  }
}

/** An entry of the addendum that binds nothing is a mistake: a later reader would believe in it. */
export function reportUnused(binder: Binder): void {
  const { addendum } = binder;
  if (!addendum) return;
  for (const input of addendum.inputs) {
    if (binder.used.has(input)) continue;
    binder.diagnostics.push({
      severity: 'warning',
      code: 'compile/entry-binds-nothing',
      message: `nothing in the plan takes the value of \`${input.name}\``,
      span: input.span,
      help: `write \`<${input.name}>\` where it belongs, or remove the input`,
    });
  }
  const entries = [
    ...addendum.preconditions,
    ...addendum.searches,
    ...addendum.captures,
    ...addendum.policies,
    ...addendum.tasks,
    ...addendum.criteria,
    ...addendum.report,
    ...addendum.accept,
  ];
  for (const entry of entries) {
    if (
      binder.used.has(entry) ||
      binder.diagnostics.some(
        (diagnostic) =>
          diagnostic.span?.path === entry.span.path &&
          diagnostic.span.start.offset >= entry.span.start.offset &&
          diagnostic.span.end.offset <= entry.span.end.offset,
      )
    )
      continue;
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/entry-binds-nothing',
      message: `this entry of the addendum binds nothing${entry.at === undefined ? '' : `: \`${shorten(entry.at)}\` stands in the plan, but not where such an entry applies`}`,
      span: entry.span,
      help: 'quote the sentence that it is about, or remove it',
    });
  }
}

export function blocksOf(draft: Draft): readonly Block[] {
  const { document } = draft;
  const build = (start: number, end: number, type: string, read: BlockNote, leaf: boolean): Block => {
    const source = document.text.text.slice(start, end);
    const text = source.split('\n', 1)[0]?.slice(0, 200) ?? '';
    return {
      span: spanOf(document, start, end),
      type,
      disposition: read.disposition,
      text,
      ...(leaf && source !== text ? { source } : {}),
      becomes: [...new Set(read.becomes.map((became) => (typeof became === 'string' ? became : became())).filter((became) => became !== ''))],
      ...(read.reason === undefined ? {} : { reason: read.reason }),
      ...(read.boundBy ? { boundBy: read.boundBy } : {}),
    };
  };
  const blocks = document.blocks.map((block) =>
    build(block.start, block.end, block.type, draft.notes.get(block.index) ?? note(draft, block.index, 'narrative'), block.children.length === 0),
  );
  const lines = draft.lines.map((line) => build(line.start, line.end, line.type, line.note, true));
  return [...blocks, ...lines].sort((a, b) => a.span.start.offset - b.span.start.offset || b.span.end.offset - a.span.end.offset);
}
