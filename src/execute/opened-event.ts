import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { arch, hostname, platform, release } from 'node:os';
import type { ReadyEnvironment } from '../model/environment.ts';
import type { ManifestEvidence, OpenedData } from '../model/event.ts';
import { readingOf } from '../model/reading.ts';
import type { Redactor } from '../model/redactor.ts';
import type { Plan } from '../model/plan.ts';
import type { Binding } from '../model/value.ts';
import type { DatabaseFacts } from '../environment/probe.ts';
import { renderCanonicalJson } from '../journal/canonical-json.ts';
import type { Registration } from '../journal/ledger.ts';
import type { ExecutionIsolation } from './execution-isolation.ts';
import type { ExecuteOptions } from './execution-option.ts';
import { plainData } from './execution-record.ts';
import { checkOfSecret } from './resume-ground.ts';
import { redactArgv } from './secret-set.ts';
import { stepEnvironment } from './step-environment.ts';
import type { WorkspaceReading } from './workspace-state.ts';

export interface OpeningFacts {
  readonly options: ExecuteOptions;
  readonly registration: Registration;
  readonly execution: string;
  readonly workspace: WorkspaceReading;
  /** The tested source by its digests, as it is kept. */
  readonly manifest?: ManifestEvidence;
  readonly inputs: readonly Binding[];
  readonly ready: ReadyEnvironment | undefined;
  readonly account: DatabaseFacts | undefined;
  readonly isolation: ExecutionIsolation | undefined;
  readonly redactor: Redactor;
}

/** Everything that was fixed before the first act, for the journal's first entry. */
export function openedData(facts: OpeningFacts): OpenedData {
  const { options, registration, execution, workspace, manifest, inputs, ready, account, isolation, redactor } = facts;
  const { plan, planBytes, addendumBytes, argv, dryRun = false, only = null, timeoutMs, attest = [] } = options;
  const secret = inputs.filter((input) => input.secret && input.value.text !== null);
  return {
    plan: { path: plan.path, sha256: plan.sha256, bytes: planBytes.byteLength, stream: 'plan', title: plan.title, form: plan.form },
    ...(plan.addendum && addendumBytes ? { addendum: { ...plan.addendum, bytes: addendumBytes.byteLength, stream: 'addendum' } } : {}),
    ...groundOf(options, redactor),
    attempt: registration.attempt,
    ledger: { seq: registration.seq, hash: registration.hash },
    argv: redactArgv(argv, redactor),
    workspace: {
      ...workspace.state,
      ...(workspace.digest === undefined ? {} : { digest: workspace.digest }),
      ...(workspace.trackedDigest === undefined ? {} : { trackedDigest: workspace.trackedDigest }),
      ...(manifest ? { files: manifest } : {}),
    },
    ...(ready?.database ? { database: databaseOf(ready, account) } : {}),
    ...(options.prerequisites ? { prerequisites: options.prerequisites } : {}),
    ...(options.set ? { set: options.set } : {}),
    inputs: inputs.map(({ name, value, origin, secret }) => ({
      name,
      text: secret ? '***' : value.text,
      type: value.type,
      origin,
      ...(secret ? { secret } : {}),
    })),
    ...(isolation ? { isolation: levelOf(isolation) } : {}),
    ...(secret.length === 0 ? {} : { secrets: Object.fromEntries(secret.map(({ name, value }) => [name, checkOfSecret(value.text ?? '', execution)])) }),
    options: { dryRun, only, ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(attest.length === 0 ? {} : { attest }) },
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

/** What must be the same when a cut execution is resumed, of what is known before anything is made ready. */
export function groundOf(
  { plan, environment, toolVersion, processEnvironment, toolFolders = [] }: ExecuteOptions,
  redactor: Redactor,
): Pick<OpenedData, 'readingSha256' | 'tool' | 'host' | 'environment' | 'environmentSha256' | 'environmentNames'> {
  const inherited = stepEnvironment({ config: environment, processEnvironment, toolFolders, temporaryFolder: '' });
  // An address is compared by what it leads to; its password is nobody's business.
  const { database, ...config } = environment ?? { database: { kind: 'none' } };
  const known = renderCanonicalJson(plainData({ ...config, database: database.kind, path: inherited['PATH'] ?? '' }, redactor));
  return {
    readingSha256: digestOfReading(plan),
    tool: { name: 'proofplan', version: toolVersion, node: process.version },
    host: { platform: platform(), release: release(), architecture: arch(), user: process.getuid?.() ?? null, machine: machineOf() },
    environment: environment?.name ?? null,
    environmentSha256: createHash('sha256').update(known).digest('hex'),
    environmentNames: Object.keys(inherited).sort(),
  };
}

/** Tells one machine from another without naming it. */
function machineOf(): string {
  let id = '';
  try {
    id = readFileSync('/etc/machine-id', 'utf8');
  } catch {
    // A container may have none; then its name has to do.
  }
  return createHash('sha256').update(`${hostname()}\n${id}`).digest('hex').slice(0, 16);
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
    ...(ready.copyOf === undefined ? {} : { copyOf: ready.copyOf }),
  };
}
