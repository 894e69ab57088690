import { expect, test } from 'vitest';
import { coordinatorEngine } from '../../src/engine/coordinator-engine.ts';
import { coordinatorStep, makeContext } from './fixture.ts';

test("the program's own lines for its fields are observations, and no other lines", async () => {
  const command = "cat <<'PY'\nintegrity_model: HASH_CHAIN\nchain_length: 1\nroot_hash: None\nnot_asked: 1\nPY\necho 'trace_count: 1' >&2";
  const evidence = await coordinatorEngine.run(
    coordinatorStep(command, ['integrity_model', 'chain_length', 'root_hash', 'trace_count'], { id: '4.1' }),
    makeContext(),
  );
  expect(evidence.program).toEqual({ path: expect.stringMatching(/^\/.*\/bash$/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(evidence.observations).toEqual([
    { name: 'integrity_model', value: { type: 'text', text: 'HASH_CHAIN' }, origin: { kind: 'output', step: '4.1', stream: 'stdout', lineNumber: 1 } },
    { name: 'chain_length', value: { type: 'integer', text: '1' }, origin: { kind: 'output', step: '4.1', stream: 'stdout', lineNumber: 2 } },
    { name: 'root_hash', value: { type: 'text', text: null }, origin: { kind: 'output', step: '4.1', stream: 'stdout', lineNumber: 3 } },
  ]);
});

test('a coordinator that dies half way shows what it printed, and its exit code', async () => {
  const evidence = await coordinatorEngine.run(coordinatorStep('echo "chain_length: 1"; exit 1', ['chain_length', 'root_hash']), makeContext());
  expect(evidence).toMatchObject({ outcome: 'completed', exitCode: 1 });
  expect(evidence.observations.map((observation) => observation.name)).toEqual(['chain_length']);
});
