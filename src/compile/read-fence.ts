/** A fenced or indented block becomes steps, an expected output, a report's fields or a reference: by language, content and place. */
import { sourceOffset, spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import { parseShell } from '../policy/shell-syntax.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { cautionOf, foreignLanguages, notExecuted, otherShells } from './code-caution.ts';
import { note, type Draft, type StepDraft } from './draft.ts';
import { isCommand } from './code-content.ts';
import { codeMeaning, languageOf, readShell, readSql, type CodeMeaning } from './read-code.ts';
import { readTemplate } from './read-template.ts';
import { previousSibling, pushDecision, stepsOf, type Context } from './reading.ts';
import { isInstruction } from './sentence.ts';
import { readPsqlSession, readTranscript } from './transcript.ts';
import { fold } from './prose.ts';

export async function readFence(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const code = block.code;
  if (!code) return;
  if ((context.area === 'report' || context.listArea === 'report') && readTemplate(draft, block, context)) return;
  const session = /^(?:|sql|psql|console|shell-session|terminal|postgres\w*|pgsql)$/.test(languageOf(code.language) ?? '')
    ? readPsqlSession(code.value)
    : undefined;
  const meaning = session === undefined ? codeMeaning(code.language, code.value) : 'sql';
  const runnable = meaning === 'shell' || meaning === 'sql';
  const demanded =
    /\b(?:must|has to|have to|should)\b.*:$|^(?:(?:the |an? )?expect(?:ed)?\b|(?:the |its )?[\w -]{3,40} (?:is |are )?expected\b).*:$/.test(
      fold(lastWordsBefore(draft, block)),
    ) && draft.steps.length > 0;
  if ((context.area === 'expectation' || demanded) && !runnable) return readExpectedOutput(draft, block, context);
  if (context.area === 'criteria' && !runnable && context.intro === undefined) {
    // One line of it is what an addendum can quote; it stands for the whole block, and is met by nothing but a witness.
    const first = code.value.trim().split('\n')[0]?.trim() ?? '';
    draft.criteria.push({ text: first, start: block.start, end: block.end, section: context.section, block: block.index, clauses: [first] });
    return void note(draft, block.index, 'criterion', `criterion C${draft.criteria.length}`);
  }
  const reason = shownReason(draft, block, context, meaning);
  if (reason !== undefined) {
    note(draft, block.index, 'reference', undefined, reason);
    // "It prints something like" speaks of one block.
    if (context.intro?.kind === 'shown' || context.intro?.kind === 'example') context.intro = undefined;
    context.example = false;
    return;
  }
  if (!runnable) return readForeign(draft, block, context, meaning);
  await readRunnable(draft, block, context, meaning, parser);
}

/** Why a block is only shown; undefined where it is not. */
function shownReason(draft: Draft, block: MarkdownBlock, context: Context, meaning: CodeMeaning): string | undefined {
  const { intro } = context;
  const code = block.code;
  const tagged = code?.language !== undefined && (meaning === 'shell' || meaning === 'sql');
  if (context.section.meaning === 'forbidden' || intro?.kind === 'negative') return 'the words before forbid it';
  if (intro?.kind === 'older') return `part of what "${intro.text}" shows`;
  const showsOutput =
    intro?.kind === 'shown' &&
    (meaning === 'unknown' ||
      meaning === 'reference' ||
      /\b(?:outputs?|results?|answers?|response|looks?|prints?|shows?|returns?|says?|examples?|samples?|e\.g\.|such as|log|excerpt|snippet)\b/i.test(
        intro.text,
      ));
  if (intro?.kind === 'shown' && showsOutput && !(tagged && /\b(?:command|query|script|run|execute|following)\b/i.test(intro.text)))
    return `shown by "${intro.text}"`;
  if (context.example) return 'an example, not the instruction itself';
  if (meaning !== 'unknown' && notExecuted.test(`${code?.language ?? ''} ${code?.meta ?? ''}`)) return 'its attributes say that it is not executed';
  if (context.area === 'policy') return 'stands in a part that tells nothing to do';
  if (context.area !== 'narrative' && context.area !== 'scope' && context.area !== 'parameters') return undefined;
  const lead = lastWordsBefore(draft, block);
  return (meaning === 'shell' || meaning === 'sql') && (isInstruction(fold(lead).replace(/:$/, '')) || context.area === 'parameters')
    ? undefined
    : 'stands in a part that tells nothing to do';
}

/** A block that no engine runs. Where the words before tell to run it, it is a person's task; else it is shown. */
function readForeign(draft: Draft, block: MarkdownBlock, context: Context, meaning: CodeMeaning): void {
  const code = block.code;
  const lead = fold(lastWordsBefore(draft, block));
  const told =
    /\b(?:run|execute|paste|enter|type|send|issue|call|start|submit|in (?:the|a|an) (?:[\w-]+ ){0,3}(?:console|shell|prompt|notebook|repl|editor))\b.*:?$/.test(
      lead,
    ) && !/\b(?:with|which|that|contains?|shows?|prints?|save|write|put|script)\b/.test(lead);
  if (meaning === 'reference') {
    if (otherShells.has(languageOf(code?.language) ?? '') || looksLikeMisspeltShell(code?.language, code?.value ?? '')) return unsupported(draft, block);
    if (foreignLanguages.has(languageOf(code?.language) ?? '') && told)
      return pushDecision(draft, block, block, context, context.branch?.condition ?? 'choice', `nothing here runs a block of \`${code?.language ?? ''}\``);
    return void note(draft, block.index, 'reference', undefined, `a block of ${code?.language ?? 'text'}`);
  }
  // Without a language and without a word about it, what follows a command is what that command printed.
  const previous = previousSibling(draft, block);
  if (previous?.code && draft.notes.get(previous.index)?.disposition !== 'unclaimed')
    return void note(draft, block.index, 'reference', undefined, 'shown below a command');
  note(draft, block.index, 'unclaimed');
  draft.diagnostics.push({
    severity: 'error',
    code: 'compile/unknown-block',
    message: 'this block names no language and its content does not tell what it is',
    span: spanOf(draft.document, block.start, block.end),
    label: 'step, output or example?',
    help: 'write its language after the fence: ```bash, ```sql, or ```text for what is not run',
  });
}

function unsupported(draft: Draft, block: MarkdownBlock): void {
  note(draft, block.index, 'unclaimed');
  draft.diagnostics.push({
    severity: 'error',
    code: 'compile/unsupported-language',
    message: `nothing here runs a block of \`${block.code?.language ?? ''}\``,
    span: spanOf(draft.document, block.start, block.code?.offsets[0] ?? block.end),
    help: 'run it by a ```bash block, or write ```text where it only shows something',
  });
}

async function readRunnable(draft: Draft, block: MarkdownBlock, context: Context, meaning: 'shell' | 'sql', parser: SqlParser): Promise<void> {
  const code = block.code;
  if (!code) return;
  const session = meaning === 'sql' ? readPsqlSession(code.value) : undefined;
  const transcript = session ?? (meaning === 'shell' ? readTranscript(languageOf(code.language), code.value, isCommand) : undefined);
  if (transcript?.doubtful) {
    const at = sourceOffset(code, transcript.doubtful.offset);
    return pushDecision(
      draft,
      block,
      { start: at, end: at + transcript.doubtful.line.length },
      context,
      context.branch?.condition ?? 'choice',
      'it could be a command of another user or program, or output',
    );
  }
  const text = transcript?.text ?? code.value;
  const offsets = transcript?.offsets;
  if (text.trim() === '' || (meaning === 'shell' && text.split('\n').every((line) => /^\s*(?:#.*)?$/.test(line)))) {
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({
      severity: 'error',
      code: 'compile/empty-block',
      message: 'this block holds no command',
      span: spanOf(draft.document, block.start, block.end),
      help: 'write the command, or remove the block',
    });
    return;
  }
  const said = cautionOf(text);
  // Of a query only its comments speak to the reader.
  const caution = meaning === 'shell' || /comment/.test(said?.why ?? '') ? said : undefined;
  if (caution?.kind === 'reference') return void note(draft, block.index, 'reference', undefined, caution.why);
  if (caution !== undefined) return pushDecision(draft, block, block, context, context.branch?.condition ?? 'choice', caution.why);
  const { intro, branch } = context;
  const conditional = intro?.kind === 'branch' && /^(?:and )?(?:if|when) (?:none|no \w+|not found|missing|nothing .*)\b/.test(fold(intro.text));
  // "For every region:" over a loop says what the loop does.
  const loops = intro !== undefined && /^for (?:each|every|all)\b/.test(fold(intro.text)) && /\b(?:for|while|until)\b[^\n]*\b(?:in|do)\b|\bxargs\b/.test(text);
  if (intro?.kind === 'branch' && !conditional && !loops)
    return pushDecision(draft, block, block, context, intro.condition ?? 'choice', `"${intro.text.replace(/:$/, '')}" leaves it open`);
  if (branch !== undefined) return pushDecision(draft, block, block, context, branch.condition, `the section "${branch.text}" leaves it open`);
  const lineOffset = (offset: number): number => {
    if (!offsets) return sourceOffset(code, offset);
    const before = text.slice(0, offset);
    const line = before.split('\n').length - 1;
    return sourceOffset(code, (offsets[line] ?? 0) + offset - (before.lastIndexOf('\n') + 1));
  };
  const place = {
    start: lineOffset(0),
    end: lineOffset(text.length),
    place: lineOffset,
    title: context.title,
    role: context.area === 'preconditions' ? ('precondition' as const) : ('step' as const),
  };
  const previous = draft.steps.at(-1);
  const steps = meaning === 'shell' ? [readShell(draft, context.section, text, place)] : await readSql(draft, context.section, text, place, parser);
  for (const step of steps) {
    const directory = context.workingDirectory ?? context.sectionDirectory;
    if (directory !== undefined) step.workingDirectory = directory;
    if (conditional) step.conditional = { start: block.start, end: block.end, previous };
    note(draft, block.index, 'step', () => `step ${step.id}`, transcript && transcript.shown > 0 ? 'the output it shows is an example' : undefined);
  }
  if (transcript && /^(?:scrut|cram)$/.test(languageOf(code.language) ?? '')) expectShown(draft, block, context, transcript.output, steps);
  for (const waiting of context.awaiting.splice(0)) waiting.push(...steps);
  readComments(draft, block, context, text, lineOffset, steps);
  context.workingDirectory = undefined;
  context.title = context.section.title;
  if (context.area !== 'preconditions' && context.area !== 'tasks' && context.area !== 'criteria') context.area = context.section.meaning;
}

/** What a test of Scrut or Cram shows below its command is asked for, line by line; lines with a rule of theirs are not text. */
function expectShown(draft: Draft, block: MarkdownBlock, context: Context, output: readonly string[], steps: readonly StepDraft[]): void {
  const lines = output.filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  const plain = lines.filter((line) => !/\((?:re|glob|regex|no-eol|esc|\?|\*|\+)[^()]*\)\s*$/.test(line) && !/^\s*\[\d+\]\s*$/.test(line));
  const common = { start: block.start, end: block.end, section: context.section, steps, block: block.index };
  for (const line of plain)
    draft.claims.push({
      ...common,
      text: `the output has the line \`${line.trim()}\``,
      claim: { kind: 'output', operator: 'line', text: line.trim(), negated: false },
    });
  const code = /^\s*\[(\d+)\]\s*$/.exec(lines.find((line) => /^\s*\[\d+\]\s*$/.test(line)) ?? '')?.[1];
  if (code !== undefined) draft.claims.push({ ...common, text: `exit code ${code}`, claim: { kind: 'exit-code', code: Number(code) } });
  // A rule that is not known here must not be lost: it is reported as a claim that nothing expresses.
  for (const line of lines.filter((each) => !plain.includes(each) && !/^\s*\[\d+\]\s*$/.test(each))) draft.claims.push({ ...common, text: line.trim() });
  if (lines.length > 0) note(draft, block.index, 'expectation');
}

/** Words of a comment that say what comes of a command: "Expected: 10", "2. must print ok", "=> 4", "rows: 3", "0 rows expected". */
const commentClaim =
  /(?:^|\s)(?:#|--)[ \t]*(?:\(?\d{1,2}[.)][ \t]+)?((?:(?:expect(?:ed|s)?|should|must)\b|(?:=>|->|\u2192|==?(?=[ \t]))[ \t]*\S|(?:row(?: count)?s?|output|result|returns|prints)[ \t]*:[ \t]*\S|(?!.{0,70}\b(?:as|than|not) expected)[^\n]{2,60} expected[.!]?$)[^\n]*)$/gim;

/** "-- Expected: 10" and "# should print ok" in a block are claims about it. */
function readComments(
  draft: Draft,
  block: MarkdownBlock,
  context: Context,
  text: string,
  place: (offset: number) => number,
  steps: readonly StepDraft[],
): void {
  let words: ReturnType<typeof parseShell>['words'] | undefined;
  for (const match of text.matchAll(commentClaim)) {
    const claim = match[1] ?? '';
    const at = match.index + match[0].length - claim.length;
    const start = place(at);
    words ??= steps[0]?.script ? parseShell(text).words : [];
    if (!words.every((word) => at < word.start || at >= word.end)) continue;
    draft.claims.push({
      text: claim,
      start,
      end: start + claim.length,
      section: context.section,
      steps: statementOf(text, at, start, steps),
      block: block.index,
    });
    note(draft, block.index, 'expectation');
  }
}

/** A comment behind a statement speaks of that one; on a line of its own of the next, and behind the last of the last. */
function statementOf(text: string, at: number, start: number, steps: readonly StepDraft[]): readonly StepDraft[] {
  if (steps.length === 1) return steps;
  const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
  const alone = /^\s*(?:--|#)/.test(line);
  const next = steps.filter((step) => step.end > start && (step.start > start || alone)).slice(0, 1);
  return alone && next.length > 0 ? next : steps.filter((step) => step.start <= start).slice(-1);
}

/** Under "Expected output:" a block is what the command before it must print, as it stands. */
function readExpectedOutput(draft: Draft, block: MarkdownBlock, context: Context): void {
  const lead = fold(lastWordsBefore(draft, block));
  const denied = /\b(?:not|never|no|none|nothing|without|absent|free of)\b/.test(lead);
  const text = block.code?.value.trim() ?? '';
  const common = {
    text: 'expected output',
    start: block.start,
    end: block.end,
    section: context.section,
    steps: stepsOf(draft, context.section),
    block: block.index,
  };
  note(draft, block.index, 'expectation');
  context.area = context.section.meaning;
  // The words that led to this block say nothing of the next one.
  context.intro = undefined;
  // "Must not print:" asks that no line of it is there; "nothing but" says more than any claim here.
  if (denied && !/\b(?:but|else|other|except|only)\b/.test(lead)) {
    for (const line of text.split('\n').filter((each) => each.trim() !== ''))
      draft.claims.push({
        ...common,
        text: `the output does not contain \`${line.trim()}\``,
        claim: { kind: 'output', operator: 'contains', text: line.trim(), negated: true },
      });
    return;
  }
  const open = denied || text === '' || /<[A-Za-z_][\w /-]*>|^\s*\.{3}\s*$|\u2026/m.test(text);
  if (open) return void draft.claims.push(common);
  const lines = text.split('\n').map((line) => line.trim());
  const whole = lines.length === 1 && !/\b(?:contain|includ|mention)/.test(lead);
  if (!whole)
    draft.claims.push({ ...common, text: `the output contains what the block shows`, claim: { kind: 'output', operator: 'contains', text, negated: false } });
  // "10 problems" contains "0 problems": what is shown as a line is a line, and a figure at the edge of several ends there.
  const edges = whole ? lines : [lines[0], lines.at(-1)].filter((line, index) => line !== undefined && (index === 0 ? /^[-\d]/ : /\d$/).test(line));
  for (const line of new Set(edges))
    if (line !== undefined)
      draft.claims.push({ ...common, text: `the output has the line \`${line}\``, claim: { kind: 'output', operator: 'line', text: line, negated: false } });
}

/** "8sh": a language that nobody knows over what reads as a command. */
function looksLikeMisspeltShell(language: string | undefined, text: string): boolean {
  return /^\W?\d*(?:ba|z|k)?sh\d*\W?$/i.test(language ?? '') || (/\s/.test(language ?? '') && isCommand(text.trim().split('\n')[0] ?? ''));
}

/** The last line of the paragraph right before a block. */
function lastWordsBefore(draft: Draft, block: MarkdownBlock): string {
  const before = previousSibling(draft, block);
  return before?.type === 'paragraph' ? (draft.document.text.text.slice(before.start, before.end).split('\n').at(-1) ?? '') : '';
}
