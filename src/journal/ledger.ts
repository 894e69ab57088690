/**
 * The ledger of an output folder: every execution is registered before its first step and again at its end, so that the
 * failures somebody deletes leave a gap. Lines are chained as a journal's are.
 */
import { createHash } from 'node:crypto';
import * as nodeFileSystem from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { journalVersion, type JournalState } from '../model/journal-entry.ts';
import type { Verdict } from '../model/verdict.ts';
import { syncFolder, systemCodeOf } from './append-only-file.ts';
import { renderCanonicalJson } from './canonical-json.ts';
import { isRecord, parseLine } from './journal-line.ts';
import { readLines } from './journal-reader.ts';
import { withLock } from './ledger-lock.ts';

export interface LedgerPlan {
  readonly path: string;
  readonly sha256: string;
}

interface LedgerBase {
  readonly v: typeof journalVersion;
  readonly seq: number;
  readonly ts: string;
  readonly execution: string;
  readonly plan: LedgerPlan;
  /** This is the `attempt`-th execution of the plan that the ledger knows. */
  readonly attempt: number;
  readonly prev: string;
  /** The line before was left unfinished by a writer that died, and was ended (not repaired) by this one. */
  readonly afterTorn?: true;
}

/** One line: `registered` before the first step, `ended` with what came out. */
export type LedgerEntry = LedgerBase &
  ({ readonly kind: 'registered' } | { readonly kind: 'ended'; readonly verdict: Verdict; readonly journal: JournalState });

interface LedgerProblem {
  readonly kind: 'not-an-entry' | 'chain-broken' | 'torn';
  readonly lineNumber: number;
  /** In the file, of the line or of its first bad byte. */
  readonly offset: number;
}

/** What is readable of a ledger, in order, and what is wrong with it. A ledger that is not there yet is empty. */
export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly problems: readonly LedgerProblem[];
  /** What the next line is chained to. */
  readonly next: { readonly seq: number; readonly prev: string; readonly torn: boolean };
}

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
export type LedgerFileSystem = Pick<typeof nodeFileSystem, 'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync'>;

const defaultWaitMs = 10_000;
const genesis = createHash('sha256').update(`proofplan/ledger/v${journalVersion}\n`).digest('hex');
const lineFeed = Buffer.from('\n');

export function ledgerPath(output: string): string {
  return join(output, 'ledger.jsonl');
}

/** Attempts at the same plan: the same text under any name, or the same name whatever the text was then. Neither hides a failure. */
export function isSamePlan(a: LedgerPlan, b: LedgerPlan): boolean {
  return a.sha256 === b.sha256 || posix.normalize(a.path) === posix.normalize(b.path);
}

/** Registers an execution, on the disk when this returns. Without a value the execution must not start. */
export async function registerExecution(options: LedgerOptions): Promise<Checked<Registration>> {
  return append(options, ({ entries }) => {
    const before = entries.filter((entry) => entry.kind === 'registered' && isSamePlan(entry.plan, options.plan));
    return { kind: 'registered', attempt: before.length + 1 };
  });
}

/** Registers how an execution ended, with the head of its closed journal. */
export async function registerEnd(
  options: LedgerOptions & { readonly attempt: number; readonly verdict: Verdict; readonly journal: JournalState },
): Promise<Checked<Registration>> {
  const { entries, head, root } = options.journal;
  return append(options, (ledger) => {
    // A ledger that was removed or replaced meanwhile would hide all earlier attempts.
    if (!ledger.entries.some((entry) => entry.kind === 'registered' && entry.execution === options.execution)) throw new Error('it does not know this execution any more: it was removed or replaced');
    return { kind: 'ended', attempt: options.attempt, verdict: options.verdict, journal: { entries, head, root } };
  });
}

/** Does the ledger still know this execution? A step that found it could have removed or replaced it. */
export async function isRegistered(output: string, execution: string): Promise<boolean> {
  return readLedger(ledgerPath(output)).then(
    ({ entries }) => entries.some((entry) => entry.kind === 'registered' && entry.execution === execution),
    () => false,
  );
}

