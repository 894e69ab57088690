/** Carries out a step that is a shell command: what shell steps and coordinator-calls have in common. */
import type { EngineContext } from '../model/contract.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { Redactor } from '../model/redactor.ts';
import type { CoordinatorCallStep, ShellStep, Step } from '../model/step.ts';
import { type Carrying, prepareCarrying } from './carried-variable.ts';
import { createLineObserver } from './line-observer.ts';
import type { LineReader } from './line-splitter.ts';
import { createObservationCollector, type Observed } from './observation-collector.ts';
import { parseObserved } from './observed-value.ts';
import { createOutputCapture } from './output-capture.ts';
import { findBash } from './program.ts';
import { createPytestObserver } from './pytest-summary.ts';
import { composeEnvironment, resolveFolder } from './step-environment.ts';
import { runSubprocess } from './subprocess.ts';

/**
 * As CI systems run a command: no failing command hides behind a later one. `-p` lets BASH_ENV, SHELLOPTS and functions of
 * the environment count for nothing: any of them can forge a pass.
 */
const shellOptions = ['--noprofile', '--norc', '-p', '-eo', 'pipefail'];

/** `fields` are the names whose `key: value` lines count as observations without a capture. */
export async function runCommand(step: ShellStep | CoordinatorCallStep, fields: readonly string[], context: EngineContext): Promise<StepEvidence> {
  const environment = composeEnvironment(step, context);
  if (environment.value === undefined) return withoutAttempt(environment.diagnostics[0], context.redactor);
  const folder = resolveFolder(context.workspace, step.workingDirectory, step);
  if (folder.value === undefined) return withoutAttempt(folder.diagnostics[0], context.redactor);
  const bash = await findBash();
  if (bash === undefined) return withoutAttempt(noBash, context.redactor);

  const observer = createLineObserver(step.id, step.captures, fields);
  const pytest = step.kind === 'shell' && step.testRunner === 'pytest' ? createPytestObserver() : undefined;
  const readLine: LineReader = (line, lineNumber, cut) => {
    observer.readLine(line, lineNumber, cut);
    pytest?.readLine(line, lineNumber, cut);
  };
  const observes = fields.length > 0 || step.captures.length > 0 || pytest !== undefined;
  const { evidenceFolder, redactor } = context;
  // What it captures as a secret is known when it has been printed, which is too late to mask it on its way.
  const withhold = step.captures.some((capture) => capture.secret === true);
  const stdout = createOutputCapture({ stream: 'stdout', evidenceFolder, redactor, withhold, ...(observes ? { readLine } : {}) });
  const stderr = createOutputCapture({ stream: 'stderr', evidenceFolder, redactor, withhold });
  const carrying = await prepareCarrying(bash.path, step.command, step.captures);

  const end = await runSubprocess({
    program: bash.path,
    arguments: [...shellOptions, ...(carrying?.arguments ?? ['-c', step.command])],
    workingDirectory: folder.value,
    environment: environment.value,
    timeoutMs: step.timeoutMs,
    signal: context.signal,
    stdout,
    stderr,
    ...(carrying === undefined ? {} : { privateInput: carrying.privateInput }),
    ...(context.processStarted === undefined ? {} : { processStarted: context.processStarted }),
    ...(context.sandbox === undefined ? {} : { sandbox: context.sandbox }),
  });

  stdout.endLines();
  const observed = await gather(step, observer.end(), carrying);
  const observations = markSecrets(step, observed, redactor);
  tellSecrets(observed, observations, context);
  const kept = await Promise.all([stdout.end(), stderr.end()]);
  const hidden = [stdout, stderr].flatMap((capture) => capture.hidden() ?? []);
  const tests = pytest?.counts();
  const problem = end.problem ?? kept.flatMap((one) => one.diagnostics)[0] ?? observed.problem;
  return {
    outcome: end.outcome,
    durationMs: end.durationMs,
    ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
    ...(end.signal === undefined ? {} : { signal: end.signal }),
    outputs: kept.flatMap((one) => (one.value === undefined ? [] : [one.value])),
    ...(hidden.length === 0 ? {} : { hidden }),
    observations,
    ...(tests === undefined ? {} : { tests }),
    ...(end.leftover.length === 0 ? {} : { leftover: end.leftover.map(redactor.text) }),
    program: bash,
    ...(problem === undefined ? {} : { problem: redactDiagnostic(problem, redactor) }),
  };
}

/** What can be said of a step that could not be tried: `problem` says why, and nothing was observed. */
export function withoutAttempt(problem: Diagnostic | undefined, redactor: Redactor): StepEvidence {
  return { outcome: 'not run', durationMs: 0, observations: [], ...(problem === undefined ? {} : { problem: redactDiagnostic(problem, redactor) }) };
}

export function redactDiagnostic(diagnostic: Diagnostic, redactor: Redactor): Diagnostic {
  const { notes } = diagnostic;
  return { ...diagnostic, message: redactor.text(diagnostic.message), ...(notes === undefined ? {} : { notes: notes.map(redactor.text) }) };
}

const noBash: Diagnostic = {
  severity: 'error',
  code: 'engine/no-such-program',
  message: 'there is no `bash` on this machine',
  notes: ['looked for in /bin, /usr/bin, /usr/local/bin, /opt/homebrew/bin and /run/current-system/sw/bin, never in PATH'],
  help: "install bash with the system's package manager",
};

/** What was read from stdout, and the variables that the step carries. */
async function gather(step: ShellStep | CoordinatorCallStep, printed: Observed, carrying: Carrying | undefined): Promise<Observed> {
  if (carrying === undefined) return printed;
  const collector = createObservationCollector();
  collector.merge(printed);
  for (const { variable, text } of await carrying.read()) {
    for (const capture of step.captures) {
      if (capture.source.kind !== 'variable' || capture.source.variable !== variable || text === '') continue;
      const type = (value: string | null) => parseObserved(capture.type, value);
      collector.add({ name: capture.name, capture, type }, text, { kind: 'variable', step: step.id, variable }, false);
    }
  }
  return collector.observed();
}

/** What is masked from here on: every text found for a secret, and values that are secret for another reason. */
export function tellSecrets({ secrets = [] }: Pick<Observed, 'secrets'>, observations: Observed['observations'], { secretFound }: EngineContext): void {
  for (const text of [...secrets, ...observations.flatMap(({ secret, value }) => (secret ? (value.text ?? []) : []))]) secretFound?.(text);
}

/** What is captured as a secret, and a value that holds a known secret, under whatever name. */
export function markSecrets(step: Pick<Step, 'captures'>, observed: Pick<Observed, 'observations'>, redactor: Redactor): Observed['observations'] {
  return observed.observations.map((binding) => {
    const { text } = binding.value;
    const declared = step.captures.some((capture) => capture.name === binding.name && capture.secret);
    return declared || (text !== null && redactor.text(text) !== text) ? { ...binding, secret: true } : binding;
  });
}
