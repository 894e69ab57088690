/** What a command is given: the process' surroundings as values, so that a command can be called without a process. */
import type { ChalkInstance } from 'chalk';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { LiveRegion, RegionOptions } from '../report/live-region.ts';

export interface CommandContext {
  /** Of this package. */
  readonly version: string;
  /** Arguments without node and script. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly workingFolder: string;
  /** Writes results. */
  readonly out: (text: string) => void;
  /** Resolves when the reader of standard output has taken what was written: a long report is not kept in memory for a slow one. */
  readonly outDrained?: () => Promise<void>;
  /** Writes progress and messages. */
  readonly err: (text: string) => void;
  /** Masks the secrets that the command line tells of; `err` does so by itself. */
  readonly redact?: (text: string) => string;
  readonly outColours: ChalkInstance;
  readonly errColours: ChalkInstance;
  readonly outColumns: number;
  readonly errColumns: number;
  /** May lines on stderr be written over again? */
  readonly errLive: boolean;
  /** The width of the terminal at stdout and at stderr, now; undefined where there is none. */
  readonly outWidth?: () => number | undefined;
  readonly errWidth?: () => number | undefined;
  /** Where progress is shown on stderr; from then on `out` and `err` write above it. */
  readonly region?: (options?: Pick<RegionOptions, 'labelColumns' | 'clean'>) => LiveRegion;
  /** A line on stdout that a CI system is to obey. Nothing else that is written is a command of one. */
  readonly outCommand?: (line: string) => void;
  readonly errCommand?: (line: string) => void;
  /** Put around the writing of what a step printed: a CI system that can be told obeys nothing in it. */
  readonly aroundOutput?: (write: () => void) => void;
  /** A text of our own as this locale can show it; for results that people read. */
  readonly plain?: (text: string) => string;
  /** What is written to stdout shows what is on the disk: its reader is waited for a while, not for ever. */
  readonly passing?: () => void;
  /** Does a person read standard output? */
  readonly outIsTerminal?: boolean;
  /** Once: standard input to its end, or until it is known to hold more than `maximumBytes`. */
  readonly readStandardInput: (maximumBytes?: number) => Promise<Uint8Array>;
  /** Texts of files that were read, by the name under which messages speak of them; frames are cut from these. */
  readonly sources: Map<string, string>;
  /** Aborted by the first SIGHUP, SIGINT or SIGTERM, with the signal's name as reason; the second, and SIGQUIT, end the process at once. */
  readonly interruption: () => AbortSignal;
  /** Starts this program again: node, its options, and the script. */
  readonly self: readonly [string, ...(readonly string[])];
  /** How this program is called here: `proofplan`, or `npm run proofplan --` in a clone. */
  readonly command: string;
}

/** A terminal that is narrower or wider than this is written to as if it had this many columns; a pipe has 80. */
export const columnBounds = { least: 40, most: 120, pipe: 80 };

/** Writes messages to stderr, framed. The renderer is loaded only now: most commands have nothing to say. */
export async function say(context: CommandContext, diagnostics: readonly Diagnostic[]): Promise<void> {
  if (diagnostics.length === 0) return;
  const { renderDiagnostics } = await import('../report/render-diagnostic.ts');
  const style = {
    colours: context.errColours,
    columns: readable(context.errWidth?.()) ?? context.errColumns,
    sourceOf: (path: string) => context.sources.get(path),
  };
  const shown = context.errWidth?.() === undefined ? diagnostics : mostUrgent(diagnostics);
  const left = diagnostics.filter((each) => !shown.includes(each));
  const notice = left.length === 0 ? '' : `(${countSeverities(left)} more: in a file or a pipe, all of them are written)\n\n`;
  // Before lines are broken: half a secret on each of two lines would not be known again.
  context.err(`${notice}${renderDiagnostics(redacted(shown, context), style)}\n`);
}

/** So many messages are read on a terminal; the lines of thousands scroll away those that matter. */
const mostMessages = 40;

/** In their order: the worst, of those the first, and always the last, which decides. */
function mostUrgent(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const rank = ({ severity }: Diagnostic): number => severityOrder.indexOf(severity);
  const kept = new Set([...diagnostics.slice(-1), ...diagnostics.toSorted((a, b) => rank(a) - rank(b))].slice(0, mostMessages));
  return diagnostics.filter((each) => kept.has(each));
}

/** Without the secrets that the command line tells of. */
export function redacted(diagnostics: readonly Diagnostic[], { redact }: CommandContext): readonly Diagnostic[] {
  if (redact === undefined) return diagnostics;
  return diagnostics.map(({ message, label, notes, help, ...rest }) => ({
    ...rest,
    message: redact(message),
    ...(label === undefined ? {} : { label: redact(label) }),
    ...(notes === undefined ? {} : { notes: notes.map(redact) }),
    ...(help === undefined ? {} : { help: redact(help) }),
  }));
}

/** Prose that is wider than this, or narrower, is not read well. Undefined where there is no terminal. */
export function readable(width: number | undefined): number | undefined {
  return width === undefined ? undefined : Math.min(columnBounds.most, Math.max(columnBounds.least, width));
}

const severityOrder = ['error', 'refused', 'failed', 'warning'] as const;

/** `1 error, 2 warnings`; refusals count as what they are. */
export function countSeverities(diagnostics: readonly Diagnostic[]): string {
  return severityOrder
    .map((severity) => ({ severity, number: diagnostics.filter((diagnostic) => diagnostic.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(
      ({ severity, number }) =>
        `${number} ${severity === 'refused' ? (number === 1 ? 'refusal' : 'refusals') : severity === 'failed' ? (number === 1 ? 'failure' : 'failures') : `${severity}${number === 1 ? '' : 's'}`}`,
    )
    .join(', ');
}
