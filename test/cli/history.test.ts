/** `proofplan history`: what people see of past executions, at every width, and what other programs read. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { createColours } from '../../src/report/colour.ts';
import { displayWidth } from '../../src/report/display-width.ts';
import { chainLedger, idOf, writeOutput, type SampleExecution } from '../review/history-sample.ts';
import { command, root, startProgram } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const passed: SampleExecution = { verdict: 'passed', steps: [{ id: '2.1', verdict: 'passed', durationMs: 3_000 }] };
const failed: SampleExecution = {
  verdict: 'failed',
  reason: '`chain_length == step_count` does not hold: 0 is not 7',
  steps: [{ id: '2.1', verdict: 'failed', durationMs: 900 }],
};

function project(samples: readonly SampleExecution[], more?: Parameters<typeof writeOutput>[2]): string {
  const cwd = temporaryFolder();
  writeOutput(join(cwd, '.proofplan'), samples, more);
  return cwd;
}

/** The beginning of a text's digest, as it is shown. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** As `command`, on a terminal of another width. */
async function wide(argv: readonly string[], cwd: string, columns: number): Promise<string> {
  let stdout = '';
  await runCommand({
    version: '0.0.0',
    argv,
    environment: {},
    workingFolder: cwd,
    out: (text) => (stdout += text),
    err: () => undefined,
    outColours: createColours(0),
    errColours: createColours(0),
    outColumns: columns,
    errColumns: columns,
    errLive: false,
    readStandardInput: () => Promise.resolve(new Uint8Array()),
    sources: new Map(),
    interruption: () => new AbortController().signal,
    self: ['node'],
    command: 'proofplan',
  });
  return stdout;
}

test('one plan, attempt by attempt', async () => {
  const cwd = project([failed, passed, { ...passed, text: '# B\n' }, { ...failed, text: '# B\n' }, { verdict: null, text: '# B\n' }]);
  const end = await command(['history', 'plans/a.md'], { cwd });
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
  expect(end.stdout.split('\n')).toEqual([
    'plans/a.md',
    '',
    '   #  execution                    verdict        took  commit    text',
    `   1  ${idOf(0)}  ✗ failed       5.0s  ccccccc   ${digest('# A\n')}`,
    '      `chain_length == step_count` does not hold: 0 is not 7',
    `   2  ${idOf(1)}  ✓ passed       5.0s  ccccccc   ${digest('# A\n')}`,
    `      ── the text of the plan changed: ${digest('# A\n')} → ${digest('# B\n')}`,
    `   3  ${idOf(2)}  ✓ passed       5.0s  ccccccc   ${digest('# B\n')}`,
    `   4  ${idOf(3)}  ✗ failed       5.0s  ccccccc   ${digest('# B\n')}`,
    '      `chain_length == step_count` does not hold: 0 is not 7',
    `   5  ${idOf(4)}  - no end             ccccccc   ${digest('# B\n')}`,
    '      killed or cut off: it has no end',
    '',
    '5 attempts: 2 passed, 2 failed, 1 without an end',
    `last pass   attempt 3, ${idOf(2)}`,
    `not since   attempt 4, ${idOf(3)} failed`,
    '',
    'flaky: nothing that is known was different, but the verdict',
    `  text ${digest('# A\n')}, commit ccccccc without changes: of 2 executions 1 passed, 1`,
    '    failed',
    '    not passed: attempt 1',
    '    step 2.1 1 passed, 1 failed  Step 2.1',
    `  text ${digest('# B\n')}, commit ccccccc without changes: of 2 executions 1 passed, 1`,
    '    failed',
    '    not passed: attempt 4',
    '    step 2.1 1 passed, 1 failed  Step 2.1',
    '',
    `durations in 1 execution of text ${digest('# B\n')} that passed`,
    '  step      median  range              newest',
    '  2.1         3.0s  3.0s – 3.0s          3.0s',
    '',
  ]);
});

