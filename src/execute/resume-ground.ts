/** What an execution that was cut rests on: it must be as it was, or nobody goes on with it. Nothing is written here. */
import { scryptSync } from 'node:crypto';
import { join } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ManifestEvidence, OpenedData } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import type { Plan } from '../model/plan.ts';
import type { Binding } from '../model/value.ts';
import { readEvidence } from '../journal/evidence-store.ts';
import type { ExecutionFolder } from '../journal/execution-folder.ts';
import type { Registration } from '../journal/ledger.ts';
import type { Resumption } from './execution-history.ts';

/** The execution cannot be gone on with as things are; its record is as it was. */
export class ResumeRefused extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics[0]?.message ?? 'the execution cannot be resumed');
    this.name = 'ResumeRefused';
    this.diagnostics = diagnostics;
  }
}

const mostManifestBytes = 64 << 20;

export function mismatch(what: string, ...notes: readonly string[]): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/not-resumable',
    message: `the execution cannot be resumed: ${what}`,
    notes: [...notes, 'the record is as it was'],
    help: 'bring back what was there, or execute the plan again',
  };
}

/** Facts that are fixed when an execution opens, and must be the same when it is resumed. */
export type OpeningFacts = Pick<OpenedData, 'readingSha256' | 'tool' | 'host' | 'environment' | 'environmentSha256' | 'environmentNames'> & {
  readonly plan: Pick<OpenedData['plan'], 'sha256'>;
  readonly addendum?: Pick<NonNullable<OpenedData['addendum']>, 'sha256'>;
};

/** Everything that differs, each in a message. */
export function compareOpening(before: OpeningFacts, now: OpeningFacts): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const compare = (what: string, then: string | null | undefined, today: string | null | undefined): void => {
    if (then !== today) found.push(mismatch(what, `at the beginning: ${then ?? 'none'}`, `now: ${today ?? 'none'}`));
  };
  compare('the plan is not the one that was executed', before.plan.sha256, now.plan.sha256);
  compare('the addendum is not the one that was executed', before.addendum?.sha256, now.addendum?.sha256);
  compare('the plan is read in another way than it was', before.readingSha256, now.readingSha256);
  compare('another version of proofplan executed it', before.tool.version, now.tool.version);
  compare('another version of Node executed it', before.tool.node, now.tool.node);
  compare('it was executed on another machine', before.host.machine, now.host.machine);
  compare('it was executed by another user', String(before.host.user), String(now.host.user));
  compare('its environment is another one', before.environment, now.environment);
  compare('the configuration of its environment is another one', before.environmentSha256, now.environmentSha256);
  compare('the environment variables of its steps are others', before.environmentNames.join(', '), now.environmentNames.join(', '));
  return found;
}

/** Tells whether a secret that is given again is the same, without telling the secret (RFC 7914, N = 2^14). */
export function checkOfSecret(text: string, execution: string): string {
  return scryptSync(text, execution, 32).toString('hex');
}

/** The values of the beginning; secrets must be given again. */
export function restoreInputs(
  { begun: { execution }, history }: Resumption,
  given: readonly Binding[],
): { readonly value: readonly Binding[]; readonly diagnostics: readonly Diagnostic[] } {
  const { inputs, secrets = {} } = history.opened;
  const diagnostics: Diagnostic[] = [];
  const value = inputs.map(({ name, text, type, origin, secret }): Binding => {
    const again = given.find((binding) => binding.name === name);
    if (!secret) {
      if (again && again.value.text !== text) diagnostics.push(mismatch(`\`${name}\` was given another value`, `at the beginning: ${text}`));
      return { name, value: { type, text }, origin };
    }
    const known = again?.value.text ?? undefined;
    if (known === undefined || checkOfSecret(known, execution) !== secrets[name]) {
      const missing = known === undefined ? `the secret \`${name}\` is in no record, and has to be given again` : `the secret \`${name}\` is another one`;
      diagnostics.push({ ...mismatch(missing), help: `give it with --set-secret ${name}` });
    }
    return { name, value: { type, text: known ?? null }, origin, secret };
  });
  for (const { name } of given) if (!inputs.some((input) => input.name === name)) diagnostics.push(mismatch(`\`${name}\` was not given at the beginning`));
  return { value, diagnostics };
}

/** What is compared of the documents of a plan. */
export function documentsOf({ plan }: { readonly plan: Plan }): Pick<OpeningFacts, 'plan' | 'addendum'> {
  return { plan: { sha256: plan.sha256 }, ...(plan.addendum ? { addendum: { sha256: plan.addendum.sha256 } } : {}) };
}

export function registrationOf({ attempt, ledger: { seq, hash } }: OpenedData): Registration {
  return { attempt, seq, hash };
}

/** Which embedded database is to be opened again. */
export function reopenOf({ begun: { execution }, history }: Resumption): { readonly execution: string; readonly owner: string; readonly database: string } {
  const { user = '', name = '' } = history.opened.database ?? {};
  return { execution, owner: user, database: name };
}

export function stillRunning({ folder }: ExecutionFolder, holder: string): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/still-running',
    message: `another process writes the record in \`${folder}\``,
    notes: [`holder: ${holder}`],
    help: `wait for its end; if no proofplan runs there, remove \`${join(folder, executionFiles.lock)}\``,
  };
}

/** The tested source at the beginning. Rejects with `ResumeRefused` where the record does not hold it any more. */
export async function readManifest(folder: string, { sha256 }: ManifestEvidence): Promise<Readonly<Record<string, string>>> {
  const kept = await readEvidence(folder, sha256, mostManifestBytes);
  if (!kept.value) throw new ResumeRefused(kept.diagnostics);
  return JSON.parse(kept.value.bytes.toString('utf8')) as Readonly<Record<string, string>>;
}
