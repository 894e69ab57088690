/** Declared → enforced → evidence: one row for each policy sentence of an execution, as its journal has it. */
import type { EventData } from '../model/event.ts';
import { plainLine } from './plain-text.ts';
import type { ShownExecution } from './show.ts';

/** `enforced` is absent where the execution ended before it was judged; `entry` is the line that declares it. */
export interface ShownPolicy {
  readonly declared: EventData['policy-declared'];
  readonly entry: number;
  readonly enforced?: EventData['policy-enforced'];
  readonly refusals: readonly { readonly entry: number; readonly step: string; readonly reason: string; readonly text: string }[];
}

export function policiesOf({ events }: ShownExecution): readonly ShownPolicy[] {
  return events.flatMap((event) => {
    if (event.kind !== 'policy-declared') return [];
    const { id } = event.data;
    const enforced = events.find((other) => other.kind === 'policy-enforced' && other.data.id === id);
    const refusals = events.flatMap((other) =>
      other.kind === 'decision' && other.data.effect === 'refuse' && other.data.policies.includes(id) ? [{ entry: other.seq, step: other.data.step, reason: other.data.reason, text: other.data.text }] : [],
    );
    return [{ declared: event.data, entry: event.seq, ...(enforced?.kind === 'policy-enforced' ? { enforced: enforced.data } : {}), refusals }];
  });
}

/** Text without a last line feed. */
export function renderPolicies(policies: readonly ShownPolicy[]): string {
  if (policies.length === 0) return 'the journal declares no policy';
  return policies
    .map(({ declared, entry, enforced, refusals }) =>
      [
        `${declared.id} ${declared.rule.kind}: ${plainLine(declared.text)}`,
        `  declared at ${plainLine(declared.span.path)}:${declared.span.start.line}, journal entry ${entry}`,
        enforced === undefined
          ? '  not judged: the execution ended before'
          : `  ${enforced.verdict}, ${enforced.strength} by ${plainLine(enforced.by)}, ${enforced.canary === null ? 'no canary' : `canary ${plainLine(enforced.canary)}`}, ${enforced.permitted} permitted, ${enforced.refused} refused${enforced.firstEntry === null ? '' : `, entries ${enforced.firstEntry} to ${enforced.lastEntry ?? enforced.firstEntry}`}`,
        ...refusals.map((refusal) => `  refused in step ${refusal.step} (entry ${refusal.entry}): ${plainLine(refusal.reason)}: ${plainLine(refusal.text)}`),
      ].join('\n'),
    )
    .join('\n\n');
}
