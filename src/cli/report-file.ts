/** Writes a report to its place: whole or not at all, and never into a record. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import { executionFiles } from '../model/journal-entry.ts';
import type { CommandContext } from './command-context.ts';

/** `replace`: what is there gives way; `keep`: it is an error; `append`: behind what is there (GITHUB_STEP_SUMMARY). */
export type WriteMode = 'replace' | 'keep' | 'append';

/** Undefined when it was written. Folders on the way are made. */
export async function writeReportFile(path: string, pieces: AsyncIterable<string>, mode: WriteMode, context: CommandContext): Promise<Diagnostic | undefined> {
  const target = resolve(context.workingFolder, path);
  const unfit = await unfitTarget(path, target, mode);
  if (unfit !== undefined) return unfit;
  try {
    await makeFolder(dirname(target));
    if (mode === 'append') await append(target, pieces);
    else await replace(target, pieces, mode);
    return undefined;
  } catch (error) {
    return notWritten(path, messageOf(error));
  }
}

/** Why nothing may be written there, before anything is made. */
export async function unfitTarget(path: string, target: string, mode: WriteMode): Promise<Diagnostic | undefined> {
  const help = 'name another place';
  if (ancestors(target).some((folder) => existsSync(join(folder, executionFiles.journal))))
    return {
      severity: 'error',
      code: 'cli/unwritable-file',
      message: `\`${path}\` lies in the folder of an execution, whose files are its record`,
      help: 'name a place outside of it',
    };
  const there = await stat(target).catch(() => undefined);
  if (there === undefined) return undefined;
  if (there.isDirectory())
    return {
      severity: 'error',
      code: 'cli/unwritable-file',
      message: `\`${path}\` is a folder`,
      help: `name a file in it, such as \`${join(path, 'report')}\``,
    };
  if (mode === 'keep')
    return { severity: 'error', code: 'cli/file-exists', message: `\`${path}\` is already there and is not overwritten`, help: `${help}, or pass --force` };
  return undefined;
}

function ancestors(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...ancestors(folder)];
}

/** Folder by folder: node's own recursive form never ends where the system says that a parent is not there which is (`/proc`). */
async function makeFolder(folder: string): Promise<void> {
  for (const each of [...ancestors(folder).toReversed(), folder]) {
    if (!existsSync(each)) await mkdir(each).catch((error: unknown) => (existsSync(each) ? undefined : Promise.reject(error)));
  }
}

/** A report of an earlier execution must not stand where the one of this execution belongs. */
export async function removeReportFile(path: string, context: CommandContext): Promise<void> {
  const target = resolve(context.workingFolder, path);
  const there = await stat(target).catch(() => undefined);
  if (there?.isFile() === true) await rm(target, { force: true }).catch(() => undefined);
}

async function replace(target: string, pieces: AsyncIterable<string>, mode: WriteMode): Promise<void> {
  const there = await stat(target).catch(() => undefined);
  // A device or a pipe is written to; a file gives way to a whole one.
  if (there !== undefined && !there.isFile()) return writeTo(await open(target, 'w'), pieces);
  const made = join(dirname(target), `.${basename(target).slice(0, 100)}-${randomUUID()}`);
  try {
    await writeTo(await open(made, 'wx', 0o666), pieces);
    // Between the look and this moment somebody may have written there: with `keep`, that one stays.
    if (mode === 'keep' && existsSync(target)) throw new Error('a file of this name has appeared');
    await rename(made, target);
  } catch (error) {
    await rm(made, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function append(target: string, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) await appendFile(target, piece);
}

/** In blocks: a report may have a million small pieces. */
async function writeTo(file: FileHandle, pieces: AsyncIterable<string>): Promise<void> {
  try {
    let block = '';
    for await (const piece of pieces) {
      block += piece;
      if (block.length < 1 << 18) continue;
      await file.writeFile(block);
      block = '';
    }
    await file.writeFile(block);
  } finally {
    await file.close();
  }
}

function notWritten(path: string, why: string): Diagnostic {
  return {
    severity: 'error',
    code: 'report/not-rendered',
    message: `\`${path}\` was not written: ${why}`,
    help: 'name a file in a folder that can be written, and render it again with `proofplan report`',
  };
}
