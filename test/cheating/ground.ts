/** Where acts are played: a copy of the backend and its real server each, a fresh migrated database for every act, the real command line. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { openRunProof, proofplan, type RunProof, type VerdictFile } from '../support/run-proof.ts';
import type { Edit } from './act.ts';

const fixture = resolve(import.meta.dirname, '../../fixtures/run-proof');

/** What a command came to. */
export interface Said {
  readonly exitCode: number | null;
  /** Everything that the command and the report say, in one text. */
  readonly output: string;
  readonly verdict: VerdictFile | undefined;
}

interface Started {
  readonly pid: number;
  readonly ended: Promise<Said>;
}

export interface Ground {
  /** Absolute: `backend/`, `plans/`, `out/`, `proofplan.config.yaml`. */
  readonly folder: string;
  /** Of the act's own database, as its owner. */
  readonly address: DatabaseAddress;
  /** As superuser, beside the gateway: in the act's database. */
  readonly query: (sql: string) => Promise<readonly Record<string, unknown>[]>;
  /** The real command line, in the copy's folder. */
  readonly call: (argv: readonly string[], variables?: Readonly<Record<string, string>>) => Started;
  readonly editFile: (path: string, edit: string | Edit) => void;
  /** Below the copy. */
  readonly path: (...names: readonly string[]) => string;
}

interface Place {
  readonly backend: RunProof;
  readonly admin: pg.Client;
  readonly configuration: string;
}

/** `borrow` plays on a ground that nobody else uses, as it was made; `close` removes them all. */
export interface Grounds {
  readonly borrow: <T>(play: (ground: Ground) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

export async function openGrounds(count: number): Promise<Grounds> {
  const places = await Promise.all(Array.from({ length: count }, openPlace));
  const idle = [...places];
  const waiting: ((place: Place) => void)[] = [];
  return {
    borrow: async (play) => {
      const place = idle.pop() ?? (await new Promise<Place>((take) => waiting.push(take)));
      try {
        return await onFreshGround(place, play);
      } finally {
        const next = waiting.shift();
        if (next) next(place);
        else idle.push(place);
      }
    },
    close: async () => {
      for (const { backend, admin } of places) {
        await admin.end().catch(() => undefined);
        await backend.close();
      }
    },
  };
}

/** Migrated once into `ready`, with a tenant and an agent, so that no act waits for preparation. */
async function openPlace(): Promise<Place> {
  const backend = await openRunProof();
  const { superuser, owner } = backend.server;
  const admin = await connect({ ...superuser, database: 'postgres' });
  await createFrom(admin, 'ready', owner.user, 'template0');
  const prepared = (...words: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(join(fixture, '.venv/bin/python'), ['-m', ...words], {
      cwd: join(backend.folder, 'backend'),
      env: { DATABASE_URL: urlOf({ ...owner, database: 'ready' }), PYTHONPATH: '.', PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return /: (\S+)\s*$/.exec(stdout)?.[1] ?? '';
  };
  prepared('app.migrate', 'upgrade', 'head');
  const tenant = prepared('app.seed', 'tenant', 'run-proof');
  const agent = prepared('app.hoc.cus.integrations.cus_cli', 'create-agent', '--name', 'run-proof-agent', '--tenant-id', tenant);
  const path = join(backend.folder, 'proofplan.config.yaml');
  const configuration = withoutPreparation(readFileSync(path, 'utf8'), { tenant_id: tenant, agent_id: agent });
  return { backend, admin, configuration };
}

/** The project's own configuration, with values in the place of the commands that would make them. */
function withoutPreparation(text: string, provides: Readonly<Record<string, string>>): string {
  const document = parse(text) as { environments: Record<string, Record<string, unknown>> };
  const environment = { ...document.environments['run-proof'], provides };
  const { prepare: _prepare, prepareOutside: _outside, ...light } = environment as Record<string, unknown>;
  // The whole one stays under its name, for acts that are about preparation.
  return stringify({ default: 'run-proof', environments: { ...document.environments, 'run-proof': light } });
}

async function onFreshGround<T>({ backend, admin, configuration }: Place, play: (ground: Ground) => Promise<T>): Promise<T> {
  const { folder, server } = backend;
  for (const name of ['backend', 'out', 'plans', '.git', '.gitignore', 'planted', 'reviewed']) rmSync(join(folder, name), { recursive: true, force: true });
  cpSync(join(fixture, 'backend'), join(folder, 'backend'), { recursive: true, filter: (source) => !/__pycache__|\.pytest_cache|\.aos/.test(source) });
  mkdirSync(join(folder, 'plans'));
  writeFileSync(join(folder, 'proofplan.config.yaml'), configuration);
  await createFrom(admin, 'act', server.owner.user, 'ready');
  const client = await connect({ ...server.superuser, database: 'act' });
  const address = { ...server.owner, database: 'act' };
  const path = (...names: readonly string[]): string => join(folder, ...names);
  try {
    return await play({
      folder,
      address,
      path,
      query: async (sql) => [await client.query(sql)].flat().at(-1)?.rows as Record<string, unknown>[],
      call: (argv, variables = {}) => callProgram(argv, folder, { TEST_DATABASE_URL: urlOf(address), ...variables }),
      editFile: (name, edit) => {
        const place = path(name);
        mkdirSync(dirname(place), { recursive: true });
        writeFileSync(place, typeof edit === 'string' ? edit : edit(readFileSync(place, 'utf8')));
      },
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createFrom(admin: pg.Client, name: string, owner: string, template: string): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${pg.escapeIdentifier(owner)} TEMPLATE ${pg.escapeIdentifier(template)}`);
  await admin.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${pg.escapeIdentifier(name)} FROM PUBLIC`);
}

function callProgram(argv: readonly string[], folder: string, variables: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, [proofplan, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', NO_COLOR: '1', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<Said>((finish) => {
    child.on('close', (exitCode) => finish({ exitCode, output, verdict: argv[0] === 'run' ? readVerdict(folder) : undefined }));
  });
  return { pid: child.pid ?? 0, ended };
}

function readVerdict(folder: string): VerdictFile | undefined {
  try {
    return JSON.parse(readFileSync(join(realpathSync(join(folder, 'out/latest')), 'verdict.json'), 'utf8')) as VerdictFile;
  } catch {
    return undefined;
  }
}

async function connect({ host, port, user, password, database }: DatabaseAddress): Promise<pg.Client> {
  const client = new pg.Client({ host, port, user, password, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export function urlOf({ user, password, host, port, database }: DatabaseAddress): string {
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}
