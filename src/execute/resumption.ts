/**
 * Going on with an execution whose process was killed: what must be as it was, what becomes of the attempt that was under way, and the
 * memory of what was done. Nothing is written before all of it is known.
 */
import { scryptSync } from 'node:crypto';
import { join } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ManifestEvidence, OpenedData, StepEndedData } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import type { Plan } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import type { Binding } from '../model/value.ts';
import { readEvidence } from '../journal/evidence-store.ts';
import type { ExecutionFolder } from '../journal/execution-folder.ts';
import type { BegunJournal } from '../journal/journal-begun.ts';
import type { Registration } from '../journal/ledger.ts';
import { attemptName } from './driver.ts';
import type { ExecutionContext } from './execution-context.ts';
import { cutAttempts, type ExecutionHistory, type PastAttempt } from './execution-history.ts';
import { restoreContext } from './restore-context.ts';

/** What a named person says about a step that was under way. */
export interface CutAnswers {
  readonly done: readonly string[];
  readonly notDone: readonly string[];
  readonly by?: string;
}

export interface Resumption {
  /** The execution's own folder, absolute. */
  readonly folder: string;
  readonly begun: BegunJournal;
  readonly history: ExecutionHistory;
  readonly answers: CutAnswers;
}

/** The execution cannot be gone on with as things are; its record is as it was. */
export class ResumeRefused extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics[0]?.message ?? 'the execution cannot be resumed');
    this.name = 'ResumeRefused';
    this.diagnostics = diagnostics;
  }
}

/** A step that ended the runner so often is not attempted once more without a person's word. */
const mostCuts = 3;
const probeTimeoutMs = 60_000;
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

interface CutDecision {
  readonly attempt: PastAttempt;
  readonly cut: NonNullable<StepEndedData['cut']>;
}

/** Restores the memory, compares the database, and decides about what was under way. Rejects with `ResumeRefused`. */
export async function takeUp({ history, answers }: Resumption, context: ExecutionContext): Promise<readonly CutDecision[]> {
  const { guarded, plan } = context;
  const lost = restoreContext(history.events, context);
  if (lost.length > 0)
    throw new ResumeRefused([mismatch(`the value of \`${lost[0]}\` was taken out of a step as a secret, and is in no record`, 'steps that need it could not be carried out')]);
  const database = await guarded?.guard.fingerprint();
  const changed = history.database !== undefined && database !== history.database;
  const cuts = cutAttempts(history);
  if (changed && cuts.length === 0)
    throw new ResumeRefused([mismatch('the database is not as the last step left it', 'protected tables or the schema were changed while nothing was executed')]);
  const decided: CutDecision[] = [];
  for (const attempt of cuts) {
    const step = plan.steps.find(({ id }) => id === attempt.started.step);
    if (step) decided.push({ attempt, cut: await decideCut(step, { changed, cuts: cutsBefore(step, history), answers }, context) });
  }
  return decided;
}

interface CutFacts {
  /** Is the database not as it was before the attempt? */
  readonly changed: boolean;
  /** So many attempts at the step were cut, this one among them. */
  readonly cuts: number;
  readonly answers: CutAnswers;
}

async function decideCut(step: Step, { changed, cuts, answers: { done, notDone, by } }: CutFacts, context: ExecutionContext): Promise<CutDecision['cut']> {
  const { id } = step;
  const said = by === undefined ? {} : { by };
  if (done.includes(id)) return { so: 'done', because: `${by} says that it was done; what it showed is lost`, ...said };
  if (notDone.includes(id)) {
    if (!changed) return { so: 'again', because: `${by} says that it was not done`, ...said };
    return { so: 'in doubt', because: `${by} says that it was not done, yet protected tables or the schema are not as before it`, ...said };
  }
  if (step.doneWhen && context.guarded) {
    const { sql } = step.doneWhen;
    const parameters = step.doneWhen.parameters.map((name) => context.store.get(name)?.value.text ?? null);
    const answer = await context.guarded.guard.assertion({ sql, parameters, mode: 'read', timeoutMs: probeTimeoutMs });
    if (answer.kind !== 'rows') return { so: 'in doubt', because: 'the query that is to tell whether it was done could not be asked' };
    if (answer.rowCount > 0) return { so: 'done', because: 'the query that tells whether it was done has an answer; what it showed is lost' };
    return changed
      ? { so: 'in doubt', because: 'the query says that it was not done, yet protected tables or the schema are not as before it' }
      : { so: 'again', because: 'the query says that it was not done' };
  }
  if (step.once) return { so: 'in doubt', because: 'it may be done only once, and nobody says whether it was done' };
  if (changed) return { so: 'in doubt', because: 'protected tables or the schema are not as before it' };
  if (cuts >= mostCuts) return { so: 'in doubt', because: `it was under way at each of ${cuts} cuts, and may be what ends the runner` };
  return { so: 'again', because: 'it may be repeated' };
}

function cutsBefore({ id }: Step, { attempts }: ExecutionHistory): number {
  return [...attempts.values()].filter(({ started, ended }) => started.step === id && (ended === undefined || ended.cut !== undefined)).length;
}

/** Writes the resumption and the end of each attempt that was under way. */
export async function recordResumption(decided: readonly CutDecision[], argv: readonly string[], context: ExecutionContext): Promise<void> {
  const { record, plan, diagnostics } = context;
  await record.resume({
    cut: decided.map(({ attempt: { started } }) => ({ step: started.step, attempt: started.attempt })),
    argv,
  });
  for (const { attempt, cut } of decided) {
    const { step, attempt: number, kind, title, span } = attempt.started;
    const outcome = cut.so === 'again' ? 'interrupted' : 'in doubt';
    const verdict = cut.so === 'again' ? 'none' : cut.so === 'done' ? 'unproven' : 'error';
    const reason = `step ${step} is in doubt: it was under way when the execution was cut, and ${cut.because}`;
    const ended: StepEndedData = {
      step,
      attempt: number,
      kind,
      title,
      span,
      outcome,
      verdict,
      ...(cut.so === 'again' ? {} : { reason }),
      cut,
      durationMs: 0,
      outputs: [],
      searches: [],
      leftover: [],
      statements: { permitted: 0, refused: 0 },
    };
    await record.record('step-ended', ended, { durable: true });
    // From here on it is known to this process, too.
    context.history?.note(attemptName(step, number), ended);
    const place = plan.steps.find(({ id }) => id === step)?.span;
    if (cut.so !== 'again')
      await diagnostics.report({
        severity: cut.so === 'done' ? 'warning' : 'error',
        code: 'execute/in-doubt',
        message: reason,
        ...(place ? { span: place } : {}),
        label: 'begun, and never ended',
        help: 'look what it did, and execute the plan again',
      });
  }
}
