/** Given, When, Then in the draft: a precondition, a command or a task, a claim. */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import { note, type Draft } from './draft.ts';
import { longest, type Prose } from './prose.ts';
import { blockAt, pushTask, stepsOf, stepsWithin, type Context } from './reading.ts';
import { withoutKeyword, type ScenarioPart } from './scenario.ts';

/** A line of a scenario: what must be so before, what is done, what must be seen. */
export function readScenario(draft: Draft, block: MarkdownBlock, sentence: Prose, context: Context, part: ScenarioPart): void {
  const said = withoutKeyword(sentence);
  const common = { text: said.text, start: sentence.start, end: sentence.end, section: context.section, block: block.index };
  if (part === 'then') {
    draft.claims.push({ ...common, steps: stepsOf(draft, context.section) });
    return void note(draft, block.index, 'expectation');
  }
  // What it runs is a step by now.
  if (stepsWithin(draft, sentence.start, sentence.end).length > 0) return;
  if (part === 'when') return pushTask(draft, block, said.text, context, sentence);
  draft.preconditions.push({ ...common, searches: [] });
  note(draft, block.index, 'precondition', `precondition ${draft.preconditions.length}`);
}

/** What stands before and behind an item in its list, as it is written. */
export function listAround(draft: Draft, block: MarkdownBlock): { readonly before: string; readonly after: string } {
  const item = block.parent === undefined ? undefined : blockAt(draft, block.parent);
  const list = item?.parent === undefined ? undefined : blockAt(draft, item.parent);
  if (list?.type !== 'list') return { before: '', after: '' };
  const { text } = draft.document.text;
  return {
    before: text.slice(Math.max(list.start, block.start - longest), block.start),
    after: text.slice(block.end, Math.min(list.end, block.end + longest)),
  };
}
