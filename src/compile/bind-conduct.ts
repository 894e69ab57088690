/** Sentences about conduct find their steps. Who says what of a step stays known: a step that may write is repeated only where it is said of it. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import type { RepetitionDraft } from './addendum-shape.ts';
import { span, type Binder } from './bind.ts';
import type { RepetitionWords } from './conduct.ts';
import { isExecuted, note, type ConductDraft, type StepDraft } from './draft.ts';
import type { Stretch } from './quotation.ts';

export function bindConduct(binder: Binder): void {
  for (const conduct of binder.draft.conduct) bindOne(binder, conduct);
}

function bindOne(binder: Binder, draft: ConductDraft): void {
  const { conduct } = draft;
  if (conduct.kind === 'unclear') return;
  const steps = stepsMeant(binder, draft);
  const [first] = steps;
  if (first === undefined) return void binder.diagnostics.push(withoutStep(binder, draft));
  // In the brackets of a heading it is about the step below, and there must be just one.
  if (draft.reach !== 'step' && !conduct.each && steps.length > 1) return void binder.diagnostics.push(sharedConduct(binder, draft, steps.length));
  const reach = conduct.each ? draft.reach : 'step';
  switch (conduct.kind) {
    case 'repetition': {
      const { until } = conduct.repetition;
      if (until !== undefined) {
        captureAwaited(binder, draft, until, steps);
        binder.draft.claims.push({
          text: until,
          start: draft.start,
          end: draft.end,
          section: draft.section,
          steps,
          block: draft.block,
          eventually: conduct.repetition,
        });
        return;
      }
      for (const step of steps) repeat(binder, step, conduct.repetition, draft, reach);
      return say(binder, draft, steps, conduct.repetition.kind === 'retry' ? 'retry' : 'repetition');
    }
    case 'limit':
      for (const step of steps) limit(binder, step, conduct.limitMs, draft);
      return say(binder, draft, steps, 'time limit');
    case 'once':
      for (const step of steps) {
        if (step.once === false) binder.diagnostics.push(contradiction(span(binder, draft), 'once'));
        step.once = true;
        step.onceAt = span(binder, draft);
      }
      return say(binder, draft, steps, 'once');
    case 'always':
      for (const step of steps) if (step.role === 'step') step.role = 'teardown';
      return say(binder, draft, steps, 'teardown');
  }
}

const noName = /^(?:it|this|that|output|stdout|stderr|the|a|an|there|nothing|response|status code|exit)$/i;

/** "until `state` is `matched`": a name that no query shows is one that the command prints. */
function captureAwaited(binder: Binder, draft: ConductDraft, until: string, steps: readonly StepDraft[]): void {
  const name = /^(?:the )?`?([A-Za-z_]\w*)`? (?:is|becomes|equals|==?|in) /i.exec(until)?.[1];
  const isShown = ({ supplies }: StepDraft): boolean => supplies.some((supply) => supply === name || supply.endsWith(`.${name}`));
  if (name === undefined || noName.test(name) || binder.draft.captures.some((capture) => capture.name === name) || binder.draft.steps.some(isShown)) return;
  const { text, start, end, section, block } = draft;
  binder.draft.captures.push({ name, label: name, optional: false, step: steps.at(-1), text, start, end, section, block });
  note(binder.draft, block, 'capture', `capture ${name}`);
}

/** A step is repeated in one way: a second one that says something else is a contradiction. */
export function repeat(binder: Binder, step: StepDraft, words: RepetitionWords, place: Stretch, reach: RepetitionDraft['reach']): void {
  repeatAt(binder, step, words, span(binder, place), reach);
}

/** The same for words of an addendum, or of a key. */
export function repeatAt(binder: Binder, step: StepDraft, words: RepetitionWords, at: Span, reach: RepetitionDraft['reach']): void {
  const { until: _until, giveUpWhen, ...rest } = words;
  const wanted: RepetitionDraft = { ...rest, ...(giveUpWhen === undefined ? {} : { giveUpWhen: { text: giveUpWhen, span: at } }), span: at, reach };
  const known = step.repeat;
  if (known === undefined) step.repeat = wanted;
  // What is said of the step itself goes before what is said of many.
  else if (known.reach !== 'step' && reach === 'step') step.repeat = wanted;
  else if ((known.reach === 'step') === (reach === 'step') && !isSame(known, wanted)) binder.diagnostics.push(contradiction(at, 'repetition', known));
}

