// Every way to look passed that the list knows, played on the real backend with the real command line: anything but a pass, and
// the departure named. The same scenes without a cheat pass, so that it is the cheat that is caught.
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import type { Act } from './act.ts';
import { actGroups, allActs } from './act-table.ts';
import { expectAct, expectControl, scenesOf } from './expect-act.ts';
import { openGrounds, type Grounds } from './ground.ts';

/** Every sixteenth of those that need not the machine for themselves; all of them: `npm run soak`. */
const played = allActs.filter(({ soak }) => soak === undefined).filter((_, index) => index % 16 === 0);
const isPlayed = (act: Act): boolean => played.includes(act);

// No more at a time than there are grounds: what waits for one would lose its time.
const places = 2;
vi.setConfig({ maxConcurrency: places });

let grounds: Grounds;
beforeAll(async () => {
  grounds = await openGrounds(places);
});
afterAll(() => grounds.close());

describe('the control', () => {
  test.concurrent.each(scenesOf(played))('%s passes', (scene) => expectControl(scene, grounds));
});

describe.each(actGroups.filter(({ acts }) => acts.some(isPlayed)))('$heading', ({ acts }) => {
  test.concurrent.each(acts.filter(isPlayed).map((act) => [act.id, act] as const))('%s', (_, act) => expectAct(act, grounds));
});
