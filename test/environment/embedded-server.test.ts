/** The embedded server itself: what it lets in, what it owns, what it says when it cannot be. */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase } from '../../src/environment/embedded-database.ts';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/environment/embedded-server.ts';
import { findPostgres } from '../../src/environment/postgres-binary.ts';
import { preparePackage } from '../../src/environment/postgres-package.ts';
import { findServerUser, runAsServer, serverFolder } from '../../src/environment/server-user.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { must, quickFolder, testCacheFolder } from '../support/postgres.ts';
import { eventually, nothingLeftOf, packageFolder, processesOf } from './child-runner.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(quickFolder, 'proofplan-embedded-'));
  await chmod(base, 0o755);
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(base, 'state-'));
  await chmod(folder, 0o755);
  return folder;
}

async function ask<T extends pg.QueryResultRow>(address: DatabaseAddress, sql: string): Promise<T[]> {
  const client = new pg.Client({ ...address, ssl: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Both sources; on a machine without one of them, the search says so, and that is what is shown. */
describe.each(['system', 'package'] as const)('from the %s', (source) => {
  let server: EmbeddedServer | undefined;
  let codes: readonly string[] = [];
  beforeAll(async () => {
    const started = await startEmbeddedServer({ stateFolder: await freshFolder(), cacheFolder: testCacheFolder, source });
    server = started.value;
    codes = started.diagnostics.map((diagnostic) => diagnostic.code);
  });
  afterAll(() => server?.close());

  test('it starts, or the search says that there is none', () => {
    expect(codes).toEqual(server === undefined ? ['environment/no-postgres'] : []);
  });

  test('an ordinary role owns the database and gets nowhere else', async () => {
    if (server === undefined) return;
    const owner = must(await createDatabase(server, 'shop'));
    expect(owner).toMatchObject({ host: '127.0.0.1', user: 'app', database: 'shop', tls: false });
    expect(await ask(owner, 'SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user')).toEqual([
      { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false, rolbypassrls: false },
    ]);
    await ask(owner, 'CREATE TABLE stock (id int)');
    await expect(ask({ ...owner, database: 'postgres' }, 'SELECT 1')).rejects.toThrow(/permission denied for database/);
    await expect(ask({ ...owner, database: 'template1' }, 'SELECT 1')).rejects.toThrow(/permission denied for database/);
    await expect(ask(owner, "COPY stock FROM PROGRAM 'id'")).rejects.toThrow(/permission denied|must be superuser/);
    await expect(ask(owner, 'ALTER ROLE app SUPERUSER')).rejects.toThrow(/permission denied|must be superuser/);
    const second = must(await createDatabase(server, 'other'));
    expect(second.user).toBe('app_other');
    await expect(ask({ ...second, database: 'shop' }, 'SELECT 1')).rejects.toThrow(/permission denied for database/);
    const again = await createDatabase(server, 'shop');
    expect(again.diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.notes])).toEqual([
      ['environment/database-not-created', ['database "shop" already exists']],
    ]);
  });

  test('only a password opens it, only over the loopback address', async () => {
    if (server === undefined) return;
    const { superuser } = server;
    await expect(ask({ ...superuser, password: '' }, 'SELECT 1')).rejects.toThrow(/password/);
    await expect(ask({ ...superuser, password: 'postgres' }, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    const settings = await ask<{ name: string; setting: string }>(
      superuser,
      "SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'unix_socket_directories', 'password_encryption', 'track_counts', 'fsync', 'TimeZone') ORDER BY name",
    );
    expect(Object.fromEntries(settings.map((row) => [row.name, row.setting]))).toEqual({
      fsync: 'off',
      listen_addresses: '127.0.0.1',
      password_encryption: 'scram-sha-256',
      TimeZone: 'UTC',
      track_counts: 'on',
      unix_socket_directories: '',
    });
    expect(await ask(superuser, 'SELECT type, auth_method FROM pg_hba_file_rules')).toEqual([{ type: 'host', auth_method: 'scram-sha-256' }]);
    expect(await ask(superuser, "SELECT rolname FROM pg_authid WHERE rolpassword IS NOT NULL AND rolpassword NOT LIKE 'SCRAM-SHA-256$%'")).toEqual([]);
  });

  test('no password stands in a process list or in a file of the cluster', async () => {
    if (server === undefined) return;
    expect(processesOf(server.superuser.password)).toEqual([]);
    const files = await readdir(server.folder);
    expect(files.toSorted()).toEqual(['data', 'log']);
    expect(await readFile(join(server.folder, 'log'), 'utf8')).not.toContain(server.superuser.password);
    expect((await stat(server.folder)).mode & 0o777).toBe(0o700);
  });

  test('close is final, complete and repeatable', async () => {
    if (server === undefined) return;
    await Promise.all([server.close(), server.close()]);
    await server.exited;
    await server.close();
    expect(existsSync(server.folder)).toBe(false);
    await nothingLeftOf(server.folder);
  });
});

test('at least one source is there, and the system comes first', async () => {
  const user = must(await findServerUser());
  const searchPath = '/usr/bin:/bin';
  const either = must(await findPostgres({ user, searchPath, cacheFolder: testCacheFolder }));
  const system = await findPostgres({ user, searchPath, cacheFolder: testCacheFolder, source: 'system' });
  expect(either.source).toBe(system.value === undefined ? 'package' : 'system');
  expect(either.major).toBeGreaterThanOrEqual(14);
});

describe('ports', () => {
  test('a taken port is left for another', async () => {
    const stranger = createServer().listen(0, '127.0.0.1');
    await eventually('it listens', () => stranger.listening);
    const taken = (stranger.address() as { port: number }).port;
    const picks = [taken];
    const free = async (): Promise<number> => {
      const probe = createServer().listen(0, '127.0.0.1');
      await eventually('it listens', () => probe.listening);
      const { port } = probe.address() as { port: number };
      await new Promise((resolve) => {
        probe.close(resolve);
      });
      return port;
    };
    const server = must(
      await startEmbeddedServer({ stateFolder: await freshFolder(), cacheFolder: testCacheFolder, choosePort: async () => picks.pop() ?? free() }),
    );
    expect(server.superuser.port).not.toBe(taken);
    expect(await ask(server.superuser, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.close();
    stranger.close();
  });

  test('none free: it says which were tried, and leaves nothing', async () => {
    const stranger = createServer().listen(0, '127.0.0.1');
    await eventually('it listens', () => stranger.listening);
    const { port } = stranger.address() as { port: number };
    const stateFolder = await freshFolder();
    const started = await startEmbeddedServer({ stateFolder, cacheFolder: testCacheFolder, choosePort: () => Promise.resolve(port) });
    expect(started.value).toBeUndefined();
    expect(started.diagnostics).toEqual([
      {
        severity: 'error',
        code: 'environment/port-taken',
        message: 'no free port for the embedded server on 127.0.0.1 after 3 tries',
        notes: [`tried: ${[port, port, port].join(', ')}`],
        help: 'stop what takes the ports, or name a database with --database',
      },
    ]);
    expect(await readdir(join(stateFolder, 'clusters'))).toEqual([]);
    stranger.close();
  });
});

test('the template is not trusted: its password, a configuration, a role, a broken file', async () => {
  const cacheFolder = await freshFolder();
  const user = must(await findServerUser());
  const first = must(await startEmbeddedServer({ stateFolder: cacheFolder }));
  const [name = ''] = (await readdir(join(cacheFolder, 'templates'))).filter((entry) => entry.startsWith('template-'));
  const template = join(cacheFolder, 'templates', name);
  await expect(ask({ ...first.superuser, password: await readFile(join(template, 'password'), 'utf8') }, 'SELECT 1')).rejects.toThrow(
    /password authentication failed/,
  );
  await first.close();
  // A way in without a password, and a role of somebody else: by the server's own single-user mode.
  await writeFile(join(template, 'data', 'pg_hba.conf'), 'host all all 0.0.0.0/0 trust\n');
  await writeFile(join(template, 'data', 'postgresql.auto.conf'), "listen_addresses = '*'\n");
  const binary = must(await findPostgres({ user, searchPath: '/usr/local/bin:/usr/bin:/bin', cacheFolder }));
  const planted = await runAsServer(
    user,
    '"$1" --single -D "$2" postgres',
    [join(binary.folder, 'postgres'), join(template, 'data')],
    "CREATE ROLE intruder SUPERUSER LOGIN PASSWORD 'x'\n",
  );
  expect(planted.exitCode).toBe(0);
  const second = must(await startEmbeddedServer({ stateFolder: cacheFolder }));
  expect(await ask(second.superuser, "SELECT count(*)::int AS n FROM pg_roles WHERE rolname = 'intruder'")).toEqual([{ n: 0 }]);
  expect(await ask(second.superuser, "SELECT setting FROM pg_settings WHERE name = 'listen_addresses'")).toEqual([{ setting: '127.0.0.1' }]);
  await expect(ask({ ...second.superuser, password: 'wrong' }, 'SELECT 1')).rejects.toThrow(/password/);
  await second.close();
  await rm(join(template, 'data', 'global', 'pg_control'));
  const third = must(await startEmbeddedServer({ stateFolder: cacheFolder }));
  expect(await ask(third.superuser, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await third.close();
});

describe('folders', () => {
  test('one that is a file, a link or open to others is not used', async () => {
    const stateFolder = await freshFolder();
    const user = must(await findServerUser());
    await mkdir(join(stateFolder, 'elsewhere'));
    await symlink(join(stateFolder, 'elsewhere'), join(stateFolder, 'clusters'));
    await mkdir(join(stateFolder, 'templates'));
    await chmod(join(stateFolder, 'templates'), 0o777);
    const used = [must(await serverFolder(user, stateFolder, 'clusters')), must(await serverFolder(user, stateFolder, 'templates'))];
    expect(used.filter((folder) => folder.startsWith(stateFolder))).toEqual([]);
    for (const folder of used) {
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      await rm(folder, { recursive: true });
    }
  });

  test('a cluster of another machine is left, and named when it is old', async () => {
    const stateFolder = await freshFolder();
    const user = must(await findServerUser());
    const root = must(await serverFolder(user, stateFolder, 'clusters'));
    const foreign = join(root, 'cluster-00000000-00000000-00000000-1-1-abcd');
    await runAsServer(user, 'mkdir "$1" && touch -t 200001010000 "$1"', [foreign]);
    const started = await startEmbeddedServer({ stateFolder, cacheFolder: testCacheFolder });
    await started.value?.close();
    expect(started.diagnostics.map((diagnostic) => [diagnostic.severity, diagnostic.code])).toEqual([['warning', 'environment/stale-cluster']]);
    expect(existsSync(foreign)).toBe(true);
  });
});

describe('the search', () => {
  const searchPath = '/usr/bin:/bin';

  test('a named folder is the only one that is tried', async () => {
    const folder = await freshFolder();
    const started = await startEmbeddedServer({ stateFolder: folder, cacheFolder: testCacheFolder, postgresFolder: folder });
    expect(started.diagnostics).toMatchObject([{ code: 'environment/no-postgres', notes: ['it does not hold both `initdb` and `postgres`'] }]);
  });

  test('programs that are too old, of two versions, or do not run are told apart', async () => {
    const folder = await freshFolder();
    const user = must(await findServerUser());
    const reasonFor = async (postgres: string, initdb: string): Promise<readonly string[] | undefined> => {
      await writeFile(join(folder, 'postgres'), `#!/bin/sh\n${postgres}\n`, { mode: 0o755 });
      await writeFile(join(folder, 'initdb'), `#!/bin/sh\n${initdb}\n`, { mode: 0o755 });
      return (await findPostgres({ user, searchPath, cacheFolder: testCacheFolder, named: folder })).diagnostics[0]?.notes;
    };
    expect(await reasonFor("echo 'postgres (PostgreSQL) 13.9'", "echo 'initdb (PostgreSQL) 13.9'")).toEqual([`\`${folder}\`: PostgreSQL 13.9 is too old`]);
    expect(await reasonFor("echo 'postgres (PostgreSQL) 16.1'", "echo 'initdb (PostgreSQL) 15.4'")).toEqual([
      `\`${folder}\`: \`postgres\` is 16.1 and \`initdb\` 15.4`,
    ]);
    expect(await reasonFor('echo cannot load libicu >&2; exit 127', "echo 'initdb (PostgreSQL) 15.4'")).toEqual([`\`${folder}\`: cannot load libicu`]);
  });

  test('nothing anywhere: both ways are named', async () => {
    const user = must(await findServerUser());
    const absent = await preparePackage(user, testCacheFolder, () => ({ reason: 'the npm package is not installed' }));
    expect(absent).toEqual({ reason: 'the npm package is not installed' });
    const found = await findPostgres({ user, searchPath: '/nonexistent', cacheFolder: testCacheFolder, named: '/nonexistent' });
    expect(found.diagnostics[0]?.help).toContain('PROOFPLAN_POSTGRES_BIN');
  });

  test('the package without its links, and where only its owner can read it, is made usable', async () => {
    const user = must(await findServerUser());
    const cacheFolder = await freshFolder();
    const closed = join(base, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await cp(packageFolder(), join(closed, 'package'), { recursive: true, verbatimSymlinks: true });
    const native = join(closed, 'package', 'native');
    const links = (JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[]).map(({ target }) =>
      join(closed, 'package', target),
    );
    for (const link of links) await rm(link, { force: true });
    const folder = await preparePackage(user, cacheFolder, () => join(closed, 'package'));
    if (typeof folder !== 'string') throw new Error(folder.reason);
    const root = join(folder, '..');
    for (const link of links) expect(existsSync(link.replace(native, root))).toBe(true);
    // An ordinary user reads its own folder and needs no copy; a system user does.
    expect(root === native).toBe(user.uid === undefined);
    const found = must(await findPostgres({ user, searchPath, cacheFolder, named: folder }));
    expect(found.major).toBeGreaterThanOrEqual(14);
    expect(await preparePackage(user, cacheFolder, () => join(closed, 'package'))).toBe(folder);
  });
});
