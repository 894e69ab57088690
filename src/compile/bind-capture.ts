/** "Record: Run ID" becomes a capture of a step; the addendum says how a value is found and of what type it is. */
import type { Capture } from '../model/step.ts';
import type { AddendumCapture, AddendumCaptureSource } from './addendum-shape.ts';
import { blanksIn } from './blank.ts';
import { oneOf, overlaps, placesOf, span, type Binder } from './bind.ts';
import type { CaptureDraft, StepDraft } from './draft.ts';
import { holesIn } from './placeholder.ts';
import { fold } from './prose.ts';

export function bindCaptures(binder: Binder): void {
  const entries = (binder.addendum?.captures ?? []).map((entry) => ({
    entry,
    places: entry.at === undefined || entry.atSpan === undefined ? [] : placesOf(binder, { ...entry, at: entry.at, atSpan: entry.atSpan }),
  }));
  const firstUses = firstUsesOf(binder);
  for (const capture of binder.draft.captures) {
    const bound = entries.find(({ entry, places }) =>
      entry.name === undefined ? places.some((place) => overlaps(place, capture)) && mentions(entry, capture) : entry.name === capture.name,
    )?.entry;
    if (bound) binder.used.add(bound);
    if ((firstUses.get(capture.name) ?? Number.POSITIVE_INFINITY) < (capture.step?.end ?? capture.start)) continue;
    const step = capture.step;
    if (!step) {
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/capture-without-step',
        message: `no step before this line could print \`${capture.name}\``,
        span: span(binder, capture),
        help: 'move the line below the command whose output is meant',
      });
      continue;
    }
    const sources = bound && bound.sources.length > 0 ? bound.sources.map(sourceOf) : [defaultSource(step, capture)];
    for (const source of sources) step.captures.push(captureOf(binder, bound, capture.name, source, capture, bound?.optional ?? capture.optional));
  }
  for (const { entry } of entries) if (!binder.used.has(entry)) bindAdded(binder, entry);
  bindConditions(binder);
}

/** One sentence may record several names: the quotation says which one is meant. */
function mentions(entry: AddendumCapture, capture: CaptureDraft): boolean {
  const words = fold(entry.at ?? '').replace(/[^a-z0-9_]+/g, ' ');
  return words.includes(capture.name) || words.includes(fold(capture.label).replace(/[^a-z0-9_]+/g, ' '));
}

/**
 * Where the first step begins that uses a name as a hole. At or before the step that would print it such a name comes from
 * outside, not from that step.
 */
function firstUsesOf(binder: Binder): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  if (binder.draft.captures.length === 0) return first;
  // Teardown stands in another order than it runs in; whether its names are known by then is seen there.
  for (const step of binder.draft.steps.filter(({ role }) => role !== 'teardown'))
    for (const { name } of [...holesIn(step.text), ...blanksIn(step.text), ...step.splices])
      first.set(name, Math.min(first.get(name) ?? Number.POSITIVE_INFINITY, step.start));
  return first;
}

function defaultSource(step: StepDraft, capture: CaptureDraft): Capture['source'] {
  const column = step.sql?.columns.find((candidate) => candidate.column === capture.name);
  return column ? { kind: 'column', column: column.column } : { kind: 'label', label: capture.label };
}

export function sourceOf(source: AddendumCaptureSource): Capture['source'] {
  switch (source.kind) {
    case 'line': {
      const holes = holesIn(source.pattern);
      return { kind: 'pattern', pattern: source.pattern, take: source.take ?? holes[0]?.name ?? '', first: source.first };
    }
    case 'column':
      return { kind: 'column', column: source.column };
    case 'stdout':
      return { kind: 'stdout' };
    case 'label':
      return { kind: 'label', label: source.label };
  }
}

function captureOf(
  binder: Binder,
  entry: AddendumCapture | undefined,
  name: string,
  source: Capture['source'],
  place: { readonly start: number; readonly end: number },
  optional: boolean,
): Capture {
  return {
    name,
    type: entry?.type ?? 'text',
    span: span(binder, place),
    optional,
    source,
    ...(entry?.secret ? { secret: true as const } : {}),
    ...(entry ? { boundBy: 'addendum' as const } : {}),
  };
}

/** A capture that no line of the text asks for: by the step it quotes, or by a command and the one that replaces it ("if none, …"). */
function bindAdded(binder: Binder, entry: AddendumCapture): void {
  const name = entry.name;
  if (name === undefined) {
    if (entry.at !== undefined && entry.atSpan !== undefined) oneOf(binder, { text: entry.at, span: entry.atSpan }, [], 'line that records a name');
    return;
  }
  if (entry.at !== undefined && entry.atSpan !== undefined) {
    const step = oneOf(binder, { text: entry.at, span: entry.atSpan }, binder.draft.steps, 'step');
    binder.used.add(entry);
    if (step) for (const source of entry.sources) step.captures.push(captureOf(binder, entry, name, sourceOf(source), step, entry.optional ?? false));
    return;
  }
  const conditional = binder.draft.steps.find((step) => step.conditional?.previous);
  const previous = conditional?.conditional?.previous;
  if (!conditional || !previous || entry.sources.length !== 2) {
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/capture-without-step',
      message: `nothing says which step prints \`${name}\``,
      span: entry.span,
      help: 'quote the step with `at:`',
    });
    return;
  }
  binder.used.add(entry);
  const [first, second] = entry.sources as readonly [AddendumCaptureSource, AddendumCaptureSource];
  previous.captures.push(captureOf(binder, entry, name, sourceOf(first), previous, true));
  conditional.captures.push(captureOf(binder, entry, name, sourceOf(second), conditional, false));
}

/** "If none": none of what the step before could have supplied. */
function bindConditions(binder: Binder): void {
  for (const step of binder.draft.steps) {
    const conditional = step.conditional;
    if (!conditional) continue;
    const shared = step.captures.find((capture) => conditional.previous?.captures.some((other) => other.name === capture.name));
    if (shared) {
      step.condition = { kind: 'not-captured', name: shared.name, span: span(binder, conditional) };
      continue;
    }
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/unbound-condition',
      message: 'the text does not say what is looked for when it says "if none"',
      span: span(binder, conditional),
      help: 'in the addendum, under `captures:`, write a name with two sources in `from:`: a line of the command before, and a line of this one',
    });
  }
}
