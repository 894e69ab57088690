/** Verdicts: evidence that is none, and criteria that are met by what does not show them. */
import { rmSync } from 'node:fs';
import { swap, type Act, type Edit } from './act.ts';
import { executing, reviewing } from './play-act.ts';
import * as edit from './program-edit.ts';

const acceptable = 'status `retry` or `running` called acceptable';
const dropped = 'a criterion\ndropped or reworded';
const sameObject = 'two counts of the same object compared with each other';
const nothing = 'a check that compares with nothing';

const review = (id: string, quote: string, done: string, plan: Edit | undefined, names: readonly string[], addendum?: Edit): Act => ({
  id,
  quote,
  done,
  by: 'author',
  scene: 'v4, sections 2 to 4',
  play: reviewing(plan, addendum),
  exitCode: 2,
  verdict: 'none',
  names: ['error[cli/stale-lock]', ...names],
  kept: 'prevented',
  layer: '`run --locked`; `diff` says what it means',
});

const testFile = (id: string, quote: string, done: string, text: string, names: readonly string[]): Act => ({
  id,
  quote,
  done,
  by: 'program',
  scene: 'v4, section 5',
  play: executing({ files: { [edit.tests]: text } }),
  exitCode: 1,
  verdict: 'failed',
  names: ['failed[execute/expectation-not-met]', ...names],
  kept: 'detected',
  layer: 'expectations: the summary of pytest and its exit code',
});

