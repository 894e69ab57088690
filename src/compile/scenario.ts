/** Given, When, Then: what a line of a scenario is. Its "when" is no condition, and its "given" no aside. A table of words. */
import type { Prose } from './prose.ts';

export type ScenarioPart = 'given' | 'when' | 'then';

const keyword = /^(given|when|then|and|but)\b,?\s+/i;
const actor = String.raw`(?:I|we|you|(?:the|an?|my) [\w-]+(?: [\w-]+)?)`;
const runs = new RegExp(
  String.raw`^\s*(?:[-*+]\s+|\d+[.)]\s+)?(?:\*\*|_)?(?:given|when|and|but)(?:\*\*|_)? ${actor} (?:runs?|executes?|calls?|invokes?|types?|starts?|issues?)(?: the (?:command|script|query))?:?\s*$`,
  'i',
);

/** Does the line before a command say, as a step of a scenario, that it is run? `behind`: what follows the command on its line. */
export function isScenarioRun(line: string, behind: string): boolean {
  return runs.test(line) && /^`?\s*[.;]?\s*$/.test(behind);
}

/**
 * What each sentence of a block is in its scenario; undefined where it is none. `And` and `But` go on with what stood before.
 * One word alone makes no scenario: a block, or a list that holds it, has a "when" or "given" and a "then".
 */
export function scenarioOf(sentences: readonly Prose[], list: { readonly before: string; readonly after: string }): readonly (ScenarioPart | undefined)[] {
  const words = (text: string): string | undefined => keyword.exec(text)?.[1]?.toLowerCase();
  if (sentences.every(({ text }) => words(text) === undefined)) return sentences.map(() => undefined);
  const inList = (text: string): readonly (string | undefined)[] =>
    text.split('\n').map((line) => words(line.replace(/^\s*(?:[-*+]|\d+[.)])?\s*(?:\*\*|_)?/, '').replace(/(?:\*\*|_)(?=\s)/, '')));
  const before = inList(list.before);
  const all = [...before, ...sentences.map(({ text }) => words(text)), ...inList(list.after)];
  if (!(all.includes('then') && (all.includes('when') || all.includes('given')))) return sentences.map(() => undefined);
  let current = before.findLast((word): word is ScenarioPart => word === 'given' || word === 'when' || word === 'then');
  return sentences.map(({ text }) => {
    const word = words(text);
    if (word === 'given' || word === 'when' || word === 'then') current = word;
    return word === undefined ? undefined : current;
  });
}

/** The sentence without its keyword; its place stays. */
export function withoutKeyword(sentence: Prose): Prose {
  return { ...sentence, text: sentence.text.replace(keyword, '') };
}
