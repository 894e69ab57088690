import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

const ofTheDisk = {
  code: 'journal/write-failed',
  help: 'make room on the disk of the output folder, or give another with --out, and execute the plan again',
} as const;
const ofAnIntruder = { code: 'journal/disturbed', help: 'find out what else writes into the output folder, and execute the plan again' } as const;
const ofTheRunner = 'report this as a defect of proofplan, with the message';

/** Each reason with its diagnostic code and the one next action. */
const reasons = {
  /** The file could not be made. */
  open: { code: 'journal/not-opened', help: 'give a folder with --out that can be written and is on a local disk' },
  /** The mark of its head is kept elsewhere, in the folder for temporary files. */
  'mark-open': { code: 'journal/not-opened', help: 'name a folder for temporary files that can be written and is yours alone, in TMPDIR' },
  'mark-write': { code: 'journal/write-failed', help: 'make room in the folder for temporary files, or name another in TMPDIR, and execute the plan again' },
  /** The disk did not take it. */
  write: ofTheDisk,
  sync: ofTheDisk,
  'short-write': ofTheDisk,
  /** Somebody else touched the file. */
  deleted: ofAnIntruder,
  replaced: ofAnIntruder,
  truncated: ofAnIntruder,
  grown: ofAnIntruder,
  edited: ofAnIntruder,
  /** The entry cannot be written as it is. */
  refused: { code: 'journal/entry-refused', help: ofTheRunner },
  /** It came after the end. */
  closed: { code: 'journal/closed', help: ofTheRunner },
} as const satisfies Record<string, { readonly code: DiagnosticCode; readonly help: string }>;

export type JournalFailureReason = keyof typeof reasons;

/**
 * Why a journal records nothing more. Every later `record` and `close` rejects with the first one, so an execution that
 * goes on cannot pass: `execute` ends it with exit 5 and shows the diagnostic.
 */
export class JournalFailure extends Error {
  readonly reason: JournalFailureReason;
  readonly diagnostic: Diagnostic;

  constructor(reason: JournalFailureReason, message: string, notes: readonly string[], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'JournalFailure';
    this.reason = reason;
    this.diagnostic = { severity: 'error', ...reasons[reason], message, notes };
  }
}
