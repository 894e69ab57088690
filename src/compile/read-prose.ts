/** Prose under a meaning: labels, sentences, inline commands, captures, claims, rules and instructions for people. */
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { note, type BlockNote, type Draft } from './draft.ts';
import { ruleWords } from './phrasebook.ts';
import { fold, segmentsOf, sentencesOf, type Prose, type ProseCode, type Segment } from './prose.ts';
import { codeMeaning, isCommand, readShell, readSql } from './read-code.ts';
import { readSearch } from './read-search.ts';
import { readReportField, readTemplateLine, reportWithoutPlace } from './read-template.ts';
import { blockAt, captureName, isHeadline, isOnlyCommandOf, phrasesOf, pushCapture, pushPolicy, pushTask, stepsOf, type Context } from './reading.ts';
import { compileLabel, type LabelMeaning } from './section.ts';
import { commandLead, directoryOf, introOf, isClaim, isInstruction, stopConditionOf } from './sentence.ts';

export async function readParagraph(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const segments = segmentsOf(withoutAlert(draft, block));
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

/** `> [!IMPORTANT]` is the mark of an alert, not a word of its sentence. */
function withoutAlert(draft: Draft, block: MarkdownBlock): MarkdownBlock['inlines'] {
  const parent = block.parent === undefined ? undefined : draft.document.blocks[block.parent];
  if (parent?.type !== 'quote' || !/^\[!\w+\]\s*$/.test(block.inlines[0]?.value ?? '')) return block.inlines;
  return block.inlines.slice(block.inlines[1]?.value.trim() === '' ? 2 : 1);
}

async function readSegment(draft: Draft, block: MarkdownBlock, segment: Segment, context: Context, parser: SqlParser): Promise<void> {
  const plain = segment.lead === undefined ? plainLabelOf(segment.body.text) : undefined;
  const lead = segment.lead ?? plain;
  const label = lead === undefined ? undefined : compileLabel(lead);
  const body = segment.body;
  const empty = plain !== undefined || body.text.trim() === '';
  if (label === undefined || lead === undefined) {
    await readBody(draft, block, body, context, parser);
    return;
  }
  context.intro = undefined;
  if (context.area === 'report') {
    if (!readReportField(draft, block, context, lead, segment.leadStart, body)) reportWithoutPlace(draft, block, context, lead, segment);
    return;
  }
  if (label === 'metadata' && context.preface) {
    draft.metadata.push({ name: lead, text: body.text.trim(), span: spanOf(draft.document, segment.start, segment.end) });
    note(draft, block.index, 'metadata', lead);
    return;
  }
  if (label === 'unsupported') {
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({
      severity: 'error',
      code: 'compile/unclear-expectation',
      message: `\`${lead}\` states something that no claim expresses`,
      span: spanOf(draft.document, segment.start, segment.end),
      help: 'say under **Expected:** what evidence must show when all is well; a time limit is `timeoutMs` of the step in the addendum',
    });
    return;
  }
  if (empty) {
    enterLabel(draft, block, label, lead, context);
    return;
  }
  if (label === 'title' || label === 'metadata') {
    context.title = lead;
    await readBody(draft, block, body, context, parser);
    return;
  }
  const inner: Context = { ...context, area: label, title: label === 'command' ? context.title : lead };
  await readBody(draft, block, body, inner, parser);
  context.intro = inner.intro;
  if (label === 'command' && /^(?:verify|verification|check)/i.test(lead) && draft.notes.get(block.index)?.disposition === 'narrative') {
    draft.claims.push({
      text: body.text.trim(),
      start: body.start,
      end: body.end,
      section: context.section,
      steps: stepsOf(draft, context.section),
      block: block.index,
    });
    note(draft, block.index, 'expectation');
  }
  if (label === 'expectation') context.area = context.section.meaning;
}

/** "Expected output:" on a line of its own is a label although it is not bold. */
function plainLabelOf(text: string): string | undefined {
  const label = /^([A-Za-z][A-Za-z ]{2,30}):$/.exec(text.trim())?.[1];
  return label !== undefined && ['expectation', 'capture', 'acceptance'].includes(compileLabel(label)) ? label : undefined;
}

/** A label that stands alone: what it means holds for the blocks below it. */
function enterLabel(draft: Draft, block: MarkdownBlock, label: LabelMeaning, lead: string, context: Context): void {
  context.example = false;
  context.files = undefined;
  const caution = label === 'title' ? introOf(fold(lead)) : undefined;
  if (caution !== undefined && caution !== 'example') context.intro = { kind: caution, text: lead };
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
    if (at !== -1 && at < block.end && phrasesOf(words).length > 0)
      pushPolicy(draft, block, { text: words, start: at, end: at + words.length, codes: [], strong: false }, context, 'text');
  }
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
      if (isHeadline(text)) return void introduce(draft, block, text, context);
      if (readSearch(draft, block, body, context, 'precondition')) return;
      draft.preconditions.push({ ...common, searches: [] });
      note(draft, block.index, 'precondition', `precondition ${draft.preconditions.length}`);
      return;
    case 'tasks':
      if (isHeadline(text)) return void introduce(draft, block, text, context);
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
      if (/^(?:record|capture|note|save)\b/i.test(text)) await readSentences(draft, block, body, context, parser);
      else readCapture(draft, block, body, context);
      return;
    case 'expectation':
      if (isHeadline(text)) return void note(draft, block.index, 'narrative');
      draft.claims.push({ ...common, ...stepsNear(draft, context) });
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

/** A section of its own for expectations speaks of the steps before it; only one of them may be meant. */
function stepsNear(draft: Draft, context: Context): { readonly steps: ReturnType<typeof stepsOf>; readonly far?: true } {
  if (context.section.meaning !== 'expectation') return { steps: stepsOf(draft, context.section) };
  const parent = draft.sections.findLast(
    (section) => section !== context.section && section.start < context.section.start && section.end >= context.section.end,
  );
  const near = parent === undefined ? [] : stepsOf(draft, parent);
  return near.length > 0 ? { steps: near } : { steps: [...draft.steps], far: true };
}

function readNarrative(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  note(draft, block.index, 'narrative');
  for (const sentence of sentencesOf(body, draft.document.text.text)) {
    const folded = fold(sentence.text);
    introduce(draft, block, sentence.text, context);
    if (phrasesOf(sentence.text).length > 0 && /\b(must not|never|do not|don't|forbidden|not allowed)\b/.test(folded))
      pushPolicy(draft, block, sentence, context, 'text');
    else if (/^(?:do not|don't|never|under no circumstances)\b/.test(folded)) pushPolicy(draft, block, sentence, context, 'text');
    else if (isInstruction(folded) && sentence.codes.some((code) => isCommand(code.value)))
      undecided(draft, block, sentence, 'it tells to run a command, and stands in a part that tells nothing to do', 'move it to a section of steps');
  }
}

/** Notes what a sentence says about the blocks below it. */
function introduce(draft: Draft, block: MarkdownBlock, text: string, context: Context): void {
  const folded = fold(text);
  const kind = introOf(folded);
  context.intro = kind === undefined || (kind === 'branch' && !/:$/.test(folded) && !/^(?:optional|alternative)/.test(folded)) ? undefined : { kind, text };
  note(draft, block.index, 'narrative');
}

/** A command that is neither clearly to be run nor clearly not. */
export function undecided(draft: Draft, block: MarkdownBlock, place: { readonly start: number; readonly end: number }, why: string, help: string): void {
  note(draft, block.index, 'unclaimed');
  draft.diagnostics.push({
    severity: 'error',
    code: 'compile/undecided-command',
    message: `nothing decides whether this is to be run: ${why}`,
    span: spanOf(draft.document, place.start, place.end),
    help: `${help}; or accept it in the addendum, under \`accept:\`, as reference`,
  });
}

/** Sentences in a part that tells what to do: commands, captures, waits, rules, claims, instructions; the rest is narrative. */
async function readSentences(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, parser: SqlParser): Promise<void> {
  const text = body.text.trim();
  const folded = fold(text);
  note(draft, block.index, 'narrative');
  context.example = /^(for )?example\b.*:$/.test(folded) && !isOnlyCommandOf(draft, block);
  const directory = directoryOf(text);
  if (directory !== undefined) {
    context.intro = undefined;
    if (directory.all) context.sectionDirectory = directory.path;
    else context.workingDirectory = directory.path;
    note(
      draft,
      block.index,
      'narrative',
      'working directory',
      directory.all ? 'working directory of the blocks below it' : 'working directory of the next block',
    );
    return;
  }
  const inherited = context.intro;
  const inList = block.parent !== undefined && blockAt(draft, block.parent).type === 'list-item';
  if (inherited !== undefined && inList && inherited.kind !== 'example') {
    readCautionedItem(draft, block, body, inherited, context);
    return;
  }
  const sentences = sentencesOf(body, draft.document.text.text);
  for (const sentence of sentences) introduce(draft, block, sentence.text, context);
  const negative = context.intro?.kind === 'negative';
  if (!negative) await readCommands(draft, block, body, context, parser);
  readRecord(draft, block, body, context);
  readWait(draft, block, body, context);
  for (const sentence of sentences) readSentence(draft, block, sentence, body, context);
  // A box to be ticked is something that a person does or sees.
  const item = block.parent === undefined ? undefined : blockAt(draft, block.parent);
  if (item?.checked !== undefined && draft.notes.get(block.index)?.disposition === 'narrative' && !isHeadline(text)) pushTask(draft, block, text, context);
}

/** An item below "Do not:" is a prohibition, below "If it fails:" no step. */
function readCautionedItem(draft: Draft, block: MarkdownBlock, body: Prose, intro: NonNullable<Context['intro']>, context: Context): void {
  if (intro.kind === 'negative') {
    for (const sentence of sentencesOf(body, draft.document.text.text)) pushPolicy(draft, block, sentence, context, 'text', intro.text.replace(/:$/, ''));
    return;
  }
  if (intro.kind === 'older') return void note(draft, block.index, 'reference', undefined, `part of what "${intro.text}" shows`);
  undecided(draft, block, body, `"${intro.text}" leaves it open`, 'give it a section whose heading says when it is used, such as Rollback');
}

function readSentence(draft: Draft, block: MarkdownBlock, sentence: Prose, body: Prose, context: Context): void {
  const folded = fold(sentence.text);
  const isStep = (draft.notes.get(block.index)?.disposition ?? 'narrative') === 'step';
  const phrases = phrasesOf(sentence.text);
  const common = { start: sentence.start, end: sentence.end, section: context.section, block: block.index };
  const stop = stopConditionOf(sentence.text);
  if (phrases.length > 0 && (ruleWords.test(folded) || /\breal\b|\b(?:must|shall|only)\b|^(?:stop|abort|halt|if|avoid)\b/.test(folded)))
    return void pushPolicy(draft, block, sentence, context, 'text');
  if (stop !== undefined) {
    draft.claims.push({ ...common, text: stop, opposite: true, steps: stepsOf(draft, context.section) });
    return void note(draft, block.index, 'expectation');
  }
  if (isProhibition(folded)) {
    if (!isStep) pushPolicy(draft, block, sentence, context, 'text');
    return;
  }
  if (context.preface && sentence.codes.length === 0 && !/^expect/.test(folded)) return;
  const own = draft.notes.get(block.index)?.disposition;
  if (isClaim(folded) && !(own === 'capture' || (isStep && !/\b(?:should|must|expect\w*|returns?|prints?|exits?)\b/.test(folded)))) {
    const near = stepsOf(draft, context.section);
    const inline = near.filter((step) => step.start >= body.start && step.end <= body.end);
    const subject = sentence.codes.find((code) => inline.some((step) => step.start >= code.start && step.end <= code.end));
    draft.claims.push({
      ...common,
      text: subject ? sentence.text.replace(`\`${subject.value}\``, 'it') : sentence.text,
      steps: inline.length > 0 ? inline : near,
    });
    return void note(draft, block.index, 'expectation');
  }
  if (
    isInstruction(folded) &&
    !draft.steps.some((step) => step.start >= sentence.start && step.end <= sentence.end) &&
    own !== 'capture' &&
    !draft.captures.some((capture) => capture.block === block.index)
  )
    pushTask(draft, block, sentence.text, context, sentence);
}

/** Forbids whoever executes the plan; a tale of what never happened does not. */
function isProhibition(folded: string): boolean {
  // What an output must not hold is a claim on it.
  if (/^(?:the )?(?:command |program )?(?:std)?(?:out(?:put)?|err|response|logs?|exit code)\b.*\b(?:must|should|may) not\b/.test(folded)) return false;
  if (/\b(?:must not|may not|do not|don't|forbidden|prohibited|under no circumstances|not allowed|refrain from)\b/.test(folded))
    return !/\b(?:we|they|users?|it|i) (?:do not|don't)\b|\bif you (?:do not|don't)\b/.test(folded);
  return /^never\b|[,:] never\b|\byou (?:must |should )?never\b|\bmust never\b|\bshould never\b/.test(folded);
}

const doWords =
  /^(?:(?:then|first|next|now|also|and|finally),? )?(?:run|execute|call|invoke|use|type|issue|apply|start|launch|create|list|verify|check|confirm|search|if none|if no|if missing|if not|example)\b|:$/;

/** Inline code that is a command, where the sentence tells to do it. */
async function readCommands(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, parser: SqlParser): Promise<void> {
  const commands = body.codes.filter((code) => isCommand(code.value));
  for (const code of commands) {
    const around = fold(body.text.replace(`\`${code.value}\``, ' ')).replace(/[.:;,]$/, '');
    const alone = around === '' || around === '-';
    const source = draft.document.text.text;
    const before = fold(source.slice(body.start, code.start));
    const sentenceBefore = before.split(/[.!?] /).at(-1) ?? before;
    const condition = /^(?:and )?(?:if|when) (?:none|no \w+|not found|missing|empty|(?:it|there) (?:does not|doesn't|is not|isn't|are no)\b.*|nothing .*)/.exec(
      before,
    );
    const lead = commandLead(sentenceBefore.replace(/[`'"]$/, '').trim(), source.slice(code.end, code.end + 40).toLowerCase());
    const branch =
      condition === null &&
      (lead === 'branch' ||
        (introOf(sentenceBefore) === 'branch' &&
          (doWords.test(sentenceBefore) || /^(?:if|when|unless|otherwise|alternatively|optionally)\b/.test(sentenceBefore))));
    if (branch) {
      undecided(draft, block, code, 'its sentence leaves it open', 'say when it runs in a heading, such as Rollback');
      continue;
    }
    if (!alone && !doWords.test(before) && lead !== 'run' && !['command', 'search'].includes(context.area)) continue;
    if (isProhibition(sentenceBefore)) continue;
    await readInlineCommand(draft, block, code, context, condition !== null, parser);
  }
}

async function readInlineCommand(
  draft: Draft,
  block: MarkdownBlock,
  code: ProseCode,
  context: Context,
  conditional: boolean,
  parser: SqlParser,
): Promise<void> {
  const ticks = draft.document.text.text.slice(code.start, code.end).indexOf(code.value);
  const start = code.start + Math.max(0, ticks);
  const previous = draft.steps.at(-1);
  const prompt = /^\$ /.test(code.value) ? 2 : 0;
  const text = code.value.slice(prompt);
  const place = {
    start: start + prompt,
    end: start + code.value.length,
    place: (offset: number) => start + prompt + offset,
    title: context.title,
    role: 'step' as const,
  };
  const steps =
    codeMeaning(undefined, text) === 'sql' ? await readSql(draft, context.section, text, place, parser) : [readShell(draft, context.section, text, place)];
  for (const step of steps) {
    if (conditional) step.conditional = { start: block.start, end: code.end, previous };
    const directory = context.workingDirectory ?? context.sectionDirectory;
    if (directory !== undefined) step.workingDirectory = directory;
    note(draft, block.index, 'step', () => `step ${step.id}`);
  }
}

/** "Record the resulting `run_id` and `status`", "Record: Run ID, Status". */
function readRecord(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  for (const match of body.text.matchAll(
    /\b(?:record|capture|note(?: down)?|save|remember)\b(?: \w+){0,3}? (`[A-Za-z_]\w*`(?:(?:, and |, | and )`[A-Za-z_]\w*`)*)/gi,
  )) {
    for (const name of (match[1] ?? '').matchAll(/`(\w+)`/g)) pushCapture(draft, block, name[1] ?? '', name[1] ?? '', false, body, context);
  }
  for (const sentence of sentencesOf(body, draft.document.text.text)) {
    const rest = /^(?:please )?(?:record|capture|note down)(?: the)?:? ([^`]+)$/i.exec(sentence.text)?.[1];
    if (rest === undefined) continue;
    for (const part of rest.split(/,\s*(?:and )?| and (?:the )?/)) readCapture(draft, block, { ...sentence, text: part }, context);
  }
}

/** "wait for completion (status `succeeded` or `failed`)": a claim on a name's values. */
function readWait(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  for (const match of body.text.matchAll(
    /\b(?:wait (?:for|until)|until)\b[^.()]*?\(?\b`?([A-Za-z_]\w*)`?(?: (?:is|becomes|equals|=))? ((?:`[^`]+`(?:, | or |, or )?)+)\)?/gi,
  )) {
    const values = [...(match[2] ?? '').matchAll(/`([^`]+)`/g)].map((value) => value[1] ?? '');
    const name = match[1] ?? '';
    if (values.length === 0) continue;
    if (!draft.captures.some((capture) => capture.name === name)) pushCapture(draft, block, name, name, false, body, context);
    draft.claims.push({
      text: `${name} in { ${values.join(', ')} }`,
      start: body.start,
      end: body.end,
      section: context.section,
      steps: stepsOf(draft, context.section),
      block: block.index,
    });
    note(draft, block.index, 'expectation');
  }
}

function readCapture(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  const label = body.text
    .replace(/\([^()]*\)/g, '')
    .replace(/[`.]/g, '')
    .trim();
  if (label === '' || !/^[A-Za-z][\w .-]{0,60}$/.test(label)) {
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({
      severity: 'error',
      code: 'compile/unclear-capture',
      message: `\`${label}\` names nothing that could be recorded`,
      span: spanOf(draft.document, body.start, body.end),
      help: 'write the name as the command prints it, as in `Run ID`',
    });
    return;
  }
  pushCapture(draft, block, captureName(label), label, /\(if any\)|\(optional\)|\bif any\b/i.test(body.text), body, context);
}
