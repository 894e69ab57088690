import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan, type CompiledPlan } from '../../src/compile/compile-plan.ts';
import type { Step } from '../../src/model/step.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'reading', 'holes');
const parser = createSqlParser();
afterAll(() => parser.close());

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

async function read(
  text: string,
  options: { readonly addendum?: string; readonly given?: readonly string[] } = {},
): Promise<CompiledPlan & { readonly told: readonly string[] }> {
  const addendum = options.addendum === undefined ? {} : { addendum: { path: 'plan.addendum.yaml', bytes: encode(options.addendum) } };
  const compiled = await compilePlan({ path: 'plan.md', bytes: encode(text), ...addendum, given: options.given ?? [], parser, sha256: () => '' });
  return { ...compiled, told: compiled.diagnostics.map((diagnostic) => `${diagnostic.span?.start.line} ${diagnostic.severity} ${diagnostic.code}`) };
}

const readFixture = (name: string, bound = false): ReturnType<typeof read> => {
  const path = join(folder, `${name}.addendum.yaml`);
  return read(
    readFileSync(join(folder, `${name}.md`), 'utf8'),
    bound && existsSync(path) ? { addendum: readFileSync(path, 'utf8').replace(/^plan: .*/, 'plan: plan.md') } : {},
  );
};

const carried = (step: Step | undefined): readonly string[] =>
  step && 'splices' in step ? step.splices.map((splice) => `${splice.carrier}=${splice.name}`) : [];
const captured = (step: Step | undefined): readonly string[] => step?.captures.map((capture) => `${capture.name}${capture.secret ? ' secret' : ''}`) ?? [];
const bash = (...blocks: readonly string[]): string => `# T\n\n${blocks.map((block) => `\`\`\`bash\n${block}\n\`\`\`\n`).join('\n')}`;
const sql = (text: string): string => `# T\n\n\`\`\`sql\n${text}\n\`\`\`\n`;

