/** What the walk over a document shares: where it stands, and how a finding enters the draft. Decides nothing about meaning. */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import { note, type Draft, type SectionDraft, type StepDraft } from './draft.ts';
import { phrasesIn, type Phrase } from './phrasebook.ts';
import { fold, type Prose } from './prose.ts';
import type { ConditionKind } from './condition.ts';
import type { LabelMeaning } from './label.ts';
import type { SectionMeaning } from './section.ts';
import type { Intro } from './introduction.ts';

export type Area = SectionMeaning | LabelMeaning | 'task-detail';

/** Where the walk stands: what the section and the last label say about what comes next. */
export interface Context {
  readonly section: SectionDraft;
  area: Area;
  title: string;
  example: boolean;
  /** For the next block alone, and for every block of the section. */
  workingDirectory: string | undefined;
  sectionDirectory: string | undefined;
  /** What the words right before say about whether the next blocks run; until the next words. */
  intro: Intro | undefined;
  /** What the section's heading, or one above it, makes all of it depend on. */
  readonly branch: { readonly condition: ConditionKind; readonly text: string } | undefined;
  /** What the headline right before a list says its items are. */
  listArea: Area | undefined;
  /** Claims that stand before the command they speak of: its steps are added when it comes. */
  awaiting: StepDraft[][];
  /** Files that "FILE contains:" named for the list below it. */
  files: { readonly paths: readonly string[]; readonly absent: boolean; readonly imports: boolean } | undefined;
  /** Before the first heading of a document that has headings. */
  readonly preface: boolean;
}

export function contextOf(section: SectionDraft, preface: boolean, branch?: Context['branch'], directory?: string): Context {
  return {
    section,
    area: section.meaning,
    title: section.title,
    example: false,
    workingDirectory: undefined,
    sectionDirectory: directory,
    intro: undefined,
    branch,
    listArea: undefined,
    awaiting: [],
    files: undefined,
    preface,
  };
}

export function pushTask(
  draft: Draft,
  block: MarkdownBlock,
  text: string,
  context: Context,
  place: { readonly start: number; readonly end: number } = block,
  condition: ConditionKind | undefined = context.branch?.condition,
): void {
  draft.tasks.push({
    text,
    start: place.start,
    end: place.end,
    section: context.section,
    block: block.index,
    ...(condition === undefined ? {} : { condition }),
  });
  note(draft, block.index, 'task', `task ${draft.tasks.length}`);
}

/** A sentence that demands plans; with none it is a precondition like any other. */
export function pushLinkedPlans(draft: Draft, block: MarkdownBlock, { text, start, end }: Prose, context: Context, plans: readonly string[]): void {
  draft.preconditions.push({
    // A stretch that begins with a link begins behind its bracket.
    text: text.replaceAll(/\[?([^[\]]*)\]\([^()\s]*\)/g, '$1'),
    start,
    end,
    section: context.section,
    block: block.index,
    searches: [],
    ...(plans.length === 0 ? {} : { plans }),
  });
  note(draft, block.index, 'precondition', `precondition ${draft.preconditions.length}`);
}

/** A command that a person decides about: an option, an alternative, a remedy. It is never run by the plan. */
export function pushDecision(
  draft: Draft,
  block: MarkdownBlock,
  place: { readonly start: number; readonly end: number },
  context: Context,
  condition: ConditionKind,
  why: string,
): void {
  const text =
    draft.document.text.text
      .slice(place.start, place.end)
      .replace(/^[`~]{3,}[^\n]*\n/, '')
      .replace(/\n\s*[`~]{3,}\s*$/, '')
      .trim()
      .split('\n')[0] ?? '';
  pushTask(draft, block, text.replace(/^`(.*)`$/, '$1'), context, place, condition);
  note(draft, block.index, 'task', undefined, `a decision for a person: ${why}`);
}

export function pushCapture(draft: Draft, block: MarkdownBlock, name: string, label: string, optional: boolean, body: Prose, context: Context): void {
  if (draft.captures.some((capture) => capture.name === name && capture.section === context.section)) return;
  draft.captures.push({
    name,
    label,
    optional,
    step: stepsOf(draft, context.section).at(-1),
    text: body.text,
    start: body.start,
    end: body.end,
    section: context.section,
    block: block.index,
  });
  note(draft, block.index, 'capture', `capture ${name}`);
}