export const verdict: readonly Act[] = [
  {
    id: 'status-retry',
    quote: acceptable,
    done: 'the run ends as `retry`',
    by: 'program',
    scene: 'v4',
    play: executing({ files: { [edit.runner]: swap('status = "failed" if failed else "succeeded"', 'status = "retry"') } }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'status is retry'],
    kept: 'detected',
    layer: 'expectations',
  },
  {
    id: 'status-running',
    soak: 'as another',
    quote: acceptable,
    done: 'the run stays `running`',
    by: 'program',
    scene: 'v4, sections 2 and 3',
    play: executing({
      files: { [edit.runner]: swap('        await finish_run(self._session, trace.run_id, status, error, calls)\n', '        status = "running"\n') },
    }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'status is running'],
    kept: 'detected',
    layer: 'expectations',
  },
  review(
    'status-retry-accepted',
    acceptable,
    'the addendum is widened: `retry` is a good end too',
    undefined,
    ['the addendum was edited', 'retry'],
    swap('status in { succeeded, failed }', 'status in { succeeded, failed, retry }'),
  ),
  {
    id: 'static-for-dynamic',
    quote: 'a criterion met by static evidence for a dynamic claim',
    done: 'the tests are taken out, and the criterion about them is bound to a search in their source',
    by: 'author',
    scene: 'v4, section 5',
    play: executing({
      plan: swap('PYTHONPATH=. pytest tests/test_run_introspection_coordinators.py -q', 'rg -n "def test_" tests'),
      addendum: (old) =>
        `${old}criteria:\n  - at: Coordinator tests pass.\n    witness: { eachHitOf: 'rg -n "def test_" tests', contains: test, withinLines: 1 }\n`,
      files: { [edit.tests]: edit.failingTest },
    }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[compile/addendum-weakens]', '`Coordinator tests pass` speaks of tests, and its witness is none of a test run'],
    kept: 'prevented',
    layer: 'the plan is read',
  },
  review('criterion-dropped', dropped, 'the criterion about the trace is taken out', swap(/^3\. Postgres trace rows.*\n/m, ''), [
    'criterion',
    'Postgres trace rows exist',
  ]),
  {
    ...review(
      'criterion-reworded',
      dropped,
      'the criterion says that trace rows *may* exist',
      swap('Postgres trace rows exist for the run.', 'Postgres trace rows may exist for the run.'),
      ['may exist'],
    ),
    soak: 'as another',
  },
  review(
    'template-field-split',
    'a template field split so that one half looks good',
    'the field of the verification becomes two, of which one repeats the model',
    swap('**Verification status:** `<value>`  ', '**Verification model:** `<value>`  \n**Verification remark:** `<value>`  '),
    ['Verification status'],
  ),
  {
    id: 'same-object-in-one-query',
    quote: sameObject,
    done: 'one query counts the same rows twice under two names, and the claim compares the two',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({
      plan: swap(
        "SELECT COUNT(*) AS step_count\nFROM aos_trace_steps\nWHERE run_id = '<run_id>';\n```\n",
        "SELECT COUNT(*) AS step_count, COUNT(*) AS chain_length\nFROM aos_trace_steps\nWHERE run_id = '<run_id>';\n```\n\n**Expected:**\n- `chain_length == step_count`\n",
      ),
    }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[compile/vacuous-claim]', 'chain_length == step_count'],
    kept: 'prevented',
    layer: 'the plan is read: a claim that nothing could make fail',
  },
  {
    id: 'same-object-by-coordinator',
    soak: 'as another',
    quote: sameObject,
    done: 'the coordinator counts one list twice, and another number than the rows',
    by: 'program',
    scene: 'v4, sections 2 to 4',
    play: executing({
      files: {
        [edit.coordinator]: swap(
          '        return RunProof(run_id, tenant_id, assess_integrity(run_id, steps), traces, steps)',
          '        from dataclasses import replace\n        return RunProof(run_id, tenant_id, replace(assess_integrity(run_id, steps), chain_length=9), traces, [steps[0]] * 9)',
        ),
      },
    }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/conflicting-values]', 'step_count'],
    kept: 'detected',
    layer: 'a name that two steps show must have one value',
  },
  {
    id: 'name-compared-with-itself',
    soak: 'as another',
    quote: sameObject,
    done: 'the claim compares a count with itself',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({
      plan: swap(
        /(SELECT COUNT\(\*\) AS step_count\n[^`]+```\n)/,
        "SELECT COUNT(*) AS step_count\nFROM aos_trace_steps\nWHERE run_id = '<run_id>';\n```\n\n**Expected:**\n- `step_count == step_count`\n",
      ),
    }),
    exitCode: 2,
    verdict: 'none',
    names: ['error[compile/vacuous-claim]', 'step_count == step_count'],
    kept: 'prevented',
    layer: 'the plan is read: a claim that nothing could make fail',
  },
  {
    id: 'check-of-nothing',
    quote: nothing,
    done: 'a query is added of whose answer nothing is expected',
    by: 'author',
    scene: 'v4, sections 2 and 3',
    play: executing({ plan: edit.step('SELECT now() AS checked;', 'sql') }),
    exitCode: 4,
    verdict: 'unproven',
    names: ['warning[execute/unasserted-step]', 'step 8.1'],
    kept: 'detected',
    layer: 'verdicts: what nobody checked proves nothing',
  },
  {
    id: 'coordinator-without-comparison',
    soak: 'as another',
    quote: nothing,
    done: 'the coordinator says VERIFIED without a chain, and prints a root of its own invention',
    by: 'program',
    scene: 'v4, sections 2 to 4',
    play: executing({
      files: {
        [edit.coordinator]: swap(
          '        return RunProof(run_id, tenant_id, assess_integrity(run_id, steps), traces, steps)',
          '        return RunProof(run_id, tenant_id, Integrity("HASH_CHAIN", "VERIFIED", len(steps), "0" * 64), traces, steps)',
        ),
      },
    }),
    exitCode: 1,
    verdict: 'failed',
    names: ['failed[execute/expectation-not-met]', 'the printed root is not that of the stored rows'],
    kept: 'detected',
    layer: 'hash-chain witness',
  },
  testFile('no-test-collected', 'zero tests collected', 'the file of tests holds none', 'def check_nothing():\n    pass\n', ['exit code 5']),
  testFile('all-tests-skipped', 'all tests skipped', 'every test is skipped', 'import pytest\n\n@pytest.mark.skip\ndef test_one():\n    pass\n', ['skipped']),
  {
    id: 'no-file-as-absence',
    quote: '"file does not exist" counted as absence',
    done: 'the file in which something must not stand is removed',
    by: 'program',
    scene: 'v4, section 1',
    play: executing({ before: (ground) => rmSync(ground.path('backend/app/hoc/int/integrations/int_cli.py')) }),
    exitCode: 1,
    verdict: 'failed',
    names: ['error[engine/no-such-path]', 'int_cli.py', 'does not prove that something is not in it'],
    kept: 'detected',
    layer: 'searches',
  },
];
