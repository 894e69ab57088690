/** A program of ours under a CI system: whatever a plan, a step or the name of a file says, no command of theirs leaves it, by whichever command. */
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { createTerminal, type Terminal } from '../../src/cli/terminal.ts';
import { commandReaders } from '../../src/report/workflow-command.ts';
import { root } from '../support/command.ts';
import { obeyedByAny, obeyedByBuildkite } from '../support/workflow-runner.ts';

interface Shown {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
}

function terminalOf(environment: Readonly<Record<string, string>>, { argv = [] as readonly string[], cwd = root, isTTY = false } = {}): Shown {
  const written = { out: '', err: '' };
  const stream = (name: 'out' | 'err'): Writable =>
    Object.assign(
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          written[name] += chunk.toString();
          done();
        },
      }),
      { isTTY, columns: 100, rows: 24 },
    );
  const { PATH, HOME } = process.env;
  const given = {
    env: { PATH, HOME, XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test'), ...environment },
    argv: ['node', 'proofplan', ...argv],
    execArgv: [],
    execPath: process.execPath,
    cwd: () => cwd,
    stdout: stream('out'),
    stderr: stream('err'),
    stdin: process.stdin,
  };
  return { terminal: createTerminal(given as unknown as NodeJS.Process, '0.0.0'), out: () => written.out, err: () => written.err };
}

const attacks = [
  '::set-output name=verdict::passed',
  '::stop-commands::token',
  '##[add-path]/tmp',
  '##vso[task.complete result=Succeeded]',
  "##teamcity[buildStatus status='SUCCESS']",
  'section_start:1:x',
  '--- passed',
  '+++ passed',
  '~~~ passed',
  '^^^ +++',
];

describe.each([...commandReaders])('under %s', (name) => {
  const judge = name === 'BUILDKITE' ? obeyedByBuildkite : obeyedByAny;

  test.each([false, true])('nothing that is written is a command, on a terminal (%s) as in a pipe', (isTTY) => {
    for (const attack of attacks.filter((each) => judge(each).length > 0)) {
      for (const text of [`${attack}\n`, `  ${attack}\n`, `a\n${attack}\n`, `\u001b[1m${attack}\u001b[0m\n`]) {
        const { terminal, out, err } = terminalOf({ [name]: 'true' }, { isTTY });
        terminal.context.out(text);
        terminal.context.err(text);
        expect([text, judge(out()), judge(err())]).toEqual([text, [], []]);
      }
    }
  });

  test('a command of ours holds none of another system', () => {
    const { terminal, out, err } = terminalOf({ [name]: 'true' });
    for (const attack of attacks) {
      terminal.context.outCommand?.(`::error file=a,title=${attack}::${attack}`);
      terminal.context.errCommand?.(`::error file=a::${attack}`);
    }
    const ours = name === 'GITHUB_ACTIONS' ? ['error'] : [];
    expect([...new Set([...obeyedByAny(out()), ...obeyedByAny(err())])]).toEqual(['error']);
    if (ours.length === 0) expect([...judge(out()), ...judge(err())].filter((each) => each !== 'error')).toEqual([]);
    expect(
      out()
        .split('\n')
        .slice(0, -1)
        .every((line) => line.startsWith('::error ')),
    ).toBe(true);
  });
});

test('without such a system everything is as it was', () => {
  const text = attacks.join('\n');
  const { terminal, out, err } = terminalOf({});
  terminal.context.out(text);
  terminal.context.err(text);
  expect([out(), err()]).toEqual([text, text]);
});

describe('of a plan that is full of them', () => {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-command-')));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));
  const file = '::error title=a::plan.md';
  const broken = '##vso[x] broken.md';
  const all = attacks.slice(0, 6);
  const lines = all.map((each) => `printf '%s\\n' '${each.replaceAll("'", '"')}' >&2; printf 'x\\r%s\\n' '${each.replaceAll("'", '"')}'`).join('\n');
  const plan = `# ${all.join(' ')}\n\n**Policy:** Stop on failure and report evidence.\n\n## 1. ${all.join(' ')}\n\n\`\`\`bash\n${lines}\nfalse\n\`\`\`\n\n**Expected:** the output contains \`::error::x ##[error]y\`\n\n## 2. ##[error]x\n\n\`\`\`bash\necho hello\n\`\`\`\n\n**Expected:** the output contains \`hello\`\n`;
  const readers = Object.fromEntries(commandReaders.filter((name) => name !== 'BUILDKITE').map((name) => [name, 'true']));

  async function play(...argv: readonly string[]): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }> {
    const { terminal, out, err } = terminalOf(readers, { argv, cwd });
    const exitCode = await runCommand({ ...terminal.context, interruption: () => new AbortController().signal });
    await terminal.flush();
    return { exitCode, out: out(), err: err() };
  }

  /** What a runner would obey, but for what we tell it ourselves. */
  const foreign = (text: string): readonly string[] => obeyedByAny(text).filter((each) => !['stop-commands', 'error', 'warning', 'notice'].includes(each));
  const ours = (text: string): readonly string[] => text.split('\n').filter((line) => /^\s*::/.test(line));

  beforeAll(() => {
    writeFileSync(join(cwd, file), plan);
    writeFileSync(join(cwd, broken), plan.replace('**Policy:** Stop', `**Policy:** ${all.join(' ')}; never`).replace('the output contains', 'it feels like'));
  });

  test('it is executed', async () => {
    const { exitCode, out, err } = await play('run', file, '-vv', '--report', 'github');
    expect(exitCode, err).toBe(1);
    expect([foreign(out), foreign(err)]).toEqual([[], []]);
    // Each line of ours is whole: nobody has written one that looks so.
    for (const line of ours(out)) expect(line).toMatch(/^::(?:error|warning|notice) file=%3A%3Aerror title=a%3A%3Aplan\.md,line=\d+,/);
    expect(ours(err).every((line) => /^::(?:stop-commands::)?[0-9a-f]{32}(?:::)?$/.test(line))).toBe(true);
    expect(ours(err).length % 2).toBe(0);
  });

  test.each([
    ['check', file, broken],
    ['check', file, broken, '--json'],
    ['check', file, broken, '--format', 'sarif'],
    ['explain', file],
    ['explain', broken, '--json'],
    ['run', broken, '--report', 'junit=j.xml'],
    ['run', broken, '--json'],
    ['show', '.proofplan'],
    ['show', '.proofplan', '1.1'],
    ['audit', 'verify', '.proofplan'],
    ['audit', 'show', '.proofplan'],
    ['history', file],
    ['history', file, '--json'],
    ['diff', file, broken],
    ['convert', file],
    ['lock', '--check', '.'],
    ['run', '::error::there is no such file'],
    ['::error::no such command'],
    ['show', '##vso[no such folder]'],
    ...['md', 'html', 'junit', 'json', 'sarif', 'events'].map((format) => ['report', '.proofplan', '--format', format]),
  ])('%s %s %s', async (...argv) => {
    const { out, err } = await play(...argv);
    expect(out.length + err.length).toBeGreaterThan(0);
    expect([obeyedByAny(out), obeyedByAny(err)]).toEqual([[], []]);
  });

  test('nothing of it was made outside of the record', () => {
    expect(readdirSync(cwd).toSorted()).toEqual(['##vso[x] broken.md', '.proofplan', '::error title=a::plan.md', 'j.xml']);
  });
});
