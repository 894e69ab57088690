/** What a job is doing, told to whoever began it in lines of JSON before the last, which is its answer: one region shows all jobs. */
import type { Doing, LiveRegion, RegionSlot } from '../report/live-region.ts';

/** Facts are looked at so often; told when they have changed. */
const factsMs = 500;

const mark = '{"doing":';

interface Told {
  readonly doing: { readonly title?: string; readonly facts?: string };
}

/** In the job: lines go where they went, and what is under way is told. */
export function createToldRegion(tell: (line: string) => void, write: (text: string) => void): LiveRegion {
  let timer: NodeJS.Timeout | undefined;
  const set = (doing: Doing | undefined): void => {
    clearInterval(timer);
    let facts = '';
    const say = (told: Told['doing']): void => tell(JSON.stringify({ doing: told } satisfies Told));
    say(doing === undefined ? {} : { title: doing.title });
    if (doing?.facts === undefined) return;
    timer = setInterval(() => {
      const now = doing.facts?.() ?? '';
      if (now !== facts) say({ facts: now });
      facts = now;
    }, factsMs);
    timer.unref();
  };
  const close = (): void => clearInterval(timer);
  return { open: () => ({ line: (text) => write(`${text}\n`), set, close }), above: (put) => put(), close };
}

/** At the other end: answers whether the line was one of these. What is none of them is not read here. */
export function createToldReader(slot: Pick<RegionSlot, 'set'> | undefined): (line: string) => boolean {
  let facts = '';
  return (line) => {
    if (!line.startsWith(mark)) return false;
    try {
      const { doing } = JSON.parse(line) as Told;
      if (doing.facts !== undefined) {
        ({ facts } = doing);
        return true;
      }
      facts = '';
      const { title } = doing;
      slot?.set(title === undefined ? undefined : { title, facts: () => facts });
    } catch {
      // A line that was cut with its process: nothing more is under way.
    }
    return true;
  };
}
