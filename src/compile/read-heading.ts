/** Headings: which one is the title, what section one opens by its words and its place, and the rules that it carries itself. */
import type { MarkdownBlock, MarkdownDocument } from '../parse/markdown-document.ts';
import { conductOfBrackets } from './conduct.ts';
import { note, type Draft, type SectionDraft } from './draft.ts';
import { fold, proseOf, type Prose } from './prose.ts';
import { codeMeaning } from './read-code.ts';
import { pushConduct } from './read-conduct.ts';
import { phrasesOf } from './reading.ts';
import { compileHeading, type HeadingReading, type SectionMeaning } from './section.ts';
import { isDeadTitle, isRule } from './sentence.ts';

/**
 * The first heading, where it is of level 1 and no section by its words (a document may have more headings of level 1), or the
 * first block of a document that has no heading of level 1 and no command right below it.
 */
export function titleOf(headings: readonly MarkdownBlock[], blocks: readonly MarkdownBlock[]): MarkdownBlock | undefined {
  const [first, second] = headings;
  if (first === undefined) return undefined;
  const ordinary = compileHeading(proseOf(first.inlines).text).byDefault;
  if (first.level === 1) return ordinary || !headings.some((heading) => heading !== first && heading.level === 1) ? first : undefined;
  const opens = blocks.find((block) => block.parent === undefined && block.type !== 'html' && block.type !== 'front-matter') === first;
  const holdsCode = blocks.some((block) => block.code && block.start > first.start && block.start < (second?.start ?? Number.POSITIVE_INFINITY));
  return opens && ordinary && !holdsCode && second !== undefined && !headings.some((heading) => heading.level === 1) ? first : undefined;
}

/** Headings of a program's own page: what stands below them is for whoever wants it. */
export const manual =
  /^(?:installation|installing|install|usage|use|api|types|compatibility|security|contribut(?:e|ors)|quick ?start|getting started|building(?: from source)?|contributing|development|testing|licen[cs]e|getting help|documentation|features)$/i;

function isRunnable(meaning: string): boolean {
  return meaning === 'shell' || meaning === 'sql';
}

/** A checklist or a gate before the first command asks what must hold before; behind the last one, what must hold in the end. */
export function meaningByPlace(section: SectionDraft, commands: readonly number[]): SectionMeaning {
  if (
    section.meaning !== 'criteria' ||
    !/\b(?:go ?\/ ?no-?go|check-?list|gate)\b/i.test(section.title) ||
    /\b(?:final|exit|closing|post|done|completion|mandatory|after)\b/i.test(section.title)
  )
    return section.meaning;
  return (commands[0] ?? 0) > section.start ? 'preconditions' : 'criteria';
}

/** Does a command stand between a heading and the next one? */
export function isFollowedByCommand(block: MarkdownBlock, headings: readonly MarkdownBlock[], commands: readonly number[]): boolean {
  const command = commands.find((start) => start > block.start);
  return command !== undefined && !headings.some((heading) => heading.start > block.start && heading.start < command);
}

/** Where blocks begin that run, in order; looked up for many lists of a document. */
export function commandStarts(document: MarkdownDocument): readonly number[] {
  const known = knownStarts.get(document);
  if (known) return known;
  const starts = document.blocks.filter((block) => block.code && isRunnable(codeMeaning(block.code.language, block.code.value))).map((block) => block.start);
  knownStarts.set(document, starts);
  return starts;
}

const knownStarts = new WeakMap<MarkdownDocument, readonly number[]>();

/** A section ends where the next heading of its level, or a higher one, stands. */
export function sectionEnds(headings: readonly MarkdownBlock[], end: number): ReadonlyMap<MarkdownBlock, number> {
  const ends = new Map<MarkdownBlock, number>();
  const next: number[] = [];
  for (const heading of headings.toReversed()) {
    const level = heading.level ?? 1;
    ends.set(heading, Math.min(end, ...next.slice(1, level + 1).filter((start) => start !== undefined)));
    next[level] = heading.start;
  }
  return ends;
}

/** Numbers of sections that are given, and how many sections each level has. */
export interface SectionNumbers {
  readonly taken: Set<string>;
  readonly counts: Map<number, number>;
}

