import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import type { GuardOutlook } from '../../src/cli/doctor-guard.ts';
import { command, root } from '../support/command.ts';
import { need } from '../support/machine-need.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { startTestServer } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Answer extends GuardOutlook {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly fact: string; readonly help?: string }[];
}

const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/doctor.schema.json'), 'utf8')));

async function ask(
  argv: readonly string[],
  cwd: string,
  environment: Record<string, string> = {},
): Promise<{ readonly exitCode: number | null; readonly answer: Answer }> {
  const end = await command(['doctor', '--json', ...argv], { cwd, environment });
  const answer = JSON.parse(end.stdout) as Answer;
  expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
  return { exitCode: end.exitCode, answer };
}

function find(answer: Answer, name: string): Answer['checks'][number] {
  const found = answer.checks.find((check) => check.name === name);
  if (found === undefined) throw new Error(`no check \`${name}\` in ${JSON.stringify(answer)}`);
  return found;
}

test('in this repository everything that its plans need is there', async () => {
  const end = await command(['doctor']);
  expect(end.stdout).toMatch(/^✓ node {2,}\d+/);
  expect(end.stdout).toMatch(/^✓ configuration +proofplan\.config\.yaml: run-proof/m);
  expect(end.stdout.trimEnd().split('\n').at(-1)).toBe('ready');
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a machine without programs: each is named with the one next action', async () => {
  const cwd = temporaryFolder();
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'python3'), '#!/bin/sh\nprintf "2.7.18\\n/usr/bin/python2\\n"\n');
  chmodSync(join(bin, 'python3'), 0o755);
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const { exitCode, answer } = await ask([], cwd, { PATH: bin });
  expect(find(answer, 'python')).toMatchObject({
    state: 'limited',
    fact: expect.stringContaining('older than 3.9'),
    help: expect.stringContaining('install Python'),
  });
  expect(find(answer, 'bash')).toMatchObject({ state: 'missing', help: expect.stringContaining('install bash') });
  expect(find(answer, 'psql')).toMatchObject({ state: 'limited', help: expect.stringContaining('postgresql-client') });
  // Never by the PATH: it is where it is, or it is not.
  expect(find(answer, 'bubblewrap').fact).toContain('isolation');
  expect(find(answer, 'configuration')).toMatchObject({ state: 'limited', fact: expect.stringContaining('no proofplan.config.yaml') });
  expect(answer.checks.filter(({ state, help }) => state === 'missing' && help === undefined)).toEqual([]);
  expect(exitCode).toBe(5);
});

test('an output folder that is a file, an unknown environment, a workspace that is not there, a variable that is not set', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'file'), '');
  writeFileSync(
    join(cwd, 'proofplan.config.yaml'),
    'default: one\nenvironments:\n  one: { workspace: ., database: { env: NOWHERE_SET } }\n  two: { workspace: gone, database: embedded }\n',
  );
  const one = await ask(['--out', 'file/x'], cwd);
  expect(find(one.answer, 'output folder')).toMatchObject({
    state: 'missing',
    fact: expect.stringContaining('is not a folder'),
    help: expect.stringContaining('--out'),
  });
  expect(find(one.answer, 'database')).toMatchObject({ state: 'missing', fact: 'the variable `NOWHERE_SET` is not set' });
  expect(one.exitCode).toBe(5);
  expect(find((await ask(['-e', 'two'], cwd)).answer, 'configuration')).toMatchObject({ state: 'missing', fact: expect.stringContaining('is not a folder') });
  expect(find((await ask(['-e', 'tow'], cwd)).answer, 'configuration')).toMatchObject({ state: 'missing', help: 'did you mean `two`?' });
});

function strengthOf({ policies }: Answer, kind: string): GuardOutlook['policies'][number] {
  const found = policies.find((policy) => policy.kind === kind);
  if (found === undefined) throw new Error(`no policy \`${kind}\``);
  return found;
}

function layerOf({ layers }: Answer, name: string): GuardOutlook['layers'][number] {
  const found = layers.find((layer) => layer.name === name);
  if (found === undefined) throw new Error(`no layer \`${name}\``);
  return found;
}