describe('variables of another block', () => {
  test('one earlier block sets them: carried, and nothing of the text changes', async () => {
    const { plan, told } = await readFixture('carried/cloud-tutorial');
    expect(told).toEqual(['6 warning compile/concealed-failure']);
    expect(plan?.steps.map(captured)).toEqual([['resource_group', 'location'], [], [], []]);
    expect(plan?.steps.map(carried)).toEqual([
      [],
      ['RESOURCE_GROUP=resource_group', 'LOCATION=location'],
      ['RESOURCE_GROUP=resource_group'],
      ['RESOURCE_GROUP=resource_group', 'LOCATION=location'],
    ]);
    for (const step of plan?.steps ?? []) if ('command' in step) expect(step.command).toBe(step.text);
    expect(plan?.steps[0]?.captures[1]).toMatchObject({ optional: false, source: { kind: 'variable', variable: 'LOCATION' }, span: { start: { line: 8 } } });
  });

  test('a token is a secret', async () => expect(captured((await readFixture('carried/payment-token')).plan?.steps[0])).toEqual(['access_token secret']));

  test.each([
    ['carried/storage-branch', '8 error compile/unset-variable', ['TARGET=target']],
    ['carried/dns-two-setters', '12 error compile/unset-variable', ['ZONE=zone']],
    ['carried/hospital-sourced', '8 error compile/unset-variable', ['WARD_ID=ward_id']],
  ])('%s: one error a name, until the addendum says it', async (name, error, splices) => {
    const open = await readFixture(name);
    expect(open.told).toEqual([error]);
    expect(open.diagnostics[0]?.help).toContain('carries: [');
    const bound = await readFixture(name, true);
    expect(bound.told).toEqual([]);
    expect(carried(bound.plan?.steps.at(-1))).toEqual(splices);
  });

  test('set only later', async () =>
    expect((await readFixture('carried/game-later')).diagnostics.map((diagnostic) => diagnostic.message)).toEqual([
      '`$SEASON` is empty here: step 1.2 sets it only later',
    ]));

  test('an exported constant is in every later environment, but not what leads to a database or what the block sets itself', async () => {
    const { plan, told } = await readFixture('carried/database-export');
    expect(told).toEqual([]);
    expect(plan?.steps.map((step) => carried(step).toSorted())).toEqual([
      [],
      ['APP_MODE=app_mode', 'REPLICA_ZONE=replica_zone'],
      ['REPLICA_ZONE=replica_zone'],
    ]);
  });

  test.each([
    ['a subshell', bash('(X=1)', 'echo "$X"'), 'compile/unset-variable'],
    ['a pipeline', bash('echo 1 | read X', 'echo "$X"'), 'compile/unset-variable'],
    ['one command', bash('X=1 ./run', 'echo "$X"'), 'compile/unset-variable'],
    ['the right side of &&', bash('test -f a && X=1', 'echo "$X"'), 'compile/unset-variable'],
    ['a loop', bash('for X in 1 2; do :; done', 'echo "$X"'), 'compile/unset-variable'],
    ['a function', bash('f() { X=1; }', 'echo "$X"'), 'compile/unset-variable'],
    ['a default over a branch', bash('if true; then X=1; fi', 'echo "${X:-0}"'), 'compile/unset-variable'],
    ['an array', bash('X=(1 2)', 'echo "${X[@]}"'), 'compile/unset-variable'],
    ['a text that unsets it', bash('X=1; unset X', 'echo "$X"'), 'compile/unset-variable'],
    ['a confined name', bash('export LD_PRELOAD=/x', 'echo "$LD_PRELOAD"'), 'compile/unset-variable'],
  ])('set by %s: not carried by itself', async (_name, text, code) =>
    expect((await read(text)).diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]),
  );

  test('read before the own setting', async () => expect(carried((await read(bash('N=1', 'N=$((N + 1)); echo "$N"'))).plan?.steps[1])).toEqual(['N=n']));
  test('its own setting comes first', async () => expect(carried((await read(bash('N=1', 'N=2; echo "$N"'))).plan?.steps[1])).toEqual([]));
  test('the environment of the addendum comes first', async () => {
    expect(
      (await read(bash('N=1', 'echo "$N"'), { addendum: "plan: plan.md\nsteps:\n  - { at: echo, environment: { N: '3' } }\n" })).plan?.steps.map(carried),
    ).toEqual([[], []]);
  });
  test('two variables whose names fold to one are two values', async () => {
    const { plan, told } = await read(bash('id=1\nID=2', 'echo "$id $ID"'));
    expect(told).toEqual([]);
    expect(carried(plan?.steps[1])).toEqual(['id=id', 'ID=shell_id']);
  });
  test('what is filled in and what is carried are two values of one name', async () => {
    const { plan, told } = await read(bash('NODE=<node>\nexport BUCKET=YOUR_BUCKET DAY="${DAY:?}"', 'drain "$NODE" "$BUCKET" "$DAY"'), {
      given: ['node', 'bucket', 'day'],
    });
    expect(told).toEqual(['4 warning compile/unquoted-placeholder']);
    expect(plan?.steps.map(carried)).toEqual([
      ['PP_node=node', 'PP_bucket=bucket', 'DAY=day'],
      ['NODE=shell_node', 'BUCKET=shell_bucket', 'DAY=shell_day'],
    ]);
  });
  test('a carried value fills a hole of its name that comes later', async () => {
    const { plan, told } = await read(bash('RUN_ID=$(./make)', './wait "$RUN_ID"', "./show '<run_id>'"));
    expect(told).toEqual([]);
    expect(plan?.steps.map(carried)).toEqual([[], ['RUN_ID=run_id'], ['PP_run_id=run_id']]);
  });
  test('two variables in one backtick script with escapes', async () => {
    const text = 'echo `echo \\`printf %s $A$B\\` $A`';
    const { plan, told } = await read(bash('A=1\nB=2', text));
    expect(told).toEqual([]);
    expect(plan?.steps[1]).toMatchObject({ command: text });
    expect(carried(plan?.steps[1]).toSorted()).toEqual(['A=a', 'B=b']);
  });
  test('inherited variables are there', async () => {
    const { diagnostics } = await compilePlan({
      path: 'plan.md',
      bytes: encode(bash('aws --profile "$AWS_PROFILE" s3 ls')),
      inherited: ['AWS_PROFILE'],
      parser,
      sha256: () => '',
    });
    expect(diagnostics).toEqual([]);
  });
  test('both of two carried values are kept apart', async () => {
    const addendum = 'plan: plan.md\nsteps:\n  - { at: A=1, carries: [A] }\n  - { at: A=2, carries: [A] }\n';
    const { plan, told } = await read(bash('A=1', 'echo "x$A"', 'A=2', 'echo "y$A"'), { addendum });
    expect(told).toEqual([]);
    expect(plan?.steps.map(carried)).toEqual([[], ['A=a'], [], ['A=shell_a']]);
  });
});

