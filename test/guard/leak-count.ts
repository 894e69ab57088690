/** What a gateway could leave behind: descriptors of this process, and sessions at the server. */
import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { connect, reading, type Guarded } from './fixture.ts';

export interface Held {
  readonly descriptors: number;
  readonly sessions: number;
}

/** What the first use of anything opens for good (the parser's worker) is not a leak. */
export async function warmUp({ guard }: Guarded): Promise<void> {
  const door = await guard.open('0', reading);
  const client = await connect(door.url);
  await client.query('SELECT 1');
  await client.end();
  await door.close();
}

export async function countHeld({ direct }: Guarded): Promise<Held> {
  const found = await direct.query<{ n: number }>("SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend'");
  return { descriptors: readdirSync('/proc/self/fd').length, sessions: found.rows[0]?.n ?? -1 };
}

/** Waits until no more is held than before; a leak fails. */
export async function expectNothingLeft(guarded: Guarded, before: Held): Promise<void> {
  await expect
    .poll(
      async () => {
        const { descriptors, sessions } = await countHeld(guarded);
        return { descriptors: Math.max(0, descriptors - before.descriptors), sessions: Math.max(0, sessions - before.sessions) };
      },
      { timeout: 15_000, interval: 100 },
    )
    .toEqual({ descriptors: 0, sessions: 0 });
}
