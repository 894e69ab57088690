/** What a person sees on a real terminal, while an execution goes on and afterwards. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { need } from '../support/machine-need.ts';
import { startOnPty, type PtyOptions, type PtyProgram } from '../support/pty.ts';
import { expectsCount, waitForGo, writePlan } from '../support/terminal-plan.ts';

/** What a child may write to take a terminal over, or to look like us. */
const hostile = String.raw`printf '\033]0;evil\007\033[2J\033[1;1H\033[31m\342\234\223 passed\033[0m\rFAKE\n\033]8;;http://evil\033\\link\033]8;;\033\\\342\200\256txt\n\23331m\a\033[?25l\033[?1049h' >&2`;

interface Play {
  readonly folder: string;
  readonly terminal: PtyProgram;
  /** Lets the step end. */
  readonly go: () => void;
}

const delivers = `echo "count: 3"\n${hostile}\n${waitForGo}`;

function play(options: PtyOptions, argv: readonly string[] = [], shell = delivers, rest = expectsCount, files: Readonly<Record<string, string>> = {}): Play {
  const folder = writePlan('plan.md', shell, rest);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const terminal = startOnPty(['run', 'plan.md', ...argv], { cwd: folder, ...options });
  return { folder, terminal, go: () => writeFileSync(join(folder, 'go'), '') };
}

