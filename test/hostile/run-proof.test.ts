/** What must be shown of the two seed plans: they pass where they should. The ways round them: test/cheating, and test/soak/run-proof.test.ts. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRunProof, type RunProof, seed } from '../support/run-proof.ts';
import { expectNoPass, expectVerified, outcomes } from '../support/run-proof-check.ts';

let backend: RunProof;
beforeEach(async () => {
  backend = await openRunProof();
});
afterEach(() => backend.close());

describe('the seeds as they stand', () => {
  test('v4 passes: 11 fields, every criterion witnessed, and the record verifies', async () => {
    const { text, addendum } = await seed('v4');
    const ended = await backend.run(await backend.writePlan('run-proof-v4', text, addendum));
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    expect(ended.verdict?.verdict).toBe('passed');
    expect(ended.verdict?.report).toHaveLength(11);
    expect(ended.verdict?.report.every((field) => field.value !== null && !/[<>]/.test(field.value))).toBe(true);
    expect(ended.verdict?.criteria.map((criterion) => criterion.verdict)).toEqual(Array(5).fill('passed'));
    expect(ended.verdict?.criteria.every((criterion) => criterion.witnesses.length > 0)).toBe(true);
    expect(ended.verdict?.policies.every((policy) => policy.strength !== 'UNENFORCED')).toBe(true);
    expect(await backend.count('runs')).toBe(1);
    expect(ended.stdout + ended.stderr).toMatch(/AUDIT root=\S+ size=\d+ execution=\S+ attempt=1/);
    expectVerified(ended);
  });

  test('v2 passes: 12 fields, the forbidden inserts are probes that leave nothing', async () => {
    const { text, addendum } = await seed('v2');
    const ended = await backend.run(await backend.writePlan('run-proof-v2', text, addendum));
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0);
    expect(ended.verdict?.report).toHaveLength(12);
    expect(ended.verdict?.report.every((field) => field.value !== null && !/[<>]/.test(field.value))).toBe(true);
    expect(await backend.count('runs', "id = 'probe'")).toBe(0);
    expect(await backend.count('agents')).toBe(1);
    expectVerified(ended);
  });

  test('v2 before the fix fails at its acceptance, and section 2 is not run', async () => {
    const { text, addendum } = await seed('v2');
    const ended = await backend.run(await backend.writePlan('run-proof-v2', text, addendum), { environment: 'run-proof-before-fix' });
    expectNoPass(ended, 1);
    expect(ended.verdict?.verdict).toBe('failed');
    expect(outcomes(ended)).toMatchObject({ '1.3': 'completed', '2.1': 'not run', '2.2': 'not run', '2.3': 'not run', '5.1': 'not run' });
    expect(ended.verdict?.expectations.find((expectation) => expectation.step === '1.3')).toMatchObject({ line: 46, verdict: 'failed' });
    expect(ended.stderr + ended.stdout).toContain('23514');
    expect(await backend.count('runs')).toBe(0);
    expectVerified(ended);
  });

  test('v4 without its addendum does not compile, and nothing is left', async () => {
    const { text } = await seed('v4');
    const ended = await backend.run(await backend.writePlan('bare', text, ''));
    expect(ended.exitCode).toBe(2);
    expect(ended.verdict).toBeUndefined();
    for (const place of ['plans/bare.md:17', 'plans/bare.md:19', 'plans/bare.md:34', 'plans/bare.md:49', 'plans/bare.md:97'])
      expect(ended.stderr).toContain(place);
  });

  test('an addendum whose quotation does not match is an error', async () => {
    const { text, addendum } = await seed('v4');
    const ended = await backend.run(
      await backend.writePlan('quoted', text, addendum.replace('at: Local DB is reachable and migrated to head.', 'at: Local DB is reachable and at head.')),
    );
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toContain('compile/quotation-not-found');
  });
});
