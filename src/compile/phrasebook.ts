/**
 * How policy sentences are recognised: one table, one row a wording, as data. A sentence can match rows of several kinds and
 * then becomes several policies. What forbids or demands and matches no row is reported. Single words decide nothing: "only"
 * and "before" mostly tell a story.
 */
import type { PolicyKind } from '../model/policy.ts';
import { conductPhrases } from './conduct-phrase.ts';
import { executorTells, narratives, toldClause, toldPart, type Phrase } from './phrase-row.ts';
import { proofPhrases } from './proof-phrase.ts';
import { reachPhrases } from './reach-phrase.ts';
import { storePhrases } from './store-phrase.ts';
import { writePhrases } from './write-phrase.ts';

export type { Phrase } from './phrase-row.ts';

export const phrasebook: readonly Phrase[] = [...writePhrases, ...storePhrases, ...conductPhrases, ...proofPhrases, ...reachPhrases];

/** Without one of these words no row can match: most sentences of a document are done with here. */
const trigger =
  /\b(?:no|not|nor|never|without|zero|avoid|nothing|nobody|only|solely|exclusively|must\w*|may|shall|should|has|have|is to|are to|cannot|forbidden|prohibited|disallowed|banned|off[- ]limits|refrain|under|read[- ]only|selects?|search(?:es)?|static|reading|leave|keep|stay|hands|make|use|run|stop|abort|halt|cease|quit|break|fail\w*|errors?|before|precedes?|follows?|after|until|once|wait|max\w*|at most|up to|attempts?|required|mandatory|order|sequence|verbatim|written|offline|frozen|schema|real|proceed|continue|ends?|rules?|inspection|isolation|isolated|sandbox\w*|queries|viewing|look)\b|n't\b/;

/** The rows that a folded sentence matches. `heading`: its words stand in a heading's brackets. */
export function phrasesIn(folded: string, heading = false): readonly Phrase[] {
  if (!trigger.test(folded) || narratives.some((narrative) => narrative.test(folded))) return [];
  const said = folded
    .replace(executorTells, 'you must not')
    .split(/(?<=[,;:]) /)
    .filter((clause) => !toldClause.test(clause))
    .join(' ');
  const text = said.replace(toldPart, ' ').trim();
  return phrasebook.filter(
    (phrase) => (heading || phrase.heading !== true) && phrase.pattern.test(matchable(phrase, said, text)) && phrase.unless?.test(folded) !== true,
  );
}

/** "If a step does not pass, stop" is a rule by its condition; every other row is tried without such parts. */
function matchable(phrase: Phrase, said: string, text: string): string {
  return phrase.kind === 'stop-on-failure' || phrase.kind === 'no-undeclared-env' ? said : text;
}

/** For people: the wordings that are understood, kind by kind in the order of the table. */
export function phrasesByKind(): readonly {
  readonly kind: PolicyKind;
  readonly wordings: readonly { readonly id: string; readonly example: string; readonly onlyInHeading: boolean }[];
}[] {
  const kinds = [...new Set(phrasebook.map((phrase) => phrase.kind))];
  return kinds.map((kind) => ({
    kind,
    wordings: phrasebook.filter((phrase) => phrase.kind === kind).map(({ id, example, heading }) => ({ id, example, onlyInHeading: heading === true })),
  }));
}

/** Words that make a sentence with a phrase a rule for whoever executes the plan, and not a remark in passing. */
export const ruleWords =
  /\b(?:must|shall|has to|have to|(?:is|are) (?:not )?to|may (?:not|never|only)|mustn't|should never|never|do not|don't|(?:agent|operator|executor|tester|runner) does(?: not|n't)|not (?:allowed|permitted|acceptable)|forbidden|prohibited|disallowed|banned|off[- ]limits|out of bounds|no \S+|nothing|nobody|under no circumstances|strictly|required|mandatory|refrain|avoid|without|hands off|exactly once|verbatim|as written|at most|max(?:imum)?|counts?|frozen|only|alone|offline|read[- ]only)\b|^(?:please )?(?:leave|keep|stay|make|zero|not|on|upon|at|fail fast|stop|abort|halt|if|when|as soon as|once|any|the first|one|a)\b/;
