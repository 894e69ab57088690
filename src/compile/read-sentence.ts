/** Sentences in a part that tells what to do: commands, captures, waits, rules, claims, instructions; the rest is narrative. */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { oppositeOf } from './claim-phrase.ts';
import { isCommand } from './code-content.ts';
import { remarkOf } from './command-remark.ts';
import { conditionOf } from './condition.ts';
import { note, type Draft, type StepDraft } from './draft.ts';
import { ruleWords } from './phrasebook.ts';
import { fold, proseOf, sentencesOf, type Prose } from './prose.ts';
import { codeMeaning } from './read-code.ts';
import { pushConduct } from './read-conduct.ts';
import { readInlineCommands } from './read-inline-command.ts';
import { readRecord, readWait } from './read-record.ts';
import { readSearch } from './read-search.ts';
import {
  blockAt,
  isHeadline,
  isInList,
  isOnlyCommandOf,
  nextSibling,
  phrasesOf,
  previousSibling,
  pushLinkedPlans,
  pushPolicy,
  pushTask,
  stepsOf,
  stepsWithin,
  type Context,
} from './reading.ts';
import { instructs, introduceAll, listAreaOf } from './introduce.ts';
import { linkedPlansOf } from './linked-plan.ts';
import { listAround, readScenario } from './read-scenario.ts';
import { scenarioOf } from './scenario.ts';
import { directoryOf, expectedBehind, isClaim, isCriterion, isInstruction, isRecord, isRule, isStatement, isStory, stopConditionOf } from './sentence.ts';

