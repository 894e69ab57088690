import { describe, expect, test } from 'vitest';
import { createLineObserver } from '../../src/engine/line-observer.ts';
import type { Capture } from '../../src/model/step.ts';
import { capture } from './fixture.ts';

const id = '78d877a8-9f1e-4bf5-b060-1d5e23949a68';
const other = 'cf6c5f9e-f642-4a86-ac8b-f61c689aaf72';
const runId = capture('run_id', 'uuid', { kind: 'label', label: 'Run ID' });

function observe(text: string, captures: readonly Capture[], fields: readonly string[] = []) {
  const observer = createLineObserver('2.1', captures, fields);
  for (const [index, line] of text.split('\n').entries()) observer.readLine(line, index + 1, false);
  return observer.end();
}

/** `name=text@line`, as the plan's later steps would see it. */
function seen(text: string, captures: readonly Capture[], fields: readonly string[] = []): readonly string[] {
  return observe(text, captures, fields).observations.map(
    ({ name, value, origin }) => `${name}=${value.text}@${origin.kind === 'output' ? origin.lineNumber : ''}`,
  );
}

describe('a label', () => {
  test.each([
    `Run ID: ${id}`,
    `run_id: ${id}`,
    `run_id = ${id}`,
    `Run ID = ${id}`,
    `run-id=${id}`,
    `RUN_ID=${id}`,
    `   Run ID :   ${id}   `,
    `- Run ID: ${id}`,
    `  * run_id: ${id}`,
    `• Run ID: ${id}`,
    `Run ID: ${id}\r`,
    `\u001b[1;32mRun ID:\u001b[0m ${id}`,
    `{"run_id": "${id}"}`,
    `{"status":"succeeded","runId":"${id}","error":null}`,
  ])('%s', (line) => {
    expect(seen(`before\n${line}\nafter`, [runId])).toEqual([`run_id=${id}@2`]);
  });

  test.each([
    ['another label that ends like it', `Last Run ID: ${id}`],
    ['a label in the middle of a sentence', `the Run ID: ${id}`],
    ['a comparison', `run_id == ${id}`],
    ['an arrow', `run_id => ${id}`],
    ['a path', `run_id::${id}`],
    ['no value', 'Run ID:'],
    ['no separator', `Run ID ${id}`],
    ['a part of a JSON object', `{"run": {"run_id": "${id}"}}`],
    ['broken JSON', `{"run_id": "${id}"`],
  ])('not %s', (_name, line) => {
    expect(observe(line, [runId])).toEqual({ observations: [] });
  });

  test('two different values are both given, equal repeats are one', () => {
    expect(seen(`Run ID: ${id}\nRun ID: ${id}\nrun_id=${other}\n{"run_id":"${other}"}`, [runId])).toEqual([`run_id=${id}@1`, `run_id=${other}@3`]);
  });

  test('a thousand different values are not collected', () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `status: ${index}`);
    expect(seen(lines.join('\n'), [capture('status', 'text', { kind: 'label', label: 'Status' })]).length).toBeLessThan(10);
  });

  test('a value of the wrong type names capture, value and line', () => {
    const { observations, problem } = observe(`Run ID: pending\nRun ID: ${id}`, [runId]);
    expect(observations).toHaveLength(1);
    expect(problem).toMatchObject({
      severity: 'error',
      code: 'engine/wrong-type',
      message: '`run_id` should be of type uuid, and `pending` is not',
      span: runId.span,
      notes: ['run_id: stdout of step 2.1, line 1'],
    });
  });

  test('a value on a line that was cut is no value', () => {
    const observer = createLineObserver('2.1', [capture('note', 'text', { kind: 'label', label: 'note' })], []);
    observer.readLine(`note: ${'x'.repeat(1_000)}`, 4, true);
    expect(observer.end()).toMatchObject({ observations: [], problem: { code: 'engine/value-too-long', notes: ['note: stdout of step 2.1, line 4'] } });
  });
});

