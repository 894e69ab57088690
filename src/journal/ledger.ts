/**
 * The ledger of an output folder: every execution is registered before its first step and again at its end, so that the
 * failures somebody deletes leave a gap. Lines are chained as a journal's are.
 */
import { createHash } from 'node:crypto';
import * as nodeFileSystem from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { journalVersion, type JournalState } from '../model/journal-entry.ts';
import type { Verdict } from '../model/verdict.ts';
import { syncFolder } from './append-only-file.ts';
import { renderCanonicalJson } from './canonical-json.ts';
import { pruningNote, type LedgerPlan } from './ledger-entry.ts';
import { countAttempts, countPlan, readSummary, writeIndex, type LedgerSummary } from './ledger-index.ts';
import { withLock } from './ledger-lock.ts';
import { findsRegistration } from './ledger-reader.ts';
import { signNote, type NoteKey } from './signed-note.ts';

export { endedVerdict, groupEntries, isSamePlan, type LedgerEntry, type LedgerPlan } from './ledger-entry.ts';
export { readLedger, type Ledger } from './ledger-reader.ts';

/** The place of a registration: for the journal's `opened` entry, which binds the two files to each other. */
export interface Registration {
  readonly attempt: number;
  readonly seq: number;
  readonly hash: string;
}

export interface LedgerOptions {
  /** The output folder, which exists. */
  readonly output: string;
  readonly execution: string;
  readonly plan: LedgerPlan;
  /** Milliseconds since 1970, as `Date.now`. */
  readonly clock: () => number;
  /** How long to wait for another execution that is writing. */
  readonly waitMs?: number;
  readonly fileSystem?: LedgerFileSystem;
}

/** The part of `node:fs` that a ledger is written with; tests put faults in its place. */
export type LedgerFileSystem = Pick<typeof nodeFileSystem, 'openSync' | 'writeSync' | 'readSync' | 'fstatSync' | 'fsyncSync' | 'closeSync'>;

const defaultWaitMs = 10_000;
const lineFeed = Buffer.from('\n');

export function ledgerPath(output: string): string {
  return join(output, 'ledger.jsonl');
}

/**
 * Registers an execution, on the disk when this returns. Without a value the execution must not start. Warns of a ledger that
 * somebody has damaged: the attempts that it counts may not be all.
 */
export async function registerExecution(options: LedgerOptions): Promise<Checked<Registration>> {
  return append(options, (ledger) => ({ kind: 'registered', attempt: countAttempts(ledger, options.plan) + 1 }));
}

/** Registers how an execution ended, with the head of its closed journal. */
export async function registerEnd(
  options: LedgerOptions & { readonly attempt: number; readonly verdict: Verdict; readonly journal: JournalState },
): Promise<Checked<Registration>> {
  const { entries, head, root } = options.journal;
  return append(options, async () => {
    // A ledger that was removed or replaced meanwhile would hide all earlier attempts.
    if (!(await isRegistered(options.output, options.execution))) throw new Error('it does not know this execution any more: it was removed or replaced');
    return { kind: 'ended', attempt: options.attempt, verdict: options.verdict, journal: { entries, head, root } };
  });
}

/**
 * Registers that the folder of an execution is about to be removed, by which `rule`, on the disk when this returns: before that nothing
 * may be removed. A damaged ledger takes no such line: nobody could tell what it says of the execution.
 */
export async function registerPruning(options: LedgerOptions & { readonly attempt: number; readonly rule: string; readonly key?: NoteKey }): Promise<Checked<Registration>> {
  const { execution, attempt, rule, key } = options;
  return append(options, async ({ damage, next }, ts) => {
    if (damage) throw new Error(`line ${damage.lineNumber} is damaged or not chained to the line before`);
    if (!(await isRegistered(options.output, execution))) throw new Error(`it does not know \`${execution}\``);
    const line = { kind: 'pruned', attempt, rule } as const;
    if (!key) return line;
    const note = signNote(pruningNote({ ...next, ts, execution, rule }), key);
    return { ...line, signature: note.slice(note.lastIndexOf('\n\n') + 4, -1) };
  });
}

/** Does the ledger still know this execution? A step that found it could have removed or replaced it. */
export async function isRegistered(output: string, execution: string): Promise<boolean> {
  return findsRegistration(ledgerPath(output), execution).catch(() => false);
}