export async function readSentences(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, parser: SqlParser): Promise<void> {
  const text = body.text.trim();
  const folded = fold(text);
  note(draft, block.index, 'narrative');
  // A picture between words and their block says nothing about it.
  if (/^!\[[^\]]*\](?:\([^()]*\))?$/.test(draft.document.text.text.slice(block.start, block.end).trim())) return;
  context.example = /^(for )?example\b.*:$/.test(folded) && !isOnlyCommandOf(draft, block);
  const directory = directoryOf(text);
  if (directory !== undefined) {
    context.intro = undefined;
    if (directory.all) {
      context.sectionDirectory = directory.path;
      context.section.directory = directory.path;
    } else context.workingDirectory = directory.path;
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
  const inList = isInList(draft, block);
  if (inherited !== undefined && inList && inherited.kind !== 'example' && inherited.kind !== 'shown') {
    if (inherited.kind === 'negative') return readProhibitions(draft, block, body, inherited.text, context);
    if (inherited.kind === 'older') return void note(draft, block.index, 'reference', undefined, `part of what "${inherited.text}" shows`);
  }
  const dependent = inList && inherited?.kind === 'branch' ? inherited.condition : /^optional(?:ly)?[.:!]/.test(folded) ? 'choice' : undefined;
  const sentences = sentencesOf(body, draft.document.text.text);
  const scenario = scenarioOf(sentences, listAround(draft, block));
  const area = listAreaOf(folded);
  if (area !== undefined && nextSibling(draft, block)?.type === 'list') {
    context.intro = undefined;
    // Before the first command it says what must hold before.
    context.listArea = area === 'expectation' && draft.steps.length === 0 ? 'preconditions' : area;
    return;
  }
  introduceAll(
    draft,
    block,
    sentences.filter((_, index) => scenario[index] === undefined),
    context,
  );
  if (dependent !== undefined && context.intro === undefined) context.intro = inherited;
  if (context.intro?.kind !== 'negative') await readInlineCommands(draft, block, body, context, dependent, parser);
  readRecord(draft, block, body, context);
  readWait(draft, block, body, context);
  if (context.files !== undefined || /^`[^`]+` (?:contains|imports|includes|defines|must contain|does not contain|must not contain):$/.test(text)) {
    if (readSearch(draft, block, body, context, 'step')) return;
  }
  if (readFragment(draft, block, body, context)) return;
  if (
    /^(?:see|see also|more on this)\b[^.]*$/.test(folded) &&
    block.inlines.some((piece) => piece.kind === 'link' || piece.url !== undefined || /\[\[/.test(piece.value))
  )
    return void note(draft, block.index, 'reference', undefined, 'a pointer to another document');
  if (inList && /^(?:read|learn|see|find out|explore|check out|have a look)\b/.test(folded) && block.inlines.some((piece) => piece.kind === 'link'))
    return void note(draft, block.index, 'reference', undefined, 'a pointer to another document');
  if (isPastResult(text)) return void note(draft, block.index, 'reference', undefined, 'the result of an earlier execution');
  for (const [index, sentence] of sentences.entries()) {
    const part = scenario[index];
    if (part === undefined) readSentence(draft, block, sentence, body, context, dependent);
    else readScenario(draft, block, sentence, context, part);
  }
  // A box to be ticked is something that a person does or sees.
  const item = block.parent === undefined ? undefined : blockAt(draft, block.parent);
  if (item?.checked !== undefined && draft.notes.get(block.index)?.disposition === 'narrative' && !isHeadline(text)) {
    const condition = dependent ?? context.branch?.condition;
    if (condition !== undefined || draft.steps.length === 0) return pushTask(draft, block, text, context, block, condition);
    // What it states must be so by then; it tells nobody to do anything.
    draft.criteria.push({ text, start: body.start, end: body.end, section: context.section, block: block.index });
    note(draft, block.index, 'criterion', `criterion C${draft.criteria.length}`);
  }
}

/** An item below "Do not:" is a prohibition. */
function readProhibitions(draft: Draft, block: MarkdownBlock, body: Prose, lead: string, context: Context): void {
  for (const sentence of sentencesOf(body, draft.document.text.text)) pushPolicy(draft, block, sentence, context, 'text', lead.replace(/:$/, ''));
}

/**
 * What stands directly below a command and only says what comes of it: "-> 0", "equals `n`", "`0`.", and the short items of a
 * list there ("- `total` at least 1").
 */
export function readFragment(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): boolean {
  const text = body.text.trim();
  const folded = fold(text);
  const item = block.parent === undefined ? undefined : blockAt(draft, block.parent);
  const list = item?.type === 'list-item' && item.parent !== undefined && item.children[0] === block.index ? blockAt(draft, item.parent) : undefined;
  const below = previousSibling(draft, block) ?? (list && !list.ordered && item?.checked === undefined ? commandAbove(draft, list) : undefined);
  const looked = list !== undefined && !list.ordered && looksAt.test(fold(headlineAbove(draft, list)));
  if (!looked && (below?.code === undefined || draft.notes.get(below.index)?.disposition !== 'step')) return false;
  const own = draft.notes.get(block.index)?.disposition;
  if (
    (own !== undefined && own !== 'narrative' && own !== 'capture') ||
    isRule(folded) ||
    isHeadline(text) ||
    conditionOf(folded) !== undefined ||
    isRecord(folded) ||
    isInstruction(folded)
  )
    return false;
  const shape = list === undefined ? fragment : itemFragment;
  if (list === undefined && /^[A-Z\d]/.test(text)) return readOutcome(draft, block, body, context);
  if (text.length > 160 || !shape.test(folded)) return false;
  draft.claims.push({ text, start: body.start, end: body.end, section: context.section, steps: stepsOf(draft, context.section), block: block.index });
  note(draft, block.index, 'expectation');
  return true;
}

/** "92 rows. If there are less, days are missing.", "The last line reads `0 failed`.": the first sentence below a command. */
function readOutcome(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): boolean {
  const [first, ...rest] = sentencesOf(body, draft.document.text.text);
  const folded = fold(first?.text ?? '');
  if (!first || first.text.length > 140 || !outcome.test(folded) || isStory(folded)) return false;
  draft.claims.push({
    text: first.text,
    start: first.start,
    end: first.end,
    section: context.section,
    steps: stepsOf(draft, context.section),
    block: block.index,
  });
  note(draft, block.index, 'expectation');
  for (const sentence of rest) readSentence(draft, block, sentence, body, context, undefined);
  return true;
}

const outcome =
  /^(?:returns?|prints?|outputs?|shows?|exits?|fails|succeeds|displays?|yields?|lists|reports|contains) |^within (?:\d[\d.]*|an?|one|two|five|ten) ?[a-z]+\.?$|^(?:(?:the )?[\w ]{3,30} (?:are|is) (?:the same|identical|equal|empty)\b)|^(?:not (?:earlier|later|more|less|before|after|higher|lower)\b)|^(?:exactly|at least|at most|no more than|not more than|less than|fewer than|more than|no|none|nothing|all (?:zero|green|up|ok|good)|zero|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d[\d,.]*|both|all|each|every)(?: (?:of )?[\w`'-]+){0,4}(?: (?:rows?|lines?|records?|answers?|entries|hits?|matches|tests?|files?|pods?|nodes?|results?|errors?|messages?|values?|replicas?|items?|hosts?|bytes|users?)\b|, | each | must | should | with |[.:]?$)|^(?:the )?(?:last|first|only|second) (?:line|row|column|value|number)\b|^(?:the )?(?:answer|output|result|response|status|status line|server|command) (?:is|are|reads|says|answers|starts|ends|shows|contains|must|should|has|lists)\b|^`?[\w.]+`? (?:is|=|==|>=|<=|>|<|\u2265|\u2264|not (?:higher|lower|more|less)) /;

/** "While it runs, have an eye on the primary:" */
const looksAt = /\b(?:have an eye|keep an eye|watch|look at|check|monitor|compare|observe|verify|make sure|confirm)\b[^.]*[:.]?$/;

function headlineAbove(draft: Draft, list: MarkdownBlock): string {
  const above = previousSibling(draft, list);
  return above?.type === 'paragraph' ? proseOf(above.inlines).text : '';
}

/** The command block right above a list; what it printed may stand between. */
function commandAbove(draft: Draft, list: MarkdownBlock): MarkdownBlock | undefined {
  const above = previousSibling(draft, list);
  return above?.code && draft.notes.get(above.index)?.disposition === 'reference' ? previousSibling(draft, above) : above;
}

const checkWith =
  /^(?:then |now |and )?(?:check|verify|confirm|test|look)(?: (?:it|this|them|that|at it|the \w+(?: \w+)?))?\s*(?:with|by|using|via|:)\s*(?:running )?`[^`]*`\W*$/;

/** Said of a command: it prints nothing. */
const nothing =
  /^(?:it )?(?:(?:is|must be|should be) (?:empty|silent)|(?:finds|returns|gives|shows|lists|must (?:find|return)|should (?:find|return)) nothing|nothing|empty)$/i;

/** What stands behind an inline command and says what it gives. */
const commandClaim =
  /^`?,?\s*(?:(?:on|at|from|in) [^.,]{1,30},? )?(?:must|should|has to|returns?|prints?|exits?|succeeds?|passes|shows?|outputs?|says?|answers?|reports?|lists?|contains?|gives|finds|yields|counts|matches|stays|ends|result|is (?:empty|green|ok|zero|\d)|->|=>|\u2192|==?|<=?|>=?|\u2264|\u2265)/;

