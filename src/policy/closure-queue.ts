/** The order in which a closure is worked off: each thing once, breadth first so that chains are short, and not without end. */

/** Links of a chain, and things of one closure: more is not followed. */
const longestChain = 60;
const mostJobs = 50_000;

export class ClosureQueue {
  readonly #seen = new Set<string>();
  readonly #jobs: (() => Promise<void>)[] = [];
  readonly #waiting: (() => boolean)[] = [];
  /** Something was left out. */
  #cut = false;

  /** Takes a job on, unless one of that key was. */
  once(key: string, chain: readonly string[], job: () => Promise<void>): void {
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (chain.length > longestChain) this.#cut = true;
    else this.#jobs.push(job);
  }

  /** Goes on as soon as the condition is met, which other jobs may bring about. */
  when(met: () => boolean, then: () => void): void {
    const tried = (): boolean => {
      if (!met()) return false;
      then();
      return true;
    };
    if (!tried()) this.#waiting.push(tried);
  }

  /** True where everything was followed. */
  async workOff(): Promise<boolean> {
    for (let done = 0; done < this.#jobs.length; ) {
      if (done >= mostJobs) return false;
      await this.#jobs[done]?.();
      done += 1;
      if (done < this.#jobs.length) continue;
      for (const tried of this.#waiting.splice(0)) if (!tried()) this.#waiting.push(tried);
    }
    return !this.#cut;
  }
}
