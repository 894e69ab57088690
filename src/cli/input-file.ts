/** Reads what a command names: a file or standard input (`-`). Whatever is wrong with it is said with place, fact and next action. */
import { readdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { CommandContext } from './command-context.ts';

/** `path` is what messages call it; `absolute` is undefined for standard input. */
export interface InputFile {
  readonly path: string;
  readonly absolute: string | undefined;
  readonly bytes: Uint8Array;
}

const standardInputName = '<stdin>';

const maximumBytes = 32 * 1024 * 1024;

export async function readInput(path: string, context: CommandContext, helpFor = similarHelp): Promise<Checked<InputFile>> {
  if (path === '-') return keep(context, { path: standardInputName, absolute: undefined, bytes: await context.readStandardInput() });
  const absolute = resolve(context.workingFolder, path);
  try {
    const status = await stat(absolute);
    if (status.isDirectory()) return cannot('cli/not-a-file', `\`${path}\` is a folder`, folderHelp(absolute, path));
    if (!status.isFile() && !status.isFIFO() && !status.isCharacterDevice()) return cannot('cli/not-a-file', `\`${path}\` is neither a file nor a pipe`, 'name a file');
    if (status.size > maximumBytes) return cannot('cli/file-too-large', `\`${path}\` has ${status.size} bytes, and at most ${maximumBytes} are read`, 'name a plan document');
    return keep(context, { path, absolute, bytes: await readFile(absolute) });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return cannot('cli/no-such-file', `there is no file \`${path}\``, helpFor(absolute, path));
    return cannot('cli/unreadable-file', `\`${path}\` cannot be read: ${messageOf(error)}`, 'correct its permissions, or name another file');
  }
}

/** The file where it is, undefined where it is not: for what may stand beside a plan. */
export async function readOptional(path: string, context: CommandContext): Promise<Checked<InputFile>> {
  // No name like it is sought: in a folder of hundreds that costs more than reading a plan.
  const read = await readInput(path, context, () => '');
  return read.diagnostics[0]?.code === 'cli/no-such-file' ? { value: undefined, diagnostics: [] } : read;
}

function keep(context: CommandContext, file: InputFile): Checked<InputFile> {
  // Spans count from behind a byte order mark, and TextDecoder takes it away.
  context.sources.set(file.path, new TextDecoder().decode(file.bytes));
  return { value: file, diagnostics: [] };
}

function cannot(code: DiagnosticCode, message: string, help: string): Checked<never> {
  const diagnostic: Diagnostic = { severity: 'error', code, message, help };
  return { value: undefined, diagnostics: [diagnostic] };
}

function similarHelp(absolute: string, path: string): string {
  const near = nearestName(basename(absolute), list(dirname(absolute)));
  if (near !== undefined) return `did you mean \`${path.slice(0, path.length - basename(path).length)}${near}\`?`;
  return 'name an existing file, or `-` for standard input';
}

function folderHelp(absolute: string, path: string): string {
  const plan = list(absolute).find((name) => name.endsWith('.md') || name.endsWith('.plan.yaml'));
  return plan === undefined ? 'name a plan document' : `name a plan document, such as \`${path.replace(/\/$/, '')}/${plan}\``;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
