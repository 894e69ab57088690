/**
 * The lattice of verdicts: a verdict starts at `none` and only gets worse. `none` at the end of an execution is never a
 * pass. Nothing that a command prints or exits with can lift a verdict.
 */
export const verdictOrder = ['none', 'passed', 'unproven', 'failed', 'refused', 'error'] as const;

export type Verdict = (typeof verdictOrder)[number];

/** How one attempt at a step ended. `blocked` is a precondition that did not hold; `in doubt` a cut step that must not run twice. */
export type Outcome = 'completed' | 'refused' | 'timed out' | 'blocked' | 'interrupted' | 'in doubt' | 'not run';

/** The worse of two verdicts. */
export function worse(a: Verdict, b: Verdict): Verdict {
  return verdictOrder.indexOf(a) >= verdictOrder.indexOf(b) ? a : b;
}

/** The worst of many verdicts; `none` for an empty list, so that nothing passes by being empty. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict = 'none';
  for (const verdict of verdicts) result = worse(result, verdict);
  return result;
}

/** The process exit code of a finished execution. An execution that proved nothing (`none`) counts as unproven. */
export const exitCodes: Readonly<Record<Verdict, number>> = {
  passed: 0,
  failed: 1,
  refused: 3,
  none: 4,
  unproven: 4,
  error: 5,
};

/** Of an execution that was ended from outside: 128 and the signal's number, as a shell says it. */
export const interruptionExitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Exit code of wrong usage and of a plan that does not compile. */
export const usageExitCode = 2;
