/**
 * The walk over a Markdown document: every block is looked at once, in order, and noted with what it became. Meaning comes
 * from the section, then from the nearest label, then from the sentence itself. Nothing is bound here.
 */
import type { MarkdownBlock, MarkdownDocument } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { note, type Draft, type SectionDraft } from './draft.ts';
import { markUnread } from './foreign-prose.ts';
import { introOf } from './introduction.ts';
import { fold, proseOf } from './prose.ts';
import { readFence } from './read-fence.ts';
import {
  commandStarts,
  isFollowedByCommand,
  manual,
  meaningByPlace,
  readBrackets,
  readHeading,
  sectionEnds,
  titleOf,
  type SectionNumbers,
} from './read-heading.ts';
import { readParagraph } from './read-prose.ts';
import { readTable } from './read-table.ts';
import { blockAt, contextOf, inheritNote, nextSibling, noteAll, type Context } from './reading.ts';
import { compileHeading } from './section.ts';
import { isInstruction } from './sentence.ts';

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
    conduct: [],
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
  for (const step of draft.steps) if (step.role === 'step' && step.section.teardown) step.role = 'teardown';
  markUnread(draft);
  for (const block of document.blocks) inheritNote(draft, block);
  return draft;
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
