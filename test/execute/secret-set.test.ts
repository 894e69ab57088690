/** What becomes a secret, what is masked of a record, and that claims are judged on what was there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { plainData } from '../../src/execute/execution-record.ts';
import { createSecretSet, environmentSecrets, maskNames, passwordsOf, secretsInPlan, withSecrecy } from '../../src/execute/secret-set.ts';
import type { DatabaseAddress, EnvironmentConfig } from '../../src/model/environment.ts';
import { createRedactor } from '../../src/model/redaction.ts';
import type { Capture } from '../../src/model/step.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { createSample, environmentFor, execute, readAll, type Executed, type Sample } from './run-sample.ts';
import { capture, planBytes, plan, shell, sql } from './sample-plan.ts';

describe('the secrets of an execution', () => {
  it('grow while it goes on, and a reader that was there before masks them too', () => {
    const set = createSecretSet();
    const { text } = set.redactor;
    expect(text('first second third')).toBe('first second third');
    set.add(['first']);
    set.lend('second');
    expect(text('first second third')).toBe('*** *** third');
    set.lend('third');
    expect(text('first second third')).toBe('*** second ***');
    set.lend(undefined);
    expect(text('first second third')).toBe('*** second third');
  });

  it('a document keeps the addresses that people wrote, and loses the secrets', () => {
    const set = createSecretSet();
    set.add(['swordfish']);
    expect(set.document('postgresql://app:pa55@h swordfish')).toBe('postgresql://app:pa55@h ***');
  });

  const config: EnvironmentConfig = {
    name: 'x',
    workspace: '/x',
    database: { kind: 'environment-variable', name: 'THE_URL' },
    path: [],
    prepare: [
      { run: 'x', workingDirectory: '.', environment: { SEED_PASSWORD: 'seed-pass-1', MODE: 'testing-mode', BROKER: 'amqp://u:rabbit-1@h' }, timeoutMs: 1 },
    ],
    prepareOutside: false,
    provides: [],
    inherit: ['API_KEY', 'SECRET_MODE', 'HOME'],
    witnesses: [],
  };
  const variables = { THE_URL: 'postgresql://app:p%40ss@h/db?x=1', API_KEY: 'key-12345', SECRET_MODE: 'on', HOME: '/somewhere/else' };

  it('are in the configuration and its variables', () => {
    expect(environmentSecrets(config, variables).toSorted()).toEqual(['key-12345', 'p%40ss', 'p@ss', 'rabbit-1', 'seed-pass-1']);
    expect(environmentSecrets({ ...config, database: { kind: 'url', url: 'postgresql://h/d?password=a%2Fb' } }, {})).toContain('a/b');
    expect(environmentSecrets(undefined, variables)).toEqual([]);
  });

  it('a password that is the name of the user or the database is none', () => {
    const address: DatabaseAddress = { host: 'h', port: 1, user: 'postgres', password: 'postgres', database: 'app', tls: false };
    expect(passwordsOf(address, { ...address, password: 'app' }, { ...address, password: '' }, undefined, { ...address, password: 'other' })).toEqual([
      'other',
    ]);
  });

  it('are what the plan calls secret, and may not stand in it', () => {
    const given = { name: 'key', value: { type: 'text', text: 'written by hand' }, origin: { kind: 'input', source: '--set' } } as const;
    const [value] = withSecrecy([given], [{ name: 'key', secret: true }]);
    expect(value).toMatchObject({ secret: true });
    const documents = { plan: { path: 'sample.md' }, planBytes } as const;
    expect(secretsInPlan(value === undefined ? [] : [value], documents)).toMatchObject([{ code: 'execute/secret-in-plan' }]);
    expect(secretsInPlan([given], documents)).toEqual([]);
  });

  it('take no word and no digest out of a record', () => {
    const sha256 = `${'ab'.repeat(28)}abcd1234`;
    const redactor = createRedactor(['passed', 'abcd', 'kind', 'shell', 'name']);
    const data = { kind: 'shell', verdict: 'passed', sha256, name: 'passed', nested: [{ outcome: 'passed', text: sha256 }] };
    expect(plainData(data, redactor)).toEqual({
      kind: 'shell',
      verdict: 'passed',
      sha256,
      name: '***',
      nested: [{ outcome: 'passed', text: redactor.text(sha256) }],
    });
    // A secret that has the form of a digest is masked where it stands for itself.
    expect(plainData({ sha256 }, createRedactor([sha256]))).toEqual({ sha256: '***' });
    expect(plainData({ 'a key that is passed': 1 }, redactor)).toEqual({ 'a key that is ***': 1 });
    expect(maskNames({ 'a/shell.py': sha256 }, redactor)).toEqual({ 'a/***.py': sha256 });
  });
});

let server: TestServer;
let sample: Sample;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  sample = await createSample();
});
afterEach(() => sample.close());

const canary = 'kanari7Qx9Vb2';
/** The secret is put together by the step itself: no text of the plan holds it. */
const printed = `k=kanari7; k+=Qx9Vb2`;
const hidden = (name: string, more: Partial<Capture> = {}): Capture => ({ ...capture(name), secret: true, ...more });

