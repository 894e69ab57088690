// Every way to look passed that the list knows, played on the real backend with the real command line: anything but a pass, and
// the departure named. The same scenes without a cheat pass, so that it is the cheat that is caught.
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import type { Act } from './act.ts';
import { actGroups, allActs } from './act-table.ts';
import { expectAct, expectControl, scenesOf } from './expect-act.ts';
import { openGrounds, type Grounds } from './ground.ts';

/** The others: `npm run soak`. */
const isOften = ({ soak }: Act): boolean => soak === undefined;
const played = allActs.filter(isOften);

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

describe.each(actGroups)('$heading', ({ acts }) => {
  test.concurrent.each(acts.filter(isOften).map((act) => [act.id, act] as const))('%s', (_, act) => expectAct(act, grounds));
});
