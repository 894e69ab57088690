/** `proofplan report DIR…`: renders executions again, from their journals alone, in the formats that are asked for. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import { usageExitCode } from '../model/verdict.ts';
import { stripControl } from '../report/strip-control.ts';
import { say, type CommandContext } from './command-context.ts';
import { findExecution } from './execution-path.ts';
import { examples, type Finish, type Program } from './program.ts';
import {
  formatFiles,
  formatNames,
  parseFormats,
  readSource,
  renderFormat,
  renderPlanAnnotations,
  takesSeveral,
  type FormatName,
  type ReadSource,
} from './report-format.ts';
import { writeReportFile } from './report-file.ts';
import { writeWorkflowCommands } from './workflow-command.ts';

/** So much is written at once: a report may have a million small pieces. */
const blockLength = 1 << 16;

interface ReportOptions {
  readonly format: string;
  readonly output?: string;
  readonly force?: true;
}

export function addReport(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('report')
    .description('render executions again, from their journals alone: for people, for CI and for other tools')
    .argument('<dir...>', 'folders of executions, or the output folder for its newest; several for junit, sarif, github and events')
    .option('--format <list>', `what to render, separated by commas: ${formatNames.join(', ')}`, 'md')
    .option('-o, --output <path>', 'a file, or for several formats a folder; without it one format goes to stdout')
    .option('--force', 'overwrite what is there')
    .addHelpText(
      'after',
      examples('report .proofplan/latest', 'report .proofplan/latest --format junit', 'report .proofplan/latest --format junit,json --output reports'),
    )
    .action(async (folders, options) => finish(await report(folders, options, context)));
}

async function report(folders: readonly string[], options: ReportOptions, context: CommandContext): Promise<number> {
  const formats = parseFormats(options.format);
  const misused = formats.value === undefined ? formats.diagnostics : misuse(folders, formats.value, options, context);
  if (formats.value === undefined || misused.length > 0) {
    await say(context, misused);
    return usageExitCode;
  }
  const sources: ReadSource[] = [];
  let bad = false;
  for (const folder of folders) {
    const found = findExecution(folder, context);
    const read = found.value === undefined ? undefined : await readSource({ folder: found.value.absolute }, formats.value);
    await say(context, [...found.diagnostics, ...(read?.diagnostics ?? [])]);
    if (read?.value === undefined) bad = true;
    else sources.push(read.value);
  }
  // A report of some of them would look like one of all.
  if (bad) return usageExitCode;
  const problems: Diagnostic[] = [];
  for (const format of formats.value) problems.push(...(await renderOne(format, sources, formats.value.length > 1, options, context)));
  await say(context, problems);
  return problems.length === 0 ? 0 : usageExitCode;
}

async function renderOne(
  format: FormatName,
  sources: readonly ReadSource[],
  several: boolean,
  { output, force }: ReportOptions,
  context: CommandContext,
): Promise<readonly Diagnostic[]> {
  try {
    if (format === 'github')
      return await writeGithub(
        sources,
        output === undefined ? undefined : targetOf(format, output, several, context),
        force === true ? 'replace' : 'keep',
        context,
      );
    const pieces = renderFormat(format, sources, context);
    if (output !== undefined) {
      const problem = await writeReportFile(targetOf(format, output, several, context), pieces, force === true ? 'replace' : 'keep', context);
      return problem === undefined ? [] : [problem];
    }
    // A report of Markdown holds the plan as it is, byte for byte; a terminal is not to obey it.
    const put = (text: string): void => context.out(context.outIsTerminal === true ? stripControl(text) : text);
    let block = '';
    for await (const piece of pieces) {
      block += piece;
      if (block.length < blockLength) continue;
      put(block);
      block = '';
      await context.outDrained?.();
    }
    put(block);
    return [];
  } catch (error) {
    return [notRendered(format, error)];
  }
}

/** Annotations on standard output; the job summary to where it is told, else behind what the step has in its own. */
export async function writeGithub(
  sources: readonly ReadSource[],
  path: string | undefined,
  mode: 'replace' | 'keep',
  context: CommandContext,
  toErrors = false,
): Promise<readonly Diagnostic[]> {
  const own = context.environment['GITHUB_STEP_SUMMARY'] ?? '';
  writeWorkflowCommands(await renderPlanAnnotations(sources, context), context, toErrors);
  if (path === undefined && own === '') return [];
  const pieces = renderFormat('github', sources, context);
  const problem = await (path === undefined || resolve(context.workingFolder, path) === own
    ? writeReportFile(own, pieces, 'append', context)
    : writeReportFile(path, pieces, mode, context));
  return problem === undefined ? [] : [problem];
}

export function notRendered(format: FormatName, error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'report/not-rendered',
    message: `the format \`${format}\` cannot be made of this record: ${messageOf(error)}`,
    help: 'see what the record holds with `proofplan audit verify`',
  };
}

function targetOf(format: FormatName, output: string, several: boolean, context: CommandContext): string {
  return several || isFolder(output, context) ? join(output, formatFiles[format]) : output;
}

function isFolder(path: string, { workingFolder }: CommandContext): boolean {
  const absolute = resolve(workingFolder, path);
  return path.endsWith('/') || (existsSync(absolute) && statSync(absolute).isDirectory());
}

function misuse(
  folders: readonly string[],
  formats: readonly FormatName[],
  { output }: ReportOptions,
  { workingFolder }: CommandContext,
): readonly Diagnostic[] {
  const usage = (message: string, help: string): Diagnostic => ({ severity: 'error', code: 'cli/usage', message, help });
  const alone = formats.find((format) => !takesSeveral(format));
  if (folders.length > 1 && alone !== undefined)
    return [usage(`\`${alone}\` shows one execution, and ${folders.length} are named`, 'name one folder, or render each by itself')];
  if (formats.length < 2) return [];
  if (output === undefined) return [usage('several formats cannot share standard output', 'pass --output with a folder')];
  const absolute = resolve(workingFolder, output);
  return existsSync(absolute) && !statSync(absolute).isDirectory()
    ? [usage(`\`${output}\` is no folder, and several formats need one`, 'name a folder, or one format')]
    : [];
}
