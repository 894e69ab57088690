/**
 * Searches with the ripgrep that comes with the runner: once as the author wrote it, and each pattern alone, so that one
 * alternative of four cannot stand for all. A search that was not whole proves neither presence nor absence.
 */
import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { EngineContext, StepEngine } from '../model/contract.ts';
import { type Diagnostic, messageOf } from '../model/diagnostic.ts';
import type { SearchEvidence, SearchHit, StepEvidence } from '../model/evidence.ts';
import type { RgCheckStep } from '../model/step.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { OutputSink } from './output-flow.ts';
import { createOutputCapture } from './output-capture.ts';
import { identifyProgram, type Program } from './program.ts';
import { keepMatchingOptions } from './rg-argument.ts';
import { redactDiagnostic, withoutAttempt } from './run-command.ts';
import { runSubprocess, type SubprocessEnd } from './subprocess.ts';

const mostHits = 1_000;
const longestHit = 4_096;
const longestMessage = 2_000;
const countingOptions = ['--no-config', '--no-heading', '--with-filename', '--line-number', '--null', '--color=never', '--sort=path'];
/** `path`, NUL, `number:text`: what the counting options print for a line that matches. */
const hitLine = /^([^\0]*)\0(\d+):/;

interface Search {
  readonly rg: Program;
  readonly environment: Readonly<Record<string, string>>;
  readonly step: RgCheckStep;
  readonly context: EngineContext;
  /** When the step's time is over, on the clock of `performance.now()`. */
  readonly endAtMs: number;
}

interface Count {
  readonly matches: number;
  readonly hits: readonly SearchHit[];
  readonly end: SubprocessEnd;
  readonly message: string;
}

export const rgEngine: StepEngine<RgCheckStep> = {
  kind: 'rg-check',
  run: async (step, context) => {
    const evidence = await runSearch(step, context);
    return evidence.problem === undefined ? evidence : { ...evidence, problem: redactDiagnostic(evidence.problem, context.redactor) };
  },
};

async function runSearch(step: RgCheckStep, context: EngineContext): Promise<StepEvidence> {
  for (const path of step.paths) {
    const missing = await stat(resolve(context.workspace, path)).then(
      () => false,
      () => true,
    );
    if (missing) return withoutAttempt(noPath(step, path), context.redactor);
  }
  const rg = await findRipgrep();
  if (typeof rg === 'string') return withoutAttempt(noRipgrep(step, rg), context.redactor);
  // A configuration file could turn any search into another one.
  const { RIPGREP_CONFIG_PATH: _, ...environment } = context.environment;
  const search = { rg, environment, step, context, endAtMs: performance.now() + step.timeoutMs };
  const written = await searchAsWritten(search);
  if (written.outcome !== 'completed' || written.problem !== undefined) return written;
  const searches: SearchEvidence[] = [];
  for (const pattern of step.patterns) {
    // The second search finds what the first one leaves out: files that are ignored, hidden or taken for binary.
    const [narrow, wide] = await Promise.all([count(search, pattern, []), count(search, pattern, ['--no-ignore', '--hidden', '--text'])]);
    const cut = [narrow, wide].find(({ end }) => end.outcome !== 'completed')?.end;
    if (cut !== undefined) return { ...written, outcome: cut.outcome, ...(cut.problem === undefined ? {} : { problem: cut.problem }) };
    if (!isWhole(narrow.end)) return { ...written, problem: incomplete(step, narrow.message) };
    searches.push({ pattern, matches: narrow.matches, hits: narrow.hits, hidden: Math.max(0, wide.matches - narrow.matches) });
  }
  return { ...written, searches };
}

