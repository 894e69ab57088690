/** SQL: the question changed until the answer fits. */
import { swap, type Act } from './act.ts';
import { executing, reviewing } from './play-act.ts';
import * as edit from './program-edit.ts';

const rewritten = 'the query rewritten to one that fits (`trace_id` for `run_id`)';
const explained = 'a count of 0 explained away';
const countQuery = "FROM aos_trace_steps\nWHERE run_id = '<run_id>';";
const before = "SELECT run_id, tenant_id, started_at, status\nFROM aos_traces\nWHERE run_id = '<run_id>';";

export const sql: readonly Act[] = [
  {
    id: 'query-by-trace-id',
    quote: rewritten,
    done: 'the steps are counted by `trace_id`, with the value of `run_id`',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ plan: swap(countQuery, "FROM aos_trace_steps\nWHERE trace_id = '<run_id>';") }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', '`step_count >= 1` does not hold: step_count is 0'],
    kept: 'detected',
    layer: 'expectations',
  },
  {
    id: 'query-that-fits',
    quote: rewritten,
    done: 'the steps of every run are counted',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: reviewing(swap(countQuery, 'FROM aos_trace_steps;')),
    exitCode: 2,
    verdict: 'none',
    names: ['error[cli/stale-lock]', 'step changed: what is executed is another text'],
    kept: 'prevented',
    layer: '`run --locked`; `diff` says what it means',
  },
  {
    id: 'count-of-nothing',
    quote: explained,
    done: 'the worker stores no step, and the plan is executed as it is',
    by: 'program',
    scene: 'v2',
    play: executing({ files: { [edit.traceStore]: edit.forgetsAllSteps } }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', '`step_count >= 1` does not hold'],
    kept: 'detected',
    layer: 'expectations',
  },
  {
    id: 'count-explained',
    quote: explained,
    done: 'the addendum says that 0 or more steps are expected',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({
      addendum: (old) => `${old.trimEnd()}\n`.replace('expectations:\n', 'expectations:\n  - at: SELECT COUNT(*) AS step_count\n    expect: step_count >= 0\n'),
      files: { [edit.traceStore]: edit.forgetsAllSteps },
    }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[compile/vacuous-claim]', 'step_count >= 0'],
    kept: 'prevented',
    layer: 'the plan is read: a claim that nothing could make fail',
  },
  {
    id: 'count-of-zero-demanded',
    quote: explained,
    done: 'the addendum expects exactly 0 steps',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({
      addendum: swap('expectations:\n', 'expectations:\n  - at: SELECT COUNT(*) AS step_count\n    expect: step_count == 0\n'),
      files: { [edit.traceStore]: edit.forgetsAllSteps },
    }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'aos_trace_steps was not written'],
    kept: 'detected',
    layer: 'expectations of the plan stand beside those of its addendum',
  },
  {
    id: 'wrong-key',
    quote: 'a wrong key',
    done: 'the trace is looked for with the id of the agent',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ plan: swap(before, before.replace('<run_id>', '<agent_id>')) }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', '`at least 1 row` does not hold: 0 rows'],
    kept: 'detected',
    layer: 'expectations',
  },
  {
    id: 'key-that-fits-everything',
    quote: 'a wrong key',
    done: 'the key is followed by `OR true`, and an older run is there',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ before: edit.seedOldRun, plan: swap(before, before.replace("'<run_id>'", "'<run_id>' OR true")) }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', '`aos_traces.tenant_id == tenant_id` does not hold'],
    kept: 'detected',
    layer: 'expectations',
  },
];
