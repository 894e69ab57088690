/** Preparation: real bash, real database; what it may see, what it records, and where it stops. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { prepareEnvironment, type PrepareContext } from '../../src/environment/prepare.ts';
import type { DatabaseAddress, EnvironmentConfig, PrepareCommand, Provided } from '../../src/model/environment.ts';

const workspace = mkdtempSync(join(tmpdir(), 'proofplan-prepare-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));
mkdirSync(join(workspace, 'backend'));
mkdirSync(join(workspace, 'bin'));
writeFileSync(join(workspace, 'bin', 'tool'), '#!/bin/sh\necho "the tool of the workspace"\n', { mode: 0o755 });

const database: DatabaseAddress = { host: '127.0.0.1', port: 5999, user: 'app', password: 'top-secret/+', database: 'shop', tls: false };
const id = '78d877a8-9f1e-4bf5-b060-1d5e23949a68';

function command(run: string, more: Partial<PrepareCommand> = {}): PrepareCommand {
  return { run, workingDirectory: '.', environment: {}, timeoutMs: 20_000, ...more };
}

function prepare(prepare: readonly PrepareCommand[], more: Partial<EnvironmentConfig> = {}, context: Partial<PrepareContext> = {}) {
  const config: EnvironmentConfig = {
    name: 'shop',
    workspace,
    database: { kind: 'embedded' },
    path: [join(workspace, 'bin')],
    prepare,
    prepareOutside: false,
    provides: [],
    inherit: [],
    witnesses: [],
    ...more,
  };
  return prepareEnvironment(config, {
    plan: 'run-proof-v4',
    database,
    ownServer: true,
    processEnvironment: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent', TOKEN: 'token', SECRET: 'hidden' },
    ...context,
  });
}

const line = (name: string, place: number, pattern: string): Provided => ({ kind: 'prepare-line', name, prepare: place, pattern });

test('commands run in order; the record holds command, output and digest', async () => {
  const told: string[] = [];
  const done = await prepare(
    [command('tool; echo first > order'), command('cat ../order; pwd', { workingDirectory: 'backend' })],
    {},
    { progress: (text) => told.push(text) },
  );
  expect(done.diagnostics).toEqual([]);
  expect(done.value?.preparation).toMatchObject([
    { command: 'tool; echo first > order', exitCode: 0, stdout: 'the tool of the workspace\n' },
    { command: 'cat ../order; pwd', exitCode: 0, stdout: `first\n${join(workspace, 'backend')}\n` },
  ]);
  expect(done.value?.preparation[0]?.stdoutSha256).toBe(createHash('sha256').update('the tool of the workspace\n').digest('hex'));
  expect(told).toEqual(['preparing: tool; echo first > order', 'preparing: cat ../order; pwd']);
});

test('a command sees the permitted list, its own variables, the database and earlier values, and nothing else', async () => {
  const done = await prepare(
    [command(`echo "Created tenant: ${id}"`), command('env', { environment: { MODE: 'x', DATABASE_URL: 'postgresql://elsewhere/' } })],
    {
      inherit: ['TOKEN', 'ABSENT'],
      provides: [{ kind: 'constant', name: 'region', text: 'eu' }, line('tenant_id', 0, 'Created tenant: <uuid>')],
    },
  );
  const seen = Object.fromEntries(
    (done.value?.preparation[1]?.stdout ?? '')
      .trim()
      .split('\n')
      .map((each) => each.split(/=(.*)/s).slice(0, 2)),
  );
  for (const own of ['PWD', 'OLDPWD', 'SHLVL', '_']) delete seen[own];
  expect(seen).toEqual({
    PATH: `${join(workspace, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
    HOME: '/nonexistent',
    TOKEN: 'token',
    MODE: 'x',
    DATABASE_URL: 'postgresql://app:top-secret%2F%2B@127.0.0.1:5999/shop?sslmode=disable',
    PP_region: 'eu',
    PP_tenant_id: id,
  });
  expect(done.value?.provided).toEqual([
    { name: 'region', text: 'eu' },
    { name: 'tenant_id', text: id },
  ]);
});

test('what could forge a success does not reach the shell', async () => {
  const startup = join(workspace, 'startup.sh');
  writeFileSync(startup, 'exit 0\n');
  const forged = { SHELLOPTS: 'noexec', BASH_ENV: startup, ENV: startup, 'BASH_FUNC_tool%%': '() { echo forged; }' };
  const done = await prepare([command('tool')], { inherit: Object.keys(forged) }, { processEnvironment: { PATH: '/usr/bin:/bin', ...forged } });
  expect(done.value?.preparation[0]?.stdout).toBe('the tool of the workspace\n');
});

test('only the commands for this plan; a value of another one is not provided', async () => {
  const commands = [
    command('echo tenant'),
    command(`echo "Created agent: ${id}"`, { plans: ['run-proof-v4'] }),
    command('exit 9', { plans: ['run-proof-v2', 'other'] }),
  ];
  const provides = [line('agent_id', 1, 'Created agent: <uuid>')];
  const v4 = await prepare(commands, { provides });
  expect(v4.value?.preparation.map((record) => record.command)).toEqual(commands.slice(0, 2).map((each) => each.run));
  expect(v4.value?.provided).toEqual([{ name: 'agent_id', text: id }]);
  const neither = await prepare(commands, { provides }, { plan: 'third' });
  expect(neither.value?.preparation).toHaveLength(1);
  expect(neither.value?.provided).toEqual([]);
});

test('the first failure stops: the command, its last lines, and no password', async () => {
  const failed = await prepare([command('echo "migrating"; echo "no table at $DATABASE_URL" >&2; false | true; echo not reached'), command('touch never')]);
  expect(failed).toEqual({
    value: undefined,
    diagnostics: [
      {
        severity: 'error',
        code: 'environment/prepare-failed',
        message: 'the prepare command `echo "migrating"; echo "no table at $DATABASE_URL" >&2; false | true; echo not reached` ended with exit code 1',
        notes: ['migrating', 'no table at postgresql://app:***@127.0.0.1:5999/shop?sslmode=disable'],
        help: 'correct `prepare` in the configuration, or what the command needs; nothing of the plan was executed',
      },
    ],
  });
  expect(existsSync(join(workspace, 'never'))).toBe(false);
});

test.each<[string, PrepareCommand, string, readonly string[] | undefined]>([
  ['a program that does not exist', command('no-such-program --now'), 'the prepare command `no-such-program --now` ended with exit code 127', undefined],
  ['no end', command('sleep 986.1', { timeoutMs: 150 }), 'the prepare command `sleep 986.1` did not end within 150 ms', ['it printed nothing']],
  ['several lines', command('\n  true\n  exit 4\n'), 'the prepare command `true …` ended with exit code 4', ['it printed nothing']],
  ['no such folder', command('true', { workingDirectory: 'absent' }), 'the prepare command `true` has no working directory `absent`', undefined],
])('%s', async (_name, each, message, notes) => {
  const failed = await prepare([each]);
  expect(failed.value).toBeUndefined();
  expect(failed.diagnostics).toMatchObject([{ code: 'environment/prepare-failed', message, ...(notes === undefined ? {} : { notes }) }]);
});

test('another database is prepared only where the environment says so', async () => {
  const refused = await prepare([command('touch outside')], {}, { ownServer: false });
  expect(refused.diagnostics).toMatchObject([
    {
      code: 'environment/prepare-outside',
      message: 'the environment `shop` would prepare a database that is not the embedded one',
      notes: ['at 127.0.0.1:5999, database `shop`', 'its first command: `touch outside`'],
      help: 'set `prepareOutside: true` if these commands may change that database',
    },
  ]);
  expect(existsSync(join(workspace, 'outside'))).toBe(false);
  expect((await prepare([command('touch outside')], { prepareOutside: true }, { ownServer: false })).diagnostics).toEqual([]);
  expect(readFileSync(join(workspace, 'outside'), 'utf8')).toBe('');
  // Nothing to prepare for this plan: nothing to refuse.
  expect((await prepare([command('true', { plans: ['other'] })], {}, { ownServer: false })).diagnostics).toEqual([]);
});

test('a value that does not come stops before the next command', async () => {
  const failed = await prepare([command('echo nothing'), command('touch after')], { provides: [line('tenant_id', 0, 'Created tenant: <uuid>')] });
  expect(failed.diagnostics).toMatchObject([{ code: 'environment/provides-line', notes: ['command: `echo nothing`', 'it printed: nothing'] }]);
  expect(existsSync(join(workspace, 'after'))).toBe(false);
});

test('a value of a command that does not exist is said before anything runs', async () => {
  const failed = await prepare([command('touch misplaced')], { provides: [line('tenant_id', 3, 'Created tenant: <uuid>')] });
  expect(failed.diagnostics).toMatchObject([
    { code: 'environment/provides-pattern', message: '`tenant_id` is taken from `prepare.3`, and there are 1 prepare commands' },
  ]);
  expect(existsSync(join(workspace, 'misplaced'))).toBe(false);
});
