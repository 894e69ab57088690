import { existsSync, readlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readEntriesOf } from '../journal/ledger-reader.ts';
import { endedVerdict, ledgerPath } from '../journal/ledger.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { executionFiles, executionIdPattern } from '../model/journal-entry.ts';
import type { CommandContext } from './command-context.ts';
import { shortPath } from './folder.ts';

/** The folder of an execution: given itself, or as the output folder whose newest it is. `path` is how messages call it. */
export function findExecution(path: string, context: CommandContext): Checked<{ readonly path: string; readonly absolute: string }> {
  for (const candidate of [path, join(path, 'latest')]) {
    const absolute = resolve(context.workingFolder, candidate);
    if (existsSync(join(absolute, executionFiles.journal))) return { value: { path: candidate, absolute }, diagnostics: [] };
  }
  const known = tellKnown(path, context);
  if (known) return { value: undefined, diagnostics: [known] };
  const exists = existsSync(resolve(context.workingFolder, path));
  const message = exists ? `\`${path}\` is not the folder of an execution: it has no \`${executionFiles.journal}\`` : `there is no folder \`${path}\``;
  return { value: undefined, diagnostics: [{ severity: 'error', code: 'cli/not-an-execution', message, help: 'name the folder of one execution, such as `.proofplan/latest`' }] };
}

/** Of an execution whose folder is gone its ledger still tells: `pruned on …` is another answer than `not found`. */
function tellKnown(path: string, context: CommandContext): Diagnostic | undefined {
  const { workingFolder, command } = context;
  const absolute = linkTarget(resolve(workingFolder, path)) ?? linkTarget(resolve(workingFolder, path, 'latest')) ?? resolve(workingFolder, path);
  const execution = basename(absolute);
  if (!executionIdPattern.test(execution)) return undefined;
  const output = shortPath(dirname(dirname(absolute)), context);
  const entries = readEntriesOf(ledgerPath(dirname(dirname(absolute))), execution);
  const [first] = entries;
  const pruning = entries.findLast((entry) => entry.kind === 'pruned');
  if (first === undefined) return undefined;
  const verdict = endedVerdict(entries);
  const note = `it was attempt ${first.attempt} of ${first.plan.path}, and ${verdict === null ? 'has no end in the ledger' : `ended as ${verdict === 'none' ? 'unproven' : verdict}`}`;
  const help = `look at what the ledger keeps: \`${command} history ${execution}${output === '.proofplan' ? '' : ` --out ${output}`}\``;
  if (pruning?.kind === 'pruned') return { severity: 'error', code: 'cli/pruned-execution', message: `\`${path}\` was pruned on ${pruning.ts.slice(0, 10)} (${pruning.rule})`, notes: [note], help };
  return { severity: 'error', code: 'cli/not-an-execution', message: `\`${path}\` is gone, and nobody has pruned it`, notes: [note], help };
}

function linkTarget(path: string): string | undefined {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return undefined;
  }
}
