/** Paragraphs: their labelled stretches, and what a stretch is under the meaning of its section or label. */
import { spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { note, type BlockNote, type Draft } from './draft.ts';
import { isCommand } from './code-content.ts';
import { millisecondsOf } from './conduct-term.ts';
import { compileLabel, type LabelMeaning } from './label.ts';
import { fold, segmentsOf, sentencesOf, type Prose, type Segment } from './prose.ts';
import { pushLimit, readConduct, readConductLabel, tellsConduct } from './read-conduct.ts';
import { readCapture } from './read-record.ts';
import { readSearch } from './read-search.ts';
import { readCriterion, readExpectation, readForbidden, readNarrative, readParameter, readPrecondition, readRules } from './read-part.ts';
import { readSentences, readStop } from './read-sentence.ts';
import { readReportField, readTemplateLine, reportWithoutPlace } from './read-template.ts';
import { isHeadline, isOnlyCommandOf, phrasesOf, pushPolicy, pushTask, stepsOf, type Context } from './reading.ts';
import { compileHeading } from './section.ts';
import { introduce } from './introduce.ts';
import { introOf } from './introduction.ts';
import { isCriterion, isInstruction, isRecord, isRule } from './sentence.ts';

export async function readParagraph(draft: Draft, block: MarkdownBlock, outer: Context, parser: SqlParser): Promise<void> {
  const alert = alertOf(draft, block);
  if (alert === 'div') return void note(draft, block.index, 'reference');
  // What a note or a tip tells to do is no part of the flow; its prohibitions are.
  const context = alert === 'note' || alert === 'tip' ? { ...outer, area: 'narrative' as const } : outer;
  endLabel(block, context);
  const segments = segmentsOf(withoutAlert(draft, block), (label) => isPlainLabel(label, context));
  if (segments.length === 0) note(draft, block.index, 'narrative');
  context.listArea = undefined;
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

/** A line in capitals or with a letter before it is a heading that lacks its mark; and what a label tells ends with the next words. */
function endLabel(block: MarkdownBlock, context: Context): void {
  if (block.parent !== undefined) return;
  const text = block.inlines
    .map((piece) => piece.value)
    .join('')
    .trim();
  const outline = /^(?:[A-Z]|\d{1,2}|[IVX]{1,4})[.)] [^.!?:]{2,50}$/.test(text) || /^(?:[A-Z][A-Z0-9/&'-]*\s*){1,6}$/.test(text);
  if (outline || ((context.area === 'narrative' || context.area === 'scope') && !block.inlines[0]?.strong)) context.area = context.section.meaning;
}

/** Words before a colon at the start of a line that are a label although they are not bold. */
function isPlainLabel(label: string, context: Context): boolean {
  const meaning = compileLabel(label);
  if (context.preface) return meaning !== 'title' || (/^[A-Z]/.test(label) && label.split(/\s+/).length <= 3);
  return ['policy', 'warning', 'preconditions', 'expectation', 'capture', 'acceptance', 'command', 'criteria', 'example', 'unsupported', 'conduct'].includes(
    meaning,
  );
}

/** `> [!IMPORTANT]` is the mark of an alert, not a word of its sentence. */
function withoutAlert(draft: Draft, block: MarkdownBlock): MarkdownBlock['inlines'] {
  const parent = block.parent === undefined ? undefined : draft.document.blocks[block.parent];
  if (parent?.type !== 'quote' || !/^\[!\w+\]\s*$/.test(block.inlines[0]?.value ?? '')) return block.inlines;
  return block.inlines.slice(block.inlines[1]?.value.trim() === '' ? 2 : 1);
}

/** `note`, `tip`, `important`, `warning`, `caution` of an alert's first line. */
function alertOf(draft: Draft, block: MarkdownBlock): string | undefined {
  const parent = block.parent === undefined ? undefined : draft.document.blocks[block.parent];
  const named =
    parent?.type === 'quote'
      ? /^(warning|caution|important)$/i.exec(block.inlines[0]?.strong ? block.inlines[0].value.trim() : '')?.[1]?.toLowerCase()
      : undefined;
  if (named !== undefined) return named;
  return parent?.type === 'quote' ? /^\[!(\w+)[^\]]*\]/.exec(block.inlines[0]?.value ?? '')?.[1]?.toLowerCase() : undefined;
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
  if (context.area === 'report') {
    if (!readReportField(draft, block, context, lead, segment.leadStart, body)) reportWithoutPlace(draft, block, context, lead, segment);
    return;
  }
  if (isConditionalLabel(lead) && (label === 'title' || label === 'metadata') && !empty) {
    await readBody(draft, block, { ...body, text: `${lead}: ${body.text}`, start: segment.start }, context, parser);
    return;
  }
  if (label === 'warning' && !empty) {
    await readBody(draft, block, body, { ...context, area: context.area === 'narrative' ? context.section.meaning : context.area }, parser);
    return;
  }
  context.intro = undefined;
  if (
    (label === 'metadata' || (label === 'title' && context.preface && body.text.length < 120 && introOf(fold(lead)) === undefined)) &&
    (context.preface || !empty) &&
    !empty &&
    !isRule(fold(body.text)) &&
    !isFormLine(body.text)
  ) {
    draft.metadata.push({ name: lead, text: body.text.trim(), span: spanOf(draft.document, segment.start, segment.end) });
    note(draft, block.index, 'metadata', lead);
    return;
  }
  if (label === 'conduct' && !empty && tellsConduct(context)) return readConductLabel(draft, block, lead, { ...body, start: segment.start }, context);
  // A limit that speaks of all steps is none of this one's.
  if (label === 'unsupported' && !empty && /^(?:time|max|deadline)(?!.*\b(?:for|of)\b)/i.test(lead)) {
    draft.claims.push({
      text: `takes at most ${body.text.trim().replace(/\.$/, '')}`,
      start: segment.start,
      end: segment.end,
      section: context.section,
      steps: stepsOf(draft, context.section),
      block: block.index,
    });
    const limitMs = millisecondsOf(body.text.trim().replace(/\.$/, ''));
    if (limitMs !== undefined && tellsConduct(context)) pushLimit(draft, block, { text: body.text, start: segment.start, end: segment.end }, context, limitMs);
    return void note(draft, block.index, 'expectation');
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
  const warned = label === 'title' ? introOf(fold(lead), lead) : undefined;
  if (warned?.kind === 'negative' || warned?.kind === 'older') {
    context.intro = warned;
    for (const sentence of sentencesOf(body, draft.document.text.text)) if (isRule(fold(sentence.text))) pushPolicy(draft, block, sentence, context, 'text');
    return void note(draft, block.index, draft.notes.get(block.index)?.disposition ?? 'reference', undefined, `shown under "${lead}"`);
  }
  if (label === 'title' || label === 'metadata' || label === 'conduct') {
    if (label !== 'conduct') context.title = lead;
    await readBody(draft, block, body, context, parser);
    return;
  }
  if (label === 'example' && /^(?:results?|outputs?|responses?|prints?|returns?|answer)$/i.test(lead.trim())) {
    await readBody(draft, block, body, { ...context, area: 'expectation', title: lead }, parser);
    return;
  }
  if (label === 'example') {
    context.intro = { kind: 'shown', text: lead };
    note(draft, block.index, 'reference', undefined, `shown under "${lead}"`);
    return;
  }
  const inner: Context = {
    ...context,
    area: label === 'narrative' && isRule(fold(body.text)) ? context.section.meaning : label,
    title: label === 'command' ? context.title : lead,
  };
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

function isConditionalLabel(lead: string): boolean {
  return introOf(fold(lead))?.kind === 'branch';
}

/** "Expected output:", or "Expected" alone on its line, is a label although it is not bold. */
function plainLabelOf(text: string): string | undefined {
  const label = /^([A-Za-z][A-Za-z /]{2,40}?):?$/.exec(text.trim())?.[1];
  if (label === undefined) return undefined;
  const meaning = compileLabel(label);
  if (!/:$/.test(text.trim())) return meaning === 'expectation' ? label : undefined;
  return ['expectation', 'capture', 'acceptance', 'criteria', 'example', 'preconditions', 'policy', 'report'].includes(meaning) ? label : undefined;
}

/** A label that stands alone: what it means holds for the blocks below it. */
function enterLabel(draft: Draft, block: MarkdownBlock, label: LabelMeaning, lead: string, context: Context): void {
  context.example = false;
  context.files = undefined;
  const intro = label === 'title' ? introOf(fold(lead), lead) : undefined;
  if (intro !== undefined && intro.kind !== 'example') context.intro = intro;
  if (label === 'title' || label === 'metadata' || label === 'conduct') {
    context.title = lead;
    // A bold line of its own stands where other authors write a heading.
    const heading = compileHeading(lead);
    context.area =
      heading.byDefault ||
      context.section.meaning !== 'steps' ||
      heading.meaning === 'history' ||
      heading.meaning === 'forbidden' ||
      heading.meaning === 'reference'
        ? context.section.meaning
        : heading.meaning;
  } else if (label === 'example') {
    const plain = /^(?:for )?example$/i.test(lead.trim());
    context.example = !plain || !isOnlyCommandOf(draft, block);
    if (!plain) context.intro = { kind: 'shown', text: lead };
  } else if (label === 'command') context.area = context.section.meaning;
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
  const emphasised =
    /^([*_]).*\1$/s.test(draft.document.text.text.slice(block.start, block.end).trim()) &&
    !/^\*\*/.test(draft.document.text.text.slice(block.start, block.end));
  if (context.preface && !isFormLine(text) && (isMetadataLine(text) || (emphasised && text.length < 200))) return readMetadataLine(draft, block, body, context);
  if (isFormLine(text) && context.area !== 'report') {
    if (!readTemplateLine(draft, block, body, context) && !readReportField(draft, block, context, text.split(/[:_]/)[0] ?? text, body.start, body))
      note(draft, block.index, 'report field');
    return;
  }
  const common = { text, start: body.start, end: body.end, section: context.section, block: block.index };
  // Wherever it stands, a sentence that says when all of it counts as passed is a criterion.
  if ((context.area === 'report' || context.area === 'narrative' || context.area === 'scope') && isCriterion(fold(text))) {
    draft.criteria.push(common);
    return void note(draft, block.index, 'criterion', `criterion C${draft.criteria.length}`);
  }
  const rest = readConduct(draft, block, body, context);
  if (rest !== undefined) {
    for (const part of rest) await readBody(draft, block, part, context, parser);
    return;
  }
  switch (context.area) {
    case 'policy':
      return readRules(draft, block, body, context);
    case 'forbidden':
      return readForbidden(draft, block, body, context);
    case 'scope':
    case 'narrative':
      return readNarrative(draft, block, body, context);
    case 'metadata':
      return void note(draft, block.index, 'metadata');
    case 'parameters':
      return readParameter(draft, block, body, context);
    case 'preconditions':
      return readPrecondition(draft, block, body, context, parser);
    case 'tasks':
      if (isHeadline(text)) return void introduce(draft, block, text, context);
      if (readStop(draft, block, body, context)) return;
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
      if (isRecord(fold(text))) await readSentences(draft, block, body, context, parser);
      else readCapture(draft, block, body, context);
      return;
    case 'expectation':
      return readExpectation(draft, block, body, context);
    case 'acceptance':
      draft.acceptance.push({ ...common, steps: stepsOf(draft, context.section) });
      note(draft, block.index, 'expectation');
      return;
    case 'criteria':
      return readCriterion(draft, block, body, context);
    case 'report':
      if (readTemplateLine(draft, block, body, context)) return;
      if (isFormLine(text) || /^[^:.]{1,60}:\s*(?:\S.{0,40})?$/.test(text)) return reportWithoutPlace(draft, block, context, text.split(':')[0] ?? text, body);
      // What a part about the report tells to do is told all the same.
      if (isInstruction(fold(text).replace(/:$/, '')) || body.codes.some((code) => isCommand(code.value)))
        return readSentences(draft, block, body, context, parser);
      return introduce(draft, block, text, context);
    default:
      await readSentences(draft, block, body, context, parser);
  }
}

/** "v12 | Tester: on duty | max. 15 minutes", "Service: objstore · Class: standard": facts about the document, above its first part. */
function isMetadataLine(text: string): boolean {
  if (text.length > 240 || /\n/.test(text) || /`/.test(text)) return false;
  const parts = text.split(/\s+[\u00b7|/\u2022\u2013-]\s+|(?<=[.;])\s+/).filter((part) => part.trim() !== '');
  const facts = parts.filter((part) =>
    /^[A-Z][\w -]{1,30}:\s?\S|^(?:v|rev|version)\.? ?\d|^(?:\*|_)?(?:status|owner|author|updated|last (?:changed?|reviewed|updated)|written|reviewed|approved|draft|team|document)\b|\b(?:19|20)\d\d\b|\brev \d/i.test(
      part.trim(),
    ),
  );
  return facts.length > 0 && facts.length * 2 >= parts.length;
}

function readMetadataLine(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  draft.metadata.push({ name: 'note', text: body.text.trim(), span: spanOf(draft.document, body.start, body.end) });
  note(draft, block.index, 'metadata');
  for (const sentence of sentencesOf(body, draft.document.text.text)) if (isRule(fold(sentence.text))) pushPolicy(draft, block, sentence, context, 'text');
}

/** "Time: ______": a line of a form, wherever it stands. */
function isFormLine(text: string): boolean {
  return (
    (/_{3,}|\.{6,}/.test(text) && /^[^!?].*(?:_{3,}|\.{6,})/.test(text.replace(/`[^`]*[A-Za-z][^`]*_{3,}[^`]*`/g, ''))) ||
    /^[^:.]{3,50}:\s*(?:pass|ok|yes|go|green)(?: \/ [\w -]{2,12})+\s*$/i.test(text)
  );
}
