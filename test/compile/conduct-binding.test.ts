/** What is said of a step's conduct, in each form of a plan, and what is refused. */
import { describe, expect, test } from 'vitest';
import type { CompiledPlan } from '../../src/compile/compile-plan.ts';
import type { Repetition, Step } from '../../src/model/step.ts';
import { planDifferences } from '../../src/review/convert-comparison.ts';
import { createCompiler, said } from './plan-of.ts';

const compile = createCompiler();
const stepsOf = ({ plan }: CompiledPlan): readonly Step[] => plan?.steps ?? [];
const stepOf = (compiled: CompiledPlan, id: string): Step => {
  const step = stepsOf(compiled).find((each) => each.id === id);
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
};
const repeatOf = (compiled: CompiledPlan, id: string): Omit<Repetition, 'span'> | undefined => {
  const { repeat } = stepOf(compiled, id);
  if (repeat === undefined) return undefined;
  const { span: _span, ...rest } = repeat;
  return rest;
};
const codesOf = ({ diagnostics }: CompiledPlan): readonly string[] => diagnostics.map(({ severity, code }) => `${severity} ${code}`);
const markdown = (body: string, beside?: string): Promise<CompiledPlan> => compile('plan.md', body, beside === undefined ? {} : { beside });
const bash = (text: string, info = ''): string => `\`\`\`bash${info}\n${text}\n\`\`\`\n`;
const sql = (text: string, info = ''): string => `\`\`\`sql${info}\n${text}\n\`\`\`\n`;

const read = '# T\n\n**Policy:** No manual DB inserts.\n\n## 1. Job\n\n';
const query = sql('SELECT state FROM job WHERE id = 1');

describe('the same repetition in every form', () => {
  const wanted = { kind: 'eventually', withinMs: 60_000, pauseMs: 2_000, giveUpWhen: { text: 'state in { failed }' } };
  const forms: readonly (readonly [string, () => Promise<CompiledPlan>])[] = [
    [
      'prose',
      () => markdown(`${read}${query}\nPoll every 2 s for up to 1 minute, give up when state in { failed }.\n\n**Expected:** \`state\` is \`ready\`\n`),
    ],
    [
      'addendum',
      () =>
        markdown(
          `${read}${query}\n**Expected:** \`state\` is \`ready\`\n`,
          'plan: plan.md\nsteps:\n  - at: SELECT state\n    eventually: { withinMs: 60000, everyMs: 2000, giveUpWhen: "state in { failed }" }\n',
        ),
    ],
    [
      'info string',
      () =>
        markdown(
          `${read}${sql('SELECT state FROM job WHERE id = 1', ' eventually=1m pause=2s giveUpWhen="state in { failed }"')}\n**Expected:** \`state\` is \`ready\`\n`,
        ),
    ],
    [
      'front matter',
      () =>
        markdown(
          `---\nsteps:\n  - at: SELECT state\n    eventually: { withinMs: 60000, everyMs: 2000, giveUpWhen: "state in { failed }" }\n---\n${read}${query}\n**Expected:** \`state\` is \`ready\`\n`,
        ),
    ],
    [
      'YAML',
      () =>
        compile(
          'plan.yaml',
          "title: T\npolicies: ['No manual DB inserts.']\nsteps:\n  - kind: sql-assert\n    id: '1.1'\n    title: Job\n    sql: SELECT state FROM job WHERE id = 1\n    eventually: { withinMs: 60000, everyMs: 2000, giveUpWhen: 'state in { failed }' }\n    expect: 'state in { ready }'\n",
        ),
    ],
  ];

  test.each(forms)('%s', async (_, form) => {
    const compiled = await form();
    expect(codesOf(compiled)).toEqual([]);
    expect(repeatOf(compiled, '1.1')).toMatchObject(wanted);
    expect(repeatOf(compiled, '1.1')?.giveUpWhen?.claim).toMatchObject({ kind: 'member', name: 'job.state' });
  });

  test('means the same', async () => {
    const [prose, addendum, info] = await Promise.all(forms.slice(0, 3).map(([, form]) => form()));
    if (!prose?.plan || !addendum?.plan || !info?.plan) throw new Error('not read');
    expect(planDifferences(addendum.plan, info.plan)).toEqual([]);
    expect(planDifferences(prose.plan, addendum.plan)).toEqual([]);
  });
});

