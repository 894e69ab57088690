/** Plays an act, and holds what came of it against what the table says. */
import { expect } from 'vitest';
import type { Act } from './act.ts';
import type { Grounds } from './ground.ts';
import { executing } from './play-act.ts';
import type { SceneName } from './scene.ts';

/** White space aside: the terminal breaks long lines. */
export const folded = (text: string): string => text.replaceAll(/\s+/g, ' ');

export async function expectAct({ scene, play, exitCode, verdict, names }: Act, grounds: Grounds): Promise<void> {
  const said = await grounds.borrow((ground) => play(ground, scene));
  expect({ exitCode: said.exitCode, verdict: said.verdict?.verdict ?? 'none' }, said.output).toEqual({ exitCode, verdict });
  for (const name of names) expect(folded(said.output)).toContain(folded(name));
  expect(said.output).not.toMatch(/^✓ passed\b/m);
}

/** The scene without a cheat: were it no pass, an act on it would show nothing. */
export async function expectControl(scene: SceneName, grounds: Grounds): Promise<void> {
  const said = await grounds.borrow((ground) => executing({})(ground, scene));
  expect({ exitCode: said.exitCode, verdict: said.verdict?.verdict }, said.output).toEqual({ exitCode: 0, verdict: 'passed' });
}

/** Each scene once. */
export const scenesOf = (acts: readonly Act[]): readonly SceneName[] => [...new Set(acts.map(({ scene }) => scene))];