/** "Step 2 PASSED, step 3 FAILED": what an earlier execution gave is neither evidence nor expectation. */
function isPastResult(text: string): boolean {
  return (
    /\b(?:PASS(?:ED)?|FAIL(?:ED)?|DEFERRED|deferred|0 failed)\b/.test(text) &&
    /^(?:PASS|FAIL)\b|\b(?:PASSED|FAILED|deferred)\b|^(?:[\w().-]+ ){1,4}(?:PASS|FAIL)\b|\b(?:was|were|gave|went)\b.*\b(?:PASS|FAIL)/.test(text) &&
    !/\b(?:if|when|must|should|expect\w*|means|every|each|all|print\w*|show\w*)\b/i.test(text)
  );
}

const fragment =
  /^(?:->|=>|\u2192|==?|<|>|\u2264|\u2265|equals?|says?|prints?|returns?|shows?|is|are|gives?|must|should|has|have|contains?|answers?|twice|once|nothing|none|no |empty|all |both |at (?:least|most)|exactly|more than|less than|fewer than|not |it is |it's |under |over |above |below |around |about |\d|["'\u201c]|`[^`]*`(?:[.,]| and |$))/;
const itemFragment =
  /`|\d|[=<>\u2264\u2265]|\b(?:no|none|nothing|empty|equals?|same|identical|at least|at most|exactly|more than|less than|fewer|within|below|above|under|over|returns?|answers?|contains?|shows?|prints?|is|are|has|have|matches?|green|ok|exists?|present|missing|unchanged|up|running|ready|healthy)\b/;

