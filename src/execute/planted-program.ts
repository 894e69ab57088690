/** Programs that a step put where the steps' own search path finds them before others of the same name. */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemPath } from './step-environment.ts';

/**
 * Files in the project's folders of the search path that were made, changed or renamed since `since` (their change time, which
 * no program sets) and that stand in the place of a program in a later folder. Absolute, in order of the path.
 * A program that was not there before (what `pip install` brings) takes nobody's place and is not among them.
 */
export function findPlantedPrograms(folders: readonly string[], since: string): readonly string[] {
  const begun = statSync(since, { throwIfNoEntry: false })?.birthtimeMs;
  if (begun === undefined || begun === 0) return [];
  const path = [...folders.map((folder) => resolve(folder)), ...systemPath];
  return folders.flatMap((_, index) => {
    const folder = path[index] ?? '';
    const later = path.slice(index + 1).filter((other) => other !== folder);
    return namesIn(folder).flatMap((name) => {
      const changed = lstatSync(join(folder, name), { throwIfNoEntry: false })?.ctimeMs ?? 0;
      return changed > begun && later.some((other) => lstatSync(join(other, name), { throwIfNoEntry: false }) !== undefined) ? [join(folder, name)] : [];
    });
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
