/**
 * The walk over a Markdown document: every block is looked at once, in order, and noted with what it became. Meaning comes
 * from the section, then from the nearest label, then from the sentence itself. Nothing is bound here.
 */
import { spanOf, sourceOffset, type MarkdownBlock, type MarkdownDocument } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { note, type BlockNote, type Draft, type SectionDraft, type StepDraft, type SearchDraft } from './draft.ts';
import { phrasebook, ruleWords } from './phrasebook.ts';
import { fold, proseOf, segmentsOf, sentencesOf, type Prose, type ProseCode, type Segment } from './prose.ts';
import { codeMeaning, isCommand, readShell, readSql } from './read-code.ts';
import { compileHeading, compileLabel, type LabelMeaning, type SectionMeaning } from './section.ts';

type Area = SectionMeaning | LabelMeaning | 'task-detail';

/** Where the walk stands: what the section and the last label say about what comes next. */
interface Context {
  readonly section: SectionDraft;
  area: Area;
  title: string;
  example: boolean;
  workingDirectory: string | undefined;
  /** The sentence before forbids what follows ("never do this:"). */
  negative: boolean;
  /** Files that "FILE contains:" named for the list below it. */
  files: { readonly paths: readonly string[]; readonly absent: boolean; readonly imports: boolean } | undefined;
  readonly preface: boolean;
}

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
  const preface: SectionDraft = { number: first ? '0' : '1', title: titleBlock ? proseOf(titleBlock.inlines).text : '', level: 0, meaning: 'steps', brackets: [], start: 0, end: first?.start ?? document.text.text.length };
  let context = contextOf(preface, true);
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
      continue;
    }
    await readBlock(draft, block, context, parser);
  }
  for (const block of document.blocks) inheritNote(draft, block);
  return draft;
}

function contextOf(section: SectionDraft, preface: boolean): Context {
  return { section, area: section.meaning, title: section.title, example: false, workingDirectory: undefined, negative: false, files: undefined, preface };
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
    meaning: reading.byDefault && parent !== undefined ? parent.meaning : reading.meaning,
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
      draft.policies.push({ text: words, start: at === -1 ? block.start : bracketStart(draft, block, words), end: block.end, section, block: block.index, origin: 'heading', codes: [], wholeSection: true });
      note(draft, block.index, 'policy', `policy of section ${section.number}`);
      became = true;
    }
  }
  if (!became) note(draft, block.index, 'narrative', undefined, `section ${section.number}: ${section.meaning}`);
  return section;
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
    case 'other':
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
      readTable(draft, block, context);
      return;
    default:
      for (const child of block.children) await readBlock(draft, blockAt(draft, child), context, parser);
  }
}

async function readFence(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const code = block.code;
  if (!code) return;
  const meaning = codeMeaning(code.language, code.value);
  const reason =
    context.negative ? 'the sentence before forbids it'
    : context.area === 'narrative' || context.area === 'scope' || context.area === 'policy' ? 'stands in a part that tells nothing to do'
    : context.example ? 'an example, not the instruction itself'
    : meaning === 'reference' ? `a block of ${code.language ?? 'text'}`
    : undefined;
  context.negative = false;
  if (context.area === 'report' && readTemplate(draft, block, context)) return;
  if (reason !== undefined) {
    note(draft, block.index, 'reference', undefined, reason);
    return;
  }
  if (meaning === 'unknown') {
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({ severity: 'error', code: 'compile/unknown-block', message: 'this block names no language and its content does not tell what it is', span: spanOf(draft.document, block.start, block.end), label: 'step, output or example?', help: 'write its language after the fence: ```bash, ```sql, or ```text for what is not run' });
    return;
  }
  if (code.value.trim() === '') {
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({ severity: 'error', code: 'compile/empty-block', message: 'this block holds no command', span: spanOf(draft.document, block.start, block.end), help: 'write the command, or remove the block' });
    return;
  }
  const place = { start: code.offsets[0] ?? block.start, end: block.end, place: (offset: number) => sourceOffset(code, offset), title: context.title, role: context.area === 'preconditions' ? ('precondition' as const) : ('step' as const) };
  const steps = meaning === 'shell' ? [readShell(draft, context.section, code.value, place)] : await readSql(draft, context.section, code.value, place, parser);
  for (const step of steps) {
    if (context.workingDirectory !== undefined) step.workingDirectory = context.workingDirectory;
    note(draft, block.index, 'step', () => `step ${step.id}`);
  }
  context.workingDirectory = undefined;
  context.title = context.section.title;
}

