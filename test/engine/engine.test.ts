import { expect, test } from 'vitest';
import { createEngines, runStep } from '../../src/engine/engine.ts';
import type { Step, StepKind } from '../../src/model/step.ts';
import { coordinatorStep, makeContext, rgStep, shellStep, sqlStep } from './fixture.ts';

test('each kind of step finds its own engine', async () => {
  const steps: Readonly<Record<StepKind, Step>> = {
    shell: shellStep('true'),
    'sql-assert': sqlStep('SELECT 1'),
    'rg-check': rgStep(['x'], ['x'], []),
    'coordinator-call': coordinatorStep('echo "a: 1"', ['a']),
  };
  const engines = createEngines();
  for (const [kind, step] of Object.entries(steps)) {
    expect(engines[kind as StepKind].kind).toBe(kind);
    expect((await runStep(step, makeContext({ assertion: () => Promise.resolve({ kind: 'rows', columns: [], rowCount: 0, rows: [] }) }))).outcome).toBe(
      'completed',
    );
  }
});
