/** Which level an execution runs under, what each lets through and closes, and what is refused where it cannot be had. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { need } from '../support/machine-need.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { openPlay, planOf, type Play, type PlayEnd, type PlayOptions, withoutBubblewrap } from './isolation-play.ts';
import { ask, pgScript } from './run-sample.ts';
import { sampled } from '../support/sampled.ts';

const configuration = `default: here
environments:
  here:
    workspace: .
    database: { env: TEST_DATABASE_URL }
    path: [${JSON.stringify(join(process.execPath, '..'))}]
`;
const demandsNetwork = 'Every step must run in network isolation.';
const demandsProcess = 'Every step must run in isolation.';

let server: TestServer;
let play: Play;

beforeAll(async () => {
  server = await startTestServer();
  await ask(server.owner, 'CREATE TABLE runs (id text PRIMARY KEY)');
});
afterAll(() => server.close());
beforeEach((context) => {
  need(context, 'bubblewrap');
  play = openPlay();
  return () => play.close();
});

const run = (steps: readonly string[], sentence = '', more: PlayOptions = {}): Promise<PlayEnd> =>
  play.run(planOf(steps, sentence), { configuration, variables: { TEST_DATABASE_URL: `${renderDatabaseUrl(server.owner)}` }, ...more });
const codesOf = (end: PlayEnd): readonly string[] =>
  Array.from(end.said.matchAll(/^(?:error|failed|refused|warning)\[([a-z/-]+)\]/gm), ([, code]) => code ?? '');
/** Says `open` or `closed` of an address of the server, without the gateway. */
const knock = (): string => `(exec 7<>/dev/tcp/${server.owner.host}/${server.owner.port}) 2>/dev/null && echo open || echo closed`;

describe('the level', () => {
  test('is `process` by itself: no other process is seen, and the network is there', async () => {
    const end = await run([`ls /proc | grep -c '^[0-9]'`, knock()]);
    expect(end.isolation).toEqual({ '1.1': 'process', '2.1': 'process' });
    expect(Number(end.output['1.1'])).toBeLessThan(6);
    expect(end.output['2.1']).toBe('open\n');
    expect(end.events.find((event) => event.kind === 'opened')?.data).toMatchObject({ isolation: { level: 'network' } });
    expect(end.events.filter((event) => event.kind === 'canary').map((event) => event.data)).toContainEqual(
      expect.objectContaining({ layer: 'isolation', refused: true, moment: 'start' }),
    );
  });

  test.each(
    sampled(
      [
        ['a sentence that demands it', demandsNetwork],
        ['a sentence that rules out every network', 'No network access.'],
      ],
      2,
    ),
  )('is `network` for %s: the door is the only way, at the address it always has', async (_name, sentence) => {
    const end = await run(
      [
        knock(),
        `psql -qAtX "$DATABASE_URL" -c 'SELECT 40 + 2'`,
        `node ${pgScript} 'SELECT 1' && case $DATABASE_URL in *@127.0.0.1:*) echo same address;; esac`,
        `for n in 1 2 3 4 5 6 7 8; do psql -qAtX "$DATABASE_URL" -c "SELECT $n, pg_sleep(0.2)" & done | sort; wait`,
        `psql -qAtX "$DATABASE_URL" -c "SELECT repeat('x', 1000) FROM generate_series(1, 20000)" | wc -c`,
      ],
      sentence,
    );
    // What knocks answers with a word, whatever its exit code.
    expect(codesOf(end).filter((code) => !code.startsWith('compile/'))).toEqual(['execute/claim-unproven']);
    expect(new Set(Object.values(end.isolation))).toEqual(new Set(['network']));
    expect(end.output['1.1']).toBe('closed\n');
    expect(end.output['2.1']).toBe('42\n');
    expect(end.output['3.1']).toContain('same address');
    expect(end.output['4.1']?.trim().split('\n')).toHaveLength(8);
    expect(end.output['5.1']).toBe(`${1001 * 20000}\n`);
  });

  test('`network` refuses a client with a stolen credential; at `process` it is detected', async () => {
    const { host, port, user, password, database } = server.owner;
    // In a file: what stands in the plan itself is refused before the first step.
    writeFileSync(
      join(play.folder, 'client'),
      `psql -qX 'postgresql://${user}:${password}@${host}:${port}/${database}' -c "INSERT INTO runs VALUES ('stolen')"`,
    );
    const stolen = ['bash client || true'];
    const forbid = 'No manual inserts into `runs`.';
    const cut = await run(stolen, `${forbid} ${demandsNetwork}`);
    expect(await ask(server.superuser, "SELECT 1 FROM runs WHERE id = 'stolen'")).toEqual([]);
    expect(cut.isolation['1.1'], cut.said).toBe('network');
    const seen = await run(stolen, forbid);
    expect(seen.exitCode, seen.said).toBe(3);
    expect(codesOf(seen)).toContain('policy/changed-behind-guard');
    await ask(server.superuser, 'TRUNCATE runs');
  });
});

