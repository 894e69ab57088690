/** An environment made ready as a whole, on a real server; and that nothing stays behind when a part fails. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { readyEnvironment, type ReadyOptions } from '../../src/environment/ready-environment.ts';
import type { EnvironmentConfig, PrepareCommand } from '../../src/model/environment.ts';
import { must, quickFolder, startTestServer, testCacheFolder, type TestServer } from '../support/postgres.ts';
import { eventually, processesOf } from './child-runner.ts';

const base = mkdtempSync(join(quickFolder, 'proofplan-ready-'));
chmodSync(base, 0o755);
const workspace = join(base, 'workspace');
mkdirSync(workspace);
afterAll(() => rmSync(base, { recursive: true, force: true }));

let count = 0;
function options(more: Partial<ReadyOptions> = {}): ReadyOptions {
  return {
    plan: 'run-proof-v4',
    stateFolder: join(base, `state-${(count += 1)}`),
    cacheFolder: testCacheFolder,
    processEnvironment: { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` },
    ...more,
  };
}

function config(more: Partial<EnvironmentConfig> = {}): EnvironmentConfig {
  return {
    name: 'shop',
    workspace,
    database: { kind: 'embedded' },
    path: [],
    prepare: [],
    prepareOutside: false,
    provides: [],
    inherit: [],
    witnesses: [],
    ...more,
  };
}

function command(run: string, more: Partial<PrepareCommand> = {}): PrepareCommand {
  return { run, workingDirectory: '.', environment: {}, timeoutMs: 30_000, ...more };
}

/** A program of the application that sends its arguments as statements. */
writeFileSync(
  join(workspace, 'send.cjs'),
  `
const pg = require(${JSON.stringify(createRequire(import.meta.url).resolve('pg'))});
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
client.connect().then(async () => {
  for (const sql of process.argv.slice(2)) for (const row of (await client.query(sql)).rows) console.log(Object.values(row).join(' '));
  await client.end();
}).catch((error) => { console.error(error.message); process.exit(1); });
`,
);

function leftIn(stateFolder: string): readonly string[] {
  const folder = join(stateFolder, 'clusters');
  return existsSync(folder) ? readdirSync(folder) : [];
}

test('server, preparation and values; all of it gone after close', async () => {
  const told: string[] = [];
  const own = options({ progress: (line) => told.push(line) });
  const ready = must(
    await readyEnvironment(
      config({
        prepare: [
          command(
            `node send.cjs 'CREATE TABLE tenants (id uuid DEFAULT gen_random_uuid(), name text)' "INSERT INTO tenants (name) VALUES ('acme') RETURNING 'Created tenant: ' || id"`,
          ),
          command(`node send.cjs "SELECT 'Seen: ' || name FROM tenants WHERE id = '$PP_tenant_id'"`),
        ],
        provides: [{ kind: 'prepare-line', name: 'tenant_id', type: 'uuid', prepare: 0, pattern: 'Created tenant: <uuid>' }],
      }),
      own,
    ),
  );
  expect(ready.preparation.map((record) => record.stdout)).toEqual([expect.stringMatching(/^Created tenant: [0-9a-f-]{36}\n$/), 'Seen: acme\n']);
  expect(ready.provided).toEqual([{ name: 'tenant_id', type: 'uuid', text: ready.preparation[0]?.stdout.trim().split(' ').at(-1) }]);
  expect(ready).toMatchObject({ ownServer: true, database: { user: 'app', database: 'app' }, superuser: { user: 'postgres', database: 'app' } });
  expect(ready.serverVersion).toMatch(/^\d+\.\d+$/);
  expect(told[0]).toBe(`starting PostgreSQL ${ready.serverVersion}`);
  const client = new pg.Client({ ...must({ value: ready.database, diagnostics: [] }), ssl: false });
  await client.connect();
  expect((await client.query('SELECT name, tableowner FROM tenants, pg_tables WHERE tablename = $1', ['tenants'])).rows).toEqual([
    { name: 'acme', tableowner: 'app' },
  ]);
  await client.end();
  await ready.close();
  await ready.close();
  expect(leftIn(own.stateFolder)).toEqual([]);
});

