/** Steps, and what is recorded and expected of them, as items. */
import type { Claim } from '../model/claim.ts';
import type { Plan } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import { foldWords, wordsOf } from './compare-words.ts';
import type { Item } from './compare-item.ts';
import { headingAt, headingsOf, lineOf } from './compare-place.ts';
import { isSame, subjectOf } from './compare-relation.ts';

/** How ids of one plan are written so that the other plan's comparison understands them. */
export type Reference = (kind: 'step' | 'expectation' | 'policy' | 'section', id: string) => string;

export interface StepItem extends Item {
  readonly step: Step;
}

/** Ways in which a shell text hides the exit code of a command; each is a facet of its own. */
const concealments: readonly RegExp[] = [
  /\|\|\s*(?:true|:|exit 0|echo\b)/g,
  /\bset \+[a-z]*e/g,
  /;\s*(?:true|exit 0)\s*$/gm,
  /\btrap\s+['"]?(?:exit 0|true)/g,
  /(?<!&)&\s*$/gm,
];

export function stepItems(plan: Plan): readonly StepItem[] {
  const headings = headingsOf(plan);
  return plan.steps.map((step) => {
    const home = headingAt(plan, headings, step.span)?.title ?? '';
    const process = step.kind === 'shell' || step.kind === 'coordinator-call';
    const search = step.kind === 'rg-check' ? JSON.stringify([step.patterns, step.paths, step.fixedStrings]) : '';
    const key = JSON.stringify([process ? 'process' : step.kind, step.role, step.text, step.text === '' ? search : '']);
    return {
      part: 'step',
      id: step.id,
      step,
      identities: [`${key}${foldWords(home)}`, key, step.text.trim(), search],
      family: `${process ? 'process' : step.kind} ${step.role}`,
      words: wordsOf(step.text),
      text: firstLine(step.text),
      at: lineOf(step.span, firstLine(step.text)),
      facets: stepFacets(step, home, plan.protectedTables),
    };
  });
}

function stepFacets(step: Step, home: string, protectedTables: readonly string[]): Item['facets'] {
  // Ids and places are the pairing's to compare; captures and expectations are items of their own.
  const {
    id: _id,
    section: _section,
    span: _span,
    captures: _captures,
    expectations: _expectations,
    access,
    condition,
    title,
    text,
    repeat,
    doneWhen,
    ...rest
  } = step;
  const process = step.kind === 'shell' || step.kind === 'coordinator-call';
  return {
    ...rest,
    // What a search does stands in its patterns and paths; its words may be a sentence, or none at all.
    ...(step.kind !== 'rg-check' ? { text } : text === '' ? {} : { wording: text }),
    // A title that is the heading or the text again changes with it and says nothing more.
    ...(isSame(foldWords(title), foldWords(home)) || foldWords(title).startsWith(foldWords(text).slice(0, 20)) ? {} : { title }),
    concealment: process ? concealments.flatMap((pattern) => [...step.text.matchAll(pattern)].map(([match], index) => `${match.trim()} ${index}`)) : [],
    production: access.capability === 'production',
    capability: access.capability === 'production' ? 'write' : access.capability,
    // The production path that names no tables may write all that are protected.
    writes: access.capability === 'production' && access.writes.length === 0 ? protectedTables : access.writes,
    condition: condition === undefined ? null : { kind: condition.kind, name: condition.name },
    // A step that is not repeated has one attempt, and no time beside that of it.
    attempts: repeat === undefined ? 1 : (repeat.attempts ?? Number.POSITIVE_INFINITY),
    repeatMs: repeat?.withinMs ?? 0,
    ...(repeat === undefined ? {} : { pauseMs: repeat.pauseMs, repetition: repeat.kind }),
    giveUpWhen: repeat?.giveUpWhen === undefined ? [] : [JSON.stringify(repeat.giveUpWhen.claim)],
    doneWhen: doneWhen === undefined ? null : { sql: doneWhen.sql, parameters: doneWhen.parameters },
  };
}

export function captureItems(plan: Plan, refer: Reference): readonly Item[] {
  return plan.steps.flatMap((step) =>
    step.captures.map(({ name, span, ...rest }) => ({
      part: 'capture' as const,
      id: name,
      identities: [`${name} ${refer('step', step.id)}`, name],
      family: '',
      words: [],
      text: name,
      at: lineOf(span, name),
      facets: {
        ...rest,
        source: rest.source.kind === 'label' ? { ...rest.source, label: foldWords(rest.source.label).replace(/[^\p{L}\p{N}]+/gu, '_') } : rest.source,
        step: refer('step', step.id),
      },
    })),
  );
}

export function expectationItems(plan: Plan, refer: Reference): readonly Item[] {
  return plan.steps.flatMap((step) => {
    const home = refer('step', step.id);
    return step.expectations.map(({ id, text, span, claim, origin }) => {
      const said = JSON.stringify(claim);
      // Every command has an exit code: that of another step is another claim.
      const own = origin === 'implied' || claim.kind === 'exit-code' || claim.kind === 'tests-pass';
      return {
        part: 'expectation' as const,
        id,
        identities: [
          `${home} ${origin} ${said}`,
          `${home} ${said}`,
          `${home} ${subjectOf(claim)} ${origin}`,
          `${home} ${subjectOf(claim)}`,
          own || !subjectOf(claim).startsWith('name ') ? '' : said,
        ],
        family: `${home} ${origin}`,
        words: origin === 'text' ? wordsOf(text) : [],
        text,
        at: lineOf(span, origin === 'text' ? text : `${text} (${origin})`),
        facets: { claim, origin, ...(tellsAll(claim) ? { text: foldWords(text) } : { sentence: text }), step: home },
      };
    });
  });
}

/** A claim with the names, texts or numbers of its sentence says all of it; "it succeeds" may stand for a longer one. */
function tellsAll(claim: Claim): boolean {
  return subjectOf(claim).startsWith('name ') || 'text' in claim || 'count' in claim;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.trim() ?? '';
}
