/** Which part of a plan must wait for which: sections and steps by number or by the words of their title. */
import type { PolicyRule } from '../model/policy.ts';
import { wordsOf } from './bind-expectation.ts';
import type { Binder } from './bind.ts';
import type { Draft, PolicyDraft, SectionDraft, StepDraft } from './draft.ts';
import { fold } from './prose.ts';

type Order = Extract<PolicyRule, { readonly kind: 'order' }>;

const begin = String.raw`(?:start(?:ing)?|begin(?:ning)?|run(?:ning)?|execut(?:e|ing)|open(?:ing)?|enter(?:ing)?|proceed(?:ing)? (?:to|with)|go(?:ing)? to|mov(?:e|ing) on to|continu(?:e|ing) (?:with|to)|attempt(?:ing)?|apply(?:ing)?|deploy(?:ing)?)`;

/** How a sentence says it: `later` waits for `sooner`. The first that fits and whose two parts are found decides. */
const forms: readonly RegExp[] = [
  new RegExp(String.raw`\b(?:not|never|n't) ${begin} (?<later>.+?) (?:before|until|unless|prior to) (?<sooner>.+)`),
  /^(?<later>.+?) (?:must|may|shall)(?: not| never) (?:start|begin|run|be \w+) (?:before|until|unless) (?<sooner>.+)/,
  /^(?:please )?(?:run|start|begin|execute|apply|deploy|open) (?<later>.+?) only (?:after|once) (?<sooner>.+)/,
  /^(?<later>.+?) (?:may|must|shall|can|should) (?:only )?(?:start|begin|run|be \w+) (?:only )?(?:after|once) (?<sooner>.+)/,
  /^(?<later>.+?) (?:must|shall|has to|have to) wait (?:for|until) (?<sooner>.+)/,
  /^before (?<later>[^,]+), (?<sooner>.+)/,
  /^(?<later>.+?) (?:only )?(?:follows?|after) (?<sooner>.+)/,
  /^(?<sooner>.+?) (?:before|precedes?) (?<later>.+)/,
];

/** Undefined where one of the two is not found, or both are the same: then the sentence is not understood. */
export function orderOf(binder: Binder, draft: PolicyDraft, production: StepDraft | undefined): Order | undefined {
  const own = ownSection(binder, draft);
  if (draft.wholeSection) return own && orderTo(own.number, afterWork(binder, own, production));
  const text = fold(draft.text).replace(/[.!]$/, '');
  for (const form of forms) {
    const parts = form.exec(text)?.groups;
    const sooner = parts?.['sooner'];
    const later = parts?.['later'];
    if (sooner === undefined || later === undefined) continue;
    const before = partOf(binder, draft, sooner);
    const after = partOf(binder, draft, later);
    if (before !== undefined && after !== undefined && before !== after) return { kind: 'order', before, after };
  }
  if (!/\bbefore (?:attempting|running|starting|executing|any|testing|proceeding)\b/.test(text)) return undefined;
  const task = nearest(
    topSections(binder).filter((section) => section !== own && section.meaning === 'tasks'),
    draft.text,
  );
  const sooner = task?.number ?? partOf(binder, draft, text.split(/\bbefore\b/)[0] ?? '');
  return sooner === undefined ? undefined : orderTo(sooner, afterWork(binder, task ?? own, production));
}

function orderTo(before: string, after: SectionDraft | undefined): Order | undefined {
  return after === undefined || after.number === before ? undefined : { kind: 'order', before, after: after.number };
}

/** Where the work is that must wait: the production path's section, else the next one with steps. */
function afterWork(binder: Binder, before: SectionDraft | undefined, production: StepDraft | undefined): SectionDraft | undefined {
  const sections = topSections(binder);
  if (production) return sections.find((section) => production.start >= section.start && production.start < section.end);
  return sections.find((section) => before !== undefined && section.start > before.start && sectionsWithSteps(binder).has(section));
}

function topSections(binder: Binder): readonly SectionDraft[] {
  const level = Math.min(...binder.draft.sections.map((section) => section.level));
  return binder.draft.sections.filter((section) => section.level === level);
}

function ownSection(binder: Binder, draft: PolicyDraft): SectionDraft | undefined {
  return topSections(binder).find((section) => draft.start >= section.start && draft.start < section.end);
}

function nearest(sections: readonly SectionDraft[], text: string): SectionDraft | undefined {
  const words = wordsOf(text);
  const shared = (section: SectionDraft): number => wordsOf(section.title).filter((word) => words.includes(word)).length;
  return [...sections].sort((a, b) => shared(b) - shared(a))[0];
}

/** Policies are bound when all steps are there: what holds one is looked up once a document. */
function sectionsWithSteps(binder: Binder): ReadonlySet<SectionDraft> {
  const known = withSteps.get(binder.draft);
  if (known) return known;
  const starts = binder.draft.steps.map((step) => step.start).sort((a, b) => a - b);
  const found = new Set(
    binder.draft.sections.filter((section) => {
      let [low, high] = [0, starts.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) < section.start) low = middle + 1;
        else high = middle;
      }
      return (starts[low] ?? Number.POSITIVE_INFINITY) < section.end;
    }),
  );
  withSteps.set(binder.draft, found);
  return found;
}

const withSteps = new WeakMap<Draft, ReadonlySet<SectionDraft>>();

/** A section's number, or `step` and a step's; by number first, then by the one title that shares words with it. */
function partOf(binder: Binder, draft: PolicyDraft, words: string): string | undefined {
  const { sections, steps } = binder.draft;
  const numbered = /\b(section|step|phase|part) (\d+(?:\.\d+)*[a-z]?)(?![\w.]*\d)/.exec(words);
  if (numbered) {
    const number = numbered[2] ?? '';
    const section = sections.find((candidate) => candidate.number === number);
    if (section && (numbered[1] !== 'step' || !steps.some((step) => step.id === number))) return section.number;
    const step = steps.find((candidate) => candidate.id === number) ?? steps.find((candidate) => candidate.id === `${draft.section.number}.${number}`);
    return step === undefined ? section?.number : `step ${step.id}`;
  }
  const wanted = wordsOf(
    words.replace(
      /\b(?:has|have|been|is|are|verified|complete[d]?|done|finished|holds?|pass(?:es|ed)?|green|any|all|every|the|run|starting|attempting|running)\b/g,
      ' ',
    ),
  );
  const found = best([...sectionsWithSteps(binder)], wanted);
  if (found !== undefined) return found.number;
  const step = best(
    steps.filter((candidate) => candidate.role === 'step'),
    wanted,
  );
  return step === undefined ? undefined : `step ${step.id}`;
}

/** The one whose title shares most words; undefined where two do, or none. */
function best<T extends { readonly title: string }>(candidates: readonly T[], wanted: readonly string[]): T | undefined {
  const scored = candidates
    .map((candidate) => ({ candidate, score: new Set(wordsOf(candidate.title).filter((word) => wanted.includes(word))).size }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  return scored[0] !== undefined && scored[0].score !== scored[1]?.score ? scored[0].candidate : undefined;
}
