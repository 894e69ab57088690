/**
 * The walk over a Markdown document: every block is looked at once, in order, and noted with what it became. Meaning comes
 * from the section, then from the nearest label, then from the sentence itself. Nothing is bound here.
 */
import type { MarkdownBlock, MarkdownDocument } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { note, type Draft, type SectionDraft } from './draft.ts';
import { markUnread } from './foreign-prose.ts';
import { fold, proseOf, type Prose } from './prose.ts';
import { readFence } from './read-fence.ts';
import { readParagraph } from './read-prose.ts';
import { readTable } from './read-table.ts';
import { blockAt, contextOf, inheritNote, nextSibling, noteAll, phrasesOf, type Context } from './reading.ts';
import { codeMeaning } from './read-code.ts';
import { compileHeading, type HeadingReading, type SectionMeaning } from './section.ts';
import { introOf } from './introduction.ts';
import { isDeadTitle, isInstruction, isRule } from './sentence.ts';

export async function readDocument(document: MarkdownDocument, parser: SqlParser): Promise<Draft> {
  const draft: Draft = {
    document,
    diagnostics: [],
    title: '',
    metadata: [],
    sections: [],
    steps: [],
    policies: [],
    claims: [],
    acceptance: [],
    captures: [],
    searches: [],
    preconditions: [],
    tasks: [],
    criteria: [],
    report: [],
    notes: new Map(),
    lines: [],
  };
  const open: SectionDraft[] = [];
  const headings = document.blocks.filter((block) => block.type === 'heading' && block.parent === undefined);
  const titleBlock = titleOf(headings, document.blocks);
  const first = headings.find((heading) => heading !== titleBlock);
  const preface: SectionDraft = {
    number: first ? '0' : '1',
    title: titleBlock ? proseOf(titleBlock.inlines).text : '',
    level: 0,
    meaning: 'steps',
    brackets: [],
    start: 0,
    end: first?.start ?? document.text.text.length,
  };
  const front = document.blocks.find((block) => block.type === 'front-matter');
  const outdated =
    /\b(?:deprecated|obsolete|superseded|archived|do not use|no longer (?:valid|used))\b/i.test(preface.title) ||
    (front !== undefined &&
      /^(?:status|state)\s*:\s*["']?(?:deprecated|obsolete|superseded|archived)\b/im.test(document.text.text.slice(front.start, front.end)));
  if (outdated) preface.meaning = 'reference';
  const told =
    titleBlock !== undefined &&
    /\b(?:post-?mortem|post-?incident|incident (?:review|report)|retrospective|root cause analysis|incident\b.*\breview|review of\b.*\b(?:incident|outage)|what (?:was done|happened))\b/i.test(
      preface.title,
    );
  const readme = headings.filter((heading) => manual.test(proseOf(heading.inlines).text.trim())).length >= 3;
  const commands = commandStarts(document);
  const ends = sectionEnds(headings, document.text.text.length);
  const numbers: SectionNumbers = { taken: new Set(), counts: new Map() };
  let context = contextOf(preface, first !== undefined);
  for (const block of document.blocks) {
    if (block.parent !== undefined) continue;
    if (block.type === 'heading') {
      const prose = proseOf(block.inlines, block.start);
      if (block === titleBlock) {
        draft.title = prose.text;
        note(draft, block.index, 'metadata', 'title');
        readBrackets(draft, block, preface, compileHeading(prose.text), false);
        continue;
      }
      while (open.length > 0 && (open.at(-1)?.level ?? 0) >= (block.level ?? 1)) open.pop();
      const section = readHeading(draft, block, prose, open.at(-1) ?? (outdated ? preface : undefined), ends, numbers);
      if (told && section.meaning === 'steps' && !/\b(?:left to|to do|actions?|follow|check|verif|next|open|now|final)/i.test(section.title))
        section.meaning = 'history';
      section.meaning = meaningByPlace(section, commands);
      // "Constraints" over a query checks those of a database.
      if (section.meaning === 'policy' && /\bconstraints?\b/i.test(section.title) && isFollowedByCommand(block, headings, commands)) section.meaning = 'steps';
      if (readme && manual.test(section.title.trim())) section.condition ??= 'choice';
      open.push(section);
      const deciding = open.findLast((other) => other.condition !== undefined);
      const directory = [preface, ...open].findLast((other) => other.directory !== undefined)?.directory;
      context = contextOf(section, false, deciding?.condition === undefined ? undefined : { condition: deciding.condition, text: deciding.title }, directory);
      continue;
    }
    await readBlock(draft, block, context, parser);
  }
  markUnread(draft);
  for (const block of document.blocks) inheritNote(draft, block);
  return draft;
}

/**
 * The first heading, where it is of level 1 and no section by its words (a document may have more headings of level 1), or the
 * first block of a document that has no heading of level 1 and no command right below it.
 */
function titleOf(headings: readonly MarkdownBlock[], blocks: readonly MarkdownBlock[]): MarkdownBlock | undefined {
  const [first, second] = headings;
  if (first === undefined) return undefined;
  const ordinary = compileHeading(proseOf(first.inlines).text).byDefault;
  if (first.level === 1) return ordinary || !headings.some((heading) => heading !== first && heading.level === 1) ? first : undefined;
  const opens = blocks.find((block) => block.parent === undefined && block.type !== 'html' && block.type !== 'front-matter') === first;
  const holdsCode = blocks.some((block) => block.code && block.start > first.start && block.start < (second?.start ?? Number.POSITIVE_INFINITY));
  return opens && ordinary && !holdsCode && second !== undefined && !headings.some((heading) => heading.level === 1) ? first : undefined;
}

/** Headings of a program's own page: what stands below them is for whoever wants it. */
const manual =
  /^(?:installation|installing|install|usage|use|api|types|compatibility|security|contribut(?:e|ors)|quick ?start|getting started|building(?: from source)?|contributing|development|testing|licen[cs]e|getting help|documentation|features)$/i;

function isRunnable(meaning: string): boolean {
  return meaning === 'shell' || meaning === 'sql';
}

/** A checklist or a gate before the first command asks what must hold before; behind the last one, what must hold in the end. */
function meaningByPlace(section: SectionDraft, commands: readonly number[]): SectionMeaning {
  if (
    section.meaning !== 'criteria' ||
    !/\b(?:go ?\/ ?no-?go|check-?list|gate)\b/i.test(section.title) ||
    /\b(?:final|exit|closing|post|done|completion|mandatory|after)\b/i.test(section.title)
  )
    return section.meaning;
  return (commands[0] ?? 0) > section.start ? 'preconditions' : 'criteria';
}

/** Does a command stand between a heading and the next one? */
function isFollowedByCommand(block: MarkdownBlock, headings: readonly MarkdownBlock[], commands: readonly number[]): boolean {
  const command = commands.find((start) => start > block.start);
  return command !== undefined && !headings.some((heading) => heading.start > block.start && heading.start < command);
}

/** Where blocks begin that run, in order; looked up for many lists of a document. */
function commandStarts(document: MarkdownDocument): readonly number[] {
  const known = knownStarts.get(document);
  if (known) return known;
  const starts = document.blocks.filter((block) => block.code && isRunnable(codeMeaning(block.code.language, block.code.value))).map((block) => block.start);
  knownStarts.set(document, starts);
  return starts;
}

const knownStarts = new WeakMap<MarkdownDocument, readonly number[]>();

/** A section ends where the next heading of its level, or a higher one, stands. */
function sectionEnds(headings: readonly MarkdownBlock[], end: number): ReadonlyMap<MarkdownBlock, number> {
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
interface SectionNumbers {
  readonly taken: Set<string>;
  readonly counts: Map<number, number>;
}

function readHeading(
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
function readBrackets(draft: Draft, block: MarkdownBlock, section: SectionDraft, reading: HeadingReading, wholeSection: boolean): void {
  for (const words of reading.brackets) {
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

async function readBlock(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  if (context.section.meaning === 'reference') {
    noteAll(draft, block, 'reference', `section "${context.section.title}" is not executed`);
    return;
  }
  if (context.section.meaning === 'history') {
    if (block.type === 'paragraph' || block.type === 'heading' || block.type === 'html' || block.type === 'rule') note(draft, block.index, 'narrative');
    else noteAll(draft, block, 'reference', `section "${context.section.title}" tells what was`);
    return;
  }
  switch (block.type) {
    case 'html':
      readHtml(draft, block, context);
      return;
    case 'rule':
      note(draft, block.index, 'narrative');
      return;
    case 'definition':
      note(draft, block.index, 'reference');
      return;
    case 'footnote':
      for (const child of block.children) await readBlock(draft, blockAt(draft, child), { ...context, area: 'narrative' }, parser);
      return;
    case 'front-matter':
      note(draft, block.index, 'metadata', 'front matter');
      return;
    case 'code':
      await readFence(draft, block, context, parser);
      context.listArea = undefined;
      return;
    case 'paragraph':
    case 'heading':
      await readParagraph(draft, block, context, parser);
      return;
    case 'list':
      await readList(draft, block, context, parser);
      return;
    case 'table':
      await readTable(draft, block, context, parser);
      return;
    case 'quote':
      await readQuote(draft, block, context, parser);
      return;
    default:
      for (const child of block.children) await readBlock(draft, blockAt(draft, child), context, parser);
  }
}

/** HTML says nothing, but what a fold is called may say that it shows something older. */
function readHtml(draft: Draft, block: MarkdownBlock, context: Context): void {
  note(draft, block.index, 'narrative');
  if (/<\/details>/i.test(draft.document.text.text.slice(block.start, block.end))) context.intro = undefined;
  const summary = /<summary>(.*?)<\/summary>/is
    .exec(draft.document.text.text.slice(block.start, block.end))?.[1]
    ?.replace(/<[^<>]+>/g, ' ')
    .trim();
  if (summary === undefined) return;
  const folded = fold(summary);
  context.intro =
    introOf(folded, summary) ?? (/^(?:results?|outputs?|logs?|examples?|samples?|full log|old)\b/.test(folded) ? { kind: 'older', text: summary } : undefined);
}

/** A quote that says it shows an older plan is reference as a whole; other quotes are read like the text around them. */
async function readQuote(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const [first] = block.children.map((child) => blockAt(draft, child));
  const holdsHeading = block.children.some((child) => blockAt(draft, child).type === 'heading');
  if ((first && introOf(fold(proseOf(first.inlines).text))?.kind === 'older') || context.intro?.kind === 'older' || holdsHeading)
    return noteAll(draft, block, 'reference', 'it quotes something older');
  const area = context.area;
  // What a note or a tip shows is no part of the flow.
  const aside = first !== undefined && /^\[!(?:note|tip|info)\]/i.test(first.inlines[0]?.value ?? '');
  if (aside) context.area = 'narrative';
  for (const child of block.children) await readBlock(draft, blockAt(draft, child), context, parser);
  if (aside) context.area = area;
  if (context.area !== context.section.meaning) context.area = area;
}

async function readList(draft: Draft, block: MarkdownBlock, outer: Context, parser: SqlParser): Promise<void> {
  const area = outer.listArea ?? areaOfList(draft, block, outer);
  outer.listArea = undefined;
  if (area !== undefined) {
    await readItems(draft, block, { ...outer, area }, parser);
    return;
  }
  await readItems(draft, block, outer, parser);
}

/** A list of boxes before the first command is what must hold before, behind the last one what must hold in the end. */
function areaOfList(draft: Draft, block: MarkdownBlock, context: Context): Context['listArea'] {
  const items = block.children.map((child) => blockAt(draft, child));
  const texts = items
    .map((item) => item.children.map((child) => blockAt(draft, child)))
    .map(([first, ...rest]) => (first?.type === 'paragraph' && rest.length === 0 ? proseOf(first.inlines).text.trim() : undefined));
  if (
    texts.length > 1 &&
    texts.every((text) => text !== undefined && /^[A-Za-z][^:`.]{0,50}:(?:\s*`?(?:_{2,}.*|\.{3,}|\u2026|<[^<>]+>)`?)?$/.test(text)) &&
    !items.some((item) => nextSibling(draft, item)?.code)
  )
    return 'report';
  // A checklist that brings its own commands is the flow itself.
  if (items.some((item) => item.children.length > 1)) return undefined;
  if (context.area !== 'steps' || context.section.meaning !== 'steps' || !items.every((item) => item.checked !== undefined)) return undefined;
  const commands = commandStarts(draft.document);
  const before = draft.steps.length > 0 || (commands[0] ?? block.start) < block.start;
  const after = (commands.at(-1) ?? 0) > block.end;
  if (before === after) return undefined;
  return after
    ? 'preconditions'
    : texts.every((text) => text !== undefined && isInstruction(fold(text)) && !/^(?:verify|check|confirm|ensure|make sure)\b/i.test(text))
      ? undefined
      : 'criteria';
}

async function readItems(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  for (const index of block.children) {
    const item = blockAt(draft, index);
    const before = { area: context.area, title: context.title, files: context.files, example: context.example, intro: context.intro };
    for (const child of item.children) {
      const childBlock = blockAt(draft, child);
      await readBlock(draft, childBlock, childBlock.type === 'list' ? nested(draft, item, context) : context, parser);
    }
    // What a label inside an item says ends with the item; "FILE contains:" holds for the list below it alone.
    context.area = before.area;
    context.title = before.title;
    context.files = before.files;
    context.example = before.example;
    context.intro = before.intro;
    context.listArea = undefined;
  }
}

/** A list below an item of a task or a narrative list is detail of that item, except for labelled commands in it. */
function nested(draft: Draft, item: MarkdownBlock, context: Context): Context {
  const own = item.children.map((child) => draft.notes.get(child)?.disposition);
  return own.includes('task') && context.area === 'tasks' ? { ...context, area: 'task-detail' } : context;
}
