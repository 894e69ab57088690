/** Looks up programs on a PATH as execvp does, except that an empty or relative entry (the working directory) is never searched. */
import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** The absolute path of a program, links not resolved; undefined when no entry of the PATH has it. */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of foldersOf(searchPath)) {
    const path = join(folder, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

/** All programs whose whole name matches, in the PATH's order; within a folder by name. */
export async function findPrograms(name: RegExp, searchPath: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of foldersOf(searchPath)) {
    const entries = await readdir(folder).catch(() => []);
    for (const entry of entries.filter((candidate) => name.test(candidate)).sort()) {
      if (await isProgram(join(folder, entry))) found.push(join(folder, entry));
    }
  }
  return found;
}

function foldersOf(searchPath: string): readonly string[] {
  return [...new Set(searchPath.split(delimiter).filter(isAbsolute))];
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
