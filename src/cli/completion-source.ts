/** What completion knows beside the commands. It reads names and the beginning of a journal; it compiles, connects to and executes nothing. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, constants } from 'node:fs';
import { join, normalize, resolve } from 'node:path';
import { diagnosticCodes } from '../model/diagnostic-code.ts';
import { executionFiles, executionIdPattern } from '../model/journal-entry.ts';
import type { CommandContext } from './command-context.ts';
import type { Candidate, CompletionSource } from './completion-answer.ts';
import { readConfig } from './config-file.ts';

const outputFolder = '.proofplan';
/** More than one looks through. */
const mostExecutions = 50;
/** The planned steps stand in one of the first entries. */
const mostBytes = 4 * 1024 * 1024;
/** What needs no quotes in any shell. */
const plainName = /^[\w.][\w./@+-]*$/;

export function completionSource(context: CommandContext): CompletionSource {
  const at = (path: string): string => resolve(context.workingFolder, path);
  return {
    executions: () => executionsIn(at(outputFolder)),
    steps: (path) => {
      const steps = stepsIn(at(path));
      if (steps.length > 0) return steps;
      const newest = newestExecution(at(outputFolder), path);
      return newest === undefined ? [] : stepsIn(join(at(outputFolder), 'executions', newest));
    },
    environments: async () => {
      const { value } = await readConfig(context.workingFolder, context);
      return (value?.environments ?? [])
        .filter(({ name }) => plainName.test(name))
        .map(({ name }) => ({ value: name, note: name === value?.default ? 'the default' : '' }));
    },
    templates: async () => {
      const { templates } = await import('../review/new-template.ts');
      return templates.map(({ name, purpose }) => ({ value: name, note: purpose }));
    },
    formats: async () => {
      const { formatNames } = await import('./report-format.ts');
      return formatNames.map((value) => ({ value, note: '' }));
    },
    codes: () => Object.entries(diagnosticCodes).map(([value, note]) => ({ value, note })),
  };
}

function executionsIn(folder: string): readonly Candidate[] {
  const names = listFolder(join(folder, 'executions'))
    .filter((name) => executionIdPattern.test(name))
    .toSorted()
    .toReversed();
  if (names.length === 0) return [];
  return [
    { value: `${outputFolder}/latest`, note: 'the newest' },
    ...names.slice(0, mostExecutions).map((name) => ({ value: `${outputFolder}/executions/${name}`, note: '' })),
  ];
}

/** The last one of a plan that the end of the ledger tells of. */
function newestExecution(folder: string, plan: string): string | undefined {
  const lines = readPart(join(folder, 'ledger.jsonl'), 'end').split('\n');
  for (const line of lines.toReversed()) {
    try {
      const entry = JSON.parse(line) as { readonly execution?: unknown; readonly plan?: { readonly path?: unknown } } | null;
      const { execution, plan: recorded } = entry ?? {};
      if (typeof execution !== 'string' || typeof recorded?.path !== 'string' || !executionIdPattern.test(execution)) continue;
      if (normalize(recorded.path) === normalize(plan)) return execution;
    } catch {
      // A cut line, or none of ours.
    }
  }
  return undefined;
}

/** Empty where the folder is none of an execution, or its journal cannot be read. */
function stepsIn(folder: string): readonly Candidate[] {
  for (const candidate of [folder, join(folder, 'latest')]) {
    const steps = plannedSteps(readPart(join(candidate, executionFiles.journal), 'beginning'));
    if (steps.length > 0) return steps;
  }
  return [];
}

function plannedSteps(text: string): readonly Candidate[] {
  for (const line of text.split('\n')) {
    if (!line.includes('"opened"')) continue;
    try {
      const entry = JSON.parse(line) as { readonly kind?: unknown; readonly data?: { readonly steps?: unknown } } | null;
      if (entry?.kind !== 'opened' || !Array.isArray(entry.data?.steps)) continue;
      return (entry.data.steps as readonly unknown[]).flatMap(stepOf);
    } catch {
      // A cut line, or none of ours.
    }
  }
  return [];
}

function stepOf(step: unknown): readonly Candidate[] {
  if (typeof step !== 'object' || step === null) return [];
  const { id, title } = step as { readonly id?: unknown; readonly title?: unknown };
  return typeof id === 'string' && plainName.test(id) ? [{ value: id, note: typeof title === 'string' ? title : '' }] : [];
}

/** Not from a pipe, which would wait. */
function readPart(path: string, part: 'beginning' | 'end'): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return '';
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(mostBytes, size));
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, part === 'end' ? size - buffer.length : 0)).toString('utf8');
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