test('how strongly each kind of policy can be kept, and the one thing that would raise it', async () => {
  const cwd = temporaryFolder();
  const server = await startTestServer();
  const admin = new Client({ connectionString: renderDatabaseUrl(server.superuser) });
  await admin.connect();
  try {
    const owner = await ask(['--database', renderDatabaseUrl(server.owner)], cwd);
    for (const kind of ['no-manual-writes', 'read-only', 'no-ddl']) expect(strengthOf(owner.answer, kind)).toMatchObject({ strength: 'PREVENTED' });
    expect(strengthOf(owner.answer, 'no-workspace-change')).toMatchObject({ strength: 'UNENFORCED', raise: expect.stringContaining('name the folder') });
    expect(layerOf(owner.answer, 'read-only session')).toMatchObject({ inForce: true, means: 'prevents' });
    expect(layerOf(owner.answer, 'table counters')).toMatchObject({ inForce: true, raise: '`GRANT pg_read_all_stats TO app`' });
    expect(layerOf(owner.answer, 'own reader role')).toMatchObject({ inForce: false, raise: expect.stringContaining('embedded') });

    // A superuser is never prevented.
    const superuser = await ask(['--database', 'env:SUPERUSER_URL'], cwd, { SUPERUSER_URL: renderDatabaseUrl(server.superuser) });
    for (const kind of ['no-manual-writes', 'read-only', 'no-ddl']) {
      expect(strengthOf(superuser.answer, kind)).toMatchObject({
        strength: 'DETECTED',
        by: expect.stringContaining('superuser'),
        raise: expect.stringContaining('ordinary role'),
      });
    }
    expect(layerOf(superuser.answer, 'read-only session')).toMatchObject({ inForce: false, raise: expect.stringContaining('CREATE ROLE') });
    expect(layerOf(superuser.answer, 'table counters')).toMatchObject({ inForce: false });

    await admin.query(`GRANT pg_read_all_stats TO ${server.owner.user}`);
    const granted = layerOf((await ask(['--database', renderDatabaseUrl(server.owner)], cwd)).answer, 'table counters');
    expect(granted).toMatchObject({ inForce: true, fact: expect.not.stringContaining('read whole') });
    expect(granted.raise).toBe(undefined);

    await admin.query(`ALTER ROLE ${server.owner.user} SET track_counts = off`);
    const uncounted = await ask(['--database', renderDatabaseUrl(server.owner)], cwd);
    expect(layerOf(uncounted.answer, 'table counters')).toMatchObject({ inForce: false, raise: expect.stringContaining('track_counts = on') });
  } finally {
    await admin.end();
    await server.close();
  }
});

test('without a database nothing is said to be kept there; the embedded one is known without being started', async () => {
  const cwd = temporaryFolder();
  const none = await ask([], cwd);
  expect(strengthOf(none.answer, 'no-manual-writes')).toMatchObject({ strength: 'UNENFORCED', raise: expect.stringContaining('name the database') });
  expect(layerOf(none.answer, 'gateway')).toMatchObject({ inForce: false, raise: expect.stringContaining('--database') });
  const embedded = await ask(['--database', 'embedded'], cwd);
  expect(strengthOf(embedded.answer, 'no-manual-writes')).toMatchObject({ strength: 'PREVENTED' });
  expect(layerOf(embedded.answer, 'own reader role')).toMatchObject({ inForce: true });
});

test('a pooler in between is named, with what is lost', async (context) => {
  const program = need(context, 'pgbouncer');
  const cwd = temporaryFolder();
  const server = await startTestServer();
  const pooler = await startPgbouncer(program, server.owner, { ignore_startup_parameters: 'options,extra_float_digits', pool_mode: 'session' });
  try {
    const { answer } = await ask(['--database', renderDatabaseUrl(pooler.address)], cwd);
    expect(find(answer, 'pooler')).toMatchObject({ state: 'limited', fact: expect.stringContaining('is a pooler, not the server itself') });
    expect(strengthOf(answer, 'no-manual-writes').strength).not.toBe('PREVENTED');
    expect(layerOf(answer, 'read-only session').inForce).toBe(false);
  } finally {
    await pooler.close();
    await server.close();
  }
});

test('what a database account allows', async () => {
  const cwd = temporaryFolder();
  const server = await startTestServer();
  try {
    const owner = await ask(['--database', renderDatabaseUrl(server.owner)], cwd);
    expect(find(owner.answer, 'account')).toMatchObject({ state: 'ok', fact: expect.stringContaining('prevent') });
    const superuser = await ask(['--database', 'env:SUPERUSER_URL'], cwd, { SUPERUSER_URL: renderDatabaseUrl(server.superuser) });
    expect(find(superuser.answer, 'account')).toMatchObject({ state: 'limited', fact: expect.stringContaining('detected there, not prevented') });
    const wrong = await ask(['--database', renderDatabaseUrl({ ...server.owner, password: 'wrong' })], cwd);
    expect(find(wrong.answer, 'database')).toMatchObject({ state: 'missing' });
    expect(JSON.stringify([owner, superuser, wrong])).not.toContain(server.owner.password);
  } finally {
    await server.close();
  }
});
