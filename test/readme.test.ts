/**
 * Every `console` block of README.md is executed, in order, and prints what README.md shows (`…` stands for anything). What its
 * pictures show is what a terminal shows. Then every example of `--help`, with the records that these commands have left.
 */
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
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
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const topics = [
  'run',
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
  'history',
  'prune',
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
  merge: 'needs the shards of several machines: test/execute and the page on many plans',
  resume: 'needs an execution that was killed: docs/resume.md',
};

test('no command is forgotten', async () => {
  const { commands: all } = await readUsage();
  expect([...all.keys()].filter((name) => !topics.includes(name) && elsewhere[name] === undefined)).toEqual([]);
});

test.for(topics)('the examples of %s --help', async (topic, context) => {
  const { stdout } = await command([...topic.split(' '), '--help']);
  const examples = [...stdout.matchAll(/^ {2}\$ proofplan (.*)$/gm)].map((match) => match[1] ?? '');
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    if (commands.some(({ line }) => line.endsWith(` -- ${example}`))) continue;
    if (example.includes('psql')) need(context, 'psql');
    const [words = '', input] = example.split(' < ');
    const stdin = input === undefined ? undefined : readFileSync(join(cwd, input));
    const end = await startProgram(words.split(' '), { cwd, stdin }).ended;
    expect(end.exitCode, `${example}\n${end.stderr}`).toBe(0);
  }
});