/** A rule that says when to stop, alone in its block or behind a condition. */
export function readStop(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): boolean {
  const sentences = sentencesOf(body, draft.document.text.text).filter(
    (sentence) => /\b(?:stop|abort|halt|no[- ]go)\b/.test(fold(sentence.text)) && isRule(fold(sentence.text)),
  );
  for (const sentence of sentences) pushPolicy(draft, block, sentence, context, 'text');
  return sentences.length > 0;
}

function readSentence(draft: Draft, block: MarkdownBlock, given: Prose, body: Prose, context: Context, dependent: 'failure' | 'choice' | undefined): void {
  // "(expected: `ok`)"
  const sentence = { ...given, text: given.text.replace(/^\(((?:expect(?:ed)?|must|should)\b.*)\)[.]?$/i, '$1') };
  const folded = fold(sentence.text)
    .replace(/^[^\p{L}\p{N}`"'(<[~$>=\u2192\u2264\u2265-]+/u, '')
    .replace(/^(?:\(?[a-z]\)|\d{1,2}[.)]|\d+(?:\.\d+)+\.?)\s+(?=\S)/, '');
  const own = draft.notes.get(block.index)?.disposition ?? 'narrative';
  const isStep = own === 'step';
  const phrases = phrasesOf(sentence.text);
  const common = { start: sentence.start, end: sentence.end, section: context.section, block: block.index };
  const stop = stopConditionOf(sentence.text);
  const plans = draft.steps.length === 0 && dependent === undefined && context.branch === undefined ? linkedPlansOf(block, sentence, 'text') : [];
  if (plans.length > 0) return pushLinkedPlans(draft, block, sentence, context, plans);
  if (phrases.length > 0 && (ruleWords.test(folded) || /\breal\b|\b(?:must|shall|only)\b|^(?:stop|abort|halt|if|avoid)\b/.test(folded)))
    return void pushPolicy(draft, block, sentence, context, 'text');
  if (stop !== undefined && oppositeOf(stop) !== undefined) {
    draft.claims.push({ ...common, text: stop, opposite: true, steps: stepsOf(draft, context.section) });
    return void note(draft, block.index, 'expectation');
  }
  if (isRule(folded)) {
    if (!(isStep && /^(?:run|execute)\b/.test(folded))) pushPolicy(draft, block, sentence, context, 'text');
    return;
  }
  // Above the first part a document speaks about itself; what it demands there it demands all the same.
  if (
    context.preface &&
    draft.steps.length === 0 &&
    sentence.codes.length === 0 &&
    !/^expect/.test(folded) &&
    !(/\b(?:must|has to|have to)\b/.test(folded) && isClaim(folded))
  )
    return;
  if (isCriterion(folded)) {
    draft.criteria.push({ ...common, text: sentence.text });
    return void note(draft, block.index, 'criterion', `criterion C${draft.criteria.length}`);
  }
  const condition = conditionOf(folded) ?? dependent ?? context.branch?.condition;
  const already =
    stepsWithin(draft, sentence.start, sentence.end).some((step) => step.end <= sentence.end) ||
    tasksOf(draft, block).some((task) => task.start >= sentence.start && task.end <= sentence.end);
  if (isRecord(folded) || own === 'capture') return;
  // "A wrong voucher must be refused with 422:" claims something of the command below it.
  if (
    /:$/.test(folded) &&
    (/\b(?:must|should|has to|have to)\b/.test(folded) || /^there (?:is|are) (?:exactly|at least|at most|no|only|one|\d)/.test(folded)) &&
    !isHeadlineOfList(draft, block) &&
    conditionOf(folded) === undefined &&
    nextSibling(draft, block)?.code !== undefined
  ) {
    const steps: StepDraft[] = [];
    context.awaiting.push(steps);
    draft.claims.push({ ...common, text: sentence.text.replace(/:$/, ''), steps });
    return void note(draft, block.index, 'expectation');
  }
  const near = stepsOf(draft, context.section);
  // "The last line must be:" over a quotation, or over nothing.
  if (
    /:$/.test(folded) &&
    /\b(?:must|should|has to|have to)\b|^expected\b/.test(folded) &&
    near.length > 0 &&
    showsNothing(draft, block) &&
    isClaim(folded.replace(/:$/, ''))
  ) {
    draft.claims.push({ ...common, text: sentence.text.replace(/:$/, ''), steps: near });
    return void note(draft, block.index, 'expectation');
  }
  const inline = near.filter((step) => step.start >= body.start && step.end <= body.end);
  const itsSteps = inline.filter((step) => step.start >= sentence.start && step.end <= sentence.end);
  const [itsStep] = itsSteps;
  // "Check it with `…`." tells to run it, and claims nothing beside.
  if (itsStep !== undefined && checkWith.test(folded)) return;
  const last = itsSteps.at(-1);
  const behind = draft.document.text.text.slice(last?.end ?? 0, last ? sentence.end : 0);
  const remark = itsSteps.length > 1 && commandClaim.test(draft.document.text.text.slice(itsStep?.end ?? 0, last?.start ?? 0)) ? undefined : remarkOf(behind);
  if (remark?.kind === 'conduct') return pushConduct(draft, { ...common, text: sentence.text, conduct: { kind: 'unclear', why: remark.why }, reach: 'step' });
  // In a part about changes the changes are tasks already.
  if (remark?.kind === 'task' && context.section.meaning !== 'tasks') return pushTask(draft, block, remark.text, context, sentence, condition);
  if (last && remark?.kind === 'claim' && conditionOf(folded) === undefined) {
    // A query answers with rows, a command with what it prints.
    const text = last.kind === 'shell' && nothing.test(remark.text) ? 'the output is empty' : remark.text;
    draft.claims.push({ ...common, text, steps: [last] });
    return void note(draft, block.index, 'expectation');
  }
  const saidOfIt = itsStep !== undefined && commandClaim.test(draft.document.text.text.slice(itsStep.end, sentence.end));
  if (
    conditionOf(folded) === undefined &&
    (saidOfIt ||
      ((isClaim(folded) || ofColumn(folded, near.at(-1)) || (isStatement(folded) && isSaidOfCommand(draft, block, near))) &&
        !(isStep && !claimsOfCommand.test(folded))) ||
      ((isStatement(folded) || expectedBehind.test(folded)) && itsStep === undefined && inline.some((step) => step.end <= sentence.start)))
  ) {
    const subject = sentence.codes.find((code) => inline.some((step) => step.start >= code.start && step.end <= code.end));
    draft.claims.push({
      ...common,
      text: (subject ? sentence.text.replace(`\`${subject.value}\``, 'it') : sentence.text).replace(/^[^\p{L}\p{N}`"'(<$>=\u2264\u2265\u2192-]+/u, ''),
      steps: inline.length > 0 ? inline : near,
    });
    return void note(draft, block.index, 'expectation');
  }
  // "queue over 2,000 -> page on-call": what to do in a case.
  const remedy = /^[^\u2192]{3,120}? (?:\u2192|->|=>) (.{4,})$/.exec(folded)?.[1];
  if (!already && remedy !== undefined && isInstruction(remedy)) return pushTask(draft, block, sentence.text, context, sentence, 'failure');
  if (already || !instructs(folded)) return;
  if (condition === undefined && (announces(draft, block, sentence, folded) || (isHeadline(sentence.text) && !isFollowedByCode(draft, block)))) return;
  pushTask(draft, block, sentence.text, context, sentence, condition);
}

/** "n is greater than 4": what is said of a column of the query before. */
function ofColumn(folded: string, step: StepDraft | undefined): boolean {
  const name = /^(?:the )?`?([a-z_]\w*)`? (?:is|are|equals?|exceeds?|must|should|[<>=]|\u2265|\u2264)/.exec(folded)?.[1];
  return name !== undefined && (step?.sql?.columns ?? []).some(({ column }) => column.toLowerCase() === name) && !isStory(folded);
}

/** Neither a block nor a list nor a table follows that could show what the words announce. */
function showsNothing(draft: Draft, block: MarkdownBlock): boolean {
  const next = nextSibling(draft, block);
  return next === undefined || next.type === 'quote' || next.type === 'heading' || next.type === 'paragraph';
}

/** A block's tasks are the last ones while it is read. */
function tasksOf(draft: Draft, block: MarkdownBlock): Draft['tasks'] {
  return draft.tasks.slice(draft.tasks.findLastIndex((task) => task.block !== block.index) + 1);
}

function isHeadlineOfList(draft: Draft, block: MarkdownBlock): boolean {
  return nextSibling(draft, block)?.type === 'list';
}

function isFollowedByCode(draft: Draft, block: MarkdownBlock): boolean {
  return nextSibling(draft, block)?.code !== undefined;
}

/** A description below a command of this section speaks of what it shows: at most a block of output stands between. */
function isSaidOfCommand(draft: Draft, block: MarkdownBlock, near: readonly StepDraft[]): boolean {
  if (near.length === 0) return false;
  const item = block.parent === undefined ? undefined : blockAt(draft, block.parent);
  const list = item?.type === 'list-item' && item.parent !== undefined ? blockAt(draft, item.parent) : undefined;
  let above = previousSibling(draft, block) ?? (list && previousSibling(draft, list)) ?? (item?.type === 'quote' ? previousSibling(draft, item) : undefined);
  for (let seen = 0; above !== undefined && seen < 3; seen += 1) {
    const read = draft.notes.get(above.index)?.disposition;
    if (above.code !== undefined && read === 'step') return true;
    if (above.type === 'paragraph' && (read === 'step' || read === 'expectation')) return true;
    if (above.code === undefined && above.type !== 'paragraph' && above.type !== 'list') return false;
    above = previousSibling(draft, above);
  }
  return false;
}

/** "Create the queue:" above a command says what that command does; what only people can do is not announced so. */
function announces(draft: Draft, block: MarkdownBlock, sentence: Prose, folded: string): boolean {
  if (sentence.codes.some((code) => isCommand(code.value))) return false;
  const next = nextSibling(draft, block);
  if (/\bsave\b.*\bas\b|\b(?:min|minutes?|hours?|seconds?|coffee|stop ?watch)\b/.test(folded)) return false;
  if (next?.code === undefined || !/^(?:shell|sql)$/.test(codeMeaning(next.code.language, next.code.value))) return false;
  return (
    !(sentence.end < block.end - 2 && /\b(?:ask|tell)\b/.test(folded)) &&
    !/\b(?:phone|telephone|inform|notify|wait|page|contact|coordinate|decide|announce|approve|approval|sign|consult|agree|by hand|manually|in the (?:ui|console|browser|portal|dashboard)|browser|meeting|ticket)\b/.test(
      folded,
    )
  );
}

/** What a sentence with a command in it must say to be a claim on that command as well. */
const claimsOfCommand =
  /\b(?:gives|finds|yields|result|should|must|has to|have to|expect\w*|returns?|prints?|exits?|shows?|says?|reports?|answers?|lists?|contains?|is empty)\b|`\s*(?:==?|<=?|>=?|\u2264|\u2265|->|=>|\u2192|-|\u2013)\s*\S/;