describe('which plan', () => {
  const cwd = (): string => project([passed, { ...failed, path: 'plans/b.md', text: '# B\n' }, { ...failed, path: 'copy.md' }]);

  test.each([
    ['plans/a.md', 2],
    ['./plans/../plans/a.md', 2],
    ['copy.md', 2],
    ['plans/b.md', 1],
    [idOf(1), 1],
    [idOf(2), 2],
  ])('%s: a copy does not hide how the text failed', async (wanted, attempts) => {
    const end = await command(['history', wanted, '--json'], { cwd: cwd() });
    expect(JSON.parse(end.stdout)).toMatchObject({ plans: [{ summary: { attempts } }] });
  });

  test('all of them in short; one that is misspelt', async () => {
    const folder = cwd();
    const all = await command(['history'], { cwd: folder });
    expect(all.stdout).toBe(
      `plans/a.md\n  ✓\n  1 attempt: 1 passed\n  last pass   attempt 1, ${idOf(0)}\n\nplans/b.md\n  ✗\n  1 attempt: 1 failed\n  last pass   never\n  not since   attempt 1, ${idOf(1)} failed\n\ncopy.md\n  ✗\n  1 attempt: 1 failed\n  last pass   never\n  not since   attempt 2, ${idOf(2)} failed\n\none of them: proofplan history PLAN\n`,
    );
    const misspelt = await command(['history', 'plans/c.md'], { cwd: folder });
    expect(misspelt).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('error[cli/unknown-plan]') });
    expect(misspelt.stderr).toContain('did you mean `plans/');
  });
});

test('one step through all attempts; one that there is not', async () => {
  const cwd = project([passed, { ...passed, steps: [{ id: '2.1', verdict: 'passed', durationMs: 8_000, attempts: 3 }] }, failed]);
  const end = await command(['history', 'plans/a.md', '--step', '2.1'], { cwd });
  expect(end.stdout).toContain(`   2  ${idOf(1)}  ✓ passed       8.0s  step 2.1, try 3\n`);
  expect(end.stdout).toContain(`   3  ${idOf(2)}  ✗ failed       0.9s  step 2.1\n`);
  expect(await command(['history', 'plans/a.md', '--step', '9.9'], { cwd })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('steps: 2.1') });
});

test('--limit and --since leave out rows, and say so', async () => {
  const cwd = project(Array.from({ length: 30 }, (_, index) => (index === 2 ? failed : passed)));
  const end = await command(['history', 'plans/a.md'], { cwd });
  expect(end.stdout).toContain('10 other attempts not shown, all of them counted below: --limit all');
  expect(end.stdout).toContain('30 attempts: 29 passed, 1 failed');
  expect(end.stdout).toContain('flaky');
  expect((await command(['history', 'plans/a.md', '--limit', '1'], { cwd })).stdout).toContain('29 other attempts not shown');
  expect((await command(['history', 'plans/a.md', '--since', '2026-01-01T00:28:30Z'], { cwd })).stdout).toContain('29 other attempts not shown');
  expect((await command(['history', 'plans/a.md', '--limit', 'all'], { cwd })).stdout).toContain('   3  2026-01-01T00-02-00Z-000002  ✗ failed');
  for (const argv of [
    ['--limit', '0'],
    ['--limit', 'x'],
    ['--since', 'yesterday'],
    ['--since', '2026-13-01'],
    ['--html', 'x', '--json'],
    ['--step', '1'],
  ]) {
    expect((await command(['history', ...argv], { cwd })).exitCode, argv.join(' ')).toBe(2);
  }
});

const hostile = ['\u001b[2J\u001b]0;x\u0007', '\u202egnp.exe', 'x'.repeat(5_000), '日本語のテスト', 'a\nb\rc', '::error::x', '<script>alert(1)</script>'];