describe('a bound is always there', () => {
  test('attempts times the time of the step, and the pauses between', async () => {
    const compiled = await markdown(`${read}${query}\n**Timeout:** 30 s\n\nRetry up to 3 times, 5 s apart.\n`);
    expect(repeatOf(compiled, '1.1')).toEqual({ kind: 'retry', attempts: 4, withinMs: 4 * 30_000 + 3 * 5_000, pauseMs: 5_000 });
    expect(stepOf(compiled, '1.1').timeoutMs).toBe(30_000);
  });

  test.each([
    'Retry until it works.',
    'Poll every 2 s until `state` is `ready`.',
    'Eventually `state` is `ready`.',
    '`state` eventually becomes `ready`.',
    'Keep polling.',
  ])('%s', async (sentence) => {
    const compiled = await markdown(`${read}${query}\n${sentence}\n`);
    expect(said(compiled)).toEqual(['11:1 error compile/unbounded-repetition: step 1.1 is repeated without any bound']);
    expect(repeatOf(compiled, '1.1')).toBeUndefined();
  });

  test.each([
    ['{}', 'compile/missing-key'],
    ['{ attempts: 1 }', 'compile/wrong-value'],
    ['{ attempts: 2.5 }', 'compile/wrong-type'],
    ['{ attempts: 3, pauseMs: -1 }', 'compile/wrong-value'],
    ['{ attempts: 3, pause: 5 }', 'compile/unknown-key'],
    ['{ withinMs: 90000000 }', 'compile/wrong-value'],
    ['{ attempts: 3, giveUpWhen: "" }', 'compile/empty-value'],
    ['3', 'compile/wrong-type'],
  ])('retry: %s is refused', async (value, code) => {
    const compiled = await markdown(`${read}${query}\n**Expected:** 1 row\n`, `plan: plan.md\nsteps:\n  - { at: SELECT state, retry: ${value} }\n`);
    expect(codesOf(compiled)).toContain(`error ${code}`);
  });

  test('two ways at once are refused, in each form', async () => {
    const both = 'retry: { attempts: 3 }, eventually: { withinMs: 1000 }';
    expect(codesOf(await markdown(`${read}${query}\n1 row\n`, `plan: plan.md\nsteps:\n  - { at: SELECT state, ${both} }\n`))).toContain(
      'error compile/conflicting-keys',
    );
    expect(codesOf(await compile('plan.yaml', `steps:\n  - { kind: shell, id: '1.1', run: ls, ${both} }\n`))).toContain('error compile/conflicting-keys');
    expect(
      codesOf(await compile('plan.yaml', `steps:\n  - { kind: shell, id: '1.1', run: ls }\nteardown:\n  - { kind: shell, id: '2.1', run: ls, ${both} }\n`)),
    ).toContain('error compile/conflicting-keys');
    expect(codesOf(await markdown(`${read}${sql('SELECT 1', ' retry=3 eventually=5s')}`))).toContain('error compile/conflicting-keys');
    expect(codesOf(await markdown(`${read}${sql('SELECT 1', ' pause=5s')}`))).toContain('error compile/missing-key');
    expect(codesOf(await markdown(`${read}${sql('SELECT 1', ' retry=1')}`))).toContain('error compile/wrong-value');
    expect(codesOf(await markdown(`${read}${sql('SELECT 1', ' eventually=2d')}`))).toContain('error compile/wrong-value');
  });

  test('two sentences that differ are a contradiction, and two that agree are one', async () => {
    expect(codesOf(await markdown(`${read}${query}\nRetry twice.\n\nRetry up to 5 times.\n`))).toEqual(['error compile/duplicate-entry']);
    expect(codesOf(await markdown(`${read}${query}\nRetry twice.\n\nRetry 2 times.\n`))).toEqual([]);
    expect(codesOf(await markdown(`${read}${query}\nRetry twice.\n`, 'plan: plan.md\nsteps:\n  - { at: SELECT state, retry: { attempts: 9 } }\n'))).toEqual([
      'error compile/duplicate-entry',
    ]);
  });
});

