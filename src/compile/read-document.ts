/**
 * The walk over a Markdown document: every block is looked at once, in order, and noted with what it became. Meaning comes
 * from the section, then from the nearest label, then from the sentence itself. Nothing is bound here.
 */
import type { MarkdownBlock, MarkdownDocument } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { note, type Draft, type SectionDraft } from './draft.ts';
import { fold, proseOf, type Prose } from './prose.ts';
import { readFence } from './read-fence.ts';
import { readParagraph } from './read-prose.ts';
import { readTable } from './read-table.ts';
import { blockAt, contextOf, inheritNote, noteAll, phrasesOf, type Context } from './reading.ts';
import { compileHeading } from './section.ts';
import { headingCaution, introOf } from './sentence.ts';

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
  const titleBlock = headings[0]?.level === 1 && headings.filter((heading) => heading.level === 1).length === 1 ? headings[0] : undefined;
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
  let context = contextOf(preface, first !== undefined);
  for (const block of document.blocks) {
    if (block.parent !== undefined) continue;
    if (block.type === 'heading') {
      const prose = proseOf(block.inlines, block.start);
      if (block === titleBlock) {
        draft.title = prose.text;
        note(draft, block.index, 'metadata', 'title');
        continue;
      }
      while (open.length > 0 && (open.at(-1)?.level ?? 0) >= (block.level ?? 1)) open.pop();
      const section = readHeading(draft, block, prose, open.at(-1), headings);
      open.push(section);
      context = contextOf(section, false);
      const caution = headingCaution(fold(section.title.replace(/\([^()]*\)/g, ' ')), section.brackets);
      if (caution === 'decided') context.intro = { kind: 'branch', text: prose.text };
      continue;
    }
    await readBlock(draft, block, context, parser);
  }
  for (const block of document.blocks) inheritNote(draft, block);
  return draft;
}

function readHeading(draft: Draft, block: MarkdownBlock, prose: Prose, parent: SectionDraft | undefined, headings: readonly MarkdownBlock[]): SectionDraft {
  const reading = compileHeading(prose.text);
  const next = headings.find((heading) => heading.start > block.start && (heading.level ?? 1) <= (block.level ?? 1));
  const taken = new Set(draft.sections.map((section) => section.number));
  let ordinal = reading.number ?? parent?.number;
  if (ordinal === undefined) {
    let count = draft.sections.filter((section) => section.level === block.level).length + 1;
    while (taken.has(String(count))) count += 1;
    ordinal = String(count);
  }
  const section: SectionDraft = {
    number: ordinal,
    title: reading.title === '' ? prose.text : reading.title,
    level: block.level ?? 1,
    meaning: meaningOf(reading, parent),
    brackets: reading.brackets,
    start: block.start,
    end: next?.start ?? draft.document.text.text.length,
  };
  draft.sections.push(section);
  let became = false;
  if (section.meaning !== 'reference') {
    for (const words of reading.brackets) {
      if (phrasesOf(words, true).length === 0) continue;
      const at = draft.document.text.text.indexOf('(', block.start);
      draft.policies.push({
        text: words,
        start: at === -1 ? block.start : bracketStart(draft, block, words),
        end: block.end,
        section,
        block: block.index,
        origin: 'heading',
        codes: [],
        wholeSection: true,
      });
      note(draft, block.index, 'policy', `policy of section ${section.number}`);
      became = true;
    }
  }
  if (!became) note(draft, block.index, 'narrative', undefined, `section ${section.number}: ${section.meaning}`);
  return section;
}

/** Nothing below a part that is not executed comes alive again by a heading of its own. */
function meaningOf(reading: ReturnType<typeof compileHeading>, parent: SectionDraft | undefined): SectionDraft['meaning'] {
  if (parent?.meaning === 'reference') return 'reference';
  if (headingCaution(fold(reading.title.replace(/\([^()]*\)/g, ' ')), reading.brackets) === 'never') return 'reference';
  return reading.byDefault && parent !== undefined && parent.meaning !== 'expectation' ? parent.meaning : reading.meaning;
}

function bracketStart(draft: Draft, block: MarkdownBlock, words: string): number {
  const source = draft.document.text.text.slice(block.start, block.end);
  for (const match of source.matchAll(/\(([^()]*)\)/g)) if (fold(match[1] ?? '') === words) return block.start + match.index + 1;
  return block.start;
}

async function readBlock(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  if (context.section.meaning === 'reference') {
    noteAll(draft, block, 'reference', `section "${context.section.title}" is not executed`);
    return;
  }
  switch (block.type) {
    case 'rule':
    case 'html':
      note(draft, block.index, 'narrative');
      return;
    case 'definition':
      note(draft, block.index, 'reference');
      return;
    case 'front-matter':
      note(draft, block.index, 'metadata', 'front matter');
      return;
    case 'code':
      await readFence(draft, block, context, parser);
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

/** A quote that says it shows an older plan is reference as a whole; other quotes are read like the text around them. */
async function readQuote(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const [first] = block.children.map((child) => blockAt(draft, child));
  if (first && introOf(fold(proseOf(first.inlines).text)) === 'older') return noteAll(draft, block, 'reference', 'it quotes something older');
  const area = context.area;
  for (const child of block.children) await readBlock(draft, blockAt(draft, child), context, parser);
  if (context.area !== context.section.meaning) context.area = area;
}

async function readList(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
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
  }
}

/** A list below an item of a task or a narrative list is detail of that item, except for labelled commands in it. */
function nested(draft: Draft, item: MarkdownBlock, context: Context): Context {
  const own = item.children.map((child) => draft.notes.get(child)?.disposition);
  return own.includes('task') ? { ...context, area: 'task-detail' } : context;
}
