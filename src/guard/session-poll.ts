// Sessions round the gateway on a server that does not count them exactly (before version 15): those that are there when it is
// looked. One that lives shorter than the time between two looks is not seen, so this is weaker, and that is said.
import type { Client } from 'pg';

const intervalMs = 20;

export interface SessionPollOptions {
  /** Asked by nobody else while it polls. */
  readonly client: Client;
  /** Process ids of the guard's own sessions at this moment, and of those that it gave to the step. */
  readonly known: () => Iterable<number>;
}

export class SessionPoll {
  readonly #options: SessionPollOptions;
  readonly #before = new Set<number>();
  /** Account by process id. */
  readonly #seen = new Map<number, string>();
  readonly #known = new Set<number>();
  #stopped = false;
  #polling: Promise<void> = Promise.resolve();

  private constructor(options: SessionPollOptions) {
    this.#options = options;
  }

  /** Begins to look; sessions that are there already are nobody's news. Rejects as pg does. */
  static async begin(options: SessionPollOptions): Promise<SessionPoll> {
    const poll = new SessionPoll(options);
    for (const pid of (await poll.#look()).keys()) poll.#before.add(pid);
    poll.#polling = poll.#run();
    return poll;
  }

  /** Ends it and answers with what was seen and is nobody's of the guard, in words. Rejects as pg does. */
  async end(): Promise<readonly string[]> {
    this.#stopped = true;
    await this.#polling;
    for (const [pid, account] of await this.#look()) this.#seen.set(pid, account);
    for (const pid of this.#options.known()) this.#known.add(pid);
    return [...this.#seen].filter(([pid]) => !this.#before.has(pid) && !this.#known.has(pid)).map(([pid, account]) => `\`${account}\`, process ${pid}`);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (const [pid, account] of await this.#look()) this.#seen.set(pid, account);
      // A session is on the server a little before the guard knows its number, and is forgotten a while after its end.
      for (const pid of this.#options.known()) this.#known.add(pid);
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  }

  async #look(): Promise<ReadonlyMap<number, string>> {
    const found = await this.#options.client.query<{ pid: string; account: string | null }>(
      `SELECT pid, usename AS account FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND coalesce(backend_type, 'client backend') = 'client backend'`,
    );
    return new Map(found.rows.map(({ pid, account }) => [Number(pid), account ?? '']));
  }
}