/** The author's command, its output kept as evidence. */
async function searchAsWritten(search: Search): Promise<StepEvidence> {
  const { step, context, rg } = search;
  const { evidenceFolder, redactor } = context;
  const stdout = createOutputCapture({ stream: 'stdout', evidenceFolder, redactor });
  const stderr = createOutputCapture({ stream: 'stderr', evidenceFolder, redactor });
  const end = await runRipgrep(search, step.arguments, stdout, stderr);
  const kept = await Promise.all([stdout.end(), stderr.end()]);
  const outputs = kept.flatMap((one) => (one.value === undefined ? [] : [one.value]));
  const hidden = [stdout, stderr].flatMap((capture) => capture.hidden() ?? []);
  const message = outputs.find((output) => output.stream === 'stderr')?.head ?? '';
  const problem =
    end.problem ?? kept.flatMap((one) => one.diagnostics)[0] ?? (end.outcome === 'completed' && !isWhole(end) ? incomplete(step, message) : undefined);
  return {
    outcome: end.outcome,
    durationMs: end.durationMs,
    ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
    ...(end.signal === undefined ? {} : { signal: end.signal }),
    outputs,
    ...(hidden.length === 0 ? {} : { hidden }),
    observations: [],
    ...(end.leftover.length === 0 ? {} : { leftover: end.leftover.map(redactor.text) }),
    program: rg,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Counts the matching lines of one pattern under the author's own options, and keeps the first of them in order of path. */
async function count(search: Search, pattern: string, further: readonly string[]): Promise<Count> {
  const { step, context } = search;
  const hits: SearchHit[] = [];
  let matches = 0;
  const splitter = createLineSplitter((line) => {
    const found = hitLine.exec(line);
    if (found === null) return;
    matches += 1;
    if (hits.length >= mostHits) return;
    const text = context.redactor.text(line.slice(found[0].length));
    hits.push({
      path: relative(context.workspace, resolve(context.workspace, found[1] as string)),
      lineNumber: Number(found[2]),
      text: text.length > longestHit ? `${text.slice(0, longestHit)}…` : text,
    });
  });
  let message = '';
  const end = await runRipgrep(
    search,
    [...keepMatchingOptions(step.arguments), ...countingOptions, ...further, '-e', pattern, '--', ...(step.paths.length === 0 ? ['./'] : step.paths)],
    sink((chunk) => splitter.push(chunk)),
    sink((chunk) => {
      if (message.length < longestMessage) message += Buffer.from(chunk).toString();
    }),
  );
  splitter.end();
  return { matches, hits, end, message };
}

function runRipgrep(search: Search, rgArguments: readonly string[], stdout: OutputSink, stderr: OutputSink): Promise<SubprocessEnd> {
  const { context, rg, environment } = search;
  return runSubprocess({
    program: rg.path,
    arguments: rgArguments,
    workingDirectory: context.workspace,
    environment,
    timeoutMs: Math.max(1, search.endAtMs - performance.now()),
    signal: context.signal,
    stdout,
    stderr,
    ...(context.processStarted === undefined ? {} : { processStarted: context.processStarted }),
    ...(context.sandbox === undefined ? {} : { sandbox: context.sandbox }),
  });
}

function sink(take: (chunk: Uint8Array) => void): OutputSink {
  return {
    write: (chunk) => {
      take(chunk);
      return Promise.resolve(undefined);
    },
  };
}

/** ripgrep ends with 0 for a match, 1 for none, and 2 for any error, also where it found something before. */
function isWhole(end: SubprocessEnd): boolean {
  return end.exitCode === 0 || end.exitCode === 1;
}

/** The package throws while it is imported when its platform's part is missing: hence the late import. */
async function findRipgrep(): Promise<Program | string> {
  try {
    const { rgPath } = await import('@vscode/ripgrep');
    return (await identifyProgram(rgPath)) ?? `\`${rgPath}\` cannot be executed`;
  } catch (error) {
    return messageOf(error);
  }
}

function noRipgrep(step: RgCheckStep, reason: string): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/no-such-program',
    message: `step ${step.id} needs \`rg\`, and the package that holds it is not complete`,
    span: step.span,
    notes: [reason],
    help: 'install again without leaving out optional packages',
  };
}

function noPath(step: RgCheckStep, path: string): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/no-such-path',
    message: `\`${path}\` does not exist, so step ${step.id} has nothing to search`,
    span: step.span,
    notes: ['a file that is not there does not prove that something is not in it'],
    help: `correct the path, which counts from the workspace's root`,
  };
}

function incomplete(step: RgCheckStep, message: string): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/search-incomplete',
    message: `the search of step ${step.id} was not whole`,
    span: step.span,
    notes: message.trim() === '' ? ['`rg` ended with an error and said nothing'] : [message.trim().slice(0, longestMessage)],
    help: 'correct the pattern or the options, or make the files readable',
  };
}