export function readHeading(
  draft: Draft,
  block: MarkdownBlock,
  prose: Prose,
  parent: SectionDraft | undefined,
  ends: ReadonlyMap<MarkdownBlock, number>,
  { taken, counts }: SectionNumbers,
): SectionDraft {
  const reading = compileHeading(prose.text);
  const level = block.level ?? 1;
  let ordinal = reading.number ?? parent?.number;
  let count = (counts.get(level) ?? 0) + 1;
  counts.set(level, count);
  if (ordinal === undefined) {
    while (taken.has(String(count))) count += 1;
    ordinal = String(count);
  }
  taken.add(ordinal);
  const section: SectionDraft = {
    number: ordinal,
    title: reading.title === '' ? prose.text : reading.title,
    level: block.level ?? 1,
    meaning: meaningOf(reading, parent),
    condition: reading.condition,
    ...(reading.teardown || parent?.teardown ? { teardown: true } : {}),
    brackets: reading.brackets,
    start: block.start,
    end: ends.get(block) ?? draft.document.text.text.length,
  };
  draft.sections.push(section);
  if (!readHeadingRules(draft, block, section, reading)) note(draft, block.index, 'narrative', undefined, `section ${section.number}: ${section.meaning}`);
  return section;
}

/** "(DB Read-Only)" behind a heading, and a heading that is a rule itself ("Never delete below `studies/`"). */
function readHeadingRules(draft: Draft, block: MarkdownBlock, section: SectionDraft, reading: HeadingReading): boolean {
  const push = (text: string, start: number, end: number, codes: readonly string[] = []): void =>
    pushHeadingRule(draft, block, section, { text, start, end, codes }, true);
  const bare = reading.title.replace(/\([^()]*\)/g, ' ').trim();
  const isSentence = bare.split(/\s+/).length > 2 && /^(?:do not|don't|never|no|only|must)\b/i.test(bare) && isRule(fold(bare));
  if (isSentence && (section.meaning === 'steps' || section.meaning === 'forbidden'))
    push(
      bare,
      block.start,
      block.end,
      [...bare.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
    );
  if (section.meaning !== 'reference' && section.meaning !== 'history') readBrackets(draft, block, section, reading, true);
  return draft.notes.get(block.index)?.disposition === 'policy';
}

function pushHeadingRule(
  draft: Draft,
  block: MarkdownBlock,
  section: SectionDraft,
  rule: { readonly text: string; readonly start: number; readonly end: number; readonly codes: readonly string[] },
  wholeSection: boolean,
): void {
  draft.policies.push({ ...rule, section, block: block.index, origin: 'heading', wholeSection });
  note(draft, block.index, 'policy', wholeSection ? `policy of section ${section.number}` : 'policy of the document');
}

/** Words in a heading's brackets that restrict: known phrases, and "only", "no", "never", "stop", "max" with something behind. */
export function readBrackets(draft: Draft, block: MarkdownBlock, section: SectionDraft, reading: HeadingReading, wholeSection: boolean): void {
  for (const words of reading.brackets) {
    const conduct = phrasesOf(words, true).length > 0 ? undefined : conductOfBrackets(words, reading.title);
    if (conduct !== undefined) {
      const start = bracketStart(draft, block, words);
      pushConduct(draft, { conduct, text: words, start, end: start + words.length, section, block: block.index, reach: wholeSection ? 'section' : 'document' });
      continue;
    }
    const restricts =
      /\btwo-?(?:person|man|people)\b|\bdo not\b|^(?:no|never|stop|max\.?|at most|do not|don't|must)\b.+|\bonly\b(?! if\b)/.test(words) &&
      !/^(?:(?:ops|linux|macos|mac|windows) only|only (?:if|when|in case|one|two|three)\b)/.test(words) &&
      words.split(' ').length <= 8;
    if (phrasesOf(words, true).length > 0 || restricts)
      pushHeadingRule(draft, block, section, { text: words, start: bracketStart(draft, block, words), end: block.end, codes: [] }, wholeSection);
  }
}

/** Nothing below a part that is not executed comes alive again by a heading of its own. */
function meaningOf(reading: HeadingReading, parent: SectionDraft | undefined): SectionDraft['meaning'] {
  if (parent?.meaning === 'reference' || parent?.meaning === 'forbidden') return parent.meaning;
  if (isDeadTitle(fold(reading.title.replace(/\([^()]*\)/g, ' ')), reading.brackets)) return 'reference';
  return reading.byDefault && parent !== undefined && parent.meaning !== 'expectation' ? parent.meaning : reading.meaning;
}

function bracketStart(draft: Draft, block: MarkdownBlock, words: string): number {
  const source = draft.document.text.text.slice(block.start, block.end);
  for (const match of source.matchAll(/[([]([^()[\]]*)[)\]]/g)) if (fold(match[1] ?? '') === words) return block.start + match.index + 1;
  return block.start;
}
