/** The shape of `diff --json` (schema `schemas/diff.schema.json`): plain data, lines from 1. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import { changeClasses, type Change, type ChangeClass, type Comparison } from './compare-change.ts';

/** One of the two plans: what it is, and whether it could be executed at all. */
export interface DiffedPlan {
  readonly path: string;
  readonly title: string;
  readonly sha256: string;
  readonly addendum?: { readonly path: string; readonly sha256: string };
  /** Messages of a `check`: a plan with errors is compared as far as it was read. */
  readonly errors: number;
  readonly warnings: number;
}

export interface Diff {
  readonly schemaVersion: 1;
  readonly old: DiffedPlan;
  readonly new: DiffedPlan;
  readonly counts: Readonly<Record<ChangeClass, number>>;
  readonly changes: readonly Change[];
}

export function diffOf(old: DiffedPlan, next: DiffedPlan, { counts, changes }: Comparison): Diff {
  return { schemaVersion: 1, old, new: next, counts, changes };
}

export function diffedPlan({ path, title, sha256, addendum }: Plan, diagnostics: readonly Diagnostic[]): DiffedPlan {
  const warnings = diagnostics.filter((diagnostic) => diagnostic.severity === 'warning').length;
  return { path, title, sha256, ...(addendum === undefined ? {} : { addendum }), errors: diagnostics.length - warnings, warnings };
}

/** Changes of one kind together, in the order in which they are shown. */
export interface ChangeGroup {
  readonly class: ChangeClass;
  readonly headline: string;
  readonly reason: string;
  readonly changes: readonly Change[];
}

export function groupChanges(changes: readonly Change[]): readonly ChangeGroup[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = [change.class, change.part, change.change, change.facet ?? '', change.reason].join('\0');
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  const all = [...groups.values()].flatMap((group): readonly ChangeGroup[] => {
    const [first] = group;
    return first === undefined ? [] : [{ class: first.class, headline: headline(first), reason: first.reason, changes: group }];
  });
  return all.sort((a, b) => changeClasses.indexOf(a.class) - changeClasses.indexOf(b.class));
}

/** `expectation lost`, `step changed: timeoutMs`. */
function headline({ part, change, facet }: Change): string {
  return `${part} ${change}${facet === undefined || facet === 'text' || facet === 'origin' || change === 'moved' ? '' : `: ${facet}`}`;
}

/** `34 weaker, 10 unclear, 32 stronger, 21 equal`; `no difference in meaning` where there is none. */
export function renderCounts(counts: Diff['counts']): string {
  const parts = changeClasses.filter((each) => counts[each] > 0).map((each) => `${counts[each]} ${each}`);
  return parts.length === 0 ? 'no difference in meaning' : parts.join(', ');
}

/** `2 errors, 1 warning`; empty for a plan that compiles without a word. */
export function renderMessages({ errors, warnings }: DiffedPlan): string {
  return [errors === 0 ? '' : `${errors} error${errors === 1 ? '' : 's'}`, warnings === 0 ? '' : `${warnings} warning${warnings === 1 ? '' : 's'}`]
    .filter((part) => part !== '')
    .join(', ');
}
