/**
 * Every `console` block of README.md is executed, in order, and prints what README.md shows (`…` stands for anything). Then
 * every example of `--help`, with the records that these commands have left.
 */
import { copyFileSync, cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { command, root, startProgram } from './support/command.ts';
import { need } from './support/machine-need.ts';
import { expectShown } from './support/shown-output.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
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
];

const commands = [...readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)]
  .flatMap((block) => (block[1] ?? '').split(/^\$ /m).slice(1))
  .map((text) => {
    const [line = '', ...shown] = text.trimEnd().split('\n');
    return { line, shown };
  });

test('the two lines stand at the top', () => {
  expect(readme.split('\n').slice(0, 5)).toEqual(['# proofplan', '', '```sh', 'npm ci && npm start', 'npm ci && npm test']);
});

test('every command line of README.md is one of ours', () => {
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter(({ line }) => !line.startsWith('npm run proofplan -- '))).toEqual([]);
});

describe('README.md', () => {
  test.each(commands)('$line', async ({ line, shown }) => {
    const end = await startProgram(line.split(' ').slice('npm run proofplan --'.split(' ').length), { cwd }).ended;
    expect(end.exitCode, end.stderr).toBe(0);
    expectShown(shown, `${end.stderr}\n${end.stdout}`.split('\n'));
  });
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