describe('what is set nowhere', () => {
  test('one error a name, with every place', async () => {
    const { diagnostics } = await read(bash('echo "$BUCKET"', 'ls "$BUCKET" "$ZONE"', 'echo ${BUCKET}'));
    expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([
      'nothing sets `$BUCKET`, so it would be empty here',
      'nothing sets `$ZONE`, so it would be empty here',
    ]);
    expect(diagnostics[0]?.notes).toEqual(['used as well at line 8, 12']);
    expect(diagnostics[0]?.help).toContain('bucket: { type: … }');
  });
  test('an input fills it under its own name', async () => {
    const { plan, told } = await read(bash('ls "$BUCKET"'), { addendum: 'plan: plan.md\ninputs:\n  bucket: { type: text }\n' });
    expect(told).toEqual([]);
    expect(carried(plan?.steps[0])).toEqual(['BUCKET=bucket']);
  });
  test('so does a recorded value', async () => {
    const { plan, told } = await read(`${bash('./make')}\nRecord: Run ID\n\n${bash('./show "$RUN_ID"').slice(5)}`);
    expect(told.filter((line) => line.includes('error'))).toEqual([]);
    expect(carried(plan?.steps[1])).toEqual(['RUN_ID=run_id']);
  });
  test.each([
    'echo "$HOME $PATH $PWD $RANDOM $?"',
    'psql "$DATABASE_URL"',
    'echo "${X:-1}"',
    'X=1; echo "$X"',
    'while read -r l; do echo "$l"; done < f',
    "echo '$X'",
    "awk '{print $NF}' f",
    'f() { local a; echo "$a"; }; f',
  ])('%j is none', async (text) => expect((await read(bash(text))).told.filter((line) => line.includes('unset'))).toEqual([]));
});

describe('a hole that nothing fills is one error a name', () => {
  test('with every place', async () => {
    const { diagnostics } = await read(bash("ls '<bucket>'", 'rm <bucket>', "du '<Bucket>'"));
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['compile/unbound-placeholder']);
    expect(diagnostics[0]?.notes?.[0]).toBe('needed as well at line 8, 12');
  });
  test('blanks too', async () => {
    const { diagnostics } = await read(bash('curl -H "K: YOUR_KEY" h', 'curl -H "K: YOUR_KEY" i'));
    expect(diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.notes])).toEqual([['compile/open-value', ['written as well at line 8']]]);
  });
  test('a blank that an input fills', async () => {
    const { plan, told } = await read(bash('curl -H "K: YOUR_KEY" h'), { addendum: 'plan: plan.md\ninputs:\n  key: { type: text, secret: true }\n' });
    expect(told).toEqual([]);
    expect(plan?.steps[0]).toMatchObject({ command: 'curl -H "K: ${PP_key}" h' });
    expect(plan?.inputs).toMatchObject([{ name: 'key', secret: true }]);
  });
  test('unquoted and filled: one warning a name', async () => {
    const { told, plan } = await read(bash('ls <bucket>', 'du <bucket>'), { given: ['bucket'] });
    expect(told).toEqual(['4 warning compile/unquoted-placeholder']);
    expect(plan?.steps.map((step) => ('command' in step ? step.command : ''))).toEqual(['ls "${PP_bucket}"', 'du "${PP_bucket}"']);
  });
  test('a search for a known hole', async () =>
    expect((await read(bash("rg -n '<bucket>' src"), { given: ['bucket'] })).told).toContain('4 error compile/placeholder-never-expands'));
  test('a number may stand bare in JSON, a text may not', async () => {
    const document = bash(`curl -d '{"n": <count>}' h`);
    expect((await read(document, { addendum: 'plan: plan.md\ninputs:\n  count: { type: integer }\n' })).told).toEqual([]);
    expect((await read(document, { addendum: 'plan: plan.md\ninputs:\n  count: { type: text }\n' })).told).toContain(
      '4 error compile/placeholder-never-expands',
    );
  });
});

