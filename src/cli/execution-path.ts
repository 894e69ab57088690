import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Checked } from '../model/diagnostic.ts';
import { executionFiles } from '../model/journal-entry.ts';
import type { CommandContext } from './command-context.ts';

/** The folder of an execution: given itself, or as the output folder whose newest it is. `path` is how messages call it. */
export function findExecution(path: string, context: CommandContext): Checked<{ readonly path: string; readonly absolute: string }> {
  for (const candidate of [path, join(path, 'latest')]) {
    const absolute = resolve(context.workingFolder, candidate);
    if (existsSync(join(absolute, executionFiles.journal))) return { value: { path: candidate, absolute }, diagnostics: [] };
  }
  const exists = existsSync(resolve(context.workingFolder, path));
  const message = exists ? `\`${path}\` is not the folder of an execution: it has no \`${executionFiles.journal}\`` : `there is no folder \`${path}\``;
  return { value: undefined, diagnostics: [{ severity: 'error', code: 'cli/not-an-execution', message, help: 'name the folder of one execution, such as `.proofplan/latest`' }] };
}
