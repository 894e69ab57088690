/** One way to look passed without doing the plan, as data: what it is, how it is played, and what must come of it. */
import type { Ground, Said } from './ground.ts';
import type { SceneName } from './scene.ts';

/** Who cheats: the one who writes the plan, a program that the plan calls, somebody beside the runner, somebody who comes afterwards. */
type Cheater = 'author' | 'program' | 'accomplice' | 'afterwards';

export interface Act {
  /** Unique, kebab-case. */
  readonly id: string;
  /** The words of `fixtures/cheating/workarounds.md` that this act plays, as they stand there. */
  readonly quote: string;
  /** What is done, in one sentence for the document. */
  readonly done: string;
  readonly by: Cheater;
  /** The same scene without the cheat passes: the control. */
  readonly scene: SceneName;
  readonly play: Play;
  /** Of the last command that `play` gives. */
  readonly exitCode: number;
  /** Of the execution; `none` where nothing was executed, or where the record of an honest execution was touched afterwards. */
  readonly verdict: 'none' | 'unproven' | 'failed' | 'refused' | 'error';
  /** What the output must say, literally, white space aside: the first is the code or the phrase that the document shows. */
  readonly names: readonly string[];
  /** Did the cheat take no effect at all, or is it only told? */
  readonly kept: 'prevented' | 'detected';
  /** What noticed it, in words of the document. */
  readonly layer: string;
  /** Why only `npm run soak` plays it: another act of the phrase is kept the same way, or it needs the machine for itself. */
  readonly soak?: 'as another' | 'alone';
}

export type Play = (ground: Ground, scene: SceneName) => Promise<Said>;

export type Edit = (old: string) => string;

/** Replaces what must be there: a cheat that changes nothing is none. */
export const swap =
  (from: string | RegExp, to: string): Edit =>
  (old) => {
    const changed = old.replace(from, () => to);
    if (changed === old) throw new Error(`nothing to change: ${String(from)}`);
    return changed;
  };

export const chain =
  (...edits: readonly Edit[]): Edit =>
  (old) =>
    edits.reduce((text, edit) => edit(text), old);

export const fenced = (command: string, language = 'bash'): string => `\`\`\`${language}\n${command}\n\`\`\``;