describe('a part fails: the reason alone, and nothing left', () => {
  test.each<[string, Partial<EnvironmentConfig>, string]>([
    ['preparation', { prepare: [command('exit 7')] }, 'environment/prepare-failed'],
    [
      'a value',
      { prepare: [command('true')], provides: [{ kind: 'prepare-line', name: 'id', prepare: 0, pattern: 'Id: <uuid>' }] },
      'environment/provides-line',
    ],
    ['python', { python: { virtualEnvironment: '.venv', requirements: 'absent.txt', minimum: '3.9' } }, 'environment/requirements-missing'],
    ['the workspace', { workspace: join(base, 'absent') }, 'environment/no-workspace'],
    ['a variable', { database: { kind: 'environment-variable', name: 'SHOP_DATABASE' } }, 'environment/unset-variable'],
    ['an URL', { database: { kind: 'url', url: 'postgresql:///shop' } }, 'environment/socket-address'],
    ['an address', { database: { kind: 'url', url: 'postgresql://app:x@127.0.0.1:1/shop' } }, 'environment/unreachable'],
  ])('%s', async (_name, more, code) => {
    const own = options();
    const ready = await readyEnvironment(config(more), own);
    expect(ready.value).toBeUndefined();
    expect(ready.diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    expect(leftIn(own.stateFolder)).toEqual([]);
  });

  test('an interrupt in the middle of preparation', async () => {
    const controller = new AbortController();
    const own = options({ signal: controller.signal });
    const running = readyEnvironment(config({ prepare: [command('sleep 984.1')] }), own);
    await eventually('it prepares', () => processesOf('sleep 984.1').length > 0);
    controller.abort();
    const ready = await running;
    expect(ready.value).toBeUndefined();
    expect(ready.diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['environment/interrupted']);
    expect(processesOf('sleep 984.1')).toEqual([]);
    expect(leftIn(own.stateFolder)).toEqual([]);
  });
});

describe('a database that is not ours', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  test('is asked and used, and is there afterwards', async () => {
    const url = renderDatabaseUrl(server.owner);
    const own = options({ processEnvironment: { ...options().processEnvironment, SHOP_DATABASE: url } });
    const ready = must(
      await readyEnvironment(
        config({
          database: { kind: 'environment-variable', name: 'SHOP_DATABASE' },
          prepareOutside: true,
          prepare: [command('node send.cjs "CREATE TABLE outside (id int)"')],
        }),
        own,
      ),
    );
    expect(ready).toMatchObject({ ownServer: false, database: server.owner });
    expect(ready.superuser).toBeUndefined();
    await ready.close();
    const again = must(
      await readyEnvironment(
        config({ database: { kind: 'url', url }, prepareOutside: true, prepare: [command('node send.cjs "SELECT count(*) FROM outside"')] }),
        own,
      ),
    );
    expect(again.preparation[0]?.stdout).toBe('0\n');
    expect(existsSync(own.stateFolder)).toBe(false);
  });

  test('is not prepared without leave', async () => {
    const ready = await readyEnvironment(
      config({ database: { kind: 'url', url: renderDatabaseUrl(server.owner) }, prepare: [command('node send.cjs "CREATE TABLE forbidden (id int)"')] }),
      options(),
    );
    expect(ready.diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['environment/prepare-outside']);
    expect(JSON.stringify(ready.diagnostics)).not.toContain(server.owner.password);
  });

  test('a PATH folder that does not exist is said, and hinders nothing', async () => {
    const ready = await readyEnvironment(
      config({ database: { kind: 'url', url: renderDatabaseUrl(server.owner) }, path: [join(workspace, 'absent')] }),
      options(),
    );
    expect(ready.value).toBeDefined();
    expect(ready.diagnostics).toMatchObject([{ severity: 'warning', code: 'environment/path-folder' }]);
  });
});
