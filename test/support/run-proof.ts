/**
 * The run-proof backend for hostile tests: a copy of the fixture that a test may damage, a database of its own that it may look
 * into afterwards, and the real command line (dist/) as a child process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { preparePython } from '../../src/environment/python-environment.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { must, startTestServer, type TestServer } from './postgres.ts';

const repository = resolve(import.meta.dirname, '../..');
const fixture = join(repository, 'fixtures/run-proof');
export const proofplan = join(repository, 'dist/proofplan.js');

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** `verdict.json` of the newest execution; undefined when none was opened. */
  readonly verdict: VerdictFile | undefined;
  readonly report: string | undefined;
  readonly folder: string;
}

export interface VerdictFile {
  readonly verdict: string;
  readonly exitCode: number;
  readonly reason: string;
  readonly steps: readonly { readonly id: string; readonly kind: string; readonly outcome: string; readonly verdict: string }[];
  readonly expectations: readonly { readonly step: string; readonly line: number; readonly text: string; readonly verdict: string; readonly actual: string }[];
  readonly criteria: readonly { readonly line: number; readonly verdict: string; readonly witnesses: readonly unknown[] }[];
  readonly policies: readonly { readonly line: number; readonly kind: string; readonly strength: string; readonly refused: number }[];
  readonly decisions: readonly { readonly step: string; readonly effect: string; readonly line?: number; readonly sqlstate?: string; readonly text?: string }[];
  readonly report: readonly { readonly label: string; readonly value: string | null }[];
}

export interface RunProof {
  /** The copy's folder: `backend/`, `plans/`, `proofplan.config.yaml`. */
  readonly folder: string;
  readonly server: TestServer;
  /** Reads the database as its superuser, beside the gateway. */
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;
  /** Rows of a table; 0 where there is no such table. */
  readonly count: (relation: string, where?: string) => Promise<number>;
  /** Writes a plan into `plans/`; the addendum of the seed it comes from goes with it unless another is given. */
  readonly writePlan: (name: string, text: string, addendum: string) => Promise<string>;
  readonly run: (plan: string, options?: RunOptions) => Promise<Ended>;
  readonly start: (plan: string, options?: RunOptions) => { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  readonly close: () => Promise<void>;
}

export interface RunOptions {
  readonly arguments?: readonly string[];
  readonly environment?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export const seed = async (version: 'v2' | 'v4'): Promise<{ readonly text: string; readonly addendum: string }> => ({
  text: await readFile(join(repository, `plans/run-proof-${version}.md`), 'utf8'),
  addendum: await readFile(join(repository, `plans/run-proof-${version}.addendum.yaml`), 'utf8'),
});

/** One copy with one server. `close` removes both. */
export async function openRunProof(): Promise<RunProof> {
  const python = await preparePython(
    { virtualEnvironment: '.venv', requirements: 'backend/requirements.txt', minimum: '3.9' },
    { workspace: fixture, processEnvironment: process.env },
  );
  if (python.diagnostics.some((diagnostic) => diagnostic.severity === 'error')) must(python);
  const folder = await mkdtemp(join(tmpdir(), 'proofplan-hostile-'));
  await cp(join(fixture, 'backend'), join(folder, 'backend'), { recursive: true, filter: (source) => !/__pycache__|\.pytest_cache|\.aos/.test(source) });
  await symlink(join(fixture, '.venv'), join(folder, '.venv'));
  await mkdir(join(folder, 'plans'));
  const server = await startTestServer();
  await writeFile(join(folder, 'proofplan.config.yaml'), await configuration(folder));
  const client = new pg.Client({ ...connection(server.superuser) });
  client.on('error', () => undefined);
  await client.connect();
  const start: RunProof['start'] = (plan, options = {}) => {
    const out = join(folder, 'out');
    const child = spawn(
      process.execPath,
      [
        proofplan,
        'run',
        plan,
        '--out',
        out,
        ...(options.environment === undefined ? [] : ['--environment', options.environment]),
        ...(options.arguments ?? []),
      ],
      {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          LANG: 'C.UTF-8',
          NO_COLOR: '1',
          TEST_DATABASE_URL: testDatabaseUrl(server.owner),
          ...options.variables,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Ended>((finish) => {
      child.on('close', (exitCode) => void readEnd(out).then((end) => finish({ exitCode, stdout, stderr, ...end })));
    });
    return { child, ended };
  };
  return {
    folder,
    server,
    query: async (sql, values = []) => (await client.query(sql, [...values])).rows as Record<string, unknown>[],
    // Nothing is prepared for an execution that is refused beforehand: then there is no table, and no row.
    count: async (relation, where = 'true') => {
      const [found] = (await client.query('select to_regclass($1) is not null as exists', [relation])).rows as { exists: boolean }[];
      return found?.exists === true ? Number(((await client.query(`select count(*) as n from ${relation} where ${where}`)).rows as { n: string }[])[0]?.n) : 0;
    },
    writePlan: async (name, text, addendum) => {
      await writeFile(join(folder, 'plans', `${name}.md`), text);
      if (addendum !== '') await writeFile(join(folder, 'plans', `${name}.addendum.yaml`), addendum);
      return `plans/${name}.md`;
    },
    start,
    run: (plan, options) => start(plan, options).ended,
    close: async () => {
      await client.end().catch(() => undefined);
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readEnd(out: string): Promise<Pick<Ended, 'verdict' | 'report' | 'folder'>> {
  const folder = await realpath(join(out, 'latest')).catch(() => join(out, 'latest'));
  const read = (name: string): Promise<string | undefined> => readFile(join(folder, name), 'utf8').catch(() => undefined);
  const verdict = await read('verdict.json');
  return { verdict: verdict === undefined ? undefined : (JSON.parse(verdict) as VerdictFile), report: await read('report.md'), folder };
}

/** The project's own configuration, on the test's database and without building Python again. */
async function configuration(folder: string): Promise<string> {
  const text = await readFile(join(repository, 'proofplan.config.yaml'), 'utf8');
  const changed = text
    .replaceAll('workspace: fixtures/run-proof', `workspace: ${JSON.stringify(folder)}`)
    .replaceAll('database: embedded', 'database: { env: TEST_DATABASE_URL }\n    prepareOutside: true')
    .replaceAll(/^    python: &python\n(?:      .*\n)+/gm, '')
    .replaceAll(/^    python: \*python\n/gm, '');
  if (/embedded|python:/.test(changed)) throw new Error('the configuration changed its shape; the test support must follow');
  return changed;
}

function connection(address: DatabaseAddress): pg.ClientConfig {
  return { host: address.host, port: address.port, user: address.user, password: address.password, database: address.database };
}

/** What the copy's configuration reads from TEST_DATABASE_URL. */
export function testDatabaseUrl(address: DatabaseAddress): string {
  return `postgresql://${encodeURIComponent(address.user)}:${encodeURIComponent(address.password)}@${address.host}:${address.port}/${address.database}`;
}