describe('JSON', () => {
  test('one object over several lines: its own fields, not those of its parts', () => {
    const text = `{\n  "run_id": "${id}",\n  "steps": [\n    {"run_id": "${other}"}\n  ]\n}\n`;
    expect(seen(text, [runId])).toEqual([`run_id=${id}@2`]);
  });

  test('JSON lines among others', () => {
    expect(seen(`starting\n{"run_id":"${id}"}\ndone`, [runId])).toEqual([`run_id=${id}@2`]);
  });

  test('numbers keep all their digits, null is null, a key that stands twice is two values', () => {
    const captures = ['big', 'error', 'twice'].map((name) => capture(name, 'text', { kind: 'label', label: name }));
    expect(seen('{"big":9007199254740993,"error":null,"twice":1,"twice":2}', captures)).toEqual([
      'big=9007199254740993@1',
      'error=null@1',
      'twice=1@1',
      'twice=2@1',
    ]);
  });
});

describe('a pattern', () => {
  const agent = (take: string, first: boolean): Capture => capture(take, 'text', { kind: 'pattern', pattern: '<uuid>: <name> (<status>)', take, first });
  const text = `Agents:\n${id}: run-proof-v2-agent (active)\n${other}: second (idle)\nnot-a-uuid: third (idle)`;

  test('takes its hole from every line that is of its form', () => {
    expect(seen(text, [agent('uuid', false)])).toEqual([`uuid=${id}@2`, `uuid=${other}@3`]);
    expect(seen(text, [agent('name', true), agent('status', true)])).toEqual(['name=run-proof-v2-agent@2', 'status=active@2']);
  });

  test('nothing of that form is no observation', () => {
    expect(seen('No agents found', [agent('uuid', true)])).toEqual([]);
  });
});

describe('the whole output', () => {
  const whole = capture('revision', 'text', { kind: 'stdout' });

  test('is taken trimmed; nothing but space is nothing', () => {
    expect(seen('\n  abc\ndef  \n\n', [whole])).toEqual(['revision=abc\ndef@1']);
    expect(seen('  \n', [whole])).toEqual([]);
  });

  test('more than 64 KiB is a problem, never a part', () => {
    expect(observe('x\n'.repeat(40_000), [whole])).toMatchObject({ observations: [], problem: { code: 'engine/value-too-long' } });
  });
});

describe("a coordinator's fields", () => {
  test('whole numbers are integers, nothing and None are null, the rest is text', () => {
    const { observations } = observe(
      'integrity_model: HASH_CHAIN\nchain_length: 7\nroot_hash: None\nnote:\nother: 1',
      [],
      ['integrity_model', 'chain_length', 'root_hash', 'note', 'step_count'],
    );
    expect(observations.map(({ name, value }) => [name, value])).toEqual([
      ['integrity_model', { type: 'text', text: 'HASH_CHAIN' }],
      ['chain_length', { type: 'integer', text: '7' }],
      ['root_hash', { type: 'text', text: null }],
      ['note', { type: 'text', text: null }],
    ]);
  });

  test('a field that is printed twice with different values is there twice', () => {
    expect(seen('verification_status: FAILED\nverification_status: VERIFIED', [], ['verification_status'])).toHaveLength(2);
  });
});

test('ten thousand hostile lines do not hold it up', () => {
  const captures = [runId, capture('name', 'text', { kind: 'pattern', pattern: '<a>: <b> (<c>) <d>', take: 'a', first: false })];
  const hostile = `${': ('.repeat(20_000)}x`;
  const startedAtMs = performance.now();
  observe(Array.from({ length: 50 }, () => hostile).join('\n'), captures);
  observe(Array.from({ length: 50 }, () => `${' '.repeat(30_000)}-${' '.repeat(30_000)}`).join('\n'), captures);
  expect(performance.now() - startedAtMs).toBeLessThan(3_000);
});
