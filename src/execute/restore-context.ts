/** Brings the names, decisions and readings of an earlier process back into the memory of this one. */
import type { ExecutionEvent } from '../model/event.ts';
import type { ExecutionContext } from './execution-context.ts';

/**
 * Answers with the names whose values are in no record, because they were secrets: what rests on them cannot be gone on with. What an
 * attempt showed counts only where no other attempt followed it.
 */
export function restoreContext(events: readonly ExecutionEvent[], context: ExecutionContext): readonly string[] {
  const { store, decisions, chains, statements, notRun, freshness, diagnostics, workspaceWatch } = context;
  const lost: string[] = [];
  let names: (() => void)[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'step-started':
        names = [];
        break;
      case 'capture': {
        const { name, text, type, origin, secret, again } = event.data;
        if (again) break;
        names.push(() => {
          if (secret === true || text?.includes('***') === true) lost.push(name);
          store.observe({ name, value: { type, text }, origin });
        });
        break;
      }
      case 'step-ended': {
        const { again, cut, writes = [] } = event.data;
        if (again !== true && cut === undefined) for (const take of names) take();
        names = [];
        statements.push(...writes);
        break;
      }
      case 'step-not-run':
        notRun.set(event.data.step, { reason: event.data.reason, notNeeded: event.data.notNeeded });
        break;
      case 'decision':
        decisions.restore(event.data, event.seq);
        break;
      case 'witness':
        chains.restore(event.data);
        break;
      case 'freshness':
        freshness.push(event.data);
        break;
      case 'tripwire':
        if (event.data.kind === 'workspace' && !event.data.explained) workspaceWatch?.noteChange(event.data);
        break;
      case 'diagnostic':
        diagnostics.keep(event.data);
        break;
      default:
    }
  }
  return lost;
}
