/** What prose is in a part whose heading or label says what it holds: rules, preconditions, parameters, expectations, criteria, a story. */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { isCommand } from './code-content.ts';
import { note, type Draft } from './draft.ts';
import { introduce } from './introduce.ts';
import { introOf } from './introduction.ts';
import { linkedPlansOf } from './linked-plan.ts';
import { fold, sentencesOf, type Prose } from './prose.ts';
import { readFragment, readSentences, readStop } from './read-sentence.ts';
import { readSearch } from './read-search.ts';
import { isHeadline, isInList, nextSibling, phrasesOf, pushDecision, pushLinkedPlans, pushPolicy, pushTask, stepsOf, type Context } from './reading.ts';
import { isInstruction, isRule } from './sentence.ts';

/** In a part of rules each sentence that says one is a policy; where none does, all of them are. */
export function readRules(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  if (isHeadline(body.text.trim())) return introduce(draft, block, body.text.trim(), context);
  const sentences = sentencesOf(body, draft.document.text.text);
  // Beside rules that are understood, what tells to do something is a rule as well; the rest explains them.
  const rules = sentences.filter((sentence) => isRule(fold(sentence.text)) || phrasesOf(sentence.text).length > 0 || isDemand(fold(sentence.text)));
  for (const sentence of rules.length > 0 ? rules : sentences) pushPolicy(draft, block, sentence, context, 'text');
}

function isDemand(folded: string): boolean {
  return isInstruction(folded) || /^be (?!aware\b|advised\b)\w/.test(folded);
}

/** Below "What not to do": what is told there is forbidden, what explains it is told. */
export function readForbidden(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  note(draft, block.index, 'narrative');
  const inList = isInList(draft, block);
  for (const sentence of sentencesOf(body, draft.document.text.text)) {
    const folded = fold(sentence.text);
    if (isRule(folded)) pushPolicy(draft, block, sentence, context, 'text');
    else if (inList && (isInstruction(folded) || /^\w+ing\b/.test(folded))) pushPolicy(draft, block, sentence, context, 'text', 'Do not');
  }
}

export function readNarrative(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  note(draft, block.index, 'narrative');
  for (const sentence of sentencesOf(body, draft.document.text.text)) {
    const folded = fold(sentence.text);
    introduce(draft, block, sentence.text, context);
    const plans = draft.steps.length === 0 ? linkedPlansOf(block, sentence, 'text') : [];
    if (plans.length > 0) pushLinkedPlans(draft, block, sentence, context, plans);
    else if (isStrictRule(folded)) pushPolicy(draft, block, sentence, context, 'text');
    else if (isInstruction(folded) && sentence.codes.some((code) => isCommand(code.value)))
      pushDecision(draft, block, sentence, context, 'choice', 'it stands in a part that tells nothing to do');
  }
}

/** Where a part explains, only plain prohibitions are rules: "only", "order" and "always" belong to its story. */
export function isStrictRule(folded: string): boolean {
  return (
    isRule(folded) &&
    /\b(?:must not|must never|shall not|may not|never|do not|don't|does not|forbidden|prohibited|not allowed|not permitted|under no circumstances|nobody may|no one may)\b/.test(
      folded,
    )
  );
}