async function readParagraph(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const segments = segmentsOf(block.inlines);
  if (segments.length === 0) note(draft, block.index, 'narrative');
  for (const segment of segments) {
    const line: BlockNote = { disposition: 'narrative', becomes: [] };
    const before = draft.notes.get(block.index);
    draft.notes.delete(block.index);
    await readSegment(draft, block, segment, context, parser);
    const own = draft.notes.get(block.index) ?? note(draft, block.index, 'narrative');
    line.disposition = own.disposition;
    line.becomes.push(...own.becomes);
    if (own.reason !== undefined) line.reason = own.reason;
    if (before) {
      draft.notes.set(block.index, before);
      note(draft, block.index, own.disposition);
      for (const became of own.becomes) note(draft, block.index, own.disposition, became);
    }
    if (segments.length > 1) draft.lines.push({ start: segment.start, end: segment.end, type: 'label', note: line });
  }
}

async function readSegment(draft: Draft, block: MarkdownBlock, segment: Segment, context: Context, parser: SqlParser): Promise<void> {
  const label = segment.lead === undefined ? undefined : compileLabel(segment.lead);
  const body = segment.body;
  const empty = body.text.trim() === '';
  if (label !== undefined && segment.lead !== undefined) {
    if (context.area === 'report') {
      if (!readReportField(draft, block, context, segment.lead, segment.leadStart, body)) note(draft, block.index, 'narrative');
      return;
    }
    if (label === 'metadata' && context.preface) {
      draft.metadata.push({ name: segment.lead, text: body.text.trim(), span: spanOf(draft.document, segment.start, segment.end) });
      note(draft, block.index, 'metadata', segment.lead);
      return;
    }
    if (empty) {
      enterLabel(draft, block, label, segment.lead, context);
      return;
    }
    if (label === 'title' || label === 'metadata') {
      context.title = segment.lead;
      await readBody(draft, block, body, context, parser);
      return;
    }
    const inner: Context = { ...context, area: label, title: label === 'command' ? context.title : segment.lead };
    await readBody(draft, block, body, inner, parser);
    if (label === 'scope' || label === 'narrative' || label === 'expectation') context.area = label === 'expectation' ? context.section.meaning : context.area;
    return;
  }
  await readBody(draft, block, body, context, parser);
}

/** A label that stands alone: what it means holds for the blocks below it. */
function enterLabel(draft: Draft, block: MarkdownBlock, label: LabelMeaning, lead: string, context: Context): void {
  context.example = false;
  context.files = undefined;
  if (label === 'title' || label === 'metadata') {
    context.title = lead;
    context.area = context.section.meaning;
  } else if (label === 'example') context.example = true;
  else if (label === 'command') context.area = context.section.meaning;
  else context.area = label;
  note(draft, block.index, 'narrative', undefined, `label: ${label}`);
  if (label === 'title' && context.area === 'tasks') pushTask(draft, block, lead, context);
  for (const words of [...lead.matchAll(/\(([^()]*)\)/g)].map((match) => match[1] ?? '')) {
    const at = draft.document.text.text.indexOf(words, block.start);
    if (at !== -1 && at < block.end && phrasesOf(words).length > 0) pushPolicy(draft, block, { text: words, start: at, end: at + words.length, codes: [], strong: false }, context, 'text');
  }
}

function pushTask(draft: Draft, block: MarkdownBlock, text: string, context: Context): void {
  draft.tasks.push({ text, start: block.start, end: block.end, section: context.section, block: block.index });
  note(draft, block.index, 'task', `task ${draft.tasks.length}`);
}

