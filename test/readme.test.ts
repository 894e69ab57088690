/**
 * Every `console` block of README.md is executed, in order, and prints what README.md shows (`…` stands for anything). What its
 * pictures show is what a terminal shows. Then every example of `--help`, with the records that these commands have left.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { templates } from '../src/review/new-template.ts';
import { command, root, startProgram } from './support/command.ts';
import { need } from './support/machine-need.ts';
import { commandsOf, readPage } from './support/page.ts';
import { expectShown } from './support/shown-output.ts';
import { recordTerminal } from './support/terminal-record.ts';
import { readUsage } from './support/usage.ts';
import { linesIn, wordsOf } from '../tools/terminal-picture.mjs';

const page = readPage('README.md');
// Records go to a folder of the test's own, not among those of whoever runs the tests.
const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-readme-')));
symlinkSync(join(root, 'fixtures'), join(cwd, 'fixtures'));
// A copy: `lock` writes beside the plan.
cpSync(join(root, 'plans'), join(cwd, 'plans'), { recursive: true });
copyFileSync(join(root, 'proofplan.config.yaml'), join(cwd, 'proofplan.config.yaml'));
// What examples of guard and decide speak of.
writeFileSync(join(cwd, 'query.sql'), 'SELECT 1;\n');
writeFileSync(join(cwd, 'deploy.sh'), 'psql --file=query.sql\n');
writeFileSync(join(cwd, 'report.py'), "print('nothing to report')\n");
// Plans that take no time, without a database: what is said of many plans is not about the two of this repository.
const small = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-readme-many-')));
mkdirSync(join(small, 'plans'), { recursive: true });
for (const name of ['a', 'b']) writeFileSync(join(small, 'plans', `${name}.md`), templates[0]?.text ?? '');
afterAll(() => {
  for (const folder of [cwd, small]) rmSync(folder, { recursive: true, force: true });
});

const topics = [
  'run',
  'merge',
  'check',
  'explain',
  'convert',
  'new',
  'lock',
  'diff',
  'show',
  'report',
  'history',
  'prune',
  'audit verify',
  'audit show',
  'audit prove',
  'audit check-proof',
  'audit explain',
  'audit compare',
  'key new',
  'key show',
  'doctor',
  'decide',
  'db start',
  'db url',
  'guard',
  'db stop',
  'completion bash',
  'completion zsh',
  'completion fish',
  'merge',
];

const commands = commandsOf(page);
const prefix = 'npm run proofplan -- ';

test('the two lines stand at the top', () => {
  expect(page.text.split('\n').slice(0, 5)).toEqual(['# proofplan', '', '```sh', 'npm ci && npm start', 'npm ci && npm test']);
});

test('every command line of README.md is one of ours', () => {
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter(({ line }) => !line.startsWith(prefix))).toEqual([]);
});

describe('README.md', () => {
  test.each(commands)('$line', async ({ line, shown }) => {
    const argv = line.slice(prefix.length).split(' ');
    if (argv[0] === 'run') {
      const screen = await recordTerminal(argv, cwd);
      expect(screen.exitCode, screen.lines.join('\n')).toBe(0);
      expectShown(shown, screen.lines);
      expect(wordsOf(screen.lines), 'docs/picture/passed.svg is not what is shown today: npm run build:picture').toBe(wordsOf(pictureLines('passed')));
      return;
    }
    const end = await startProgram(argv, { cwd }).ended;
    expect(end.exitCode, end.stderr).toBe(0);
    expectShown(shown, `${end.stderr}\n${end.stdout}`.split('\n'));
  });
});

describe('the picture of a plan that fails', () => {
  const folder = join(root, 'docs/picture/orders');

  test('is of the plan that docs/write-a-plan.md breaks', () => {
    const files = new Map(readPage('docs/write-a-plan.md').blocks.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text]])));
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'utf8'), name).toBe(files.get(name)?.replace(/^3,4\.25$/m, '3,-4.25'));
  });

  test('shows what is shown today', async (context) => {
    need(context, 'psql');
    const own = join(cwd, 'orders');
    cpSync(folder, own, { recursive: true });
    const screen = await recordTerminal(['run', 'orders.md'], own);
    expect(screen.exitCode, screen.lines.join('\n')).toBe(1);
    expect(wordsOf(screen.lines), 'docs/picture/failed.svg is not what is shown today: npm run build:picture').toBe(wordsOf(pictureLines('failed')));
  });

  test('would be noticed with another word, and not with another number', () => {
    const lines = pictureLines('failed');
    expect(wordsOf(lines)).toContain('✗failed');
    expect(wordsOf(lines.map((line) => line.replace('failed', 'passed')))).not.toBe(wordsOf(lines));
    expect(wordsOf(lines.map((line) => line.replaceAll(/\d\.\ds/g, '13.7s').replace('attempt=1', 'attempt=12')))).toBe(wordsOf(lines));
  });
});

function pictureLines(name: string): readonly string[] {
  return linesIn(readFileSync(join(root, `docs/picture/${name}.svg`), 'utf8'));
}

/** Commands that need what no example here leaves. */
const elsewhere: Readonly<Record<string, string>> = {
  audit: 'has commands of its own',
  db: 'has commands of its own',
  key: 'has commands of its own',
  completion: 'has commands of its own',
  resume: 'needs an execution that was killed: docs/resume.md',
};

test('no command is forgotten', async () => {
  const { commands: all } = await readUsage();
  expect([...all.keys()].filter((name) => !topics.includes(name) && elsewhere[name] === undefined)).toEqual([]);
});

const examples = (
  await Promise.all(
    topics.map(async (topic) => {
      const { stdout } = await command([...topic.split(' '), '--help']);
      return [...stdout.matchAll(/^ {2}\$ proofplan (.*)$/gm)].map((match) => ({ topic, example: match[1] ?? '' }));
    }),
  )
).flat();

test('every command has an example', () => {
  expect(topics.filter((topic) => !examples.some((each) => each.topic === topic))).toEqual([]);
});

/** All others are tried in this process: two thirds of what most of them take is a program's start. */
const startsPrograms = /^(?:run|guard|db|doctor) /;

describe('the examples of --help', () => {
  // What README.md executes is executed already.
  test.for(examples.filter(({ example }) => !commands.some(({ line }) => line === `${prefix}${example}`)))('$example', async ({ example }, context) => {
    if (example.includes('psql')) need(context, 'psql');
    const [words = '', input] = example.split(' < ');
    const stdin = input === undefined ? undefined : readFileSync(join(cwd, input));
    const folder = / plans --(?:jobs|shard)|^merge /.test(example) ? small : cwd;
    if (example.startsWith('merge ')) await runShards();
    const argv = words.split(' ');
    const end = await (startsPrograms.test(words) ? startProgram(argv, { cwd: folder, stdin }).ended : command(argv, { cwd: folder, stdin }));
    expect(end.exitCode, end.stderr).toBe(0);
  });
});

/** The shards that another example has not left. */
async function runShards(): Promise<void> {
  for (const number of ['1', '2']) {
    if (existsSync(join(small, `results-${number}`))) continue;
    await startProgram(['run', 'plans', '--shard', `${number}/2`, '--out', `results-${number}`], { cwd: small }).ended;
  }
}
