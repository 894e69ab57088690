// Every act: also those that another one of their phrase resembles, and those that every execution on the machine would see. One after the other.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { allActs } from '../cheating/act-table.ts';
import { expectAct, expectControl, scenesOf } from '../cheating/expect-act.ts';
import { openGrounds, type Grounds } from '../cheating/ground.ts';

const played = allActs;

let grounds: Grounds;
beforeAll(async () => {
  grounds = await openGrounds(1);
});
afterAll(() => grounds.close());

describe('the control', () => {
  test.each(scenesOf(played))('%s passes', (scene) => expectControl(scene, grounds));
});

test.each(played.map((act) => [act.id, act] as const))('%s', (_, act) => expectAct(act, grounds));