/** A parameter that has to be given is a precondition; one with a default is told. */
export function readParameter(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  const text = body.text.trim();
  const item = isInList(draft, block) || /^`?[A-Za-z_]\w*`?\s*(?:[\u2013\u2014-]|\()/.test(text);
  if (!item || isHeadline(text)) return readNarrative(draft, block, body, context);
  for (const sentence of sentencesOf(body, draft.document.text.text))
    if (isStrictRule(fold(sentence.text))) pushPolicy(draft, block, sentence, context, 'text');
  const required = /\b(?:required|mandatory|must be (?:set|given)|needed)\b/i.test(text) && !/\b(?:not required|optional|default)\b/i.test(text);
  note(draft, block.index, required ? 'precondition' : 'reference', undefined, required ? 'a value that has to be given' : 'a parameter');
}

export async function readPrecondition(draft: Draft, block: MarkdownBlock, body: Prose, context: Context, parser: SqlParser): Promise<void> {
  const text = body.text.trim();
  if (isHeadline(text) && nextSibling(draft, block)?.code !== undefined) return readSentences(draft, block, body, context, parser);
  if (isHeadline(text)) return introduce(draft, block, text, context);
  if (readSearch(draft, block, body, context, 'precondition')) return;
  if (readLinkedPlans(draft, block, body, context)) return;
  if (readStop(draft, block, body, context) || readFragment(draft, block, body, context)) return;
  const inList = isInList(draft, block);
  const folded = fold(text);
  const sentences = sentencesOf(body, draft.document.text.text);
  const rules = sentences.filter(
    (sentence) => isStrictRule(fold(sentence.text)) || (!inList && isRule(fold(sentence.text)) && !/\bmust\b/.test(fold(sentence.text))),
  );
  for (const rule of rules) pushPolicy(draft, block, rule, context, 'text');
  if (rules.length > 0 && (rules.length === sentences.length || !inList)) return;
  const next = nextSibling(draft, block);
  if (!inList && next?.code !== undefined) return readSentences(draft, block, body, context, parser);
  // Below such a heading a paragraph of its own may tell to prepare something.
  if (!inList && (isInstruction(folded) || introOf(folded) !== undefined) && !/^(?:ensure|make sure|check|verify|confirm|have)\b/.test(folded)) {
    await readSentences(draft, block, body, context, parser);
    return;
  }
  draft.preconditions.push({ text, start: body.start, end: body.end, section: context.section, block: block.index, searches: [] });
  note(draft, block.index, 'precondition', `precondition ${draft.preconditions.length}`);
}

/** Where one sentence demands a plan, each of them is a precondition of its own. */
function readLinkedPlans(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): boolean {
  const sentences = sentencesOf(body, draft.document.text.text).map((sentence) => ({ sentence, plans: linkedPlansOf(block, sentence, 'preconditions') }));
  if (sentences.every(({ plans }) => plans.length === 0)) return false;
  for (const { sentence, plans } of sentences) pushLinkedPlans(draft, block, sentence, context, plans);
  return true;
}

/** Below "Expected" each sentence claims something, until one turns to the reader. */
export function readExpectation(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  if (isHeadline(body.text.trim())) return void note(draft, block.index, 'narrative');
  const near = stepsNear(draft, context);
  const sentences = sentencesOf(body, draft.document.text.text);
  const [first, ...rest] = sentences;
  if (!first) return void note(draft, block.index, 'narrative');
  const later = rest.findIndex(
    (sentence) =>
      /^(?:if|when|otherwise|else|anything|in that case|then)\b/.test(fold(sentence.text)) || isRule(fold(sentence.text)) || isInstruction(fold(sentence.text)),
  );
  const claimed = later === -1 ? sentences : sentences.slice(0, later + 1);
  const last = claimed.at(-1) ?? first;
  const text = later === -1 ? body.text.trim() : draft.document.text.text.slice(first.start, last.end).trim();
  draft.claims.push({ text, start: body.start, end: last.end, section: context.section, block: block.index, ...near });
  note(draft, block.index, 'expectation');
  for (const sentence of later === -1 ? [] : sentences.slice(later + 1)) {
    const folded = fold(sentence.text);
    if (isRule(folded)) pushPolicy(draft, block, sentence, context, 'text');
    else if (introOf(folded)?.kind === 'branch') pushTask(draft, block, sentence.text, context, sentence, 'failure');
    else if (isInstruction(folded)) pushTask(draft, block, sentence.text, context, sentence);
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

/** An item of acceptance; a paragraph there is one too unless it speaks to the reader. */
export function readCriterion(draft: Draft, block: MarkdownBlock, body: Prose, context: Context): void {
  const text = body.text.trim();
  const folded = fold(text);
  const inList = isInList(draft, block);
  if (isHeadline(text) || (!/[.!?]$/.test(text) && nextSibling(draft, block)?.type === 'list')) return void note(draft, block.index, 'narrative');
  if (!inList) {
    const rules = sentencesOf(body, draft.document.text.text).filter(
      (sentence) => isStrictRule(fold(sentence.text)) || /\b(?:no[- ]go|abort|stop)\b/.test(fold(sentence.text)),
    );
    for (const rule of rules) pushPolicy(draft, block, rule, context, 'text');
    if (rules.length > 0) return;
    if (isInstruction(folded)) return pushTask(draft, block, text, context);
    if (
      /\b(?:example|see|below|above|template|was|were|usually|tick(?:ed)?|checklist)\b/.test(folded) &&
      !/\b(?:must|all|every|each|no|none|passes?|complete)\b/.test(folded)
    )
      return void note(draft, block.index, 'narrative');
  } else if (/^(?:example|e\.g\.)\b|\bexample of\b/.test(folded)) return void note(draft, block.index, 'reference', undefined, 'an example of an item');
  draft.criteria.push({ text, start: body.start, end: body.end, section: context.section, block: block.index });
  note(draft, block.index, 'criterion', `criterion C${draft.criteria.length}`);
}
