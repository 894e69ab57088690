/** The embedded databases that those of several plans begin as: what was prepared once, and what a prerequisite has left. */
import { basename, extname } from 'node:path';
import type { DatabaseState } from '../model/environment.ts';
import { exitCodes } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { cacheFolder, stateFolder } from './folder.ts';
import type { JobEnd } from './job.ts';
import type { PlannedJob } from './planned-job.ts';

/** The databases that others begin as: made, handed on, and removed when nobody needs them any more. */
export class StateKeeper {
  mark = '';
  readonly #jobs: readonly PlannedJob[];
  readonly #prepared = new Map<string, DatabaseState>();
  readonly #left = new Map<string, DatabaseState>();
  readonly #done = new Set<string>();

  constructor(jobs: readonly PlannedJob[]) {
    this.#jobs = jobs;
  }

  /** Prepares each environment that several plans begin with once. Answers with how those end whose preparation failed. */
  async prepare(options: { readonly signal: AbortSignal; readonly quiet: boolean }, context: CommandContext): Promise<ReadonlyMap<string, JobEnd>> {
    const [{ prepareState }, { ownerMark }, { isFor }] = await Promise.all([
      import('../environment/database-state.ts'),
      import('../environment/process-identity.ts'),
      import('../environment/prepare.ts'),
    ]);
    this.mark = ownerMark();
    const groups = new Map<string, PlannedJob[]>();
    for (const job of this.#jobs) {
      const { environment, plan } = job.ready;
      if (environment?.database.kind !== 'embedded' || job.base !== undefined) continue;
      const commands = environment.prepare.filter((command) => isFor(command, planOf(plan)));
      if (commands.length === 0) continue;
      const key = JSON.stringify([environment, commands]);
      groups.set(key, [...(groups.get(key) ?? []), job]);
    }
    const failures = new Map<string, JobEnd>();
    for (const group of groups.values()) {
      const [first] = group;
      if (first?.ready.environment === undefined || group.length < 2 || options.signal.aborted) continue;
      const postgresFolder = context.environment['PROOFPLAN_POSTGRES_BIN'];
      if (!options.quiet) context.err(`preparing \`${first.ready.environment.name}\` once for ${group.length} plans\n`);
      const made = await prepareState(first.ready.environment, {
        ...planOf(first.ready.plan),
        stateFolder: stateFolder(),
        cacheFolder: cacheFolder(context),
        processEnvironment: context.environment,
        signal: options.signal,
        ...(options.quiet ? {} : { progress: (text: string) => context.err(`${text}\n`) }),
        ...(postgresFolder === undefined || postgresFolder === '' ? {} : { postgresFolder }),
      });
      await say(context, made.diagnostics);
      const reason = made.diagnostics.find(({ severity }) => severity !== 'warning')?.message ?? 'the environment cannot be prepared';
      for (const job of group) {
        if (made.value) this.#prepared.set(job.key, made.value);
        else failures.set(job.key, { verdict: 'error', exitCode: exitCodes.error, reason });
      }
    }
    return failures;
  }

  /** Does the job's own process run commands that prepare? */
  prepares({ key, base, ready }: PlannedJob): boolean {
    return base === undefined && !this.#prepared.has(key) && (ready.environment?.prepare.length ?? 0) > 0;
  }

  isBase({ key }: PlannedJob): boolean {
    return this.#jobs.some(({ base }) => base === key);
  }

  of(key: string): DatabaseState | undefined {
    return this.#left.get(key);
  }

  from({ key, base }: PlannedJob): DatabaseState | undefined {
    return base === undefined ? this.#prepared.get(key) : this.#left.get(base);
  }

  keep({ key }: PlannedJob, state: DatabaseState): void {
    this.#left.set(key, state);
  }

  /** After a job: what no other one begins as any more goes. */
  async release({ key }: PlannedJob): Promise<void> {
    this.#done.add(key);
    for (const [owner, state] of this.#left) {
      if (this.#jobs.some((job) => job.base === owner && !this.#done.has(job.key))) continue;
      this.#left.delete(owner);
      await discard(state);
    }
  }

  async close(): Promise<void> {
    for (const state of new Set([...this.#left.values(), ...this.#prepared.values()])) await discard(state);
  }
}

async function discard(state: DatabaseState): Promise<void> {
  const { discardState } = await import('../environment/database-state.ts');
  await discardState(state).catch(() => undefined);
}

function planOf({ path, inputs }: PlannedJob['ready']['plan']): { readonly plan: string; readonly inputs: readonly string[] } {
  return { plan: basename(path, extname(path)), inputs: inputs.map(({ name }) => name) };
}