export function isSame(one: RepetitionDraft, two: RepetitionDraft): boolean {
  const said = ({ kind, attempts, withinMs, pauseMs, giveUpWhen }: RepetitionDraft): string =>
    JSON.stringify([kind, attempts, withinMs, pauseMs, giveUpWhen?.text]);
  return said(one) === said(two);
}

function limit(binder: Binder, step: StepDraft, limitMs: number, draft: ConductDraft): void {
  if (step.timeoutMs === undefined || draft.reach === 'step') {
    if (step.timeoutMs !== undefined && step.timeoutMs !== limitMs && step.limitAt !== undefined)
      binder.diagnostics.push(contradiction(span(binder, draft), 'time limit'));
    // An addendum may be stricter than the text, never less so.
    step.timeoutMs = step.timeoutMs === undefined ? limitMs : Math.min(step.timeoutMs, limitMs);
    step.limitAt = span(binder, draft);
  }
}

function say(binder: Binder, draft: ConductDraft, steps: readonly StepDraft[], what: string): void {
  for (const step of steps) note(binder.draft, draft.block, 'step', () => `${what} of step ${step.id}`);
}

/** What a sentence says of "each step" is about all of its part; else it is about the command in it, below it or above it. */
function stepsMeant(binder: Binder, draft: ConductDraft): readonly StepDraft[] {
  const all = binder.draft.steps.filter(isExecuted);
  if (draft.reach === 'document') return all;
  const own = all.filter((step) => step.start >= draft.section.start && step.start < draft.section.end);
  if (draft.reach === 'section') return own;
  const within = own.filter((step) => step.start >= draft.start && step.end <= draft.end);
  if (within.length > 0) return within;
  const { above } = draft;
  const introduced = above === undefined ? [] : own.filter((step) => step.start >= above.start && step.end <= above.end);
  if (introduced.length > 0) return introduced;
  const told = draft.own;
  if (told !== undefined) return own.filter((step) => step.start >= told.start && step.end <= told.end);
  const before = own.findLast((step) => step.end <= draft.start);
  return sameBlock(binder, own, before ?? own.find((step) => step.start >= draft.end));
}

/** A block of several statements is one thing to an author. */
function sameBlock(binder: Binder, steps: readonly StepDraft[], step: StepDraft | undefined): readonly StepDraft[] {
  if (step === undefined) return [];
  const block = binder.draft.document.blocks.find((each) => each.code !== undefined && each.start <= step.start && each.end >= step.end);
  return block === undefined ? [step] : steps.filter((each) => each.start >= block.start && each.end <= block.end);
}

function withoutStep(binder: Binder, draft: ConductDraft): Diagnostic {
  note(binder.draft, draft.block, 'step', undefined, 'no step that it could be about');
  return {
    severity: 'error',
    code: 'compile/conduct-without-step',
    message: 'no step stands where this sentence says how one is carried out',
    span: span(binder, draft),
    help: 'put it below the command that it is about, or write `each step of this plan`',
  };
}

function sharedConduct(binder: Binder, draft: ConductDraft, count: number): Diagnostic {
  note(binder.draft, draft.block, 'unclaimed');
  return {
    severity: 'error',
    code: 'compile/unclear-conduct',
    message: `this is said of ${count} steps together, and can only be kept of one`,
    span: span(binder, draft),
    help: 'say it below the command that is meant, or of `each step of this section`',
  };
}

export function contradiction(at: Span, what: string, other?: RepetitionDraft): Diagnostic {
  return {
    severity: 'error',
    code: 'compile/duplicate-entry',
    message: `the ${what} of this step is said twice, and differently`,
    span: at,
    ...(other === undefined ? {} : { notes: [`also said at ${other.span.path}:${other.span.start.line}:${other.span.start.column}`] }),
    help: 'keep one of the two',
  };
}
