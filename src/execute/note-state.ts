/** What a process that goes on after a cut must be able to look up, because it could not ask any more. */
import { expectationsOf } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import type { ExecutionContext } from './execution-context.ts';

/** The state of the database; says nothing where the guard cannot look: the next step's own look tells that. */
export async function noteFingerprint(moment: string, { guarded, record }: ExecutionContext): Promise<void> {
  const database = await guarded?.guard.fingerprint().catch(() => undefined);
  if (database !== undefined) await record.record('fingerprint', { moment, database });
}

/** For each claim that a row is fresh, whose key is known by now: was it there in the snapshot? The snapshot ends with this process. */
export async function noteFreshness(step: Step, { plan, store, snapshot, freshness, record }: ExecutionContext): Promise<void> {
  if (!snapshot.held) return;
  for (const { claim } of expectationsOf(plan)) {
    if (claim.kind !== 'fresh') continue;
    const { name, relation, column } = claim;
    const key = store.get(name)?.value.text;
    if (key === undefined || key === null || freshness.some((known) => known.name === name && known.relation === relation && known.column === column)) continue;
    const before = await snapshot.held.had(relation, column, key).catch(() => undefined);
    if (before === undefined) continue;
    const data = { step: step.id, name, relation, column, before };
    freshness.push(data);
    await record.record('freshness', data);
  }
}
