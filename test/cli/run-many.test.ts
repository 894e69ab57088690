/** Several plans in one command: side by side or one after the other, each ends as it would alone. Real processes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verifyExecution } from '../../src/review/audit-verify.ts';
import { command, startProgram, type CommandEnd } from '../support/command.ts';
import { playsAll } from '../support/sampled.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** One shell step that must end with exit code 0. */
function shellPlan(command: string, before = ''): string {
  return `# A plan\n\n${before}\n\n## Steps\n\n### 1. Do it\n\n\`\`\`bash\n${command}\n\`\`\`\n\nExpected: exit code 0\n`;
}

const parallelConfig = 'default: here\nenvironments:\n  here:\n    workspace: .\n    database: embedded\n    parallel: true\n';

function project(files: Readonly<Record<string, string>>): string {
  const cwd = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, name, '..'), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  return cwd;
}

interface Told {
  readonly plan: { readonly path: string };
  readonly verdict: string;
  readonly exitCode: number;
  readonly reason: string;
  readonly execution?: string;
  readonly folder?: string;
  readonly role: string;
}

async function run(cwd: string, ...argv: readonly string[]): Promise<CommandEnd & { readonly told: readonly Told[] }> {
  const end = await startProgram(['run', ...argv, '--json'], { cwd }).ended;
  const told = end.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
  return { ...end, told };
}

const verdictsOf = (told: readonly Told[]): Readonly<Record<string, string>> =>
  // An error is told with its reason, so that a test that fails for one says why.
  Object.fromEntries(told.map(({ plan, verdict, reason, exitCode }) => [plan.path, verdict === 'error' && exitCode === 5 ? `error: ${reason}` : verdict]));

