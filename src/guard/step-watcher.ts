// Looks before and after each step, and at what happened in between: rows, schema, sessions, strangers at the gateway, files.
import type { StepWatch, TripwireFinding } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { Access } from '../model/step.ts';
import type { Gateway } from './gateway.ts';
import type { SqliteWatch } from './sqlite-watch.ts';
import { compareMarks, type Tripwire, type TripwireMark } from './tripwire.ts';

/** Nobody's: what changes while no step is running. */
const noAccess: Access = { capability: 'none', writes: [] };

/** One execution's; its steps come one after the other. */
export class StepWatcher {
  readonly #tripwire: Tripwire;
  readonly #gateway: Gateway;
  readonly #sqlite: SqliteWatch | undefined;
  readonly #suspect: (reason: string) => void;
  #last: TripwireMark | undefined;
  readonly #limitsSaid = new Set<string>();
  /** So many strangers were told of. */
  #told = 0;

  constructor(tripwire: Tripwire, gateway: Gateway, sqlite: SqliteWatch | undefined, suspect: (reason: string) => void) {
    this.#tripwire = tripwire;
    this.#gateway = gateway;
    this.#sqlite = sqlite;
    this.#suspect = suspect;
  }

  /** Never rejects: a tripwire that cannot look is a finding. */
  async watch(access: Access, folders: readonly string[]): Promise<StepWatch> {
    let before: TripwireMark | undefined;
    let between: readonly TripwireFinding[] = [];
    try {
      before = await this.#tripwire.mark();
      await this.#tripwire.beginStep();
      if (this.#last !== undefined)
        between = compareMarks(this.#last, before, noAccess).map((finding) => ({ ...finding, what: `${finding.what}, between this step and the one before` }));
    } catch (error) {
      between = [this.#blind(error)];
    }
    const files = this.#sqlite?.begin(folders);
    return {
      processStarted: (pid) => files?.processStarted(pid),
      compare: async () => [...between, ...(await this.#compare(before, access)), ...this.strangers(), ...(files?.compare() ?? []), ...this.#newLimits()],
    };
  }

  async #compare(before: TripwireMark | undefined, access: Access): Promise<readonly TripwireFinding[]> {
    if (before === undefined) return [];
    try {
      const after = await this.#tripwire.mark();
      this.#last = after;
      return [...compareMarks(before, after, access), ...(await this.#tripwire.strangeSessions())];
    } catch (error) {
      return [this.#blind(error)];
    }
  }

  /** Those that nobody was told of yet. A daemon of an earlier step comes when it likes, also while no program runs. */
  strangers(): readonly TripwireFinding[] {
    const news = this.#gateway.strangers.slice(this.#told);
    this.#told += news.length;
    return news.map(({ user }) => ({
      kind: 'sessions',
      what: `somebody came to the gateway as \`${user}\` with a token that is not good, or not any more`,
      explained: false,
    }));
  }

  /** What weakens the tripwires is said once each. */
  #newLimits(): readonly TripwireFinding[] {
    const news = this.#tripwire.limits.filter((what) => !this.#limitsSaid.has(what));
    for (const what of news) this.#limitsSaid.add(what);
    return news.map((what) => ({ kind: 'sessions', what, explained: true }));
  }

  #blind(error: unknown): TripwireFinding {
    this.#suspect(messageOf(error));
    return { kind: 'rows', what: `the tripwires could not look: ${messageOf(error)}`, explained: false, blind: true };
  }
}
