import { describe, expect, test } from 'vitest';
import { createCompiler, said } from './plan-of.ts';

const compile = createCompiler();
/** A check of a name server's zone. */
const zone = (info: string, more = ''): string => `# Zone check\n\n## 1. Serial\n\n\`\`\`${info}\ndig +short example.org SOA\n\`\`\`\n${more}`;
const query = (info: string, sql = "SELECT count(*) AS records FROM zone_records WHERE zone = 'example.org';"): string =>
  `# Zone check\n\n## 1. Records\n\n\`\`\`${info}\n${sql}\n\`\`\`\n`;

describe('attributes of ours', () => {
  test('id, timeout, cwd, once', async () => {
    const compiled = await compile('zone.md', zone('bash id=serial timeout=30s cwd=dns once=true'));
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.steps[0]).toMatchObject({ id: 'serial', timeoutMs: 30_000, workingDirectory: 'dns', once: true });
  });

  test.each([
    ['500ms', 500],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
  ])('timeout=%s', async (written, timeoutMs) => {
    expect((await compile('zone.md', zone(`bash timeout=${written}`))).plan?.steps[0]?.timeoutMs).toBe(timeoutMs);
  });

  test('expect, several times', async () => {
    const compiled = await compile('zone.md', query('sql id=records expect="records >= 2" expect=\'records <= 90\''));
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.steps[0]?.expectations.map(({ id, text, origin }) => [id, text, origin])).toEqual([
      ['records/1', 'records >= 2', 'addendum'],
      ['records/2', 'records <= 90', 'addendum'],
    ]);
  });

  test('writes and productionPath are a permission as in the addendum', async () => {
    const rules = '\n**Rules:** No manual DB inserts.\n';
    const given = await compile('zone.md', zone('bash writes=zone_records,zones', rules));
    expect(given.plan?.steps[0]?.access).toMatchObject({ capability: 'write', writes: ['zone_records', 'zones'] });
    expect((await compile('zone.md', zone('bash', rules))).plan?.steps[0]?.access.capability).toBe('read');
    expect((await compile('zone.md', zone('bash productionPath=true writes=zones', rules))).plan?.steps[0]?.access.capability).toBe('production');
    expect((await compile('zone.md', zone('bash productionPath=false', rules))).plan?.steps[0]?.access.capability).toBe('read');
  });

  test('an id is quoted by the addendum', async () => {
    const compiled = await compile('zone.md', query('sql id=trace-row'), {
      beside: 'plan: zone.md\nexpectations:\n  - { at: trace-row, expect: records = 2, step: trace-row }\n',
    });
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.steps[0]?.expectations.map(({ text }) => text)).toEqual(['records = 2']);
  });

  test('nested in a list, with tildes, and with a quote around', async () => {
    for (const text of ['1. Look:\n\n   ~~~bash id=deep timeout=1s\n   dig example.org\n   ~~~\n', '> ```bash id=deep timeout=1s\n> dig example.org\n> ```\n'])
      expect((await compile('zone.md', `# Zone\n\n## 1. Run\n\n${text}`)).plan?.steps[0]).toMatchObject({ id: 'deep', timeoutMs: 1000 });
  });
});

describe('what is wrong with them', () => {
  test.each([
    ['timeout=30', 'wrong-value'],
    ['timeout=0s', 'wrong-value'],
    ['timeout=25h', 'wrong-value'],
    ['cwd=../etc', 'wrong-value'],
    ['cwd=/etc', 'wrong-value'],
    ['writes=,', 'wrong-value'],
    ['once=maybe', 'wrong-value'],
    ['id=a/b', 'wrong-value'],
    ['expect=""', 'wrong-value'],
    ['id=a id=b', 'duplicate-entry'],
    ['timeout=1s timeout=2s', 'duplicate-entry'],
    ['expect="it works"', 'unclear-expectation'],
    ['expect="1 = 1"', 'vacuous-claim'],
    ['expect="serail = 1"', 'unknown-name'],
  ])('%s is an error at its place', async (attribute, code) => {
    const compiled = await compile('zone.md', zone(`bash ${attribute}`));
    const found = compiled.diagnostics.find((diagnostic) => diagnostic.code === `compile/${code}`);
    expect(found).toMatchObject({ severity: 'error', span: { start: { line: 5 } }, help: expect.any(String) });
    expect(found?.span?.start.column).toBeGreaterThan(8);
  });

  test('a misspelt attribute is said', async () => {
    expect(said(await compile('zone.md', zone('bash timout=30s')))).toEqual(['5:9 warning compile/unknown-key: `timout` says nothing here']);
  });

  test('two steps with one id, or with the number of another', async () => {
    const two = `${zone('bash id=x')}\n\`\`\`bash id=x\ndig b\n\`\`\`\n`;
    expect(said(await compile('zone.md', two))).toEqual(['10:1 error compile/duplicate-entry: two steps are called `x`']);
    expect(said(await compile('zone.md', `${zone('bash id=1.2')}\n\`\`\`bash\ndig b\n\`\`\`\n`))).toHaveLength(1);
  });

  test('the addendum says something else of the same step', async () => {
    const compiled = await compile('zone.md', zone('bash timeout=30s'), { beside: 'plan: zone.md\nsteps:\n  - { at: dig +short, timeoutMs: 20000 }\n' });
    expect(said(compiled)).toEqual(['5:9 error compile/duplicate-entry: `timeoutMs` of this step is given twice, with different values']);
    expect(
      said(
        await compile('zone.md', zone('bash timeout=30s'), {
          beside: 'plan: zone.md\nsteps:\n  - { at: dig +short, timeoutMs: 30000, workingDirectory: dns }\n',
        }),
      ),
    ).toEqual([]);
  });

  test('on several statements only what holds for each', async () => {
    const statements = 'SELECT 1 AS a;\nSELECT 2 AS b;';
    expect((await compile('zone.md', query('sql timeout=3s', statements))).plan?.steps.map((step) => step.timeoutMs)).toEqual([3000, 3000]);
    expect(said(await compile('zone.md', query('sql id=both', statements)))).toEqual([
      '5:8 error compile/quotation-ambiguous: this block holds 2 statements, and one is meant',
    ]);
  });

  test("on a block that is no step: said, but an id may be somebody else's", async () => {
    const shown = (info: string): string => `${zone('bash')}\n\`\`\`${info}\nwhatever\n\`\`\`\n`;
    expect(said(await compile('zone.md', shown('text expect="1 row"')))).toEqual([
      '9:1 warning compile/entry-binds-nothing: this block is no step, so what its first line says about one has no effect',
    ]);
    expect(said(await compile('zone.md', shown('text id=listing')))).toEqual([]);
  });
});

describe('attributes of other tools are left to them', () => {
  test.each([
    'bash {"name":"serial","id":"a","cwd":"/tmp"}',
    'sh { name=serial interactive=false }',
    '{.bash .numberLines startFrom="3"}',
    '{.bash #serial timeout=bad}',
    'bash {1,3-5}',
    'bash title="serial.sh"',
    'bash title=serial showLineNumbers',
    'bash hl_lines="2 3"',
    'bash linenums="1"',
    'bash {highlight: [1,2]}',
    'bash file=serial.sh',
  ])('%s', async (info) => {
    const compiled = await compile('zone.md', zone(info));
    expect(said(compiled).filter((line) => line.includes('5:'))).toEqual([]);
    expect(compiled.plan?.steps[0]).toMatchObject({ id: '1.1', timeoutMs: 600_000, workingDirectory: '.' });
  });
});