describe('which step is meant', () => {
  const two = (sentence: string): string => `${read}${bash('./a')}\n${query}\n${sentence}\n\n${sql('SELECT count(*) AS n FROM job')}\n`;
  const repeated = (compiled: CompiledPlan): readonly string[] => stepsOf(compiled).flatMap((step) => (step.repeat ? [step.id] : []));

  test.each([
    ['Retry up to 3 times.', ['1.2']],
    ['Now count, retrying up to 3 times:', ['1.3']],
    ['Count the jobs. Retry up to 3 times.', ['1.3']],
    ['Each query here may be retried twice.', ['1.1', '1.2', '1.3']],
    ['The job retries up to 3 times.', []],
  ])('%s', async (sentence, ids) => expect(repeated(await markdown(two(sentence)))).toEqual(ids));

  test('said of the whole plan, except where a step says otherwise', async () => {
    const compiled = await markdown(
      `# T\n\n**Policy:** No manual DB inserts. Retry each step of this plan up to 2 times.\n\n## 1. A\n\n${query}\n## 2. B\n\n${sql('SELECT id FROM job')}\nRetry up to 5 times.\n`,
    );
    expect([repeatOf(compiled, '1.1')?.attempts, repeatOf(compiled, '2.1')?.attempts]).toEqual([3, 6]);
  });

  test('a statement block is one thing', async () => {
    const compiled = await markdown(`${read}${sql('SELECT 1 AS a FROM x;\nSELECT 2 AS b FROM y;')}\nRetry up to 3 times.\n`);
    expect(repeated(compiled)).toEqual(['1.1', '1.2']);
  });

  test('none: reported with its place, never dropped', async () => {
    const compiled = await markdown(`# T\n\n## 1. A\n\n${bash('./a')}\n## 2. B\n\nRetry up to 3 times.\n`);
    expect(said(compiled)).toContain('11:1 error compile/conduct-without-step: no step stands where this sentence says how one is carried out');
    const told = await markdown(`${read}${query}\nStart the import by hand. Retry it up to 3 times.\n`);
    expect(codesOf(told)).toEqual(['error compile/conduct-without-step']);
  });

  test('what is optional, forbidden or told is nobody\u2019s conduct', async () => {
    for (const text of [
      'Optionally:\n\n- retry up to 3 times',
      '## Background\n\nRetry up to 3 times.',
      '## What we did\n\nRetry up to 3 times.',
      '## Rollback\n\nRetry up to 3 times.',
    ])
      expect([text, repeated(await markdown(`${read}${query}\n${text}\n`))]).toEqual([text, []]);
  });

  test('a name that only the command prints is recorded from it', async () => {
    const compiled = await markdown(`# T\n\n## 1. A\n\nPoll every 2 s for up to 1 minute until \`state\` is \`up\`:\n\n${bash('./show')}\n`);
    expect(stepOf(compiled, '1.1').captures.map(({ name, source }) => [name, source.kind])).toEqual([['state', 'label']]);
    expect(stepOf(compiled, '1.1').expectations.map(({ text }) => text)).toContain('`state` is `up`');
  });
});

describe('what may write twice', () => {
  const writer = `# T\n\n**Policy:** No manual DB inserts.\n\n## 1. Production path\n\n${bash('./import')}\n`;
  const result = `## 2. Orders\n\n${query}\n**Expected:** 1 row\n`;

  test('a warning where it is said at the step', async () => {
    expect(codesOf(await markdown(`${writer}\nRetry up to 2 times.\n\n${result}`))).toEqual(['warning compile/repeated-write']);
    expect(codesOf(await markdown(`${writer}\n${result}`, 'plan: plan.md\nsteps:\n  - { at: ./import, retry: { attempts: 2 } }\n'))).toEqual([
      'warning compile/repeated-write',
    ]);
  });

  test('an error where it is said of many', async () => {
    const compiled = await markdown(`${writer.replace('inserts.', 'inserts. Retry each step of this plan up to 2 times.')}\n${result}`);
    expect(codesOf(compiled)).toEqual(['error compile/repeated-write']);
  });

  test('an error where the step is to run once', async () => {
    const compiled = await markdown(`${read}${query}\nRun it exactly once.\n\nRetry up to 2 times.\n\n**Expected:** 1 row\n`);
    expect(codesOf(compiled)).toContain('error compile/repeated-write');
  });

  test('`once: false` of a writer is never silent, and not an addendum\u2019s to say', async () => {
    expect(codesOf(await markdown(`${writer}\n${result}`, 'plan: plan.md\nsteps:\n  - { at: ./import, once: false }\n'))).toEqual([
      'error compile/addendum-weakens',
    ]);
    expect(codesOf(await markdown(`${writer.replace('```bash', '```bash once=false')}\n${result}`))).toEqual(['warning compile/repeated-write']);
    expect(codesOf(await markdown(`${read}${query}\n**Expected:** 1 row\n`, 'plan: plan.md\nsteps:\n  - { at: SELECT state, once: false }\n'))).toEqual([]);
  });

  test.each(['Run exactly once.', 'Do not re-run.', 'This step is not idempotent.', 'Run this query only once.'])('%s', async (sentence) => {
    const compiled = await markdown(`${read}${query}\n${sentence}\n\n**Expected:** 1 row\n`);
    expect(stepOf(compiled, '1.1').once).toBe(true);
  });
});