/** Prose under a known meaning. */
async function readBody(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, parser: SqlParser): Promise<void> {
  const text = body.text.trim();
  if (text === '') return void note(draft, block.index, 'narrative');
  const common = { text, start: body.start, end: body.end, section: context.section, block: block.index };
  switch (context.area) {
    case 'policy':
      for (const sentence of sentencesOf(body, draft.document.text.text)) pushPolicy(draft, block, sentence, context, 'text');
      return;
    case 'scope':
    case 'narrative':
      readNarrative(draft, block, body, context);
      return;
    case 'preconditions':
      if (readSearch(draft, block, body, context, 'precondition')) return;
      draft.preconditions.push({ ...common, searches: [] });
      note(draft, block.index, 'precondition', `precondition ${draft.preconditions.length}`);
      return;
    case 'tasks':
      if (isHeadline(text)) return void note(draft, block.index, 'narrative');
      pushTask(draft, block, text, context);
      return;
    case 'task-detail':
      note(draft, block.index, 'task', `task ${draft.tasks.length}`, 'detail of that task');
      return;
    case 'search':
      if (readSearch(draft, block, body, context, 'step')) return;
      await readSentences(draft, block, body, context, parser);
      return;
    case 'capture':
      readCapture(draft, block, body, context);
      return;
    case 'expectation':
      draft.claims.push({ ...common, steps: stepsOf(draft, context.section) });
      note(draft, block.index, 'expectation');
      return;
    case 'acceptance':
      draft.acceptance.push({ ...common, steps: stepsOf(draft, context.section) });
      note(draft, block.index, 'expectation');
      return;
    case 'criteria':
      if (isHeadline(text)) return void note(draft, block.index, 'narrative');
      draft.criteria.push(common);
      note(draft, block.index, 'criterion', `criterion C${draft.criteria.length}`);
      return;
    case 'report':
      if (!readTemplateLine(draft, block, body, context)) note(draft, block.index, 'narrative');
      return;
    default:
      await readSentences(draft, block, body, context, parser);
  }
}

