/** The tested system tells something else than what it did. */
import { chain, swap, type Act } from './act.ts';
import { executing } from './play-act.ts';
import * as edit from './program-edit.ts';

const inside = 'the CLI says succeeded although its only step failed inside';
const reader = 'a reader that maps an unknown step status to success, so that the recomputed root fits';
const never = 'a trace that was never written while the run says succeeded\n(for instance at an older migration)';
const second = 'a second query path that answers from another store';
const base = { by: 'program', exitCode: 1, verdict: 'failed', kept: 'detected' } as const;
const answer = '        return RunProof(run_id, tenant_id, assess_integrity(run_id, steps), traces, steps)';

export const system: readonly Act[] = [
  {
    id: 'only-step-failed',
    quote: inside,
    done: 'the only step of the run fails, and the run and its trace are stored as good',
    ...base,
    scene: 'v4, sections 2 to 4',
    play: executing({ files: { [edit.runner]: edit.onlyStepFailed } }),
    names: ['failed[execute/stored-rows-contradict]', 'what step 0, status failure'],
    layer: 'hash-chain witness: what must not stand beside the chain',
  },
  {
    id: 'succeeded-row-failed',
    soak: 'as another',
    quote: inside,
    done: 'the CLI prints `succeeded` for a run that is stored as failed',
    ...base,
    scene: 'v4, sections 2 and 3',
    play: executing({
      files: {
        [edit.cli]: edit.afterRun('import dataclasses', 'result = dataclasses.replace(result, status="succeeded", error=None)'),
        [edit.runner]: swap('planned["skill"]', '"no_such_skill"'),
      },
    }),
    names: ['failed[execute/expectation-not-met]', '`runs.status == status` does not hold'],
    layer: 'expectations',
  },
  {
    id: 'unknown-status-read-as-success',
    quote: reader,
    done: 'the worker stores the status `weird`, and the coordinator reads it as `success`',
    ...base,
    scene: 'v4, sections 2 to 4',
    play: executing({
      files: {
        [edit.runner]: swap('status, category, code = "success", "ok", "OK"', 'status, category, code = "weird", "ok", "OK"'),
        [edit.coordinator]: swap(
          answer,
          `        from dataclasses import replace\n        steps = [replace(step, status="success") for step in steps]\n${answer}`,
        ),
      },
    }),
    names: ['failed[execute/expectation-not-met]', 'the printed root is not that of the stored rows'],
    layer: 'hash-chain witness',
  },
  {
    id: 'no-trace-written',
    quote: never,
    done: 'the worker swallows the errors of its trace store, of which a table is missing',
    ...base,
    scene: 'v4, sections 2 and 3',
    play: executing({
      before: (ground) => ground.query('DROP TABLE aos_trace_steps'),
      files: {
        [edit.traceStore]: chain(
          swap(
            '    async def _insert(self',
            '    async def _insert(self, table, record):\n        try:\n            await self._insert_row(table, record)\n        except Exception:\n            await self._session.rollback()\n\n    async def _insert_row(self',
          ),
        ),
      },
    }),
    exitCode: 5,
    verdict: 'error',
    kept: 'prevented',
    names: ['error[guard/no-such-table]', 'aos_trace_steps'],
    layer: 'guard: a name that is no table protects nothing',
  },
  {
    id: 'no-step-and-no-trace',
    soak: 'as another',
    quote: never,
    done: 'the CLI marks the run as succeeded and lets no worker execute it',
    ...base,
    scene: 'v4, sections 2 and 3',
    play: executing({
      files: {
        [edit.cli]: swap(
          'result = await RunRunner(session, run.id).execute()',
          'await session.execute("UPDATE runs SET status = \'succeeded\' WHERE id = %s", (run.id,))\n            await session.commit()\n            result = RunResult(run.id, "succeeded", None, 3)',
        ),
      },
    }),
    names: ['failed[execute/expectation-not-met]', 'the gateway saw no committed statement that writes this relation'],
    layer: 'the order of writes, as the gateway saw it',
  },
  {
    id: 'second-store',
    quote: second,
    done: 'the coordinator answers from a file that the worker wrote beside the database',
    ...base,
    scene: 'v4, sections 2 to 4',
    play: executing({
      files: {
        [edit.traceStore]: swap(
          '        await self._insert("aos_trace_steps", step)',
          '        import json\n        with open("steps.jsonl", "a") as kept:\n            kept.write(json.dumps([step.step_index, step.skill_name, step.status]) + "\\n")\n        if step.step_index == 0:\n            await self._insert("aos_trace_steps", step)',
        ),
        [edit.coordinator]: swap(
          answer,
          `        import json\n        from dataclasses import replace\n        steps = [replace(steps[0], step_index=i, skill_name=n, status=s) for i, n, s in map(json.loads, open("steps.jsonl"))]\n${answer}`,
        ),
      },
    }),
    names: ['failed[execute/conflicting-values]', 'step_count'],
    layer: 'a name that two steps show must have one value; hash-chain witness',
  },
];
