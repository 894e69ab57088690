/**
 * A cluster for attacks: with everything switched on that an attack could need (logical decoding, two-phase commit, senders), and
 * nothing that changes by itself. One database holds the schema; each attack gets a copy of it.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { escapeIdentifier, Pool, type Client } from 'pg';
import { configuration, accessRules, readyTemplate, superuserName } from '../../src/environment/cluster.ts';
import { createDatabase } from '../../src/environment/embedded-database.ts';
import { findPostgres } from '../../src/environment/postgres-binary.ts';
import { findServerUser, serverFolder } from '../../src/environment/server-user.ts';
import { startWatchdog } from '../../src/environment/watchdog.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { must, quickFolder, testCacheFolder } from '../support/postgres.ts';
import { connect } from './fixture.ts';

/** Logical decoding is read from files of the server's; a prepared transaction needs a place. */
const moreConfiguration = `
wal_level = logical
max_wal_senders = 4
max_replication_slots = 4
max_prepared_transactions = 10
autovacuum = off
`;

/** A login costs the more the more often a password is hashed, and here thousands log in. Older servers do not let it be chosen. */
function quickLogin(major: number): string {
  return major >= 16 ? 'scram_iterations = 1\n' : '';
}

export interface AttackDatabase {
  readonly owner: DatabaseAddress;
  readonly superuser: DatabaseAddress;
  /** May read every table, and owns nothing. */
  readonly reader: DatabaseAddress;
  /** Where the server may write files; empty at the start. */
  readonly folder: string;
  /** Ends whoever is still connected, and drops the database. */
  readonly drop: () => Promise<void>;
}

export interface AttackServer {
  readonly major: number;
  /** Fresh, from the schema. */
  readonly copy: () => Promise<AttackDatabase>;
  readonly close: () => Promise<void>;
}

/** `bySuperuser` is run first, then `byOwner`, in the database that all others are copies of. */
export async function startAttackServer(bySuperuser: string, byOwner: string, source: 'system' | 'package' = 'package'): Promise<AttackServer> {
  const stateFolder = await mkdtemp(join(quickFolder, 'proofplan-attack-'));
  await chmod(stateFolder, 0o755);
  const user = must(await findServerUser());
  const clusterRoot = must(await serverFolder(user, stateFolder, 'clusters'));
  const templateRoot = must(await serverFolder(user, testCacheFolder, 'templates'));
  const binary = must(await findPostgres({ user, cacheFolder: testCacheFolder, source, searchPath: '/usr/local/bin:/usr/bin:/bin' }));
  const template = must(await readyTemplate(user, binary, templateRoot));
  const folder = join(clusterRoot, `cluster-${randomBytes(4).toString('hex')}`);
  const port = await freePort();
  const watchdog = await startWatchdog(user, {
    folder,
    template,
    configuration: configuration.replace(/^(?:wal_level|max_wal_senders) = .*\n/gm, '') + moreConfiguration + quickLogin(binary.major),
    accessRules,
    command: [join(binary.folder, 'postgres'), '-D', join(folder, 'data'), '-p', String(port)],
  });
  const password = await readFile(join(template, 'password'), 'utf8');
  const postgres: DatabaseAddress = { host: '127.0.0.1', port, user: superuserName, password, database: 'postgres', tls: false };
  await (await patiently(postgres)).end();
  const admin = new Pool({ ...postgres, ssl: false, max: 2 });
  await admin.query(`ALTER ROLE ${superuserName} PASSWORD '${password}'`);
  const base = must(await createDatabase({ superuser: postgres }, 'app'));
  const reader: DatabaseAddress = { ...base, user: 'attack_reader', password: 'attack_reader' };
  await admin.query("CREATE ROLE attack_reader LOGIN PASSWORD 'attack_reader' IN ROLE pg_read_all_data; CREATE ROLE bystander; GRANT bystander TO app");
  await run({ ...postgres, database: 'app' }, bySuperuser);
  await run(base, byOwner);
  let copies = 0;
  const dropping = new Set<Promise<unknown>>();
  const copy = async (): Promise<AttackDatabase> => {
    const database = `attack_${(copies += 1)}`;
    const scratch = join(stateFolder, database);
    await admin.query(`CREATE DATABASE ${escapeIdentifier(database)} OWNER app TEMPLATE app`);
    await mkdir(scratch);
    await chmod(scratch, 0o777);
    const drop = (): Promise<void> => {
      // One that cannot be dropped goes with the cluster.
      const dropped: Promise<void> = dropDatabase(admin, { ...postgres, database })
        .catch(() => undefined)
        .finally(() => dropping.delete(dropped));
      dropping.add(dropped);
      return dropped;
    };
    return { owner: { ...base, database }, superuser: { ...postgres, database }, reader: { ...reader, database }, folder: scratch, drop };
  };
  const close = async (): Promise<void> => {
    await Promise.all(dropping);
    await admin.end();
    await watchdog.close();
    await rm(stateFolder, { recursive: true, force: true });
  };
  return { major: binary.major, copy, close };
}

/** With what keeps a database from being dropped: prepared transactions, subscriptions, and slots that decode its changes. */
async function dropDatabase(admin: Pool, address: DatabaseAddress): Promise<void> {
  const { database } = address;
  const prepared = await admin.query<{ gid: string }>('SELECT gid FROM pg_prepared_xacts WHERE database = $1', [database]);
  for (const { gid } of prepared.rows) await run(address, `ROLLBACK PREPARED '${gid}'`);
  const subscribed = await admin.query<{ name: string }>(
    'SELECT quote_ident(subname) AS name FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = $1)',
    [database],
  );
  for (const { name } of subscribed.rows) await run(address, `ALTER SUBSCRIPTION ${name} SET (slot_name = NONE); DROP SUBSCRIPTION ${name}`);
  await admin.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1', [`s_${database}`]);
  await admin.query(`DROP DATABASE ${escapeIdentifier(database)} WITH (FORCE)`);
}

export async function run(address: DatabaseAddress, sql: string): Promise<void> {
  const client = await connect(address);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The server takes a moment to start. */
async function patiently(address: DatabaseAddress): Promise<Client> {
  for (const until = performance.now() + 30_000; ; ) {
    try {
      return await connect(address);
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}
