/**
 * The runner's own program: a step that is not kept apart from it, or somebody beside it, could change how it judges. Files are told
 * apart by their signs; the content decides where they moved, so that a build that makes the same again is no change.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { compareFileMarks, markFile, type FileMark } from './file-mark.ts';

/** More are not looked at: a runner has some hundred. */
const mostFiles = 20_000;
/** What Node loads: some megabytes. A database server's binaries are told apart by their signs alone. */
const programText = /\.(?:[cm]?js|json|wasm)$/;

/** Files with their marks, by absolute path. */
export type RunnerFiles = ReadonlyMap<string, FileMark>;

/** The files in and below these paths as they are now. Links below them are not followed. Never throws. */
export function markRunnerFiles(paths: readonly string[]): RunnerFiles {
  const marks = new Map<string, FileMark>();
  for (const path of filesBelow(paths))
    marks.set(
      path,
      markFile(path, () => programText.test(path)),
    );
  return marks;
}

/** One message for all that was changed, made or removed since; none where nothing was. */
export function changedRunnerFiles(paths: readonly string[], before: RunnerFiles): readonly Diagnostic[] {
  const after = new Map<string, FileMark>();
  for (const path of filesBelow(paths)) after.set(path, markAgain(path, before.get(path)));
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((path) => isChanged(before.get(path), after.get(path)));
  const [first] = changed;
  if (first === undefined) return [];
  const others = changed.length - 1;
  return [
    {
      severity: 'error',
      code: 'execute/runner-changed',
      message: `\`${first}\`${others === 0 ? '' : ` and ${others} more`} of the runner itself changed during the execution`,
      notes: ['what judged at the end may not be what judged at the start'],
      help: 'find out what writes there, and execute the plan again',
    },
  ];
}

/** Content is read again only where the signs moved. */
function markAgain(path: string, before: FileMark | undefined): FileMark {
  const mark = markFile(path, () => false);
  if (before === undefined || (mark.sign === before.sign && !before.young)) return before?.sign === mark.sign ? before : mark;
  return markFile(path, () => programText.test(path));
}

function isChanged(before: FileMark | undefined, after: FileMark | undefined): boolean {
  if (before === undefined || after === undefined) return true;
  const change = compareFileMarks(before, after);
  return change !== 'none' && change !== 'same content';
}

function filesBelow(paths: readonly string[]): readonly string[] {
  const found: string[] = [];
  const folders: string[] = [];
  for (const path of paths) if (!isFolder(path, folders)) found.push(path);
  for (let folder = folders.pop(); folder !== undefined && found.length < mostFiles; folder = folders.pop()) {
    for (const entry of listFolder(folder)) {
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
      else if (entry.isFile()) found.push(join(folder, entry.name));
    }
  }
  return found;
}

function isFolder(path: string, folders: string[]): boolean {
  try {
    readdirSync(path);
  } catch {
    return false;
  }
  folders.push(path);
  return true;
}

function listFolder(folder: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(folder);
  } catch {
    return [];
  }
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}