test.each([40, 80, 200])('%i columns: no line is wider, and nothing steers the terminal', async (columns) => {
  const samples = hostile.map(
    (text, index): SampleExecution => ({
      verdict: 'failed',
      reason: text,
      commit: text,
      steps: [{ id: `${index}${text.slice(0, 30)}`, verdict: 'failed', attempts: 2 }],
    }),
  );
  const cwd = project([...samples, ...hostile.map((text): SampleExecution => ({ ...passed, path: `plans/${text}.md` })), ...samples], (id) => [
    { kind: 'pruned', ts: '2026-02-01T00:00:00.000Z', execution: id(0), plan: { path: 'x', sha256: 'x' }, attempt: 1, rule: hostile.join(' ') },
  ]);
  for (const argv of [['history'], ['history', 'plans/a.md'], ['history', 'plans/a.md', '--step', `0${hostile[0]}`]]) {
    const text = await wide(argv, cwd, columns);
    expect(text.split('\n').filter((line) => displayWidth(line) > columns)).toEqual([]);
    expect(text).not.toMatch(/[^\n\P{Cc}]|[\u202a-\u202e]/u);
  }
});

test('names and times of the ledger itself are anybody’s text', async () => {
  for (const text of hostile) {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, '.proofplan'));
    const common = { execution: text, plan: { path: 'plans/a.md', sha256: text }, attempt: 1, ts: text };
    const end = { kind: 'ended', ...common, verdict: text, journal: { entries: 1, head: text, root: text } };
    writeFileSync(
      join(cwd, '.proofplan/ledger.jsonl'),
      chainLedger([{ kind: 'registered', ...common }, end, { kind: 'pruned', ...common, rule: text, signature: text }]),
    );
    for (const columns of [40, 80]) {
      for (const argv of [['history'], ['history', 'plans/a.md']]) {
        const shown = await wide(argv, cwd, columns);
        expect(shown).toContain('error');
        expect(shown.split('\n').filter((line) => displayWidth(line) > columns)).toEqual([]);
        expect(shown).not.toMatch(/[^\n\P{Cc}]|[\u202a-\u202e]/u);
      }
    }
    for (const argv of [
      ['history', '--html', 'page.html'],
      ['history', 'plans/a.md', '--json'],
      ['prune', '--keep', '1', '--failures', '--yes'],
    ])
      expect((await command(argv, { cwd })).exitCode, argv.join(' ')).toBe(0);
  }
});

test('a ledger that is not whole: said with its place, what is before it is shown, and the exit code is 1', async () => {
  const cwd = project([failed, passed, passed]);
  const path = join(cwd, '.proofplan/ledger.jsonl');
  const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
  writeFileSync(path, lines.with(3, (lines[3] ?? '').replace('passed', 'failed')).join(''));
  const end = await command(['history', 'plans/a.md'], { cwd });
  expect(end.exitCode).toBe(1);
  expect(end.stderr).toContain('line 5 of the ledger `.proofplan/ledger.jsonl`: it is not chained to');
  expect(end.stdout).toContain(`✗ failed       5.0s  ccccccc   ${digest('# A\n')}\n      \`chain`);
  expect(end.stdout).toContain('── the ledger is not whole: nothing vouches for what follows');
  expect(end.stdout).toContain('last pass   never');
});

test('JSON, as its schema says', async () => {
  const validate = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true, strictRequired: false }).compile(
    JSON.parse(readFileSync(join(root, 'schemas/history.schema.json'), 'utf8')) as object,
  );
  const cwd = project(
    [failed, passed, { verdict: null }, { ...passed, gone: true }, passed, { verdict: 'none', closed: 'none' }, ...Array.from({ length: 7 }, () => passed)],
    (id) => [{ kind: 'pruned', ts: '2026-02-01T00:00:00.000Z', execution: id(3), plan: { path: 'x', sha256: 'x' }, attempt: 4, rule: '--keep 1' }],
  );
  for (const argv of [
    ['history', '--json'],
    ['history', 'plans/a.md', '--json'],
    ['history', 'plans/a.md', '--json', '--limit', '1'],
  ]) {
    const { stdout, stderr } = await command(argv, { cwd });
    expect(stderr).toBe('');
    expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).toBe(true);
  }
  expect(validate({ schemaVersion: 2, at: '', sources: [], plans: [] })).toBe(false);
});

test('nothing was executed; a reader that goes away', async () => {
  const cwd = temporaryFolder();
  expect(await command(['history'], { cwd })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is no folder `.proofplan`') });
  const end = await startProgram(['history', 'plans/a.md'], { cwd: project([passed]) }).ended;
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
});
