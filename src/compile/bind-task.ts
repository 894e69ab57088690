/** What people must do outside the runner: never performed, only verified by what the addendum names. */
import type { Task } from '../model/plan.ts';
import { expect, numberedExpectation, overlaps, placesOf, placesOfText, span, type Binder } from './bind.ts';
import { newStep } from './read-code.ts';
import type { StepDraft, TextDraft } from './draft.ts';

export function bindTasks(binder: Binder): readonly (() => Task)[] {
  const entries = (binder.addendum?.tasks ?? []).map((entry) => ({ entry, places: placesOf(binder, entry) }));
  const extents = extentsOf(binder);
  return binder.draft.tasks.map((task, index) => {
    const extent = extents.get(task) ?? task;
    const verifying: (() => readonly string[])[] = [];
    for (const { entry, places } of entries) {
      if (!places.some((place) => overlaps(place, extent))) continue;
      binder.used.add(entry);
      for (const verification of entry.verifiedBy) {
        if (verification.kind === 'quotation') {
          const numbered = numberedExpectation(binder, verification.quotation);
          if (numbered) {
            verifying.push(() => [numbered()]);
            continue;
          }
          const found = placesOfText(binder, verification.quotation);
          verifying.push(() =>
            binder.draft.steps
              .flatMap((step) => step.expectations)
              .filter(
                (expectation) =>
                  found.some(
                    (place) =>
                      expectation.span.path === binder.planPath && place.start < expectation.span.end.offset && expectation.span.start.offset < place.end,
                  ) || found.some((place) => overlaps(place, expectation.step) && expectation.step.sql?.mode === 'probe'),
              )
              .map((expectation) => expectation.id),
          );
          continue;
        }
        const step = searchStep(
          binder,
          task,
          verification.pattern.text,
          verification.in.map((path) => path.text),
          verification.absent,
        );
        verifying.push(() => step.expectations.map((expectation) => expectation.id));
      }
    }
    return () => ({
      id: `T${index + 1}`,
      text: task.text,
      span: span(binder, task),
      ...(task.condition === undefined ? {} : { condition: task.condition }),
      verifiedBy: [...new Set(verifying.flatMap((ids) => ids()))],
    });
  });
}

function searchStep(binder: Binder, task: TextDraft, pattern: string, paths: readonly string[], absent: boolean): StepDraft {
  const step = newStep(binder.draft, task.section, pattern, {
    start: task.start,
    end: task.end,
    place: () => task.start,
    title: `verifies: ${task.text.replace(/`/g, '')}`,
    role: 'step',
  });
  step.kind = 'rg-check';
  step.boundBy = 'addendum';
  step.search = {
    arguments: ['--line-number', '--multiline', '--regexp', pattern, '--', ...paths],
    patterns: [pattern],
    paths,
    fixedStrings: false,
    quantity: absent ? 'none' : 'any',
  };
  expect(step, {
    text: `${task.text.replace(/`/g, '')}: ${absent ? 'not found any more' : 'found'}`,
    span: span(binder, task),
    claim: { kind: 'found', quantity: absent ? 'none' : 'any' },
    origin: 'addendum',
  });
  return step;
}

/** A task reaches to the next one, so that a quotation of its details binds it. */
function extentsOf(binder: Binder): ReadonlyMap<TextDraft, { readonly start: number; readonly end: number }> {
  const tasks = [...binder.draft.tasks].sort((a, b) => a.start - b.start);
  return new Map(tasks.map((task, index) => [task, { start: task.start, end: Math.min(tasks[index + 1]?.start ?? task.section.end, task.section.end) }]));
}