/** `Run ID` → `run_id`. */
export function captureName(label: string): string {
  return fold(label)
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

export function pushPolicy(draft: Draft, block: MarkdownBlock, sentence: Prose, context: Context, origin: 'text' | 'heading', lead?: string): void {
  if (isHeadline(sentence.text)) return void note(draft, block.index, 'narrative');
  draft.policies.push({
    text: sentence.text,
    start: sentence.start,
    end: sentence.end,
    section: context.section,
    block: block.index,
    origin,
    ...(lead === undefined ? {} : { lead }),
    codes: sentence.codes.map((code) => code.value),
    wholeSection: false,
  });
  note(draft, block.index, 'policy');
}

/** The phrases of the book that a sentence holds. */
export function phrasesOf(text: string, heading = false): readonly Phrase[] {
  return phrasesIn(fold(text), heading);
}

/** "The following must hold:" introduces; it says nothing itself. */
export function isHeadline(text: string): boolean {
  return /:$/.test(text) && !/`/.test(text);
}

/** Steps that stand in this section (or one below it) so far, in order. */
export function stepsOf(draft: Draft, section: SectionDraft): readonly StepDraft[] {
  // The walk finds steps in the order of the text, so that those of a section stand together.
  return stepsWithin(draft, section.start, section.end);
}

/** Steps that begin in a stretch of the text, while the walk goes on. */
export function stepsWithin(draft: Draft, start: number, end: number): readonly StepDraft[] {
  return draft.steps.slice(firstFrom(draft.steps, start), firstFrom(draft.steps, end));
}

/** The first of these, which stand in order, that begins at an offset or behind it. */
function firstFrom(places: readonly { readonly start: number }[], offset: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle]?.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Is the only code of this numbered instruction the one that "Example:" introduces? */
export function isOnlyCommandOf(draft: Draft, block: MarkdownBlock): boolean {
  let at: MarkdownBlock | undefined = block;
  while (at?.parent !== undefined) {
    at = blockAt(draft, at.parent);
    const list = at.parent === undefined ? undefined : blockAt(draft, at.parent);
    if (at.type === 'list-item' && list?.ordered) {
      return codesIn(draft, at) === 1;
    }
  }
  return false;
}

function codesIn(draft: Draft, block: MarkdownBlock): number {
  return block.children.reduce((sum, child) => sum + codesIn(draft, blockAt(draft, child)), block.code ? 1 : 0);
}

export function blockAt(draft: Draft, index: number): MarkdownBlock {
  const block = draft.document.blocks[index];
  if (!block) throw new RangeError(`no block ${index}`);
  return block;
}

export function noteAll(draft: Draft, block: MarkdownBlock, disposition: 'reference', reason: string): void {
  note(draft, block.index, disposition, undefined, reason);
  for (const child of block.children) noteAll(draft, blockAt(draft, child), disposition, reason);
}

/** Containers (lists, items, quotes, tables) are what their strongest child is. Children stand after their parent. */
export function inheritNote(draft: Draft, block: MarkdownBlock): void {
  const visit = (index: number): void => {
    const at = blockAt(draft, index);
    for (const child of at.children) {
      visit(child);
      const own = draft.notes.get(child);
      if (own) for (const became of own.becomes.length > 0 ? own.becomes : [undefined]) note(draft, index, own.disposition, became);
    }
    if (!draft.notes.has(index)) note(draft, index, 'narrative');
  };
  if (block.parent === undefined) visit(block.index);
}

/** The block before this one in the same parent; HTML comments between them say nothing. */
export function previousSibling(draft: Draft, block: MarkdownBlock): MarkdownBlock | undefined {
  return siblingFrom(draft, block, -1);
}

export function nextSibling(draft: Draft, block: MarkdownBlock): MarkdownBlock | undefined {
  return siblingFrom(draft, block, 1);
}

function siblingFrom(draft: Draft, block: MarkdownBlock, step: 1 | -1): MarkdownBlock | undefined {
  const { blocks, roots } = draft.document;
  const children = block.parent === undefined ? undefined : blockAt(draft, block.parent).children;
  const at = (rank: number): MarkdownBlock | undefined => (children ? blocks[children[rank] ?? -1] : roots[rank]);
  let rank = block.rank + step;
  while (at(rank)?.type === 'html') rank += step;
  return at(rank);
}

export function isInList(draft: Draft, block: MarkdownBlock): boolean {
  return block.parent !== undefined && blockAt(draft, block.parent).type === 'list-item';
}
