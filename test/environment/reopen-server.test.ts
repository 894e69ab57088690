/** The embedded server of a runner that was killed: kept for its execution, and started again for it alone. */
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { eventually, makeStage, nothingLeftOf, ordinaryUid, processesOf, startChild, type ChildRunner, type Stage } from './child-runner.ts';

const begin = (execution: string): string => `
  const { value } = await environment.startEmbeddedServer({ stateFolder: stage.state });
  const { value: owner } = await environment.createDatabase(value, 'app');
  await value.keep(${JSON.stringify(execution)});
  say({ folder: value.folder, owner });
  process.stdin.resume();
  process.stdin.on('data', async (text) => { await (String(text).trim() === 'leave' ? value.leave() : value.close()); say({ closed: true }); process.exit(0); });
`;
const again = (execution: string): string => `
  const { value, diagnostics } = await environment.reopenEmbeddedServer({ stateFolder: stage.state }, ${JSON.stringify(execution)}, 'app');
  say({ folder: value?.server.folder, superuser: value?.server.superuser, password: value?.ownerPassword, diagnostics });
  process.stdin.resume();
  process.stdin.on('data', async (text) => { await (String(text).trim() === 'leave' ? value?.server.leave() : value?.server.close()); say({ closed: true }); process.exit(0); });
`;

async function query(address: DatabaseAddress, ...statements: readonly string[]): Promise<readonly unknown[]> {
  const client = new pg.Client({ ...address, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: readonly unknown[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows as unknown[];
    return rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Told {
  readonly folder: string;
  readonly owner: DatabaseAddress;
  readonly superuser: DatabaseAddress;
  readonly password: string;
  readonly diagnostics: readonly { readonly code: string }[];
}

async function start(stage: Stage, script: string): Promise<{ readonly child: ChildRunner; readonly told: Told }> {
  const child = startChild(stage, script);
  return { child, told: (await child.next()) as unknown as Told };
}

const stopped = (folder: string): Promise<void> => eventually('the server has stopped', () => processesOf(folder).length === 0);

async function say(child: ChildRunner, word: string): Promise<void> {
  child.process.stdin?.write(`${word}\n`);
  await child.next();
}

describe.each([
  ['as we are', undefined],
  ['as an ordinary user', ordinaryUid()],
] as const)('%s', (_name, uid) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await makeStage(uid);
  });
  afterAll(() => stage.remove());

  test('after kill -9 it is started again with all that was committed, under new passwords; afterwards nothing is left', async () => {
    const { child, told } = await start(stage, begin('execution-1'));
    await query(told.owner, 'CREATE TABLE runs (id text)', "INSERT INTO runs VALUES ('r1')");
    child.process.kill('SIGKILL');
    await stopped(told.folder);
    expect(existsSync(told.folder)).toBe(true);
    const reopened = await start(stage, again('execution-1'));
    expect(reopened.told.diagnostics).toEqual([]);
    const { superuser, password } = reopened.told;
    expect(await query({ ...superuser, user: 'app', password, database: 'app' }, 'SELECT * FROM runs')).toEqual([{ id: 'r1' }]);
    await expect(query({ ...told.owner, port: superuser.port }, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect(existsSync(told.folder)).toBe(false);
    // It is there for one process at a time.
    const third = await start(stage, again('execution-1'));
    expect(third.told.diagnostics).toMatchObject([{ code: 'environment/cluster-gone' }]);
    await say(third.child, 'close');
    await say(reopened.child, 'leave');
    await stopped(reopened.told.folder);
    const last = await start(stage, again('execution-1'));
    expect(last.told.diagnostics).toEqual([]);
    await say(last.child, 'close');
    await nothingLeftOf(last.told.folder);
  });

  test('one that was closed is not kept, and one that nobody kept is not found', async () => {
    const { child, told } = await start(stage, begin('execution-2'));
    await say(child, 'close');
    await nothingLeftOf(told.folder);
    for (const name of ['execution-2', 'never', '', '../..', 'execution-.*']) {
      const none = await start(stage, again(name));
      expect(none.told.diagnostics).toMatchObject([{ code: 'environment/cluster-gone' }]);
      await say(none.child, 'close');
    }
  });

  test('the sweep of another runner spares it for a day', async () => {
    const { child, told } = await start(stage, begin('execution-3'));
    child.process.kill('SIGKILL');
    await stopped(told.folder);
    const other = await start(stage, begin('execution-4'));
    expect(existsSync(told.folder)).toBe(true);
    const old = new Date(Date.now() - 25 * 3600 * 1000);
    utimesSync(join(told.folder, 'keep'), old, old);
    const third = await start(stage, begin('execution-5'));
    expect(existsSync(told.folder)).toBe(false);
    for (const each of [other, third]) await say(each.child, 'close');
    expect(readdirSync(dirname(told.folder)).filter((name) => name === basename(told.folder))).toEqual([]);
  });
});
