/** Executes hand-written plans for real: a server, a guard, engines, a record on the disk. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import pg from 'pg';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { executePlan } from '../../src/execute/execute-plan.ts';
import type { ExecuteOptions, ExecutionEnd } from '../../src/execute/execution-option.ts';
import type { DatabaseAddress, EnvironmentConfig } from '../../src/model/environment.ts';
import type { EventData, EventKind, ExecutionEvent } from '../../src/model/event.ts';
import type { Plan } from '../../src/model/plan.ts';
import { verifyExecution } from '../../src/review/audit-verify.ts';
import { testCacheFolder } from '../support/postgres.ts';
import { planBytes } from './sample-plan.ts';

const verdictSchema = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../schemas/verdict.schema.json'), 'utf8')) as object;
const isVerdictFile = new Ajv({ discriminator: true, strict: false }).compile(verdictSchema);

/** A statement sent by `node` and the `pg` package: what a program of a step does. */
export const pgScript = resolve(import.meta.dirname, 'send-sql.mjs');
const nodeFolder = resolve(process.execPath, '..');

export interface Sample {
  readonly workspace: string;
  readonly out: string;
  readonly close: () => Promise<void>;
}

export async function createSample(): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), 'proofplan-execute-'));
  const workspace = join(folder, 'workspace');
  execFileSync('mkdir', [workspace]);
  return { workspace, out: join(folder, 'out'), close: () => rm(folder, { recursive: true, force: true }) };
}

export function environmentFor(sample: Sample, database: DatabaseAddress | 'embedded', more: Partial<EnvironmentConfig> = {}): EnvironmentConfig {
  return {
    name: 'sample',
    workspace: sample.workspace,
    database: database === 'embedded' ? { kind: 'embedded' } : { kind: 'url', url: `${renderDatabaseUrl(database)}` },
    path: [nodeFolder],
    prepare: [],
    prepareOutside: true,
    provides: [],
    inherit: [],
    witnesses: [],
    ...more,
  };
}

export interface Executed {
  readonly end: ExecutionEnd;
  readonly events: readonly ExecutionEvent[];
  /** The data of all events of a kind. */
  readonly of: <K extends EventKind>(kind: K) => readonly EventData[K][];
  readonly folder: string;
  /** `id: outcome verdict` of each step that ended. */
  readonly steps: readonly string[];
  readonly notRun: readonly string[];
  readonly verdictFile: () => Promise<Record<string, unknown>>;
  readonly audit: () => Promise<readonly string[]>;
  readonly verifyByPython: () => string;
}

export async function execute(
  sample: Sample,
  plan: Plan,
  environment: EnvironmentConfig | undefined,
  options: Partial<ExecuteOptions> = {},
): Promise<Executed> {
  const events: ExecutionEvent[] = [];
  const end = await executePlan({
    plan,
    planBytes,
    refusals: [],
    environment,
    workspace: sample.workspace,
    values: [],
    outFolder: sample.out,
    stateFolder: join(sample.out, '..', 'state'),
    cacheFolder: testCacheFolder,
    processEnvironment: process.env,
    clock: Date.now,
    signal: new AbortController().signal,
    argv: ['run', 'sample.md'],
    toolVersion: '0.0.0-test',
    ...options,
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  const of = <K extends EventKind>(kind: K): readonly EventData[K][] =>
    events.filter((event) => event.kind === kind).map((event) => event.data as EventData[K]);
  const folder = end.opened ? end.folder : '';
  return {
    end,
    events,
    of,
    folder,
    steps: of('step-ended').map(({ step, outcome, verdict }) => `${step}: ${outcome} ${verdict}`),
    notRun: of('step-not-run').map(({ step }) => step),
    verdictFile: async () => {
      const value = JSON.parse(await readFile(join(folder, 'verdict.json'), 'utf8')) as Record<string, unknown>;
      if (!isVerdictFile(value)) throw new Error(`verdict.json: ${JSON.stringify(isVerdictFile.errors)}`);
      return value;
    },
    audit: async () => (await verifyExecution(folder, {})).map((finding) => JSON.stringify(finding)),
    verifyByPython: () => {
      try {
        return execFileSync('python3', [resolve(import.meta.dirname, '../../tools/verify.py'), folder], { encoding: 'utf8' });
      } catch (error) {
        return String((error as { stdout?: unknown }).stdout ?? error);
      }
    },
  };
}

/** Asks the server directly, beside every guard. */
export async function ask(address: DatabaseAddress, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ ...address, ssl: address.tls });
  await client.connect();
  try {
    let rows: readonly Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows as Record<string, unknown>[];
    return rows;
  } finally {
    await client.end();
  }
}

export function writeIn(sample: Sample, name: string, text: string): Promise<void> {
  return writeFile(join(sample.workspace, name), text);
}

/** Every file below a folder, as text. */
export async function readAll(folder: string): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (path) => ({ path, text: await readFile(path, 'latin1') })));
}
