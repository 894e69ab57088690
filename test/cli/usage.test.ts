import { describe, expect, test } from 'vitest';
import { command } from '../support/command.ts';

test.each([
  [['chekc', 'x'], 'unknown command `chekc`', 'did you mean `check`?'],
  [['run', '--enviroment', 'x', 'y'], 'unknown option `--enviroment`', 'did you mean `--environment`?'],
  [['check', '--jsn', 'x'], 'unknown option `--jsn`', 'did you mean `--json`?'],
  [['audit', 'verfy', 'x'], 'unknown command `verfy`', 'did you mean `verify`?'],
  [['run'], 'missing required argument `plan`', 'see `proofplan run --help`'],
  [['audit', 'verify'], 'missing required argument `dir`', 'see `proofplan audit verify --help`'],
  [['show', 'a', 'b', 'c'], 'too many arguments for `show`\n', 'see `proofplan show --help`'],
  [['run', 'x', '--timeout', '10'], '--timeout <duration>` argument `10` is invalid\n', 'write a number with its unit, such as 90s, 10m or 1h'],
  [['--json', 'check', 'x'], 'unknown option `--json`', 'options stand behind their command: `proofplan check --json` …'],
  [['-q', '--out=x', 'run', 'x'], 'unknown option `-q`', 'options stand behind their command: `proofplan run -q` …'],
  [['--bogus', 'run', 'x'], 'unknown option `--bogus`', 'see `proofplan --help`'],
  [["my plan's.md"], "unknown command `my plan's.md`", "did you mean `proofplan run 'my plan'\\''s.md'`?"],
  [['report', 'x', '--format', 'pdf'], 'there is no format `pdf`', 'name one of md, html, junit'],
  [['decide', '--dialect', 'pdf'], 'argument `pdf` is invalid\n', 'write one of sql, shell'],
  [['run', 'x', '--database'], '--database <url>` argument missing', 'see `proofplan run --help`'],
])('%j is misused: exit code 2, and what to do', async (argv, message, help) => {
  const end = await command(argv);
  expect(end.exitCode).toBe(2);
  expect(end.stdout).toBe('');
  expect(end.stderr).toContain('error[cli/usage]: ');
  expect(end.stderr).toContain(message);
  expect(end.stderr).toContain(`= help: ${help}`);
});

test('no command at all shows the help and is misuse', async () => {
  const end = await command([]);
  expect(end).toMatchObject({ exitCode: 2, stdout: '' });
  expect(end.stderr).toContain('Usage: proofplan');
});

describe('--help', () => {
  const commands = [
    'run',
    'check',
    'explain',
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
    'guard',
    'decide',
    'db start',
    'db stop',
    'db url',
  ];

  test('names every command', async () => {
    const { stdout } = await command(['--help']);
    for (const name of new Set(commands.map((each) => each.split(' ')[0] ?? ''))) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  });

  test.each(['', 'audit', 'key', 'db', 'completion'])('of %j, which has commands of its own, shows one that works', async (name) => {
    const { stdout } = await command([...name.split(' ').filter((word) => word !== ''), '--help']);
    expect(stdout).toMatch(new RegExp(String.raw`^  \$ proofplan ${name}`, 'm'));
  });

  test('an empty list is no default that a person reads', async () => {
    for (const name of ['run', 'guard', 'history', 'audit verify']) expect((await command([...name.split(' '), '--help'])).stdout).not.toContain('[])');
  });

  test.each(commands)('of %s: exit code 0, on stdout, 80 columns, with an example', async (name) => {
    const end = await command([...name.split(' '), '--help']);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(end.stdout).toContain(`  $ proofplan ${name}`);
    expect(Math.max(...end.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

test('--version', async () => {
  expect(await command(['--version'])).toEqual({ exitCode: 0, stdout: '0.0.0\n', stderr: '' });
});