/** What a line says beside what all lines say. */
type Composed = Readonly<Record<string, unknown>> & { readonly kind: 'registered' | 'ended' | 'pruned'; readonly attempt: number };

async function append(options: LedgerOptions, compose: (ledger: LedgerSummary, ts: string) => Composed | Promise<Composed>): Promise<Checked<Registration>> {
  const path = ledgerPath(options.output);
  const lock = join(options.output, 'ledger.lock');
  try {
    const locked = await withLock(lock, options.waitMs ?? defaultWaitMs, async () => {
      const ledger = await readSummary(path);
      const { seq, prev, torn } = ledger.next;
      const ts = new Date(options.clock()).toISOString();
      const composed = await compose(ledger, ts);
      const { path: planPath, sha256 } = options.plan;
      const common = {
        v: journalVersion,
        seq,
        ts,
        execution: options.execution,
        plan: { path: planPath, sha256 },
        prev,
      };
      const line = Buffer.from(`${renderCanonicalJson({ ...common, ...composed, ...(torn ? { afterTorn: true } : {}) })}\n`);
      const written = torn ? Buffer.concat([lineFeed, line]) : line;
      const stats = writeLine(path, written, options.fileSystem ?? nodeFileSystem);
      const hash = createHash('sha256').update(line).digest('hex');
      const plans = composed.kind === 'registered' ? countPlan(ledger.plans, options.plan) : ledger.plans;
      const bytes = ledger.bytes + written.length;
      // Somebody who writes without the lock has come in between: the next one reads it all.
      if (stats.size === BigInt(bytes)) writeIndex(path, { bytes, next: { seq: seq + 1, prev: hash, torn: false }, damage: ledger.damage, plans }, stats);
      return { value: { attempt: composed.attempt, seq, hash }, damage: composed.kind === 'registered' ? ledger.damage : null };
    });
    if ('value' in locked) {
      const { value, damage } = locked.value;
      return { value, diagnostics: damage === null ? [] : [damaged(path, damage)] };
    }
    const help = `if no other proofplan is executing there, remove \`${lock}\` (and \`${lock}.break\`)`;
    return failed({
      severity: 'error',
      code: 'journal/ledger-locked',
      message: `the ledger \`${path}\` is held by another execution`,
      notes: [`holder: ${locked.busy}`],
      help,
    });
  } catch (error) {
    const help = 'make the output folder writable, or give another with --out';
    return failed({ severity: 'error', code: 'journal/ledger-unusable', message: `the ledger \`${path}\` cannot be written: ${messageOf(error)}`, help });
  }
}

function failed(diagnostic: Diagnostic): Checked<Registration> {
  return { value: undefined, diagnostics: [diagnostic] };
}

function damaged(path: string, { kind, lineNumber }: NonNullable<LedgerSummary['damage']>): Diagnostic {
  return {
    severity: 'warning',
    code: 'journal/ledger-damaged',
    message: `line ${lineNumber} of the ledger \`${path}\` ${kind === 'chain-broken' ? 'is not chained to the line before' : 'is damaged'}`,
    notes: ['attempts may have been taken out of it: the number of this attempt counts those that are left'],
    help: 'restore the ledger from where it is kept, or give another folder with --out',
  };
}

/** The state of the ledger with the line in it. */
function writeLine(path: string, bytes: Buffer, fileSystem: LedgerFileSystem): nodeFileSystem.BigIntStats {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = nodeFileSystem.constants;
  const file = fileSystem.openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const written = fileSystem.writeSync(file, bytes);
    if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`);
    fileSystem.fsyncSync(file);
    // Read back as a journal is: what is not there, or not so, must not be told as registered.
    const onDisk = Buffer.alloc(bytes.length);
    const stats = fileSystem.fstatSync(file, { bigint: true });
    const read = fileSystem.readSync(file, onDisk, 0, onDisk.length, Number(stats.size) - bytes.length);
    if (read !== bytes.length || !onDisk.equals(bytes)) throw new Error('the line on the disk is not the one that was written');
    syncFolder(dirname(path), fileSystem);
    return stats;
  } finally {
    fileSystem.closeSync(file);
  }
}
