/** A fenced or indented block becomes steps, an expected output, a report's fields or a reference: by language, content and place. */
import { sourceOffset, spanOf, type MarkdownBlock } from '../parse/markdown-document.ts';
import { parseShell } from '../policy/shell-syntax.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { cautionOf, foreignLanguages, notExecuted } from './code-caution.ts';
import { note, type Draft, type StepDraft } from './draft.ts';
import { codeMeaning, isCommand, languageOf, readShell, readSql } from './read-code.ts';
import { undecided } from './read-prose.ts';
import { readTemplate } from './read-template.ts';
import { stepsOf, type Context } from './reading.ts';
import { isInstruction } from './sentence.ts';
import { readTranscript } from './transcript.ts';
import { fold } from './prose.ts';

export async function readFence(draft: Draft, block: MarkdownBlock, context: Context, parser: SqlParser): Promise<void> {
  const code = block.code;
  if (!code) return;
  if (context.area === 'report' && readTemplate(draft, block, context)) return;
  const meaning = codeMeaning(code.language, code.value);
  const attributes = `${code.language ?? ''} ${code.meta ?? ''}`;
  const idle = context.area === 'narrative' || context.area === 'scope' || context.area === 'policy';
  if (context.area === 'expectation' && (meaning === 'reference' || meaning === 'unknown')) {
    readExpectedOutput(draft, block, context);
    return;
  }
  const reason =
    context.intro?.kind === 'negative'
      ? 'the words before forbid it'
      : context.intro?.kind === 'older'
        ? `part of what "${context.intro.text}" shows`
        : idle
          ? 'stands in a part that tells nothing to do'
          : context.example
            ? 'an example, not the instruction itself'
            : meaning !== 'unknown' && notExecuted.test(attributes)
              ? 'its attributes say that it is not executed'
              : undefined;
  if (reason !== undefined) {
    note(draft, block.index, 'reference', undefined, reason);
    const lead = context.intro === undefined ? lastWordsBefore(draft, block) : '';
    if (idle && context.area !== 'policy' && (meaning === 'shell' || meaning === 'sql') && isInstruction(fold(lead).replace(/:$/, '')))
      undecided(draft, block, block, `\`${lead}\` tells to run it, and it stands in a part that tells nothing to do`, 'move it to a section of steps');
    return;
  }
  if (meaning === 'reference') {
    const language = languageOf(code.language);
    if (!foreignLanguages.has(language ?? '') && !looksLikeMisspeltShell(code.language, code.value)) {
      note(draft, block.index, 'reference', undefined, `a block of ${code.language ?? 'text'}`);
      return;
    }
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({
      severity: 'error',
      code: 'compile/unsupported-language',
      message: `nothing here runs a block of \`${code.language ?? ''}\``,
      span: spanOf(draft.document, block.start, code.offsets[0] ?? block.end),
      help: 'run it by a ```bash block, or write ```text where it only shows something',
    });
    return;
  }
  if (meaning === 'unknown') {
    note(draft, block.index, 'unclaimed');
    draft.diagnostics.push({
      severity: 'error',
      code: 'compile/unknown-block',
      message: 'this block names no language and its content does not tell what it is',
      span: spanOf(draft.document, block.start, block.end),
      label: 'step, output or example?',
      help: 'write its language after the fence: ```bash, ```sql, or ```text for what is not run',
    });
    return;
  }
  await readRunnable(draft, block, context, meaning, parser);
}

async function readRunnable(draft: Draft, block: MarkdownBlock, context: Context, meaning: 'shell' | 'sql', parser: SqlParser): Promise<void> {
  const code = block.code;
  if (!code) return;
  const transcript = meaning === 'shell' ? readTranscript(languageOf(code.language), code.value, isCommand) : undefined;
  if (transcript?.doubtful) {
    const at = sourceOffset(code, transcript.doubtful.offset);
    undecided(
      draft,
      block,
      { start: at, end: at + transcript.doubtful.line.length },
      'it could be a command of another user or program, or output',
      'put each command into a ```bash block without prompts',
    );
    return;
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
  const caution = meaning === 'shell' ? cautionOf(text) : undefined;
  if (caution?.kind === 'reference') return void note(draft, block.index, 'reference', undefined, caution.why);
  if (caution !== undefined) return undecided(draft, block, block, caution.why, 'write what is to be run, and nothing else, into the block');
  const conditional = context.intro?.kind === 'branch' && /^(?:and )?(?:if|when) (?:none|no \w+|not found|missing|nothing .*)\b/.test(fold(context.intro.text));
  if (context.intro?.kind === 'branch' && !conditional)
    return undecided(
      draft,
      block,
      block,
      `"${context.intro.text.replace(/:$/, '')}" leaves it open`,
      'give it a section whose heading says when it is used, such as Rollback',
    );
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
  readComments(draft, block, context, text, lineOffset, steps);
  context.workingDirectory = undefined;
  context.title = context.section.title;
  if (context.area !== 'preconditions' && context.area !== 'tasks' && context.area !== 'criteria') context.area = context.section.meaning;
}

/** "-- Expected: 10" and "# should print ok" in a block are claims about it. */
function readComments(
  draft: Draft,
  block: MarkdownBlock,
  context: Context,
  text: string,
  place: (offset: number) => number,
  steps: readonly StepDraft[],
): void {
  for (const match of text.matchAll(/(?:^|\s)(?:#|--)[ \t]*((?:expect(?:ed|s)?|should|must)\b[^\n]*)$/gim)) {
    const claim = match[1] ?? '';
    const at = match.index + match[0].length - claim.length;
    const start = place(at);
    if (steps[0]?.script && !parseShell(text).words.every((word) => at < word.start || at >= word.end)) continue;
    draft.claims.push({
      text: claim,
      start,
      end: start + claim.length,
      section: context.section,
      steps: steps.length === 1 ? steps : steps.filter((step) => step.start <= start).slice(-1),
      block: block.index,
    });
    note(draft, block.index, 'expectation');
  }
}

/** Under "Expected output:" a block is what the command before it must print, as it stands. */
function readExpectedOutput(draft: Draft, block: MarkdownBlock, context: Context): void {
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
  const open = text === '' || /<[A-Za-z_][\w /-]*>|^\s*\.{3}\s*$|\u2026/m.test(text);
  draft.claims.push(
    open ? common : { ...common, text: `the output contains what the block shows`, claim: { kind: 'output', operator: 'contains', text, negated: false } },
  );
  context.area = context.section.meaning;
}

/** "8sh": a language that nobody knows over what reads as a command. */
function looksLikeMisspeltShell(language: string | undefined, text: string): boolean {
  return /^\W?\d*(?:ba|z|k)?sh\d*\W?$/i.test(language ?? '') || (/\s/.test(language ?? '') && isCommand(text.trim().split('\n')[0] ?? ''));
}

function lastWordsBefore(draft: Draft, block: MarkdownBlock): string {
  const before = draft.document.blocks.findLast((other) => other.type === 'paragraph' && other.end <= block.start);
  return before && block.start - before.end < 200 ? (draft.document.text.text.slice(before.start, before.end).split('\n').at(-1) ?? '') : '';
}
