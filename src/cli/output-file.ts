/** Writes what a command was asked to make. Nothing that is there is overwritten unless the command says so. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { CommandContext } from './command-context.ts';

/** Undefined when the file was written. `overwrite` is undefined where a command never does, else whether it may now. */
export async function writeOutput(path: string, text: string, overwrite: boolean | undefined, context: CommandContext): Promise<Diagnostic | undefined> {
  try {
    // `wx` fails on anything that is there, links too, without a moment in between.
    await writeFile(resolve(context.workingFolder, path), text, { flag: overwrite === true ? 'w' : 'wx' });
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      const help = overwrite === undefined ? 'name another file, or remove this one' : 'name another file, or pass --force';
      return { severity: 'error', code: 'cli/file-exists', message: `\`${path}\` is already there and is not overwritten`, help };
    }
    return {
      severity: 'error',
      code: 'cli/unwritable-file',
      message: `\`${path}\` cannot be written: ${messageOf(error)}`,
      help: 'name a file in a folder that exists and can be written',
    };
  }
}
