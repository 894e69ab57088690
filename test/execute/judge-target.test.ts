import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { targetRefusals } from '../../src/execute/judge-target.ts';
import type { EnvironmentConfig } from '../../src/model/environment.ts';
import type { PolicyScope } from '../../src/model/policy.ts';
import type { Binding } from '../../src/model/value.ts';
import { createSample, execute, type Executed } from './run-sample.ts';
import { capture, plan, policy, shell } from './sample-plan.ts';

const environment = (url: string, name = 'a'): EnvironmentConfig => ({
  name,
  workspace: '/w',
  database: { kind: 'url', url },
  path: [],
  prepare: [],
  prepareOutside: false,
  provides: [],
  inherit: [],
  witnesses: [],
});
const value = (text: string): Binding => ({ name: 'host', value: { type: 'text', text }, origin: { kind: 'input', source: '--set' }, secret: true });
const forbidden = plan([], { policies: [policy('P1', { kind: 'forbidden-target', names: ['production'] })] });
const messages = (
  given: EnvironmentConfig | undefined,
  values: readonly Binding[] = [],
  processEnvironment: Readonly<Record<string, string>> = {},
): readonly string[] => targetRefusals({ plan: forbidden, environment: given, values, processEnvironment }).map(({ message }) => message);

describe('nothing is made ready against a place that a policy rules out', () => {
  test.each(['postgresql://u:p@db.prod.example:5432/app', 'postgresql://u:p@db/app_production', 'postgresql://u:p@live/app'])('%s', (url) =>
    expect(messages(environment(url))).toEqual(['the address of the database means production']),
  );
  test('the name of the environment', () =>
    expect(messages(environment('postgresql://u@db/app', 'production-eu'))).toEqual(['the environment `production-eu` means production']));
  test('an address out of a variable', () =>
    expect(messages({ ...environment(''), database: { kind: 'environment-variable', name: 'DB' } }, [], { DB: 'postgresql://u@prod/app' })).toEqual([
      'the address of the database means production',
    ]));
  test('a given value, which is not shown', () =>
    expect(messages(undefined, [value('https://api.prod.example')])).toEqual(['the value of `host` means production']));
  test('a provided constant', () =>
    expect(messages({ ...environment('postgresql://u@db/app'), provides: [{ name: 'zone', kind: 'constant', text: 'prod-1' }] })).toEqual([
      'the provided value of `zone` means production',
    ]));
  test.each(['postgresql://prod:prod@db/app', 'postgresql://u:production@db/products', 'postgresql://u@preprod/app'])('%s is another', (url) =>
    expect(messages(environment(url))).toEqual([]),
  );
  test('without such a policy nothing is compared', () =>
    expect(targetRefusals({ plan: plan([]), environment: environment('postgresql://u@prod/app'), values: [], processEnvironment: {} })).toEqual([]));
});

describe('a value that is found out on the way', () => {
  const splice = { name: 'host', offset: 6, length: 9, replacement: '$PP_host', format: 'plain', carrier: 'PP_host' } as const;
  const steps = (host: string) => [
    shell('1.1', `echo "Host: ${host}"`, { captures: [capture('host', { source: { kind: 'label', label: 'Host' } })] }),
    shell('2.1', 'touch "$PP_host"', { splices: [splice] }),
  ];
  const executed = async (host: string, scope: PolicyScope = { kind: 'document' }): Promise<Executed & { readonly files: readonly string[] }> => {
    const sample = await createSample();
    try {
      const policies = [policy('P1', { kind: 'forbidden-target', names: ['production'] }, { scope })];
      const result = await execute(sample, plan(steps(host), { policies }), undefined);
      return { ...result, files: readdirSync(sample.workspace) };
    } finally {
      await sample.close();
    }
  };

  test('directs no step at such a place', async () => {
    const { end, of, files, notRun } = await executed('db.prod.example');
    expect([end.verdict, files, notRun.length]).toEqual(['refused', [], 1]);
    expect(of('decision').filter((decision) => decision.effect === 'refuse')).toMatchObject([{ step: '2.1', policy: 'forbidden-target', policies: ['P1'] }]);
    expect(of('policy-enforced')).toMatchObject([{ id: 'P1', verdict: 'refused' }]);
  });
  test('any other value does', async () => {
    const { files, of } = await executed('db.test.example');
    expect(files).toEqual(['db.test.example']);
    expect(of('policy-enforced')).toMatchObject([{ strength: 'ATTESTED', verdict: 'passed' }]);
  });
  test('a sentence about another section forbids nothing here', async () =>
    expect((await executed('db.prod.example', { kind: 'section', section: '1' })).files).toEqual(['db.prod.example']));
});