async function expectMasked({ folder, end }: Executed, text = canary): Promise<void> {
  for (const file of await readAll(join(folder, '..', '..'))) expect([file.path, file.text.includes(text)]).toEqual([file.path, false]);
  expect(JSON.stringify(end)).not.toContain(text);
}

describe('a secret that a step finds out', () => {
  const label = hidden('token', { source: { kind: 'label', label: 'token' } });

  it('is masked in what that very step printed, before and after it, on both streams', async () => {
    const steps = [
      shell('1.1', `${printed}; echo "before $k"; echo "token: $k"; echo "after $k" >&2; printf %s "$k" | base64`, { captures: [label] }),
      shell('1.2', `${printed}; echo "$k"`),
    ];
    const executed = await execute(sample, plan(steps), undefined);
    expect(executed.end).toMatchObject({ verdict: 'passed' });
    expect(executed.of('capture')).toMatchObject([{ name: 'token', text: '***', secret: true }]);
    const [stdout] = executed.of('step-ended')[0]?.outputs ?? [];
    expect(readFileSync(join(executed.folder, 'evidence/sha256', stdout?.sha256 ?? ''), 'utf8')).toBe('before ***\ntoken: ***\n***\n');
    await expectMasked(executed);
    expect(await executed.audit()).toEqual([]);
  });

  it('is compared by its true value, and a claim about the output is judged on what was printed', async () => {
    const claims = [
      { kind: 'exit-code', code: 0 },
      { kind: 'output', operator: 'matches', text: '^token: [a-z]+7Q[A-Za-z0-9]+$', negated: false },
      { kind: 'output', operator: 'contains', text: 'token: ***', negated: true },
    ] as const;
    const again = shell('1.2', `${printed}; echo "token: $k"`, { captures: [label] });
    const executed = await execute(sample, plan([shell('1.1', `${printed}; echo "token: $k"`, { captures: [label], claims }), again]), undefined);
    expect(executed.of('expectation').map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'passed', 'passed']);
    expect(executed.of('capture').map(({ again: same }) => same)).toEqual([false, true]);
    await expectMasked(executed);
  });

  it('with another value later is a conflict, and neither value is shown', async () => {
    const executed = await execute(
      sample,
      plan([shell('1.1', `${printed}; echo "token: $k"`, { captures: [label] }), shell('1.2', `${printed}; echo "token: $k-other"`, { captures: [label] })]),
      undefined,
    );
    expect(executed.end.diagnostics.map(({ code }) => code)).toContain('execute/conflicting-values');
    await expectMasked(executed);
  });

  it('is masked where it is no value of its type, and each of many', async () => {
    const wrong = await execute(sample, plan([shell('1.1', `${printed}; echo "token: $k"`, { captures: [{ ...label, type: 'uuid' }] })]), undefined);
    expect(wrong.end.diagnostics.map(({ code }) => code)).toContain('engine/wrong-type');
    await expectMasked(wrong);
    const many = await execute(sample, plan([shell('1.1', `${printed}; for i in $(seq 20); do echo "token: $i$k"; done`, { captures: [label] })]), undefined);
    expect(many.end.verdict).toBe('failed');
    await expectMasked(many);
  });

  it('is refused by name where it is too short to be masked', async () => {
    const executed = await execute(sample, plan([shell('1.1', 'echo "token: 7"', { captures: [label] })]), undefined);
    expect(executed.end).toMatchObject({ verdict: 'error' });
    expect(executed.end.diagnostics).toMatchObject([
      { code: 'execute/secret-too-short', message: expect.stringContaining('`token` (stdout of step 1.1, line 1)') as unknown },
    ]);
  });

  it('in a column of a table', async () => {
    const column = hidden('token', { source: { kind: 'column', column: 'token' } });
    const steps = [
      sql('1.1', `SELECT 'kanari7' || 'Qx9Vb2' AS token, 'x' || 'kanari7' || 'Qx9Vb2' AS longer`, {
        captures: [column],
        columns: [{ column: 'longer', name: 'longer' }],
      }),
    ];
    const executed = await execute(sample, plan(steps), environmentFor(sample, server.owner));
    expect(executed.of('capture').map(({ name, text }) => [name, text])).toEqual([
      ['longer', 'x***'],
      ['token', '***'],
    ]);
    await expectMasked(executed);
  });

  it('of a megabyte of secrets nothing is told, neither way', async () => {
    const claims = [{ kind: 'output', operator: 'contains', text: 'ready', negated: false }] as const;
    const executed = await execute(
      sample,
      plan([shell('1.1', `${printed}; echo "token: $k"; for i in $(seq 20000); do echo "$k"; done; echo ready`, { captures: [label], claims })]),
      undefined,
    );
    expect(executed.of('expectation')).toMatchObject([{ verdict: 'failed', notes: [expect.stringContaining('so much of stdout is secret')] }]);
    await expectMasked(executed);
  });
});
