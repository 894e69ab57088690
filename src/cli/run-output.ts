/** What a command that executed several plans says of each, and how bad it was. */
import { renderShellWord } from '../model/shell-word.ts';
import { interruptionExitCodes, usageExitCode } from '../model/verdict.ts';
import { stripToLine } from '../report/strip-control.ts';
import { shortPath } from './folder.ts';
import type { CommandContext } from './command-context.ts';
import { renderJobsTable, type JobRow } from './jobs-table.ts';
import type { EndedJob } from './run-many.ts';

/** Worst last. A misused command is worse than a verdict about the tested system: it says nothing about it. */
const exitCodeOrder: readonly number[] = [0, 4, 1, 3, usageExitCode, 5, ...Object.values(interruptionExitCodes)];

/** The worst of several exit codes; one that nobody knows is worse than all. */
export function worstExitCode(exitCodes: readonly number[]): number {
  const rank = (exitCode: number): number => (exitCodeOrder.includes(exitCode) ? exitCodeOrder.indexOf(exitCode) : exitCodeOrder.length);
  return exitCodes.reduce((worst, exitCode) => (rank(exitCode) > rank(worst) ? exitCode : worst), 0);
}

/** As text, or as one line of JSON a plan; the AUDIT lines last. */
export async function writeMany(
  ended: readonly EndedJob[],
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
  context: CommandContext,
): Promise<void> {
  const { renderAuditLine } = await import('../report/render-ending.ts');
  const auditOf = ({ end: { execution, attempt, journal } }: EndedJob): string =>
    execution === undefined || attempt === undefined || journal === undefined ? '' : `${renderAuditLine({ execution, attempt, journal })}\n`;
  if (!json && !quiet)
    context.out(
      `\n${renderJobsTable(
        ended.map((each) => rowOf(each, context)),
        { colours: context.outColours, columns: context.outColumns },
      )}\n`,
    );
  const first = ended.find(({ end }) => end.verdict !== 'passed' && end.folder !== undefined)?.end.folder;
  if (!json && !quiet && first !== undefined) context.out(`next    ${context.command} show ${renderShellWord(shortPath(first, context))}\n`);
  for (const each of ended) {
    if (json) context.out(`${JSON.stringify(dataOf(each))}\n`);
    else if (quiet) context.out(`${each.end.verdict}: ${stripToLine(each.job.path)}: ${stripToLine(each.end.reason)}\n`);
    (json ? context.err : context.out)(auditOf(each));
  }
}

function dataOf({ job, end }: EndedJob): unknown {
  const common = {
    schemaVersion: 1,
    plan: { path: job.path, sha256: job.ready.plan.sha256 },
    verdict: end.verdict,
    exitCode: end.exitCode,
    reason: end.reason,
    diagnostics: [],
  };
  return { ...common, ...(typeof end.data === 'object' ? end.data : {}), role: job.role };
}

function rowOf({ job, end, begun, durationMs }: EndedJob, context: CommandContext): JobRow {
  const steps = stepsOf(end.data);
  return {
    path: job.path,
    role: job.role,
    verdict: end.verdict,
    reason: end.reason,
    ...(steps === undefined ? {} : { steps }),
    ...(begun ? { durationMs } : {}),
    ...(end.folder === undefined ? {} : { folder: shortPath(end.folder, context) }),
  };
}

/** Of verdict.json: which steps there are, and which of them ran. */
function stepsOf(data: unknown): JobRow['steps'] {
  const steps = (data as { readonly steps?: unknown } | undefined)?.steps;
  if (!Array.isArray(steps)) return undefined;
  const run = steps.filter((step: { readonly outcome?: unknown }) => step.outcome !== 'not run').length;
  return { run, planned: steps.length };
}