/** "The following must hold:" introduces; it says nothing itself. */
function isHeadline(text: string): boolean {
  return /:$/.test(text) && !/`/.test(text);
}

function readNarrative(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  note(draft, block.index, 'narrative');
  for (const sentence of sentencesOf(body, draft.document.text.text)) {
    if (phrasesOf(sentence.text).length > 0 && /\b(must not|never|do not|don't|forbidden|not allowed)\b/.test(fold(sentence.text))) pushPolicy(draft, block, sentence, context, 'text');
  }
}

/** Sentences in a part that tells what to do: commands, captures, waits, rules; the rest is narrative. */
async function readSentences(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, parser: SqlParser): Promise<void> {
  const text = body.text.trim();
  const folded = fold(text);
  note(draft, block.index, 'narrative');
  context.example = /^(for )?example\b.*:$/.test(folded) && !isOnlyCommandOf(draft, block);
  context.negative = /\b(?:do not|don't|never|must not|wrong|not like this)\b[^.]*:$/.test(folded);
  const from = text.match(/^(?:execute|run)(?: (?:this|it|them|the following|all commands))? (?:from|in|inside)(?: the)? `([^`]+)`(?: (?:directory|folder))?\s*:?$/i);
  if (from) {
    context.workingDirectory = (from[1] ?? '').replace(/\/+$/, '') || '.';
    note(draft, block.index, 'narrative', 'working directory', 'working directory of the next block');
    return;
  }
  if (context.negative) {
    for (const sentence of sentencesOf(body, draft.document.text.text)) if (phrasesOf(sentence.text).length > 0) pushPolicy(draft, block, sentence, context, 'text');
    return;
  }
  await readCommands(draft, block, body, context, parser);
  readRecord(draft, block, body, context);
  readWait(draft, block, body, context);
  for (const sentence of sentencesOf(body, draft.document.text.text)) {
    const phrases = phrasesOf(sentence.text);
    if (phrases.length > 0 && (ruleWords.test(fold(sentence.text)) || /\breal\b/.test(fold(sentence.text)))) pushPolicy(draft, block, sentence, context, 'text');
    else if (/\b(?:must not|never|do not|don't|forbidden|prohibited)\b/.test(fold(sentence.text)) && draft.notes.get(block.index)?.disposition !== 'step') pushPolicy(draft, block, sentence, context, 'text');
  }
  if (/^(?:expect(?:ed)?|verify that|ensure that|confirm that|you should see|should (?:see|print|return))\b/.test(folded) && draft.notes.get(block.index)?.disposition === 'narrative') {
    draft.claims.push({ text: text.replace(/^(?:expect(?:ed)?(?: results?| output)?\s*:?|verify that|ensure that|confirm that)\s*/i, ''), start: body.start, end: body.end, section: context.section, steps: stepsOf(draft, context.section), block: block.index });
    note(draft, block.index, 'expectation');
  }
}

const doWords = /^(?:(?:then|first|next|now|also|and|finally),? )?(?:run|execute|call|invoke|use|type|issue|apply|start|launch|create|list|verify|check|confirm|search|if none|if no|if missing|if not|otherwise|example)\b|:$/;

/** Inline code that is a command, where the sentence tells to do it. */
async function readCommands(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, parser: SqlParser): Promise<void> {
  const commands = body.codes.filter((code) => isCommand(code.value));
  for (const code of commands) {
    const around = fold(body.text.replace(`\`${code.value}\``, ' ')).replace(/[.:;,]$/, '');
    const alone = around === '' || around === '-';
    const before = fold(draft.document.text.text.slice(body.start, code.start));
    const condition = /^(?:and )?(?:if|when) (?:none|no \w+|not found|missing|empty|(?:it|there) (?:does not|doesn't|is not|isn't|are no)\b.*|nothing .*)/.exec(before);
    if (!alone && !doWords.test(before) && !['command', 'search'].includes(context.area)) continue;
    if (context.negative) continue;
    await readInlineCommand(draft, block, code, context, condition !== null, parser);
  }
}

async function readInlineCommand(draft: Draft, block: MarkdownBlock, code: ProseCode, context: Context, conditional: boolean, parser: SqlParser): Promise<void> {
  const ticks = draft.document.text.text.slice(code.start, code.end).indexOf(code.value);
  const start = code.start + Math.max(0, ticks);
  const previous = draft.steps.at(-1);
  const place = { start, end: start + code.value.length, place: (offset: number) => start + offset, title: context.title, role: 'step' as const };
  const steps = codeMeaning(undefined, code.value) === 'sql' ? await readSql(draft, context.section, code.value, place, parser) : [readShell(draft, context.section, code.value, place)];
  for (const step of steps) {
    if (conditional) step.conditional = { start: block.start, end: code.end, previous };
    if (context.workingDirectory !== undefined) step.workingDirectory = context.workingDirectory;
    note(draft, block.index, 'step', () => `step ${step.id}`);
  }
}

/** "Record the resulting `run_id`". */
function readRecord(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  for (const match of body.text.matchAll(/\b(?:record|capture|note(?: down)?|save|remember)\b(?: \w+){0,3}? `([A-Za-z_][\w]*)`/gi)) {
    pushCapture(draft, block, match[1] ?? '', match[1] ?? '', false, body, context);
  }
}

/** "wait for completion (status `succeeded` or `failed`)": a claim on a name's values. */
function readWait(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  for (const match of body.text.matchAll(/\b(?:wait (?:for|until)|until)\b[^.()]*\(?\b`?([A-Za-z_]\w*)`?(?: is)? ((?:`[^`]+`(?:, | or |, or )?)+)\)?/gi)) {
    const values = [...(match[2] ?? '').matchAll(/`([^`]+)`/g)].map((value) => value[1] ?? '');
    const name = match[1] ?? '';
    if (values.length === 0) continue;
    if (!draft.captures.some((capture) => capture.name === name)) pushCapture(draft, block, name, name, false, body, context);
    draft.claims.push({ text: `${name} in { ${values.join(', ')} }`, start: body.start, end: body.end, section: context.section, steps: stepsOf(draft, context.section), block: block.index });
    note(draft, block.index, 'expectation');
  }
}

function readCapture(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  const label = body.text.replace(/\([^()]*\)/g, '').replace(/[`.]/g, '').trim();
  if (label === '' || !/^[A-Za-z][\w .-]{0,60}$/.test(label)) {
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({ severity: 'error', code: 'compile/unclear-capture', message: `\`${label}\` names nothing that could be recorded`, span: spanOf(draft.document, body.start, body.end), help: 'write the name as the command prints it, as in `Run ID`' });
    return;
  }
  pushCapture(draft, block, captureName(label), label, /\(if any\)|\(optional\)|\bif any\b/i.test(body.text), body, context);
}

function pushCapture(draft: Draft, block: MarkdownBlock, name: string, label: string, optional: boolean, body: Prose, context: Context): void {
  if (draft.captures.some((capture) => capture.name === name && capture.section === context.section)) return;
  draft.captures.push({ name, label, optional, step: stepsOf(draft, context.section).at(-1), text: body.text, start: body.start, end: body.end, section: context.section, block: block.index });
  note(draft, block.index, 'capture', `capture ${name}`);
}

/** `Run ID` → `run_id`. */
export function captureName(label: string): string {
  return fold(label).replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
}

/** "FILE contains …", "FILE imports …", and the items of a list below such a line. */
function readSearch(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, role: 'step' | 'precondition'): boolean {
  const text = body.text.trim();
  const common = { text, start: body.start, end: body.end, section: context.section, block: block.index, role };
  const contains = text.match(/^`([^`]+)` (contains|imports|includes|has|defines|does not contain|contains no|has no|must contain|must not contain)\b(.*)$/s);
  if (contains && looksLikePath(contains[1] ?? '')) {
    const absent = /\bno\b|\bnot\b/.test(`${contains[2] ?? ''}${(contains[3] ?? '').match(/^ no\b/)?.[0] ?? ''}`);
    const rest = (contains[3] ?? '').trim();
    if (rest === ':' || rest === '') {
      context.files = { paths: [contains[1] ?? ''], absent, imports: contains[2] === 'imports' };
      if (role === 'precondition') draft.preconditions.push({ ...common, searches: [] });
      note(draft, block.index, role === 'precondition' ? 'precondition' : 'expectation', role === 'precondition' ? `precondition ${draft.preconditions.length}` : undefined, `claims about ${contains[1] ?? ''} follow`);
      return true;
    }
    pushSearch(draft, { ...common, paths: [contains[1] ?? ''], codes: body.codes.slice(1).map((code) => code.value), absent, imports: undefined });
    return true;
  }
  if (!context.files) return false;
  const codes = body.codes.map((code) => code.value);
  const imports = context.files.imports && codes.length === 2 && /` from `/.test(text) ? { name: codes[0] ?? '', module: codes[1] ?? '' } : undefined;
  pushSearch(draft, { ...common, paths: context.files.paths, codes, absent: context.files.absent, imports });
  return true;
}

function pushSearch(draft: Draft, search: SearchDraft): void {
  draft.searches.push(search);
  if (search.role === 'precondition') draft.preconditions.at(-1)?.searches.push(search);
  note(draft, search.block, search.role === 'precondition' ? 'precondition' : 'step', () => draft.steps.filter((step) => step.start === search.start).map((step) => `step ${step.id}`).join(', '));
}

function looksLikePath(text: string): boolean {
  return /^[\w./*-]+$/.test(text) && /[./]/.test(text);
}

async function readList(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  for (const index of block.children) {
    const item = blockAt(draft, index);
    const before = { area: context.area, title: context.title, files: context.files, example: context.example };
    for (const child of item.children) {
      const childBlock = blockAt(draft, child);
      await readBlock(draft, childBlock, childBlock.type === 'list' ? nested(draft, item, context) : context, parser);
    }
    // What a label inside an item says ends with the item; "FILE contains:" holds for the list below it alone.
    context.area = before.area;
    context.title = before.title;
    context.files = before.files;
    context.example = before.example;
  }
}

/** A list below an item of a task or a narrative list is detail of that item, except for labelled commands in it. */
function nested(draft: Draft, item: MarkdownBlock, context: Context): Context {
  const own = item.children.map((child) => draft.notes.get(child)?.disposition);
  return own.includes('task') ? { ...context, area: 'task-detail' } : context;
}

/** Rows of `label | <hole>` in a report; in other parts a table is narrative unless it holds what must be executed. */
function readTable(draft: Draft, block: MarkdownBlock, context: Context): void {
  const rows = block.children.map((child) => blockAt(draft, child));
  const header = rows[0]?.cells?.map((cell) => fold(proseOf(cell).text)) ?? [];
  const checks = header.some((cell) => /^(command|query|sql|step)$/.test(cell)) && header.some((cell) => /^(expected|expectation|result|pass)/.test(cell));
  note(draft, block.index, 'narrative');
  for (const row of rows) {
    const cells = row.cells ?? [];
    if (context.area === 'report' && cells.length >= 2 && row !== rows[0] && readReportField(draft, row, context, proseOf(cells[0] ?? []).text, row.start, proseOf(cells.at(-1) ?? []))) continue;
    if (checks && row !== rows[0]) {
      note(draft, row.index, 'unclaimed');
      draft.diagnostics.push({ severity: 'error', code: 'compile/table-of-checks', message: 'a table of commands and expectations is not read as steps', span: spanOf(draft.document, row.start, row.end), help: 'write each row as a fenced block with an **Expected:** line' });
    } else note(draft, row.index, 'narrative');
  }
}

function readTemplate(draft: Draft, block: MarkdownBlock, context: Context): boolean {
  const code = block.code;
  if (!code) return false;
  let found = false;
  for (const [index, line] of code.value.split('\n').entries()) {
    const match = line.match(/^\s*(?:[-*] )?\**([^:<>|]+?)\**\s*[:=|]\**\s*`?(<[^<>]+>)/);
    if (!match) continue;
    const at = (code.offsets[index] ?? block.start) + line.indexOf(match[2] ?? '');
    pushReport(draft, block, context, (match[1] ?? '').trim(), match[2] ?? '', at, code.offsets[index] ?? block.start);
    found = true;
  }
  return found;
}

function readTemplateLine(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): boolean {
  const match = body.text.match(/^([^:<>]+?)\s*:\s*`?(<[^<>]+>)/);
  return match !== null && readReportField(draft, block, context, match[1] ?? '', body.start, body);
}

function readReportField(draft: Draft, block: MarkdownBlock, context: Context, label: string, start: number, body: Prose): boolean {
  const written = body.text.match(/<[^<>]+>/)?.[0];
  if (written === undefined) return false;
  const at = draft.document.text.text.indexOf(written, Math.max(body.start, start));
  if (at === -1) return false;
  pushReport(draft, block, context, label.replace(/[`*]/g, '').trim(), written, at, start);
  return true;
}

