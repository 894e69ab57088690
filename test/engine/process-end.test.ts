import { describe, expect, test } from 'vitest';
import type { OutputFlow } from '../../src/engine/output-flow.ts';
import { drainFlows } from '../../src/engine/process-end.ts';

/** A flow in a state that does not change; `destroyed` counts. */
function flowThat(state: { readonly ended: boolean; readonly busy: boolean }): OutputFlow & { destroyed: number } {
  const flow = {
    destroyed: 0,
    ended: state.ended ? Promise.resolve() : new Promise<void>(() => undefined),
    hasEnded: () => state.ended,
    movedWithin: () => state.busy,
    isBusy: () => state.busy,
    destroy: () => {
      flow.destroyed += 1;
    },
  };
  return flow;
}

describe('what becomes of the output when a program has ended', () => {
  const ended = { ended: true, busy: false };

  test.each([
    ['both streams have come to their end', [ended, ended], 'closed'],
    ['one is held open by nobody that moves', [ended, { ended: false, busy: false }], 'held open'],
    ['a sink does not come to its end', [{ ended: false, busy: true }, ended], 'not taken'],
    [
      'one is held open, and the sink of the other is at work',
      [
        { ended: false, busy: false },
        { ended: false, busy: true },
      ],
      'not taken',
    ],
  ] as const)('%s: %s', async (_, states, drained) => {
    const flows = states.map(flowThat);
    const begunAtMs = performance.now();
    expect(await drainFlows(flows, 300)).toBe(drained);
    expect(performance.now() - begunAtMs).toBeLessThan(5_000);
    expect(flows.map(({ destroyed }) => destroyed)).toEqual([1, 1]);
  });
});