/** The same order for the same seed. */
function shuffle<T>(list: readonly T[], seed: number): readonly T[] {
  let state = seed;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  return list
    .map((item) => ({ item, at: next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Waits until it is so; by what is there, never by a guess of how long something takes. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('plans side by side', () => {
  // Plans that only search are side by side in one workspace; where everything is played, all are, each beside any other.
  test('end as they do one after the other, whatever the order and the neighbours', async () => {
    const search = (word: string, more = ''): string => `# A plan\n\n${more}\n\n## Static verification\n\n- \`source.txt\` must contain \`${word}\`\n`;
    const plans = {
      'pass.md': search('alpha'),
      'other.md': search('beta'),
      'fail.md': search('nowhere'),
      'unproven.md': search('alpha', '## Tasks\n\n- [ ] Ask the owner whether the goods are there.'),
      'refuse.md': shellPlan('touch taken', 'Policies:\n\n- Do not run `touch`.'),
      // Its time stands in it: with `--timeout` the others would depend on how fast the machine is.
      'hang.md': shellPlan('sleep 600').replace('bash', 'bash timeout=1s'),
      'error/plan.md': search('alpha'),
    };
    const cwd = project({
      ...plans,
      'source.txt': 'alpha\nbeta\n',
      'error/source.txt': 'alpha\n',
      // Nobody listens there.
      'error/proofplan.config.yaml':
        'default: lost\nenvironments:\n  lost:\n    workspace: .\n    database: postgresql://nobody:x@127.0.0.1:1/none\n    parallel: true\n',
      ...(playsAll ? { 'proofplan.config.yaml': parallelConfig } : {}),
    });
    const ending = ({ told }: { readonly told: readonly Told[] }): unknown =>
      Object.fromEntries(told.map(({ plan, verdict, exitCode, reason }) => [plan.path, [verdict, exitCode, reason.replaceAll(/\d+/g, '0')]]).sort());
    const alone = await run(cwd, ...Object.keys(plans));
    expect(verdictsOf(alone.told)).toMatchObject({
      'pass.md': 'passed',
      'other.md': 'passed',
      'fail.md': 'failed',
      'unproven.md': 'unproven',
      'refuse.md': 'refused',
    });
    expect(alone.told.find(({ plan }) => plan.path === 'error/plan.md')).toMatchObject({ verdict: 'error', exitCode: 5 });
    expect(alone.told.find(({ plan }) => plan.path === 'hang.md')?.verdict).not.toBe('passed');
    for (const seed of playsAll ? [1, 2, 3, 4, 5, 6] : [1]) {
      const order = shuffle(Object.keys(plans), seed);
      const many = await run(cwd, ...order, '--jobs', String(seed % 2 === 0 ? 3 : 7));
      expect([order, ending(many)]).toEqual([order, ending(alone)]);
      expect(many.exitCode).toBe(alone.exitCode);
      expect(many.told.map(({ plan }) => plan.path)).toEqual(order);
      for (const { folder } of many.told) if (folder !== undefined) expect(await verifyExecution(join(cwd, folder))).toEqual([]);
    }
  }, 600_000);

  test('none overtakes a plan whose doings it sees: it finds what it would find with one plan at a time', async () => {
    const search = (file: string): string => `# A plan\n\n## Static verification\n\n- \`${file}\` must contain \`alpha\`\n`;
    const cwd = project({ 'a.md': search('a.md'), 'make.md': shellPlan('echo alpha >made.txt'), 'read.md': search('made.txt') });
    const end = await run(cwd, 'a.md', 'make.md', 'read.md', '--jobs', '2');
    expect(verdictsOf(end.told)).toEqual({ 'a.md': 'passed', 'make.md': 'passed', 'read.md': 'passed' });
  }, 60_000);

  test('one table at the end, each line with its plan, the same plan once', async () => {
    const cwd = project({ 'plans/pass.md': shellPlan('echo hello'), 'plans/fail.md': shellPlan('exit 3') });
    const end = await startProgram(['run', 'plans', './plans/pass.md', '--jobs', '2'], { cwd }).ended;
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toContain('`./plans/pass.md` is `plans/pass.md`, and is executed once');
    expect(end.stderr).toMatch(/^pass +│? *✓ 1\.1 shell/m);
    expect(end.stderr).toMatch(/^fail +│? *✗ 1\.1 shell/m);
    expect(end.stdout).toMatch(/^plan +verdict +steps +time\nplans\/fail\.md +✗ failed +1 of 1 step/m);
    expect(end.stdout).toContain('✗ 2 plans: 1 passed, 1 failed');
    expect(end.stdout.match(/^AUDIT root=/gm)).toHaveLength(2);
  }, 60_000);

  test('never in one workspace, unless the environment says so', async () => {
    // Each waits for the other one: alone neither can end.
    const meeting = (own: string, other: string): string => shellPlan(`touch .meeting-${own}; until [ -e .meeting-${other} ]; do sleep 0.05; done`);
    const plans = { 'a.md': meeting('a', 'b'), 'b.md': meeting('b', 'a'), '.gitignore': '.meeting-*\n' };
    const apart = await run(project(plans), 'a.md', 'b.md', '--jobs', '2', '--timeout', '1s');
    expect(verdictsOf(apart.told)['a.md']).not.toBe('passed');
    expect(apart.stderr).toContain('[cli/not-parallel]');
  }, 120_000);

  test('cannot reach the database of the plan beside them, nor change its record unseen', async () => {
    // Neither ends without the other one. What is known of a neighbour is its port; the identity is a plan's own.
    const leave = 'echo "$DATABASE_URL" >.url-b; until [ -e .done-a ]; do sleep 0.05; done';
    const reach = [
      'until [ -s .url-b ]; do sleep 0.05; done',
      'theirs=$(cat .url-b); mine=${DATABASE_URL#postgresql://}',
      'if psql "postgresql://${mine%%@*}@${theirs#*@}" -c "create table taken()"; then reached=yes; else reached=no; fi',
      'for journal in .proofplan/executions/*/journal.jsonl; do if { echo forged >>"$journal"; } 2>/dev/null; then echo written; fi; done',
      'touch .done-a',
      'echo "reached: $reached"',
    ].join('\n');
    const cwd = project({
      'a.md': shellPlan(reach).replace('exit code 0', 'the output contains `reached: no`'),
      'b.md': shellPlan(leave),
      '.gitignore': '.url-b\n.done-a\n',
      'proofplan.config.yaml': parallelConfig,
    });
    const end = await run(cwd, 'a.md', 'b.md', '--jobs', '2', '--timeout', '60s');
    expect(readFileSync(join(cwd, '.url-b'), 'utf8')).toMatch(/^postgresql:/);
    // Where steps are not kept apart from records, a change of them is an error, of each whose record was changed.
    const [one, other] = end.told;
    expect(['passed', 'error']).toContain(one?.verdict);
    // Somebody came to its gateway with a token that is none: that is told, and no pass.
    expect(['refused', 'error']).toContain(other?.verdict);
    expect(end.stderr).toContain('is not good, or not any more');
    for (const { verdict, folder = '' } of end.told) if (verdict !== 'error') expect(await verifyExecution(join(cwd, folder))).toEqual([]);
  }, 120_000);
});

const first = 'Prerequisite: run [Setup](setup.md) first.';

test('a value goes to the plans that have an input of its name; one that none of them has stops all before anything is executed', async () => {
  const cwd = project({
    'a.md': shellPlan('test <word> = x', first),
    'b.md': shellPlan('true'),
    'setup.md': shellPlan('echo begun >>begun.txt'),
    '.gitignore': 'begun.txt\n',
  });
  const unknown = await run(cwd, 'a.md', 'b.md', '--set', 'word=x', '--set', 'wrod=x');
  expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('none of these plans has an input `wrod`') });
  expect(unknown.stderr).toContain('did you mean `word`?');
  expect(existsSync(join(cwd, 'begun.txt'))).toBe(false);
  const end = await run(cwd, 'a.md', 'b.md', '--set', 'word=x');
  expect(verdictsOf(end.told)).toEqual({ 'setup.md': 'passed', 'a.md': 'passed', 'b.md': 'passed' });
}, 60_000);

test('an attestation is of one task: a number that means another one in each plan is none, prerequisites too', async () => {
  const task = (words: string): string => `## Tasks\n\n- [ ] ${words}.\n`;
  const cwd = project({
    'a.md': shellPlan('true', task('Ask the owner whether the goods are there')),
    'b.md': shellPlan('true', `${first}\n\n${task('Ask the neighbour whether the shop is open')}`),
    'setup.md': shellPlan('true', task('Look whether the door is closed')),
  });
  for (const [argv, message] of [
    [['a.md', 'b.md', '--attest', 'T1'], 'is not the same task in `a.md`, `b.md`, `setup.md`'],
    [['b.md', '--attest', 'T1'], 'is not the same task in `b.md`, `setup.md`'],
    [['a.md', 'b.md', '--attest', 'T2'], 'none of these plans has a task `T2`'],
  ] as const)
    expect(await command(['run', ...argv, '--by', 'Me'], { cwd })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
  expect(existsSync(join(cwd, '.proofplan'))).toBe(false);
  // By its words it is one task, whoever else has none of them: what is left to complain of is the value.
  const words = ['--attest', 'Ask the neighbour whether the shop is open.', '--by', 'Me'];
  const named = await command(['run', 'a.md', 'b.md', ...words, '--set', 'lost=x'], { cwd });
  expect(named.stderr).toContain('has an input `lost`');
  expect(named.stderr).not.toContain('cli/unknown-task');
}, 60_000);

describe('prerequisites', () => {
  test('are executed first, once, and told in the record of who demands them', async () => {
    const cwd = project({
      'setup.md': shellPlan('echo once >>count.txt'),
      'a.md': shellPlan('test -e count.txt', first),
      'b.md': shellPlan('test "$(wc -l <count.txt)" = 1', first),
      '.gitignore': 'count.txt\n',
    });
    const end = await run(cwd, 'b.md', 'a.md');
    expect(end.told.map(({ plan, verdict, role }) => [plan.path, verdict, role])).toEqual([
      ['setup.md', 'passed', 'prerequisite'],
      ['b.md', 'passed', 'plan'],
      ['a.md', 'passed', 'plan'],
    ]);
    const journal = readFileSync(join(cwd, end.told[1]?.folder ?? '', 'journal.jsonl'), 'utf8');
    expect(journal).toContain(`"prerequisites":[{"execution":"${end.told[0]?.execution ?? ''}"`);
  }, 60_000);

  test('that fail block who demands them, and nobody else', async () => {
    const cwd = project({ 'setup.md': shellPlan('exit 1'), 'a.md': shellPlan('touch done', first), 'c.md': shellPlan('true') });
    const end = await run(cwd, 'a.md', 'c.md');
    expect(verdictsOf(end.told)).toEqual({ 'setup.md': 'failed', 'a.md': 'unproven', 'c.md': 'passed' });
    expect(end.exitCode).toBe(1);
    expect(existsSync(join(cwd, 'done'))).toBe(false);
  }, 60_000);

  test('circles, missing files and plans that do not compile are errors at the link, before anything is executed', async () => {
    const cwd = project({
      'a.md': shellPlan('touch done', 'Run [B](b.md) before this plan.'),
      'b.md': shellPlan('touch done', 'Run [A](a.md) before this plan.'),
      'c.md': shellPlan('touch done', 'Run [Lost](lost.md) before this plan.'),
      'd.md': shellPlan('touch done', 'Run [Notes](notes.md) before this plan.'),
      'notes.md': '# Notes\n\nNothing to do.\n',
    });
    for (const [plan, code, line] of [
      ['a.md', 'cli/prerequisite-circle', 'a.md → b.md → a.md'],
      ['c.md', 'cli/prerequisite-missing', 'c.md:3'],
      ['d.md', 'cli/prerequisite-unusable', 'd.md:3'],
    ] as const) {
      const checked = await startProgram(['check', plan], { cwd }).ended;
      expect(checked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(code) });
      if (code !== 'cli/prerequisite-circle') expect(checked.stderr).toContain(line);
    }
    expect((await startProgram(['run', 'd.md'], { cwd }).ended).exitCode).toBe(2);
    expect(existsSync(join(cwd, 'done'))).toBe(false);
  }, 60_000);

  test('a plan alone cannot do without them: their database is its own, with what they left; what prepares all is done once', async () => {
    const database =
      'default: app\nenvironments:\n  app:\n    workspace: .\n    database: embedded\n    parallel: true\n    prepare:\n      - run: psql "$DATABASE_URL" -qc "create table base(id int); insert into base values (1)" && echo once >>prepared.txt\n';
    const write = 'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -qc "insert into seeded values (1)"';
    const count = '\n### 2. Read\n\n```sql\nselect count(*) as found from seeded;\n```\n\nExpected: found = 2\n';
    const cwd = project({
      'proofplan.config.yaml': database,
      'setup.md': shellPlan('psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -qc "create table seeded as select id from base"'),
      'a.md': shellPlan(write, first) + count,
      'b.md': shellPlan(write, first) + count,
      // Demands nothing: it begins as the setup does, and finds neither its rows nor anybody else's.
      'c.md':
        shellPlan('psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -qc "insert into base values (2)"') +
        count.replace('seeded', "base where to_regclass('seeded') is null"),
    });
    const end = await run(cwd, 'a.md', 'b.md', 'c.md', '--jobs', '2');
    expect(verdictsOf(end.told)).toEqual({ 'setup.md': 'passed', 'a.md': 'passed', 'b.md': 'passed', 'c.md': 'passed' });
    expect(readFileSync(join(cwd, 'prepared.txt'), 'utf8')).toBe('once\n');
    expect(readFileSync(join(cwd, end.told.find(({ plan }) => plan.path === 'c.md')?.folder ?? '', 'journal.jsonl'), 'utf8')).toContain(
      '"copyOf":"what was prepared once for several plans"',
    );
    const opened = readFileSync(join(cwd, end.told[1]?.folder ?? '', 'journal.jsonl'), 'utf8');
    expect(opened).toContain(`"copyOf":"the execution ${end.told[0]?.execution ?? ''}"`);
    expect(opened).toContain('"kind":"preparation"');
  }, 120_000);
});

describe('when it does not come to its end', () => {
  test('an interruption ends all, with teardown, and nothing is begun any more', async () => {
    const wait = `touch begun-$(basename "$PWD"); sleep 600\n\`\`\`\n\n## Teardown\n\n### 1. Clean\n\n\`\`\`bash\ntouch cleaned`;
    const config = (name: string): string => `default: ${name}\nenvironments:\n  ${name}:\n    workspace: .\n    database: embedded\n    parallel: true\n`;
    const cwd = project({
      'x/plan.md': shellPlan(wait),
      'x/proofplan.config.yaml': config('x'),
      'y/plan.md': shellPlan(wait),
      'y/proofplan.config.yaml': config('y'),
      'z/plan.md': shellPlan('true'),
      'z/proofplan.config.yaml': config('z'),
    });
    const { child, ended } = startProgram(['run', 'x/plan.md', 'y/plan.md', 'z/plan.md', '--jobs', '2'], { cwd });
    await until(() => existsSync(join(cwd, 'x/begun-x')) && existsSync(join(cwd, 'y/begun-y')));
    child.kill('SIGINT');
    const end = await ended;
    expect(end.exitCode).toBe(130);
    expect(end.stderr).toContain('not begun: z/plan.md');
    expect([existsSync(join(cwd, 'x/cleaned')), existsSync(join(cwd, 'y/cleaned'))]).toEqual([true, true]);
  }, 120_000);

  test('killed in the middle, its plans end themselves, and their records say so', async () => {
    const cwd = project({ 'a.md': shellPlan('touch begun; sleep 600'), 'b.md': shellPlan('true'), '.gitignore': 'begun\n' });
    const { child, ended } = startProgram(['run', 'a.md', 'b.md', '--shard', '1/1'], { cwd });
    await until(() => existsSync(join(cwd, 'begun')));
    child.kill('SIGKILL');
    await ended;
    const executions = join(cwd, '.proofplan/executions');
    const journal = join(executions, readdirSync(executions)[0] ?? '', 'journal.jsonl');
    await until(() => readFileSync(journal, 'utf8').includes('"kind":"closed"'));
    expect(readFileSync(join(cwd, '.proofplan/shard.json'), 'utf8')).toContain('"state":"open"');
    await until(() => readFileSync(join(cwd, '.proofplan/ledger.jsonl'), 'utf8').includes('"kind":"ended"'));
    expect(readFileSync(join(cwd, '.proofplan/ledger.jsonl'), 'utf8')).toContain('"verdict":"error"');
    expect((await startProgram(['merge', '.proofplan'], { cwd }).ended).exitCode).not.toBe(0);
  }, 120_000);

  test('a plan whose process is killed is an error of its own: the next one is executed', async () => {
    const cwd = project({ 'a.md': shellPlan('touch begun; sleep 600'), 'b.md': shellPlan('true'), '.gitignore': 'begun\n' });
    const { child, ended } = startProgram(['run', 'a.md', 'b.md', '--quiet'], { cwd });
    await until(() => existsSync(join(cwd, 'begun')));
    const job = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    process.kill(Number(job), 'SIGKILL');
    const end = await ended;
    expect(end).toMatchObject({ exitCode: 5, stdout: expect.stringMatching(/^error: a\.md: its process was ended by SIGKILL\npassed: b\.md: /) });
  }, 60_000);

  test('a plan that is changed after all were compiled is not executed', async () => {
    const cwd = project({ 'a.md': shellPlan('echo changed >>b.md; true'), 'b.md': shellPlan('true') });
    const end = await run(cwd, 'a.md', 'b.md');
    expect(verdictsOf(end.told)['b.md']).toBe('error: `b.md` was changed after all plans were compiled');
    expect(end.exitCode).toBe(5);
  }, 60_000);
});

describe('one output folder', () => {
  test('two commands at once: every record whole, one ledger', async () => {
    const cwd = project({ 'a.md': shellPlan('true', first), 'setup.md': shellPlan('true') });
    const both = await Promise.all([run(cwd, 'a.md'), run(cwd, 'a.md')]);
    for (const { told } of both) {
      expect(verdictsOf(told)).toEqual({ 'setup.md': 'passed', 'a.md': 'passed' });
      for (const { folder = '' } of told) expect(await verifyExecution(join(cwd, folder))).toEqual([]);
    }
  }, 120_000);

  test('has room for one shard of a set', async () => {
    const cwd = project({ 'a.md': shellPlan('true'), 'b.md': shellPlan('true') });
    expect((await run(cwd, '.', '--shard', '1/2', '--out', 'one')).exitCode).toBe(0);
    const second = await run(cwd, '.', '--shard', '2/2', '--out', 'one');
    expect(second).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('cli/shard-unwritable') });
    expect((await run(cwd, '.', '--shard', '2/2', '--out', 'two')).exitCode).toBe(0);
    expect((await startProgram(['merge', 'one', 'two'], { cwd }).ended).exitCode).toBe(0);
    expect((await run(cwd, '.', '--shard', '3/3')).exitCode).toBe(2);
  }, 120_000);
});
