/** Attacks on the runner by the steps it executes, with the real command line: each is seen to succeed where nothing is isolated. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { need } from '../support/machine-need.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { sampled } from '../support/sampled.ts';
import { openPlay, planOf, type Play, type PlayEnd } from './isolation-play.ts';

/** The runner's process id, found by its command line, and that of its watchdog. */
const findRunner = `find_process() { for p in /proc/[0-9]*; do [ "$(readlink $p/cwd)" = "$2" ] && tr '\\0' ' ' < $p/cmdline | grep -q "$1" && ! grep -q bwrap $p/comm && echo \${p#/proc/} && return; done; echo none; }
runner=$(find_process 'proofplan[.]js run' "$PWD"); watchdog=$(find_process 'const steps [=] new Map' /)
`;

interface Attack {
  readonly name: string;
  readonly step: string;
  /** The runner sees it at once, and executes nothing more. */
  readonly ends?: true;
  /** Did it succeed? `out` is what the step printed. */
  readonly succeeded: (play: Play, out: string) => boolean;
}

const endsWith =
  (path: string, text: string) =>
  (play: Play): boolean =>
    readFileSync(join(play.folder, path), 'utf8').trimEnd().endsWith(text);
const said =
  (text: string) =>
  (_: Play, out: string): boolean =>
    out.includes(text);

/** All in one execution, a step each. */
const attacks: readonly Attack[] = [
  {
    name: 'a daemon that forks twice, leaves its session, wipes its environment, and writes later',
    step: `(env -i setsid bash -c '(nohup sleep 1.5; touch late) >/dev/null 2>&1 &' >/dev/null 2>&1 &); true`,
    succeeded: (play) => existsSync(join(play.folder, 'late')),
  },
  {
    name: "reading the runner's environment",
    step: `${findRunner}tr '\\0' '\\n' < /proc/$runner/environ | grep A_SECRET || true`,
    succeeded: said('A_SECRET=hidden-value'),
  },
  {
    name: 'reading the environment of whatever shows',
    step: `cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -m1 A_SECRET || true`,
    succeeded: said('A_SECRET=hidden-value'),
  },
  { name: "listing the runner's descriptors", step: `${findRunner}ls -l /proc/$runner/fd | grep -o 'executions/.*' || true`, succeeded: said('journal.jsonl') },
  {
    name: 'tracing the runner (PTRACE_SEIZE)',
    step: `${findRunner}python3 -c "import ctypes; print('seized', ctypes.CDLL(None).ptrace(0x4206, int('$runner'.replace('none', '0')), 0, 0))" || true`,
    succeeded: said('seized 0'),
  },
  { name: "reading the runner's memory", step: `${findRunner}head -c 1 /proc/$runner/maps | wc -c || true`, succeeded: said('1') },
  { name: 'stopping and waking the runner', step: `${findRunner}kill -STOP $runner && kill -CONT $runner && echo stopped || true`, succeeded: said('stopped') },
  { name: 'the ledger', step: 'echo forged >> out/ledger.jsonl || true', succeeded: (play) => /^forged$/m.test(play.read('out/ledger.jsonl')) },
  {
    name: 'the ledger, by another name for it',
    step: 'ln out/ledger.jsonl second 2>/dev/null || cp --no-dereference --link out/ledger.jsonl second || true; [ ! -e second ] || echo forged-link >> second; true',
    succeeded: (play) => play.read('out/ledger.jsonl').includes('forged-link'),
  },
  {
    name: 'a file put into the record',
    step: 'for folder in out/executions/*/; do touch "${folder}planted" && echo planted; done || true',
    succeeded: said('planted'),
  },
  { ends: true, name: 'the plan', step: 'echo "<!-- forged -->" >> plan.md || true', succeeded: (play) => /^<!-- forged -->$/m.test(play.read('plan.md')) },
  {
    ends: true,
    name: 'the plan, replaced',
    step: 'cp plan.md new; echo "<!-- replaced -->" >> new; mv -f new plan.md || true',
    succeeded: (play) => /^<!-- replaced -->$/m.test(play.read('plan.md')),
  },
  { ends: true, name: 'the addendum', step: 'echo "# forged" >> plan.addendum.yaml || true', succeeded: endsWith('plan.addendum.yaml', '# forged') },
  { ends: true, name: 'the configuration', step: 'echo "# forged" >> proofplan.config.yaml || true', succeeded: endsWith('proofplan.config.yaml', '# forged') },
  {
    ends: true,
    name: "the runner's own program",
    step: 'echo "// forged" >> tool/dist/proofplan.js || true',
    succeeded: endsWith('tool/dist/proofplan.js', '// forged'),
  },
  {
    ends: true,
    name: 'the same through a namespace of its own',
    step: `unshare -Urm bash -c 'umount -l out plan.md; mount -o remount,rw,bind out; echo "<!-- unshared -->" >> plan.md' || echo "<!-- unshared -->" | tee -a plan.md > /dev/null || true`,
    succeeded: (play) => /^<!-- unshared -->$/m.test(play.read('plan.md')),
  },
  {
    name: "the runner's state folder",
    step: 'ls "/tmp/proofplan-$(id -u)/" && echo listed || true',
    succeeded: (_, out) => /clusters|templates|server/.test(out),
  },
];

