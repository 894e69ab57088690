/** What a heading means, with or without a number. The table is the rule: a row is a meaning and the words that say it. */
import { fold } from './prose.ts';

export type SectionMeaning = 'preconditions' | 'policy' | 'tasks' | 'search' | 'criteria' | 'report' | 'narrative' | 'reference' | 'expectation' | 'steps';

interface Row {
  readonly meaning: SectionMeaning;
  readonly words: RegExp;
}

/** First match wins; `reference` first, so that "Appendix: acceptance criteria of v1" never becomes live. */
const meanings: readonly Row[] = [
  {
    meaning: 'reference',
    words:
      /^(appendix|annex|history|change ?log|lessons learned|previous|older|glossary|references|further reading|see also|related|troubleshooting|(?:rollback|roll back|emergency)(?!.*\b(?:tests?|drill|checks?|verification|rehearsal|validation)\b)|example of|examples|anti-?patterns)\b/,
  },
  { meaning: 'expectation', words: /^expected (?:results?|outputs?|outcomes?|behaviou?r)\b|^expectations?$/ },
  { meaning: 'report', words: /\b(report|output|results?) template\b|^output report\b|^final report\b|^report$/ },
  { meaning: 'criteria', words: /\b(acceptance|pass|exit|success|pass\/fail|completion) criteria\b|^(final |post-?\w+ )?checklist\b|^definition of done\b/ },
  {
    meaning: 'preconditions',
    words: /\bpre-?conditions?\b|\bprerequisites?\b|^pre-?\w+ checklist\b|\bentry criteria\b|^before you begin\b|\brequirements before\b/,
  },
  {
    meaning: 'policy',
    words: /\bnon-?negotiables?\b|^(execution |run )?polic(y|ies)\b|^(hard )?(rules|constraints|guard ?rails)\b|\bout of bounds\b|^ground rules\b/,
  },
  { meaning: 'tasks', words: /\b(design|required|code|schema) (fix|fixes|change|changes)\b|^(fix|fixes|changes|tasks)\b|^fix [a-z0-9]+ -/ },
  { meaning: 'search', words: /\bstatic (verification|checks?|analysis|validation)\b|^(file|source|code) checks?\b/ },
  {
    meaning: 'narrative',
    words:
      /^(goal|purpose|objective|overview|background|summary|introduction|context|audience|scope)\b(?!.*pre-?conditions?)|^(in|out of) scope\b|^notes?\b|^motivation\b/,
  },
];

export interface HeadingReading {
  /** `2` of "2. Customer CLI Run", `1.3` of "1.3 Files"; undefined without a number. */
  readonly number: string | undefined;
  readonly title: string;
  /** The words in round brackets, folded: they may carry a policy or an order. */
  readonly brackets: readonly string[];
  readonly meaning: SectionMeaning;
  /** No row of the table matched: the meaning is the default. */
  readonly byDefault: boolean;
}

export function compileHeading(text: string): HeadingReading {
  const number = text.match(/^\s*(?:section\s+|step\s+|phase\s+|part\s+)?(\d+(?:\.\d+)*(?:[a-z](?=[.):]))?)[.):]?\s/i)?.[1];
  const title = text.replace(/^\s*(?:(?:section|step|phase|part)\s+)?\d+(?:\.\d+)*(?:[a-z](?=[.):]))?[.):]?\s+(?:[-\u2010-\u2015]\s*)?/i, '').trim();
  const brackets = [...title.matchAll(/\(([^()]*)\)/g)].map((match) => fold(match[1] ?? ''));
  const words = fold(title.replace(/\([^()]*\)/g, ' '));
  const row = meanings.find((candidate) => candidate.words.test(words));
  return { number, title, brackets, meaning: row?.meaning ?? 'steps', byDefault: row === undefined };
}

/** What a bold lead or a definition-like line announces. */
export type LabelMeaning =
  | 'metadata'
  | 'policy'
  | 'scope'
  | 'preconditions'
  | 'narrative'
  | 'tasks'
  | 'search'
  | 'command'
  | 'example'
  | 'capture'
  | 'expectation'
  | 'acceptance'
  /** Says something that no claim expresses: a failure signature, a time limit. */
  | 'unsupported'
  | 'title';

const labels: readonly { readonly meaning: LabelMeaning; readonly words: RegExp }[] = [
  { meaning: 'metadata', words: /^(date|audience|goal|owner|author|version|status|reviewers?|duration|estimated time|target|ticket|revision|last updated)$/ },
  { meaning: 'policy', words: /^(polic(y|ies)|rules?|constraints?|non-?negotiables?|hard rules?)$/ },
  { meaning: 'scope', words: /^((in |out of )?scope)$/ },
  { meaning: 'preconditions', words: /^(pre-?conditions?|prerequisites?|entry criteria|requires?)$/ },
  { meaning: 'narrative', words: /^(problem|background|context|why|rationale|note|notes|symptoms?|cause|canonical path|motivation|tip|info|summary|impact)$/ },
  { meaning: 'tasks', words: /^((required|design) (fix|fixes|change|changes)|fix|fixes|actions?|tasks?|to do)$/ },
  { meaning: 'search', words: /^((file|source|code|static) checks?)$/ },
  { meaning: 'command', words: /^(commands?|verification step|verification|verify|run|execute|query|run with|check)$/ },
  { meaning: 'example', words: /^example$/ },
  { meaning: 'capture', words: /^(record|captures?|note down|save)$/ },
  { meaning: 'expectation', words: /^(expected( results?| outputs?| outcome)?|expect|expectations?|should see|pass|pass if|passes if|assert(ions?)?|must)$/ },
  { meaning: 'unsupported', words: /^(fail(s|ed|ure)?( if| when| criteria)?|timeout|time limit|max(imum)? (duration|time))$/ },
  { meaning: 'acceptance', words: /^(acceptance( criteria)?( for .*)?|pass criteria|exit criteria|success criteria|done when)$/ },
];

export function compileLabel(label: string): LabelMeaning {
  const words = fold(label.replace(/\([^()]*\)/g, ' '))
    .replace(/[:.]$/, '')
    .trim();
  return labels.find((candidate) => candidate.words.test(words))?.meaning ?? 'title';
}
