import { createHash } from 'node:crypto';
import { arch, platform, release } from 'node:os';
import type { ReadyEnvironment } from '../model/environment.ts';
import type { OpenedData } from '../model/event.ts';
import { readingOf } from '../model/reading.ts';
import type { Redactor } from '../model/redactor.ts';
import type { Plan } from '../model/plan.ts';
import type { Binding } from '../model/value.ts';
import type { DatabaseFacts } from '../environment/probe.ts';
import { renderCanonicalJson } from '../journal/canonical-json.ts';
import type { Registration } from '../journal/ledger.ts';
import type { ExecutionIsolation } from './execution-isolation.ts';
import type { ExecuteOptions } from './execution-option.ts';
import { redactArgv } from './secret-set.ts';
import { stepEnvironment } from './step-environment.ts';
import type { WorkspaceReading } from './workspace-state.ts';

export interface OpeningFacts {
  readonly options: ExecuteOptions;
  readonly registration: Registration;
  readonly workspace: WorkspaceReading;
  readonly inputs: readonly Binding[];
  readonly ready: ReadyEnvironment | undefined;
  readonly account: DatabaseFacts | undefined;
  readonly isolation: ExecutionIsolation | undefined;
  readonly redactor: Redactor;
}

/** Everything that was fixed before the first act, for the journal's first entry. */
export function openedData({ options, registration, workspace, inputs, ready, account, isolation, redactor }: OpeningFacts): OpenedData {
  const { plan, planBytes, addendumBytes, environment, toolVersion, argv, dryRun = false, only = null, processEnvironment, toolFolders = [] } = options;
  return {
    plan: { path: plan.path, sha256: plan.sha256, bytes: planBytes.byteLength, stream: 'plan', title: plan.title, form: plan.form },
    ...(plan.addendum && addendumBytes ? { addendum: { ...plan.addendum, bytes: addendumBytes.byteLength, stream: 'addendum' } } : {}),
    readingSha256: digestOfReading(plan),
    attempt: registration.attempt,
    ledger: { seq: registration.seq, hash: registration.hash },
    tool: { name: 'proofplan', version: toolVersion, node: process.version },
    host: { platform: platform(), release: release(), architecture: arch(), user: process.getuid?.() ?? null },
    argv: redactArgv(argv, redactor),
    workspace: workspace.state,
    environment: environment?.name ?? null,
    environmentNames: Object.keys(stepEnvironment({ config: environment, processEnvironment, toolFolders, temporaryFolder: '' })).sort(),
    ...(ready?.database ? { database: databaseOf(ready, account) } : {}),
    inputs: inputs.map(({ name, value, origin, secret }) => ({
      name,
      text: secret ? '***' : value.text,
      type: value.type,
      origin,
      ...(secret ? { secret } : {}),
    })),
    ...(isolation ? { isolation: levelOf(isolation) } : {}),
    options: { dryRun, only },
    steps: plan.steps.map(({ id, kind, title, section, role, span, expectations }) => ({
      id,
      kind,
      title,
      section,
      role,
      span,
      expectations: expectations.length,
    })),
  };
}

function levelOf({ support: { level, reason } }: ExecutionIsolation): NonNullable<OpenedData['isolation']> {
  return { level, ...(reason === undefined ? {} : { reason }) };
}

/** SHA-256 of the canonical JSON of what the plan means (`readingOf`), lower hex. */
function digestOfReading(plan: Plan): string {
  return createHash('sha256')
    .update(renderCanonicalJson(readingOf(plan)), 'utf8')
    .digest('hex');
}

function databaseOf(ready: ReadyEnvironment, account: DatabaseFacts | undefined): NonNullable<OpenedData['database']> {
  return {
    version: ready.serverVersion ?? account?.version ?? 'unknown',
    user: ready.database?.user ?? '',
    name: ready.database?.database ?? '',
    ownServer: ready.ownServer,
    superuser: account?.superuser ?? false,
  };
}