async function append(
  options: LedgerOptions,
  compose: (ledger: Ledger) => Readonly<Record<string, unknown>> & { readonly attempt: number },
): Promise<Checked<Registration>> {
  const path = ledgerPath(options.output);
  const lock = join(options.output, 'ledger.lock');
  try {
    const locked = await withLock(lock, options.waitMs ?? defaultWaitMs, async () => {
      const ledger = await readLedger(path);
      const { seq, prev, torn } = ledger.next;
      const composed = compose(ledger);
      const { path: planPath, sha256 } = options.plan;
      const common = {
        v: journalVersion,
        seq,
        ts: new Date(options.clock()).toISOString(),
        execution: options.execution,
        plan: { path: planPath, sha256 },
        prev,
      };
      const line = Buffer.from(`${renderCanonicalJson({ ...common, ...composed, ...(torn ? { afterTorn: true } : {}) })}\n`);
      writeLine(path, torn ? Buffer.concat([lineFeed, line]) : line, options.fileSystem ?? nodeFileSystem);
      return { attempt: composed.attempt, seq, hash: createHash('sha256').update(line).digest('hex') };
    });
    if ('value' in locked) return { value: locked.value, diagnostics: [] };
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

function writeLine(path: string, bytes: Buffer, fileSystem: LedgerFileSystem): void {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = nodeFileSystem.constants;
  const file = fileSystem.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    const written = fileSystem.writeSync(file, bytes);
    if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`);
    fileSystem.fsyncSync(file);
  } finally {
    fileSystem.closeSync(file);
  }
  syncFolder(dirname(path), fileSystem);
}

/** Reads a ledger whole. Throws what `node:fs` throws, except for a file that is not there. */
export async function readLedger(path: string): Promise<Ledger> {
  const entries: LedgerEntry[] = [];
  const problems: LedgerProblem[] = [];
  let prev = genesis;
  let seq = 1;
  let torn = false;
  // A damaged line, until the next one says (`afterTorn`) that it was left by a writer that died.
  let damaged: LedgerProblem | undefined;
  try {
    for await (const line of readLines(path)) {
      const { lineNumber, offset } = line;
      const parsed = line.torn ? undefined : parseLine(line.bytes);
      const entry = parsed && 'value' in parsed && isLedgerEntry(parsed.value) ? parsed.value : undefined;
      if (damaged && entry?.afterTorn !== true) problems.push(damaged);
      damaged = undefined;
      if (entry) {
        if (entry.prev !== prev || entry.seq !== lineNumber) problems.push({ kind: 'chain-broken', lineNumber, offset });
        entries.push(entry);
      } else if (line.torn) problems.push({ kind: 'torn', lineNumber, offset });
      else damaged = { kind: 'not-an-entry', lineNumber, offset: offset + (parsed && 'problem' in parsed ? parsed.problem.offset : 0) };
      torn = line.torn;
      seq = lineNumber + 1;
      // A line without a link of its own (torn, and ended by the next writer) must not free the line before from the chain.
      prev = entry
        ? line.hash
        : createHash('sha256')
            .update(`${prev}\n`)
            .update(line.bytes)
            .update(torn ? lineFeed : '')
            .digest('hex');
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  if (damaged) problems.push(damaged);
  return { entries, problems, next: { seq, prev, torn } };
}

function isLedgerEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value) || value['v'] !== journalVersion || !isRecord(value['plan'])) return false;
  const texts = [value['execution'], value['prev'], value['ts'], value['plan']['path'], value['plan']['sha256']];
  if (!texts.every((text) => typeof text === 'string') || !Number.isSafeInteger(value['seq']) || !Number.isSafeInteger(value['attempt'])) return false;
  if (value['kind'] === 'registered') return true;
  const journal = value['journal'];
  return (
    value['kind'] === 'ended' &&
    typeof value['verdict'] === 'string' &&
    isRecord(journal) &&
    Number.isSafeInteger(journal['entries']) &&
    typeof journal['head'] === 'string' &&
    typeof journal['root'] === 'string'
  );
}
