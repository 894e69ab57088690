/** What a step of a real execution finds of the runner, level by level: by what it was started with, and by looking around. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { openPlay, planOf, type Play, type PlayEnd, withoutBubblewrap } from '../execute/isolation-play.ts';
import { builtProgram } from '../support/command.ts';
import { need } from '../support/machine-need.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { processesWith, uniqueSeconds } from './fixture.ts';

const configuration = 'default: here\nenvironments:\n  here:\n    workspace: .\n    database: { env: TEST_DATABASE_URL }\n';
const levels = ['none', 'process', 'network'] as const;

let server: TestServer;
let play: Play;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach((context) => {
  need(context, 'bubblewrap');
  play = openPlay();
  return () => play.close();
});

/** Without a substitution, which would be a pipe; the descriptor by which the shell reads the folder is gone when it is asked for. */
const looks = {
  descriptors: 'for fd in /proc/$$/fd/*; do n=${fd##*/}; readlink /proc/$$/fd/$n >/dev/null && { printf "%s " "$n"; readlink /proc/$$/fd/$n; }; done; true',
  environment: 'env -0 | tr "\\0" "\\n"',
  password: `cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c SECRET_OF_THE_RUNNER || true`,
  journal: 'tail -c 100 out/latest/journal.jsonl 2>/dev/null | grep -o "\\"v\\":1" || echo hidden',
  append: `(echo forged >> out/latest/journal.jsonl) 2>/dev/null && echo appended || echo refused`,
} as const;

async function look(
  level: (typeof levels)[number],
  names: readonly (keyof typeof looks)[],
): Promise<{ readonly end: PlayEnd; readonly said: readonly string[] }> {
  const sentence = level === 'network' ? 'Every step must run in network isolation.' : '';
  const end = await play.run(
    planOf(
      names.map((name) => looks[name]),
      sentence,
    ),
    {
      configuration,
      isolated: level !== 'none',
      variables: { TEST_DATABASE_URL: `${renderDatabaseUrl(server.owner)}`, SECRET_OF_THE_RUNNER: 'x' },
    },
  );
  expect(new Set(Object.values(end.isolation)), end.said).toEqual(new Set([level]));
  return { end, said: names.map((_, index) => end.output[`${index + 1}.1`] ?? '') };
}

describe.each(levels)('at the level %s', (level) => {
  test('a step has its three descriptors, its own variables, and a token of its own', async () => {
    const { said } = await look(level, ['descriptors', 'environment', 'environment']);
    const [descriptors = '', first = '', second = ''] = said;
    const open = descriptors.trim().split('\n');
    expect(open.map((line) => line.split(' ')[0])).toEqual(['0', '1', '2']);
    expect(open[0]).toBe('0 /dev/null');
    expect(open.slice(1).every((line) => /pipe/.test(line))).toBe(true);
    const variable = (text: string, name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
    expect(first).not.toContain('SECRET_OF_THE_RUNNER');
    expect(first).not.toContain('TEST_DATABASE_URL');
    expect(first).not.toContain(server.owner.password);
    for (const name of ['PROOFPLAN_STEP', 'DATABASE_URL', 'TMPDIR']) {
      expect(variable(first, name), name).not.toBe('');
      expect(variable(second, name), name).not.toBe(variable(first, name));
    }
  });
});

test('isolated, nothing of the runner is in sight: no process, no journal that could be written', async () => {
  const { said } = await look('process', ['password', 'append']);
  expect(said).toEqual(['0\n', 'refused\n']);
});

test('not isolated, it is seen, and what is done to the journal ends the execution', async () => {
  const { end, said } = await look('none', ['password', 'append']);
  expect(Number(said[0])).toBeGreaterThan(0);
  expect(end.exitCode).toBe(5);
  expect(end.said).toContain('journal/disturbed');
});

test.each([
  ['process', true, 'all of them were found'],
  ['none', false, 'one that left both is not seen'],
] as const)('what a step leaves behind is told with the level: %s', async (_, isolated, words) => {
  const seconds = uniqueSeconds();
  const end = await play.run(planOf([`(setsid nohup sleep ${seconds} >/dev/null 2>&1 &)`]), { isolated });
  expect(end.said).toMatch(/execute\/process-left/);
  expect(end.said).toContain(`sleep ${seconds}`);
  expect(end.said.replace(/\s+/g, ' ')).toContain(words);
  expect(readFileSync(join(end.record, 'report.md'), 'utf8')).toContain(`sleep ${seconds}`);
  expect(processesWith(`sleep ${seconds}`)).toEqual([]);
});

test.each([
  ['none', false],
  ['process', true],
] as const)('a descriptor that the runner was started with is in no step, at the level %s; a plan can be read from one', (_, isolated) => {
  writeFileSync(join(play.folder, 'secret'), 'what was open outside\n');
  writeFileSync(join(play.folder, 'plan.md'), planOf(['for n in 9 40 99 251; do cat <&$n && echo "read $n"; done 2>/dev/null; true']));
  const program = [process.execPath, builtProgram(), 'run', '/dev/fd/40', '--out', 'out'];
  const without = isolated ? [] : withoutBubblewrap;
  const script = 'exec 9<secret 99<secret 251<secret 40<plan.md; exec "$@"';
  const end = spawnSync('bash', ['-c', script, 'bash', ...without, ...program], {
    cwd: play.folder,
    env: { PATH: process.env['PATH'], HOME: play.folder },
    encoding: 'utf8',
  });
  const verdict = JSON.parse(readFileSync(join(play.folder, 'out/latest/verdict.json'), 'utf8')) as { readonly steps: readonly { readonly outcome: string }[] };
  expect(
    verdict.steps.map(({ outcome }) => outcome),
    end.stderr,
  ).toEqual(['completed']);
  expect(readFileSync(join(play.folder, 'out/latest/journal.jsonl'), 'utf8')).not.toContain('what was open outside');
});