function pushReport(draft: Draft, block: MarkdownBlock, context: Context, label: string, written: string, at: number, start: number): void {
  draft.report.push({ label, text: label, start, end: at + written.length, hole: { written, start: at, end: at + written.length }, section: context.section, block: block.index });
  note(draft, block.index, 'report field', `report field "${label}"`);
}

function pushPolicy(draft: Draft, block: MarkdownBlock, sentence: Prose, context: Context, origin: 'text' | 'heading'): void {
  if (isHeadline(sentence.text)) return;
  draft.policies.push({ text: sentence.text, start: sentence.start, end: sentence.end, section: context.section, block: block.index, origin, codes: sentence.codes.map((code) => code.value), wholeSection: false });
  note(draft, block.index, 'policy');
}

/** The phrases of the book that a sentence holds. */
export function phrasesOf(text: string, heading = false): readonly (typeof phrasebook)[number][] {
  const folded = fold(text);
  return phrasebook.filter((phrase) => (heading || phrase.heading !== true) && phrase.pattern.test(folded));
}

/** Steps that stand in this section (or one below it) so far, in order. */
function stepsOf(draft: Draft, section: SectionDraft): readonly StepDraft[] {
  return draft.steps.filter((step) => step.start >= section.start && step.start < section.end);
}

/** Is the only code of this numbered instruction the one that "Example:" introduces? */
function isOnlyCommandOf(draft: Draft, block: MarkdownBlock): boolean {
  let at: MarkdownBlock | undefined = block;
  while (at?.parent !== undefined) {
    at = blockAt(draft, at.parent);
    const list = at.parent === undefined ? undefined : blockAt(draft, at.parent);
    if (at.type === 'list-item' && list?.ordered) {
      const inside = draft.document.blocks.filter((other) => other.code && other.start >= (at?.start ?? 0) && other.end <= (at?.end ?? 0));
      return inside.length === 1;
    }
  }
  return false;
}

function blockAt(draft: Draft, index: number): MarkdownBlock {
  const block = draft.document.blocks[index];
  if (!block) throw new RangeError(`no block ${index}`);
  return block;
}

function noteAll(draft: Draft, block: MarkdownBlock, disposition: 'reference', reason: string): void {
  note(draft, block.index, disposition, undefined, reason);
  for (const child of block.children) noteAll(draft, blockAt(draft, child), disposition, reason);
}

/** Containers (lists, items, quotes, tables) are what their strongest child is. Children stand after their parent. */
function inheritNote(draft: Draft, block: MarkdownBlock): void {
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
