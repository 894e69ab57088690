/** The formats of `report` and `run --report`, as a table: what each is called, its file, and how it is made from records. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { ExecutionEvent } from '../model/event.ts';
import type { RecordedEvents } from '../report/read-event.ts';
import type { ReportedPlan, UnopenedPlan } from '../report/report-finding.ts';
import type { CommandContext } from './command-context.ts';

export const formatNames = ['md', 'html', 'junit', 'json', 'sarif', 'github', 'events'] as const;

export type FormatName = (typeof formatNames)[number];

/** The file of each in an output folder. */
export const formatFiles: Readonly<Record<FormatName, string>> = {
  md: 'report.md',
  html: 'report.html',
  junit: 'junit.xml',
  json: 'verdict.json',
  sarif: 'report.sarif',
  github: 'summary.md',
  events: 'events.ndjson',
};

/** These show one execution; the others take several into one file. */
const single: readonly FormatName[] = ['md', 'html', 'json'];

export function takesSeveral(format: FormatName): boolean {
  return !single.includes(format);
}

/** One plan that is to be told of: the folder of its execution (absolute), or why there is none. */
export type ReportSource = { readonly folder: string; readonly unopened?: undefined } | { readonly folder?: undefined; readonly unopened: UnopenedPlan };

/** A record that was read once for all formats. */
export interface ReadSource {
  readonly source: ReportSource;
  readonly plan: ReportedPlan;
}

/**
 * Loads what renders, before an execution begins: what is loaded after a step may be what the step has put there.
 */
export async function loadFormats(): Promise<void> {
  await Promise.all([
    import('../report/read-event.ts'),
    import('../report/report-markdown.ts'),
    import('../report/report-page.ts'),
    import('../report/report-junit.ts'),
    import('../report/report-sarif.ts'),
    import('../report/report-events.ts'),
    import('../report/github-summary.ts'),
    import('../report/github-annotation.ts'),
    import('../review/code-page.ts'),
    import('../review/placed-diagnostic.ts'),
    import('../model/diagnostic-code.ts'),
    import('./report-json.ts'),
  ]);
}

/** `junit,sarif` → formats, each once; an unknown one is an error with a suggestion. */
export function parseFormats(text: string): Checked<readonly FormatName[]> {
  const names = [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '');
  const unknown = names.find((name) => !isFormat(name));
  if (unknown === undefined && names.length > 0) return { value: names.filter(isFormat), diagnostics: [] };
  const near = nearestName(unknown ?? '', formatNames);
  const message = unknown === undefined ? 'no format is named' : `there is no format \`${unknown}\``;
  const help = near === undefined ? `name one of ${formatNames.join(', ')}` : `did you mean \`${near}\`?`;
  return { value: undefined, diagnostics: [{ severity: 'error', code: 'cli/usage', message, notes: [`formats: ${formatNames.join(', ')}`], help }] };
}

function isFormat(name: string): name is FormatName {
  return (formatNames as readonly string[]).includes(name);
}

/** What these need in memory: of a million entries the others are a gigabyte. Statements that were permitted are counted with their policies. */
async function keptFor(formats: readonly FormatName[]): Promise<(event: ExecutionEvent) => boolean> {
  const { verdictKinds } = await import('../report/report-verdict.ts');
  if (formats.every((format) => readsItself.includes(format))) return ({ kind }) => verdictKinds.has(kind);
  return (event) => event.kind !== 'decision' || event.data.effect === 'refuse';
}

/** These go to the journal again, and need no more than the verdict and what it rests on. */
const readsItself: readonly FormatName[] = ['md', 'html', 'json', 'events'];

/** Reads each record once; one that cannot be read at all is no value, and its message says why. */
export async function readSource(source: ReportSource, formats: readonly FormatName[]): Promise<Checked<ReadSource>> {
  if (source.folder === undefined) return { value: { source, plan: { unopened: source.unopened } }, diagnostics: [] };
  const { readEvents } = await import('../report/read-event.ts');
  const { value, diagnostics } = await readEvents(source.folder, await keptFor(formats));
  const cut: Diagnostic = {
    severity: 'warning',
    code: 'report/no-end',
    message: 'the record has no end: the execution was cut, or has not ended yet',
    help: 'what is there is shown, and nothing of it counts as passed; go on with `proofplan resume`',
  };
  const ended = value?.broken === undefined || diagnostics.some(({ code }) => code === 'journal/unreadable' || code === 'journal/later-version');
  return { value: value && { source, plan: { record: value } }, diagnostics: ended ? diagnostics : [...diagnostics, cut] };
}