describe('replace … with your own', () => {
  test('a sentence names the token, a comment the line', async () => {
    const { told, diagnostics } = await readFixture('replace');
    expect(told.filter((line) => line.includes('open-value'))).toEqual(['6 error compile/open-value', '10 error compile/open-value']);
    expect(diagnostics.find((diagnostic) => diagnostic.message.includes('my-bucket'))?.help).toContain('my_bucket');
  });
  test('an input fills the token', async () => {
    const { plan } = await read(`# T\n\nReplace \`my-bucket\` with your bucket.\n\n${bash('ls gs://my-bucket/x my-bucket-2').slice(5)}`, {
      given: ['my_bucket'],
    });
    expect(plan?.steps[0]).toMatchObject({ command: 'ls gs://"${PP_my_bucket}"/x my-bucket-2' });
  });
  test.each(['Replace the disk with a new one.', 'Replace `a` with `b` in the config.', 'We replaced `my-bucket` with S3.'])(
    '%j names none',
    async (sentence) => {
      expect((await read(`# T\n\n${sentence}\n\n${bash('ls my-bucket a b').slice(5)}`)).told.filter((line) => line.includes('open-value'))).toEqual([]);
    },
  );
});

describe('a hole in what is expected', () => {
  test('is the recorded value', async () => {
    const { plan, told } = await readFixture('expected');
    expect(told.filter((line) => line.includes('error'))).toEqual([]);
    expect(plan?.steps[1]?.expectations.map((expectation) => expectation.claim)).toContainEqual(
      expect.objectContaining({ kind: 'output', text: 'run <run_id> finished', holes: [{ name: 'run_id', offset: 4, length: 8 }] }),
    );
  });
  test('that nothing supplies is an error', async () => {
    const { told } = await read(`${bash('./show')}\n**Expected:** output contains \`run <run_id> finished\`\n`);
    expect(told).toEqual(['7 error compile/unbound-placeholder']);
  });
  test('a tag is no hole', async () => {
    const { told, plan } = await read(`${bash('curl http://h')}\n**Expected:** output contains \`<title>Shop\`\n`);
    expect(told).toEqual([]);
    expect(plan?.steps[0]?.expectations.some((expectation) => 'holes' in expectation.claim)).toBe(false);
  });
});

describe('SQL', () => {
  test('several statements with holes of every shape are several steps', async () => {
    const { plan } = await read(
      sql("SELECT 1 AS a FROM t WHERE id = <id>;\nSELECT 2 AS b FROM t WHERE x = :x AND y = '{y}';\nSELECT 3 AS c FROM t WHERE z = '...' AND q = 'YOUR_KEY';"),
    );
    expect(plan?.steps.map((step) => (step.kind === 'sql-assert' ? [step.span.start.line, step.parameters, step.columns.length] : []))).toEqual([
      [4, ['id'], 1],
      [5, ['x', 'y'], 1],
      [6, ['z', 'key'], 1],
    ]);
  });
  test.each([
    ['SELECT * FROM t WHERE ...;', 'compile/open-value'],
    ['SELECT * FROM t WHERE id = $1;', 'compile/open-value'],
    ['SELECT * FROM <table>;', 'compile/placeholder-never-expands'],
  ])('%s', async (text, code) => expect((await read(sql(text))).diagnostics.map((diagnostic) => diagnostic.code)).toContain(code));
});