let server: TestServer;
let play: Play;
const configuration = `default: here
environments:
  here:
    workspace: .
    database: { env: TEST_DATABASE_URL }
`;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach((context) => {
  need(context, 'bubblewrap');
  play = openPlay();
  return () => play.close();
});

const variables = (): Readonly<Record<string, string>> => ({ TEST_DATABASE_URL: `${renderDatabaseUrl(server.owner)}`, A_SECRET: 'hidden-value' });

describe('attacks on the runner', () => {
  const playAll = (steps: readonly string[], isolated: boolean): Promise<PlayEnd> =>
    play.run(planOf(steps), { isolated, configuration, addendum: 'plan: plan.md\n', variables: variables() });
  const successesOf = async (group: typeof attacks, isolated: boolean): Promise<readonly string[]> => {
    const end = await playAll(
      group.map(({ step }) => step),
      isolated,
    );
    // One of them leaves a daemon that acts late.
    if (group.length > 1) await new Promise((wait) => setTimeout(wait, 1_700));
    const ids = end.events.flatMap((event) => (event.kind === 'step-ended' ? [event.data.step] : []));
    expect(ids, [...end.said.matchAll(/^(?:error|failed|refused).*$/gm)].join('\n')).toHaveLength(group.length);
    expect(new Set(Object.values(end.isolation))).toEqual(new Set([isolated ? 'process' : 'none']));
    return group.filter((attack, index) => attack.succeeded(play, end.output[ids[index] ?? ''] ?? '')).map(({ name }) => name);
  };
  // What edits the plan or the runner ends the execution: no step comes after it, and each needs one of its own.
  const ending = sampled(
    attacks.filter(({ ends }) => ends),
    4,
  );
  const played = attacks.filter((attack) => attack.ends !== true || ending.includes(attack));
  const successes = async (isolated: boolean): Promise<ReadonlySet<string>> => {
    if (isolated) return new Set(await successesOf(attacks, isolated));
    const found = [
      ...(await successesOf(
        attacks.filter(({ ends }) => ends !== true),
        isolated,
      )),
    ];
    for (const attack of ending) found.push(...(await successesOf([attack], isolated)));
    return new Set(found);
  };

  test('none succeeds from inside', async () => {
    expect(await successes(true)).toEqual(new Set());
  });

  test('each succeeds where there is no bubblewrap, and the record says so', async () => {
    expect(await successes(false)).toEqual(new Set(played.map(({ name }) => name)));
  });
});

describe('ends of the runner', () => {
  const killer = (what: string): string => planOf([`${findRunner}kill -9 $${what} || true; sleep 1; touch after`, 'touch later']);

  test.each(['runner', 'watchdog'])('a step that kills the %s', async (what) => {
    const end = await play.run(killer(what), { isolated: true });
    expect(end.exitCode, end.said).not.toBeNull();
    expect(existsSync(join(play.folder, 'later'))).toBe(true);
    expect(end.isolation).toEqual({ '1.1': 'process', '2.1': 'process' });
  });

  test('a runner that is killed takes everything with it, at once', async () => {
    const { child } = play.start(planOf([`(env -i setsid sleep 4321.5 >/dev/null 2>&1 &); touch begun; sleep 4321.6`]));
    while (!existsSync(join(play.folder, 'begun'))) await new Promise((wait) => setTimeout(wait, 20));
    child.kill('SIGKILL');
    await new Promise((wait) => setTimeout(wait, 1_500));
    expect(spawnSync('pgrep', ['-f', '^sleep 4321']).stdout.toString()).toBe('');
  });
});