/** The text of a format, piece by piece. Throws for a record whose entries do not have the form of their kind, and what `node:fs` throws. */
export async function* renderFormat(format: FormatName, sources: readonly ReadSource[], context: CommandContext): AsyncGenerator<string> {
  const plans = sources.map(({ plan }) => plan);
  const pathOf = repositoryPath(context);
  switch (format) {
    case 'md': {
      const { readReport } = await import('../report/report-markdown.ts');
      for (const folder of foldersOf(sources)) yield textOf(await readReport(folder));
      return;
    }
    case 'html': {
      const { readReportPage } = await import('../report/report-page.ts');
      for (const folder of foldersOf(sources)) yield textOf(await readReportPage(folder));
      return;
    }
    case 'json':
      for (const { source, plan } of sources)
        yield plan.record === undefined ? await unopenedJson(plan.unopened) : await verdictJson(source.folder ?? '', plan.record);
      return;
    case 'junit': {
      const { renderJunit } = await import('../report/report-junit.ts');
      yield* renderJunit(plans);
      return;
    }
    case 'sarif': {
      const [{ renderSarifReport }, options] = await Promise.all([import('../report/report-sarif.ts'), sarifOptions(context)]);
      yield renderSarifReport(plans, options);
      return;
    }
    case 'events': {
      const { renderEvents } = await import('../report/report-events.ts');
      for (const folder of foldersOf(sources)) yield* renderEvents(join(folder, executionFiles.journal));
      return;
    }
    case 'github': {
      const { renderSummary } = await import('../report/github-summary.ts');
      yield renderSummary(plans, { linkOf: linkOf(context, pathOf), mostBytes: summaryRoom(context) });
      return;
    }
    default:
      throw new Error(`no format ${String(format satisfies never)}`);
  }
}

/** The annotations of these plans: workflow commands, for `writeWorkflowCommands` alone. */
export async function renderPlanAnnotations(sources: readonly ReadSource[], context: CommandContext): Promise<string> {
  const { renderAnnotations } = await import('../report/github-annotation.ts');
  return renderAnnotations(
    sources.map(({ plan }) => plan),
    { pathOf: repositoryPath(context) },
  );
}

/** What SARIF says about codes comes from their pages. */
export async function sarifOptions(context: CommandContext): Promise<import('../report/sarif-document.ts').SarifOptions> {
  const [{ codePage }, { diagnosticCodes }] = await Promise.all([import('../review/code-page.ts'), import('../model/diagnostic-code.ts')]);
  const isCode = (code: string): code is keyof typeof diagnosticCodes => Object.hasOwn(diagnosticCodes, code);
  return {
    version: context.version,
    whyOf: (code) => (isCode(code) ? codePage(code).why || undefined : undefined),
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    pathOf: repositoryPath(context),
  };
}

/** From the root of the repository, as GitHub names files; without one from where the command was called. An outside file stays absolute. */
function repositoryPath({ environment, workingFolder }: CommandContext): (path: string) => string {
  const root = environment['GITHUB_WORKSPACE'] ?? '';
  return (path) => {
    const absolute = resolve(workingFolder, path);
    const own = relative(root === '' ? workingFolder : root, absolute);
    return own === '' || own.split(sep)[0] === '..' ? absolute : own.split(sep).join('/');
  };
}

/** The line of the commit that the job runs on, by the variables that GitHub sets. */
function linkOf({ environment }: CommandContext, pathOf: (path: string) => string): (path: string, line: number) => string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_SHA: commit } = environment;
  if (!/^https:\/\/[\w.:-]+$/.test(server ?? '') || !/^[\w.-]+\/[\w.-]+$/.test(repository ?? '') || !/^[0-9a-f]{40,64}$/.test(commit ?? ''))
    return () => undefined;
  return (path, line) => {
    const own = pathOf(path);
    const encoded = own
      .split('/')
      .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/[()'*!]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`));
    return own.startsWith('/') ? undefined : `${server}/${repository}/blob/${commit}/${encoded.join('/')}?plain=1#L${line}`;
  };
}

/** GitHub drops the whole summary of a step that is over 1 MiB, with what others have written there. */
function summaryRoom({ environment }: CommandContext): number {
  const own = environment['GITHUB_STEP_SUMMARY'] ?? '';
  const used = own !== '' && existsSync(own) ? statSync(own).size : 0;
  return Math.max(0, 1_000_000 - used);
}

async function verdictJson(folder: string, record: RecordedEvents): Promise<string> {
  const { renderVerdictJson } = await import('./report-json.ts');
  return renderVerdictJson(folder, record);
}

/** The same names as `run --json` has for a plan that was not executed. */
async function unopenedJson({ path, reason, exitCode, diagnostics = [] }: UnopenedPlan): Promise<string> {
  const { placeDiagnostic } = await import('../review/placed-diagnostic.ts');
  return `${JSON.stringify({ schemaVersion: 1, plan: { path }, exitCode, reason, diagnostics: diagnostics.map(placeDiagnostic) }, undefined, 2)}\n`;
}

function foldersOf(sources: readonly ReadSource[]): readonly string[] {
  return sources.flatMap(({ source }) => source.folder ?? []);
}

function textOf({ value, diagnostics }: Checked<string>): string {
  if (value === undefined) throw new Error(diagnostics.map(({ message }: Diagnostic) => message).join('; '));
  return value;
}