describe('a machine without bubblewrap', () => {
  test('a daemon that comes back with the token of its step is noticed, also while only statements of the runner run', async () => {
    const daemon = `(env -i PATH="$PATH" URL="$DATABASE_URL" setsid bash -c 'sleep 1; psql -qX "$URL" -c "SELECT 1"' >/dev/null 2>&1 &); true`;
    const looking = [1, 2].map(
      (number) => `## ${number + 1}. Rows\n\n\`\`\`sql\nSELECT count(*) AS rows FROM runs, pg_sleep(1.5);\n\`\`\`\n\n**Expected:** \`rows = 0\`\n`,
    );
    const text = `${planOf([daemon], 'No manual inserts into `runs`.')}\n${looking.join('\n')}`;
    const end = await play.run(text, { configuration, isolated: false, variables: { TEST_DATABASE_URL: `${renderDatabaseUrl(server.owner)}` } });
    expect(end.exitCode, end.said).toBe(3);
    expect(end.events.flatMap((event) => (event.kind === 'tripwire' ? [event.data.what] : []))).toContainEqual(
      expect.stringContaining('as `step-1.1` with a token'),
    );
  });

  test('runs a plan that demands nothing, and the record says `none`', async () => {
    const end = await run(['echo done'], '', { isolated: false });
    expect(end.exitCode, end.said).toBe(0);
    expect(end.isolation).toEqual({ '1.1': 'none' });
    expect(end.events.find((event) => event.kind === 'opened')?.data).toMatchObject({
      isolation: { level: 'none', reason: expect.stringContaining('bwrap') as string },
    });
  });

  test.each([demandsProcess, demandsNetwork])('refuses a plan that demands it before the first step: %s', async (sentence) => {
    const end = await run(['touch began'], sentence, { isolated: false });
    expect(end.exitCode, end.said).toBe(3);
    expect(codesOf(end)).toContain('policy/isolation-not-reached');
    expect(end.said).toContain('apt-get install bubblewrap');
    expect(existsSync(join(play.folder, 'began'))).toBe(false);
  });
});

test('doctor says beforehand which level there is, and what would raise it', () => {
  const ask = (without: readonly string[]): { readonly state: string; readonly fact: string; readonly help?: string } => {
    const [first, ...words] = [...without, process.execPath, join(play.folder, 'tool/dist/proofplan.js'), 'doctor', '--json'];
    const answer = spawnSync(first, words, { cwd: play.folder, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: play.folder } });
    const { checks } = JSON.parse(answer.stdout) as {
      readonly checks: readonly { readonly name: string; readonly state: string; readonly fact: string; readonly help?: string }[];
    };
    const found = checks.find(({ name }) => name === 'bubblewrap');
    if (found === undefined) throw new Error(answer.stderr);
    return found;
  };
  expect(ask([])).toMatchObject({ state: 'ok', fact: '/usr/bin/bwrap; isolation `network`' });
  expect(ask(withoutBubblewrap)).toMatchObject({ state: 'limited', help: expect.stringContaining('apt-get install bubblewrap') as string });
});

describe('works wherever a workspace may lie', () => {
  const honest = [
    'echo made > made.txt; mkdir -p sub; echo "$TMPDIR" > "$TMPDIR/own"; touch "$HOME/.own"; cat "$TMPDIR/own" > /dev/null; cat made.txt',
    `python3 -c 'import subprocess, tempfile, multiprocessing; print(subprocess.check_output(["echo", "out"]).decode().strip()); multiprocessing.Lock(); tempfile.NamedTemporaryFile()'`,
    'cat made.txt; id -un; ls -d "$PWD"/made.txt | wc -l',
  ];

  test.each(
    sampled(
      [
        ['spaces, \'quotes\', "more" and $dollars; a*b', undefined],
        ['-begins-with-a-dash', undefined],
        ['ünï—cødé', undefined],
        ['plain', homedir()],
        ['plain', '/var/tmp'],
      ],
      2,
    ),
  )('%s', async (name, parent) => {
    play.close();
    play = openPlay(name, parent);
    const end = await play.run(planOf(honest));
    expect(
      codesOf(end).filter((code) => code.startsWith('e')),
      end.said,
    ).toEqual([]);
    expect(Object.keys(end.isolation), end.said).toHaveLength(honest.length);
    expect(end.output['1.1'], end.said).toBe('made\n');
    expect(end.output['2.1'], end.said).toBe('out\n');
    expect(end.output['3.1'], end.said).toMatch(/^made\n\w+\n1\n/);
  });

  test('behind a link', async () => {
    const real = join(play.folder, 'real');
    mkdirSync(real);
    symlinkSync(real, join(play.folder, 'link'));
    const end = await run(['pwd -P; touch here'], '', { configuration: configuration.replace('workspace: .', 'workspace: link') });
    expect(end.output['1.1'], end.said).toBe(`${real}\n`);
    expect(existsSync(join(real, 'here'))).toBe(true);
  });

  test('for an ordinary user, who is kept from the runner just as well', async (context: TestContext) => {
    if (process.getuid?.() !== 0) return void context.annotate('runs as an ordinary user already');
    execFileSync('chown', ['-R', '65534:65534', play.folder]);
    const end = await play.run(
      planOf([...honest, 'echo forged >> out/ledger.jsonl || true; echo forged >> plan.md || true; kill -0 1 && ls /proc | grep -c "^[0-9]"']),
      { ordinary: true },
    );
    expect(new Set(Object.values(end.isolation)), end.said).toEqual(new Set(['process']));
    expect(end.output['3.1'], end.said).toBe('made\nnobody\n1\n');
    expect(Number(end.output['4.1'])).toBeLessThan(6);
    expect(play.read('plan.md')).not.toMatch(/^forged$/m);
    expect(play.read('out/ledger.jsonl')).not.toContain('forged');
  });
});
