/** What the words before blocks say about these: an introduction, a condition, or what the items of the list below them are. */
import type { MarkdownBlock } from '../parse/markdown-document.ts';
import { conditionOf } from './condition.ts';
import { note, type Draft } from './draft.ts';
import { introOf } from './introduction.ts';
import { fold, type Prose } from './prose.ts';
import type { Context } from './reading.ts';
import { isInstruction } from './sentence.ts';

/** Notes what the words before the next blocks say about them: the last sentence's word counts, else a condition before it. */
export function introduceAll(draft: Draft, block: MarkdownBlock, sentences: readonly Prose[], context: Context): void {
  for (const sentence of sentences) introduce(draft, block, sentence.text, context);
  if (context.intro !== undefined) return;
  const last = fold(sentences.at(-1)?.text ?? '');
  if (/:$/.test(last) || isInstruction(last)) return;
  const condition = sentences
    .map((sentence) => fold(sentence.text))
    .filter((folded) => instructs(folded))
    .map((folded) => conditionOf(folded))
    .find((found) => found !== undefined);
  if (condition !== undefined) context.intro = { kind: 'branch', text: sentences[0]?.text ?? '', condition };
}

export function introduce(draft: Draft, block: MarkdownBlock, text: string, context: Context): void {
  const folded = fold(text);
  const intro = introOf(folded, text);
  const bare = folded.replace(/\s*\([^()]*\)$/, '');
  // "If it is empty, nothing was imported." tells; only what ends in a colon, tells to do or is a bare condition, leads to a command.
  const leads =
    intro?.kind !== 'branch' ||
    /:$/.test(bare) ||
    instructs(folded) ||
    !/[.!?]$/.test(folded) ||
    /^(?:optional|alternative|or\b|otherwise|undo|revert|only\b|repeat|for each|skip\b|omit\b|leave out\b|(?:this|the(?: next| following)?) (?:step|command|check|query|block|script)\b)/.test(
      folded,
    );
  context.intro = leads ? intro : undefined;
  context.listArea = listAreaOf(folded);
  note(draft, block.index, 'narrative');
}

export function listAreaOf(folded: string): (typeof listAreas)[number]['area'] | undefined {
  return listAreas.find((row) => row.words.test(folded))?.area;
}

/** Headlines that say what the items of the list below them are. */
const listAreas: readonly { readonly area: 'criteria' | 'expectation' | 'capture' | 'preconditions' | 'report'; readonly words: RegExp }[] = [
  {
    area: 'criteria',
    words:
      /^(?:pass|passed|go|green|done|accepted|ok|success) (?:only )?(?:if|when)\b[^.]{0,30}:?$|\b(?:produce|deliver|leave behind)\b[^.]*:$|\bthese files\b[^.]*:$/,
  },
  {
    area: 'criteria',
    words:
      /^(?!if\b|when\b)[^.]*\b(?:(?:can|may) be closed|(?:is|are|counts? as|be) (?:passed|done|successful|green|complete[d]?|over|accepted|finished)|passe[sd]|leaves|go|goes (?:live|out))(?: only)? (?:if|when|once|as soon as)\b(?: all(?: of)?(?: the following| these)?)?[^.,]{0,40}:?$|\b(?:acceptance|success|exit|pass) criteria\b.*:$/,
  },
  {
    area: 'expectation',
    words:
      /\b(?:you|we) should (?:now )?(?:see|get|find)\b[^.]*:$|^expect(?:ed|ation)?\b[^.]*:$|\b(?:must|should|has to|have to) (?:all )?(?:hold|be true|apply|show|contain|print|return)\b[^.]*:$|^(?:verify|check|make sure|confirm|ensure)(?: that)?(?: all)?(?: of)?(?: the following| these)?(?: \w+){0,4}:$/,
  },
  { area: 'capture', words: /^(?:please )?(?:record|capture|note(?: down)?|write down)\b[^.]*:$/ },
  { area: 'preconditions', words: /^(?:you(?:'ll| will)? need|before you (?:start|begin)|prerequisites|requires?|required)\b[^.]*:$/ },
  {
    area: 'report',
    words:
      /\(fill in\)|^(?:copy|paste|put) (?:this|the following|it)?\b.*\b(?:ticket|log|channel|mail|report|minutes|protocol)\b|^(?:reply|answer|report(?: back)?|fill in|post)\b[^.]*(?:with|:)$/,
  },
];

/** Does it tell somebody to do something, behind its condition or without one? */
export function instructs(folded: string): boolean {
  return isInstruction(folded.replace(/:$/, '')) || isInstruction(afterCondition(folded).replace(/:$/, ''));
}

function afterCondition(folded: string): string {
  return folded.replace(/^(?:[^,:]|,(?=\d)|:(?=\S)){3,160}?(?:,| -|:)\s+(?:(?:then|please|just|you|we|so)\s+)*/, '');
}
