/** Where the lines of `guard` go: to standard output, to a file, to both or to nobody. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { CommandContext } from './command-context.ts';

export interface GuardRecord {
  /** Throws when the line could not be kept: a guard without its record does not hold. */
  readonly write: (line: string) => void;
  /** The last line; what is said where that could not be kept. */
  readonly end: (line: string) => readonly Diagnostic[];
  readonly close: () => void;
}

/** The file must not be there yet. */
export function openGuardRecord(path: string | undefined, onStdout: boolean, context: CommandContext): Checked<GuardRecord> {
  let file: number | undefined;
  try {
    // It holds what the statements hold: for its owner alone, and never over something that is there.
    if (path !== undefined) file = openSync(resolve(context.workingFolder, path), 'wx', 0o600);
  } catch (error) {
    return { value: undefined, diagnostics: [cannotOpen(path ?? '', error)] };
  }
  const write = (line: string): void => {
    if (onStdout) context.out(line);
    if (file === undefined) return;
    const bytes = Buffer.from(line);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
  };
  const end = (line: string): readonly Diagnostic[] => {
    try {
      write(line);
      return [];
    } catch (error) {
      return [cannotWrite(path ?? '', error)];
    }
  };
  const close = (): void => {
    if (file !== undefined) closeSync(file);
  };
  return { value: { write, end, close }, diagnostics: [] };
}

function cannotOpen(path: string, error: unknown): Diagnostic {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return cannotWrite(path, error);
  return {
    severity: 'error',
    code: 'cli/file-exists',
    message: `\`${path}\` is already there and is not overwritten`,
    help: 'name another file, or remove this one',
  };
}

function cannotWrite(path: string, error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'cli/unwritable-file',
    message: `\`${path}\` cannot be written: ${messageOf(error)}`,
    help: 'name a file in a folder that exists, can be written and has room',
  };
}
