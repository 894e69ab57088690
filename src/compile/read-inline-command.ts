/** Inline code that is a command becomes a step where its sentence tells to run it, and a person's decision where it leaves that open. */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { conditionAtStart, conditionOf, type ConditionKind } from './condition.ts';
import { note, type Draft } from './draft.ts';
import { fold, longest, type Prose, type ProseCode } from './prose.ts';
import { cautionOf } from './code-caution.ts';
import { isCommand, isScript } from './code-content.ts';
import { codeMeaning, readShell, readSql } from './read-code.ts';
import { nextSibling, pushDecision, type Context } from './reading.ts';
import { introOf } from './introduction.ts';
import { isScenarioRun } from './scenario.ts';
import { commandLead, isInstruction, isRule } from './sentence.ts';

const doWords =
  /^(?:(?:then|first|next|now|also|and|finally),? )?(?:run|execute|call|invoke|use|type|issue|apply|start|launch|create|list|verify|check|confirm|search|count|find|look|test|enter|do|if none|if no|if missing|if not|example)\b|:$/;

/** The shape of a command whose program nobody knows: words, and no comparison. */
const shape = /^[a-z][\w.-]*(?: (?![<>=!]=? )[\w.:/@=<>{}'"-]+)+$/;

/** The words right before a command that its instruction reaches to. */
const directly =
  /(?:^|[\s:,\u2013-])(?:run|execute|call|invoke|use|type|issue|apply|start|launch|enter|do|try|with|by|using|via|through|then|next|and|now|again|create|list|verify|check|confirm|search|count|find|test|example|:|->|\u2192)[:,]?$|:$|^$/;

const foundNothing = /^(?:and )?(?:if|when) (?:none|no \w+|not found|missing|empty|(?:it|there) (?:does not|doesn't|is not|isn't|are no)\b.*|nothing .*)/;

export async function readInlineCommands(
  draft: Draft,
  block: MarkdownBlock,
  body: Prose,
  context: Context,
  dependent: ConditionKind | undefined,
  parser: SqlParser,
): Promise<void> {
  const source = draft.document.text.text;
  let ran: number | undefined;
  for (const code of body.codes) {
    // "Run `a`, `b` and `c`" says it of each.
    const chained = ran !== undefined && /^[\s,;]*(?:and|then|and then)?[\s,]*$/.test(source.slice(ran, code.start));
    const from = Math.max(body.start, code.start - 1_000);
    const before = fold(`${from === body.start ? '' : '\u2026 '}${source.slice(from, code.start)}`);
    const lineBefore =
      source
        .slice(Math.max(0, code.start - 200), code.start)
        .split('\n')
        .at(-1) ?? '';
    const lineBehind = source.slice(code.end, code.end + 200).split('\n')[0] ?? '';
    const sentenceBefore = isScenarioRun(lineBefore, lineBehind) ? 'run' : (before.split(/[.!?] /).at(-1) ?? before).replace(/[`'"(]+$/, '').trim();
    const last =
      /^[`.\s)]*$/.test(draft.document.text.text.slice(code.end, body.end)) &&
      /:$/.test(sentenceBefore) &&
      isInstruction(sentenceBefore.replace(/:$/, '')) &&
      shape.test(code.value.trim());
    // "LED off again: `…`"
    const named =
      /^[`.\s)]*$/.test(draft.document.text.text.slice(code.end, body.end)) &&
      /^(?!to\b|by hand|optional|or\b|e\.g|for example|example|see\b|not\b|without\b)[^.:]{3,40}:$/.test(sentenceBefore) &&
      sentenceBefore.split(' ').length <= 6 &&
      (isCommand(code.value) || (shape.test(code.value.trim()) && code.value.trim().split(/\s+/).length > 2));
    const third =
      /\b(?:will|would|has|have|had|is|are|was|were|does|did|he|she|they|who|which)\b[^,;:]*\b(?:run|execute|call|use|type)(?:ning)?(?: \w+)?$/.test(
        sentenceBefore,
      ) && !/\b(?:you|we)\b/.test(sentenceBefore);
    if (third) continue;
    const opens = before === '' && isNumbered(draft, block) && shape.test(code.value.trim());
    const told =
      last || opens || chained || /\b(?:run|execute|invoke|issue|call)(?: (?:the|this|these|following|command|again|with|it))*:?$/.test(sentenceBefore);
    // What "run" is said of is a command, whatever its program is called; else it must look like one.
    const words = /\s/.test(code.value.trim()) || isScript(code.value.trim()) || /^\.{1,2}\/[\w@+./-]*\w$/.test(code.value.trim());
    const query = /^(?:select\b|with\b[\s\S]*\bselect\b)\s*\S/i.test(code.value.trim()) && /\b(?:from|select)\s+\S/i.test(code.value);
    if (!isCommand(code.value) && !query && !(told && words && /^[\w$./~"'-]/.test(code.value) && !/^[A-Z][a-z]/.test(code.value))) continue;
    const after = source.slice(code.end, Math.min(code.end + 60, body.end)).toLowerCase();
    const whole = fold(body.text.length > 2 * longest ? body.text : body.text.replace(`\`${code.value}\``, ' '))
      .replace(/[.:;,]$/, '')
      .trim();
    const alone = /^[-\s\d.)]*$/.test(whole);
    const numbered =
      isNumbered(draft, block) &&
      before === '' &&
      /\s/.test(code.value.trim()) &&
      !/^[^.]{0,40}\b(?:is|was|are|were|would|can|could|which|that|needs?|takes?|if|when|helps|hangs?|fails?|breaks?|removes|deletes|does|will|has)\b/.test(
        after,
      );
    const asked = query && /^(?:(?:and|then),? )?(?:verify|check|confirm|ensure|make sure)(?: that)?$/.test(sentenceBefore);
    const lead = numbered || named || chained || asked ? 'run' : commandLead(sentenceBefore, after);
    const waits = cautionOf(code.value)?.kind === 'undecided' ? ('choice' as const) : undefined;
    const condition = foundNothing.test(before)
      ? undefined
      : (waits ??
        conditionAtStart(sentenceBefore) ??
        (lead === 'branch' ? 'choice' : undefined) ??
        conditionOf(fold(`${sentenceBefore} ${after.split(/[.!?]\s/)[0] ?? ''}`)) ??
        dependent ??
        context.branch?.condition);
    // "`x` for the distribution, if you are curious" tells to look, in its case.
    if (before === '' && condition !== undefined && lead === 'none' && !alone) {
      pushDecision(draft, block, code, context, condition, 'its sentence leaves it open');
      continue;
    }
    // "the `az group create` command" above a block speaks of what that block runs.
    if (/^`? commands?\b/.test(after) && nextSibling(draft, block)?.code !== undefined) continue;
    const near = directly.test(sentenceBefore);
    if (!alone && !(near && (doWords.test(before) || doWords.test(sentenceBefore))) && lead === 'none' && !['command', 'search'].includes(context.area))
      continue;
    // "`x` must not be run" forbids it; "`x` hangs" tells about it.
    if (/^`?\s*(?:must|should|may|shall|can)(?: not|not| never)\b|^`?\s*(?:hangs?|crashes|breaks|is (?:forbidden|not allowed|dangerous))\b/.test(after))
      continue;
    if (isRule(sentenceBefore) || introOf(sentenceBefore)?.kind === 'older') continue;
    if (condition !== undefined) {
      pushDecision(draft, block, code, context, condition, 'its sentence leaves it open');
      continue;
    }
    ran = code.end;
    await readInlineCommand(draft, block, code, context, foundNothing.test(before), parser);
  }
}

function isNumbered(draft: Draft, block: MarkdownBlock): boolean {
  const item = block.parent === undefined ? undefined : draft.document.blocks[block.parent];
  const list = item?.parent === undefined ? undefined : draft.document.blocks[item.parent];
  return item?.type === 'list-item' && list?.ordered === true;
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
