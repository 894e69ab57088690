/** `run --report FORMAT=PATH`: reports for CI beside those in the record, written when all plans have ended. They change neither verdict nor exit code. */
import { resolve } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { exitCodes } from '../model/verdict.ts';
import type { UnopenedPlan } from '../report/report-finding.ts';
import { redacted, say, type CommandContext } from './command-context.ts';
import { notRendered, writeGithub } from './report.ts';
import { loadFormats, parseFormats, readSource, renderFormat, takesSeveral, type FormatName, type ReadSource, type ReportSource } from './report-format.ts';
import { removeReportFile, unfitTarget, writeReportFile } from './report-file.ts';

/** `path` is absent for `github` alone: annotations, and the summary of the job's own step. */
export interface ReportRequest {
  readonly format: FormatName;
  readonly path?: string;
}

/** How one plan of the command came out. `folder` is absolute; absent where no execution was opened. */
export interface EndedPlan extends UnopenedPlan {
  readonly folder?: string;
}

/** What the command reads, which no report may take the place of: plans, and other files. */
interface ReadPaths {
  readonly plans: readonly string[];
  readonly others: readonly string[];
}

export async function parseReports(
  texts: readonly string[],
  { plans, others }: ReadPaths,
  context: CommandContext,
): Promise<Checked<readonly ReportRequest[]>> {
  const requests: ReportRequest[] = [];
  const diagnostics: Diagnostic[] = [];
  const usage = (message: string, help: string): void => void diagnostics.push({ severity: 'error', code: 'cli/usage', message, help });
  const read = new Set([...plans, ...others].map((path) => resolve(context.workingFolder, path)));
  const written = new Set<string>();
  for (const text of texts) {
    const [name = '', ...rest] = text.split('=');
    const path = rest.join('=');
    const formats = parseFormats(name);
    diagnostics.push(...formats.diagnostics);
    const format = formats.value?.[0];
    if (formats.value === undefined || format === undefined) continue;
    if (formats.value.length > 1) usage(`\`--report ${text}\` names several formats for one file`, 'give --report once for each');
    else if (path === '' && format !== 'github') usage(`\`--report ${text}\` does not say where to`, `pass --report ${format}=PATH`);
    else if (plans.length > 1 && !takesSeveral(format))
      usage(`\`${format}\` shows one execution, and ${plans.length} plans are named`, 'take junit, sarif, github or events, which hold several plans');
    else if (path === '') requests.push({ format });
    else {
      const target = resolve(context.workingFolder, path);
      const unfit = await unfitTarget(path, target, 'replace');
      if (unfit !== undefined) diagnostics.push(unfit);
      else if (read.has(target)) usage(`\`--report ${text}\` would overwrite a plan of this command`, 'name another file');
      else if (written.has(target)) usage(`two reports would be written to \`${path}\``, 'name a file for each');
      else requests.push({ format, path });
      written.add(target);
    }
  }
  return { value: diagnostics.length === 0 ? requests : undefined, diagnostics };
}

/** Before anything runs: a pass of yesterday must not stand where the report of today is looked for. */
export async function prepareReports(requests: readonly ReportRequest[], context: CommandContext): Promise<void> {
  if (requests.length > 0) await loadFormats();
  for (const { path } of requests) {
    if (path !== undefined && resolve(context.workingFolder, path) !== context.environment['GITHUB_STEP_SUMMARY']) await removeReportFile(path, context);
  }
}

/** Each that cannot be written is said. Never rejects. */
export async function writeReports(requests: readonly ReportRequest[], plans: readonly EndedPlan[], context: CommandContext, json: boolean): Promise<void> {
  if (requests.length === 0) return;
  const sources: ReadSource[] = [];
  const formats = requests.map(({ format }) => format);
  // An empty report would look like one in which nothing went wrong.
  const told = plans.length > 0 ? plans : [{ path: 'plans', reason: 'nothing was executed', exitCode: exitCodes.error }];
  for (const plan of told) {
    const { reason, diagnostics = [] } = plan;
    sources.push(await sourceOf({ ...plan, reason: context.redact?.(reason) ?? reason, diagnostics: redacted(diagnostics, context) }, formats));
  }
  for (const { format, path } of requests) {
    const problems = await write(format, path, sources, json, context).catch((error: unknown) => [notRendered(format, error)]);
    await say(
      context,
      problems.map((problem) => ({ ...problem, severity: 'warning', notes: [...(problem.notes ?? []), 'the verdict stands'] })),
    );
  }
}

async function write(
  format: FormatName,
  path: string | undefined,
  sources: readonly ReadSource[],
  json: boolean,
  context: CommandContext,
): Promise<readonly Diagnostic[]> {
  if (format === 'github') return writeGithub(sources, path, 'replace', context, json);
  const problem = await writeReportFile(path ?? '', renderFormat(format, sources, context), 'replace', context);
  return problem === undefined ? [] : [problem];
}

/** A record that cannot be read is told as what it is: no pass. */
async function sourceOf({ folder, ...plan }: EndedPlan, formats: readonly FormatName[]): Promise<ReadSource> {
  const unopened: ReportSource = { unopened: plan };
  const read = folder === undefined ? undefined : await readSource({ folder }, formats).catch(() => undefined);
  return read?.value ?? { source: unopened, plan: unopened };
}