describe('a sentence that forbids attempts', () => {
  test.each([
    ['No retries.', 'Retry up to 2 times.', true],
    ['Do not retry anything.', 'Retry up to 2 times.', true],
    ['Retries are not permitted.', 'Retry up to 2 times.', true],
    ['Retry at most twice.', 'Retry up to 5 times.', true],
    ['Retry at most twice.', 'Retry up to 2 times.', false],
    // Of the plan as a whole: a step in it may be tried again.
    ['Run this plan exactly once.', 'Retry up to 2 times.', false],
    ['No retries.', 'Poll every 2 s for up to 10 s.', false],
  ])('%s against: %s', async (policy, sentence, conflict) => {
    const compiled = await markdown(`# T\n\n**Policy:** No manual DB inserts. ${policy}\n\n## 1. Job\n\n${query}\n${sentence}\n\n**Expected:** 1 row\n`);
    expect(codesOf(compiled)).toEqual(conflict ? ['error compile/policy-conflict'] : []);
  });

  test('against a retry of an addendum, and in a YAML plan', async () => {
    const compiled = await markdown(
      `# T\n\n**Policy:** No manual DB inserts. No retries.\n\n## 1. Job\n\n${query}\n1 row\n`,
      'plan: plan.md\nsteps:\n  - { at: SELECT state, retry: { attempts: 3 } }\n',
    );
    expect(codesOf(compiled)).toContain('error compile/policy-conflict');
    const yaml = await compile(
      'plan.yaml',
      "policies: ['No manual DB inserts.', 'No retries.']\nsteps:\n  - { kind: sql-assert, id: '1.1', sql: 'SELECT 1 FROM a', retry: { attempts: 3 }, expect: 1 row }\n",
    );
    expect(codesOf(yaml)).toContain('error compile/policy-conflict');
  });
});

describe('what makes another attempt vain', () => {
  test.each([
    ['state in { failed }', []],
    ['state in { failed } and 1 row', ['error compile/unclear-expectation']],
    ['the moon is full', ['error compile/unclear-expectation']],
    ['nothing_known == 3', ['error compile/unknown-name']],
    ['later == 3', ['error compile/unknown-name']],
  ])('%s', async (claim, codes) => {
    const compiled = await markdown(
      `${read}${query}\n**Expected:** 1 row\n\n${sql('SELECT later FROM other')}\n**Expected:** 1 row\n`,
      `plan: plan.md\nsteps:\n  - { at: SELECT state, retry: { attempts: 3, giveUpWhen: '${claim}' } }\n`,
    );
    expect(codesOf(compiled)).toEqual(codes);
  });
});

describe("a label that limits all steps together is an error, never a remark and never one step's limit", () => {
  const labels = [
    'Overall timeout',
    'Total time limit',
    'Timeout for the whole plan',
    'Time limit for the plan',
    'Deadline for all steps',
    'Max duration of this run',
  ];
  test.each(labels)('**%s:** 10 minutes', async (label) => {
    const line = `**${label}:** 10 minutes\n\n`;
    for (const body of [`# T\n\n${line}## 1. Job\n\n${bash('df -P .')}`, `# T\n\n## 1. Job\n\n${bash('df -P .')}\n${line}`]) {
      const compiled = await markdown(`${body}\n**Expected:** exit code 0\n`);
      expect(
        codesOf(compiled).filter((code) => code.startsWith('error')),
        body,
      ).not.toEqual([]);
    }
  });
});
