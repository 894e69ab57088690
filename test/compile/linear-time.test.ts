/**
 * No pattern may go back and forth over a long text: the time of each predicate on ten times the text is compared with its
 * time on the shorter one, in processor time and against the least of several tries, never with a clock's absolute figures.
 */
import { describe, expect, test } from 'vitest';
import { blanksIn } from '../../src/compile/blank.ts';
import { splitTerms, compileClaim } from '../../src/compile/claim.ts';
import { oppositeOf } from '../../src/compile/claim-phrase.ts';
import { cautionOf } from '../../src/compile/code-caution.ts';
import { contentMeaning, isCommand } from '../../src/compile/code-content.ts';
import { conditionAtStart, conditionOf } from '../../src/compile/condition.ts';
import { isForeign } from '../../src/compile/foreign-prose.ts';
import { compileLabel } from '../../src/compile/label.ts';
import { openRuleOf } from '../../src/compile/open-rule.ts';
import { phrasesIn } from '../../src/compile/phrasebook.ts';
import { holesIn } from '../../src/compile/placeholder.ts';
import { fold, sentencesOf } from '../../src/compile/prose.ts';
import { replacedLines, replacedTokens } from '../../src/compile/replaced-token.ts';
import { compileHeading } from '../../src/compile/section.ts';
import { introOf } from '../../src/compile/introduction.ts';
import { directoryOf, isClaim, isCriterion, isInstruction, isRecord, isRule, isStory, stopConditionOf } from '../../src/compile/sentence.ts';
import { readPsqlSession, readTranscript } from '../../src/compile/transcript.ts';
import { fillings } from '../reading/adversarial-document.ts';

const names = { resolve: () => undefined };

/** As the walk calls them: sentences are folded first. */
const predicates: Readonly<Record<string, (text: string) => unknown>> = {
  isClaim: (text) => isClaim(fold(text)),
  isRule: (text) => isRule(fold(text)),
  isInstruction: (text) => isInstruction(fold(text)),
  isCriterion: (text) => isCriterion(fold(text)),
  isRecord: (text) => isRecord(fold(text)),
  isStory: (text) => isStory(fold(text)),
  introOf: (text) => introOf(fold(text), text),
  conditionOf: (text) => conditionOf(fold(text)),
  conditionAtStart: (text) => conditionAtStart(fold(text)),
  phrasesIn: (text) => phrasesIn(fold(text)),
  openRuleOf: (text) => openRuleOf(fold(text)),
  stopConditionOf,
  oppositeOf: (text) => oppositeOf(fold(text)),
  compileHeading,
  compileLabel,
  compileClaim: (text) => compileClaim(text, names),
  splitTerms,
  directoryOf,
  isCommand,
  contentMeaning,
  cautionOf,
  blanksIn,
  holesIn,
  replacedTokens,
  replacedLines,
  isForeign,
  readPsqlSession,
  readTranscript: (text) => readTranscript('console', text, isCommand),
  sentencesOf: (text) => sentencesOf({ text, start: 0, end: text.length, codes: [], strong: false }, text),
};

/** Milliseconds of processor time, the least of some tries. */
function cost(work: (text: string) => unknown, text: string, tries = 3): number {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const { user } = process.cpuUsage();
    work(text);
    least = Math.min(least, (process.cpuUsage().user - user) / 1_000);
  }
  return least;
}

/** What a pattern without any choice costs on the longest text, as the unit for what is too little to compare. */
const floor = Math.max(50, 60 * cost((text) => text.match(/[aeiou]+[^aeiou]+/g), 'word '.repeat(8_000)));

describe('time grows by the length of the text', () => {
  test.each(Object.keys(predicates))('%s', (name) => {
    const predicate = predicates[name] ?? String;
    const slow = fillings.flatMap((filling) => {
      const text = (length: number): string => filling.repeat(Math.ceil(length / filling.length));
      if (cost(predicate, text(40_000), 1) < floor) return [];
      const long = cost(predicate, text(40_000));
      const short = Math.max(floor / 10, cost(predicate, text(4_000)));
      // Ten times the text: a square would be a hundred times the time.
      return long > 35 * short ? [`${JSON.stringify(filling)}: ${short.toFixed(1)} ms, ${long.toFixed(1)} ms`] : [];
    });
    expect(slow).toEqual([]);
  });
});
