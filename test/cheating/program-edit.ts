/** Edits of the tested backend and of the plan that several acts share. */
import { chain, fenced, swap, type Edit } from './act.ts';
import type { Ground } from './ground.ts';

export const cli = 'backend/app/hoc/cus/integrations/cus_cli.py';
export const runner = 'backend/app/hoc/int/worker/runner.py';
export const traceStore = 'backend/app/hoc/int/worker/postgres_trace_store.py';
export const coordinator = 'backend/app/hoc/cus/hoc_spine/orchestrator/coordinators/run_proof_coordinator.py';
export const hashChain = 'backend/app/hoc/cus/hoc_spine/orchestrator/coordinators/hash_chain.py';
export const database = 'backend/app/db.py';
export const tests = 'backend/tests/test_run_introspection_coordinators.py';

/** A section before another one; its only step is 8.1. */
export const stepBefore = (heading: string, command: string, language = 'bash'): Edit =>
  swap(heading, `## 8. Another look\n\n${fenced(command, language)}\n\n${heading}`);

/** A step more, after the run was looked at. */
export const step = (command: string, language?: string): Edit => stepBefore('## 6. Acceptance Criteria', command, language);

/** A script that sends statements with the address that its step was given. */
export const sends = (...statements: readonly string[]): string =>
  [
    'import os, psycopg',
    'with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:',
    ...statements.map((sql) => `    connection.execute(${JSON.stringify(sql)})`),
    'print("done")',
    '',
  ].join('\n');

/** Python that the CLI does when its run has ended, with `run`, `result` and `session` at hand. */
export const afterRun = (...lines: readonly string[]): Edit => {
  const call = '            result = await RunRunner(session, run.id).execute()\n';
  return swap(call, `${call}${lines.map((line) => `            ${line}\n`).join('')}`);
};

export const insertRun = (id: string): string =>
  `INSERT INTO runs (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES ('${id}', 'a', 'g', 'succeeded', 't', 'by-hand')`;

export const insertTrace = (runId: string): string =>
  `INSERT INTO aos_traces (trace_id, run_id, tenant_id, status) VALUES ('trace_${runId}', '${runId}', 't', 'completed')`;

/** A step row for each trace that there is. */
export const insertSteps =
  "INSERT INTO aos_trace_steps (trace_id, run_id, step_index, skill_name, status) SELECT trace_id, run_id, 0, 'validate_input', 'success' FROM aos_traces";

/** A run as an older execution left it, whole. */
export const oldRun = 'ffffffff-0000-4000-8000-000000000001';
export const seedOldRun = async (ground: Ground): Promise<void> => {
  await ground.query(`${insertRun(oldRun)}; ${insertTrace(oldRun)}; ${insertSteps}`);
};

/** The store keeps the first step only. */
export const forgetsSteps = swap(
  '        await self._insert("aos_trace_steps", step)',
  '        if step.step_index == 0:\n            await self._insert("aos_trace_steps", step)',
);

/** The store keeps no step at all. */
export const forgetsAllSteps = swap('        await self._insert("aos_trace_steps", step)', '        pass');

/** What the store forgot, filled in afterwards. */
export const insertForgotten = insertSteps.replace(' 0,', ' 1,');

export const failingTest: Edit = (old) => `${old}\n\ndef test_that_fails():\n    assert False\n`;

/** The only step fails, and the run is called succeeded all the same. */
export const onlyStepFailed = chain(
  swap('status = "failed" if failed else "succeeded"', 'status = "succeeded"'),
  swap('"failed" if failed else "completed"', '"completed"'),
  swap('if failed else None', 'if False else None'),
  swap('planned["skill"]', '"no_such_skill"'),
);