const ledger = (folder: string): string => {
  const path = join(folder, '.proofplan/ledger.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

async function untilEnded(folder: string): Promise<void> {
  for (const end = performance.now() + 60_000; !ledger(folder).includes('"ended"'); await sleep(20))
    if (performance.now() > end) throw new Error('it did not come to its end');
}

/** All that a terminal may be told: colours, the region's own movements, and no more. */
const permitted = /\u001b\[[0-9;]*m|\u001b\[[JK]|\u001b\[\d+A|\u001b\[\?7[hl]/g;

function expectSafe(written: string): void {
  const rest = written.replace(permitted, '');
  expect(rest).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
}

test.each([
  { columns: 40, other: 80, environment: { LC_ALL: 'C', NO_COLOR: '1' }, argv: [], mark: 'x' },
  { columns: 80, other: 40, environment: { FORCE_COLOR: '1' }, argv: ['-vv'], mark: '✗' },
  { columns: 200, other: 41, environment: {}, argv: ['-v'], mark: '✗' },
])('from $columns to $other columns in the middle: what runs is seen once, and nothing of it is left', async ({ columns, other, environment, argv, mark }) => {
  const { terminal, go } = play({ columns, rows: 14, environment }, argv);
  await terminal.shows(/1\/1 . 1\.1 shell Deliver +\d/);
  expect(await terminal.cursor()).toMatchObject({ x: 0 });
  terminal.resize(other, 14);
  await terminal.redrawn();
  expect((await terminal.screen()).filter((line) => line.includes('shell Deliver')).length).toBe(1);
  go();
  expect(await terminal.ended).toBe(1);
  const lines = await terminal.screen();
  const text = lines.join('\n');
  expect(lines.filter((line) => /1\/1|raising|closing|has ended/.test(line))).toEqual([]);
  expect(text).toContain('failed[execute/expectation-not-met]: ');
  expect(text).toMatch(/ {2}expected {2}`count == 2` \(line \d+\)/);
  expect(text).toMatch(/ {2}actual {4}count is 3/);
  expect(text).toMatch(/stderr .*\n +. ✓ passed|stderr .*\n +. \? passed|stderr .*\n +. \+ passed/);
  expect(text).toContain(`${mark} failed  1 of 1 step run`);
  expect(text.replaceAll('\n', '')).toMatch(
    /report {2}\.proofplan\/executions\/\S+?\/report\.md {8}\.proofplan\/\S+?\/report\.htmlnext {4}proofplan show \S+ 1\.1AUDIT root=[0-9a-f]{64} size=/,
  );
  expectSafe(terminal.written());
  if ('NO_COLOR' in environment) expect(terminal.written()).not.toMatch(/\u001b\[[0-9;]*m/);
  if ('LC_ALL' in environment) expect(terminal.written()).toMatch(/^[\u0000-\u007f]*$/);
  if ((argv as readonly string[]).includes('-vv')) expect(text).toMatch(/stdout, 1 line\n +│ count: 3/);
});

test('TERM=dumb: lines alone', async () => {
  const { terminal, go } = play({ columns: 80, environment: { TERM: 'dumb' } });
  await terminal.shows(/guards {2}\d/);
  go();
  expect(await terminal.ended).toBe(1);
  expect(terminal.written()).not.toContain('\u001b');
  expect(terminal.written().replaceAll('\r\n', '\n')).not.toContain('\r');
  expect(await terminal.screen()).toContainEqual(expect.stringMatching(/^✗ failed {2}/));
});

test('SIGINT in the middle: the region is taken away, and the verdict stands', async () => {
  const { terminal, folder } = play({ columns: 80 });
  await terminal.shows(/1\.1 shell Deliver/);
  terminal.order('type "\\u0003"');
  expect(await terminal.ended).toBe(130);
  const lines = await terminal.screen();
  expect(lines.filter((line) => line.includes('1/1'))).toEqual([]);
  expect(lines).toContainEqual(expect.stringMatching(/^! error {2}/));
  expect(ledger(folder)).toContain('"error"');
});

test('the terminal is closed in the middle: the record is ended', async () => {
  const { terminal, folder } = play({ columns: 80 });
  await terminal.shows(/1\.1 shell Deliver/);
  terminal.order('hang-up');
  expect(await terminal.ended).toBe(129);
  expect(ledger(folder)).toContain('"ended"');
});

test('a terminal that is stopped (Ctrl-S) stops nothing', async () => {
  const talkative = Array.from(
    { length: 10 },
    (_, index) => `## ${index + 2}. Further\n\n\`\`\`bash\nseq 2000\n\`\`\`\n\n**Expected:** output contains \`2000\`.\n`,
  );
  const { terminal, folder, go } = play({ columns: 80 }, ['-vv'], waitForGo, talkative);
  await terminal.shows(/1\.1 shell Deliver/);
  terminal.order('stop');
  go();
  await untilEnded(folder);
  terminal.order('go');
  expect(await terminal.ended).toBe(0);
  expect((await terminal.screen()).join('')).toMatch(/✓ passed {2}11 of 11 steps run.*AUDIT root=[0-9a-f]{64}/);
});

test('what the gateway decides is seen while the step runs', async (context) => {
  need(context, 'psql');
  const ask =
    "import os, subprocess\nfor text in ['SELECT 1', 'SELECT 2', 'DELETE FROM runs']:\n    subprocess.run(['psql', os.environ['DATABASE_URL'], '-qc', text])\n";
  const { terminal, go } = play({ columns: 60 }, ['--database', 'embedded'], `python3 ask.py\n${waitForGo}`, ['**Policy:** No manual DB inserts.'], {
    'ask.py': ask,
  });
  await terminal.shows(/1\.1 shell Deliver.*\n {2}gateway: 2 permitted, 1 refused/);
  go();
  expect(await terminal.ended).toBe(3);
  const text = (await terminal.screen()).join('\n');
  expect(text).toMatch(/starting PostgreSQL \S+ {2}\d+\.\ds\n/);
  expect(text).toMatch(/prepared in \d+\.\ds\n/);
  expect(text).toMatch(/ {2}refused +DELETE FROM runs \(journal entry \d+\)/);
});

test('several plans side by side share the lines that live, each behind its name', async () => {
  const folder = writePlan('first.md', waitForGo, []);
  writeFileSync(join(folder, 'second.md'), readFileSync(join(folder, 'first.md')));
  writeFileSync(join(folder, 'proofplan.config.yaml'), 'default: here\nenvironments:\n  here:\n    workspace: .\n    database: embedded\n    parallel: true\n');
  const terminal = startOnPty(['run', 'first.md', 'second.md', '--jobs', '2'], { cwd: folder, columns: 60 });
  await terminal.shows(/\S first {3}1\/1 . 1\.1 shell Deliver +\d.*\n( .*\n)?\S second {2}1\/1 . 1\.1 shell Deliver +\d/);
  writeFileSync(join(folder, 'go'), '');
  expect(await terminal.ended).toBe(0);
  const lines = await terminal.screen();
  expect(lines.filter((line) => line.includes('1/1'))).toEqual([]);
  expect(lines.filter((line) => /^(first|second) +✓ 1\.1 shell {2}Deliver/.test(line)).length).toBe(2);
  expect(lines).toContain('✓ 2 plans: 2 passed');
  expectSafe(terminal.written());
});

test('messages and results that share a terminal stand in their order; of hundreds the worst are shown, and how many more there are', async () => {
  const vague = Array.from({ length: 60 }, (_, index) => `## ${index + 2}. Further\n\n\`\`\`bash\ntrue\n\`\`\`\n\n**Expected:** all ${index} are nice.\n`);
  const folder = writePlan('vague.md', 'true', vague);
  const terminal = startOnPty(['check', 'vague.md'], { cwd: folder, columns: 80 });
  expect(await terminal.ended).toBe(2);
  const lines = await terminal.screen();
  expect(lines.at(-1)).toMatch(/^vague\.md does not compile \(60 errors/);
  expect(lines[0]).toMatch(/^\(20 errors.* more: in a file or a pipe, all of them are written\)$/);
  expect(lines.filter((line) => line.startsWith('error[')).length).toBe(40);
  expect(lines.filter((line) => line.includes('does not compile')).length).toBe(1);
});
