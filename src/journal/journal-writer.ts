/**
 * The writing end of a journal. There is no way to change or take back a line. Whatever goes wrong is final: a record with
 * a hole in it must not look whole. Texts come redacted: a line is written as it is given.
 */
import { hash } from 'node:crypto';
import * as nodeFileSystem from 'node:fs';
import { join } from 'node:path';
import type { Recorder } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import { executionFiles, journalVersion, type JournalState } from '../model/journal-entry.ts';
import { openAppendOnlyFile, writeNewFile, type Fail, type JournalFileSystem } from './append-only-file.ts';
import { renderCanonicalJson } from './canonical-json.ts';
import { checkpointOrigin, renderCheckpoint } from './checkpoint.ts';
import type { BegunJournal } from './journal-begun.ts';
import { type HeadMark, openHeadMark } from './head-mark.ts';
import { JournalFailure } from './journal-failure.ts';
import { entryKindPattern, executionNamePattern, hashTornLine, journalGenesis, maximumLineBytes, resumedKind } from './journal-line.ts';
import { createMerkleTree } from './merkle-tree.ts';
import type { NoteKey } from './signed-note.ts';

export interface JournalOptions {
  /** The execution's own folder, which exists. */
  readonly folder: string;
  readonly execution: string;
  /** Milliseconds since 1970, as `Date.now`. */
  readonly clock: () => number;
  /** Signs the checkpoint. */
  readonly key?: NoteKey;
  readonly fileSystem?: JournalFileSystem;
  /** Where the head is kept while the journal is open: a path outside of the record. */
  readonly headMark?: string;
  /** How far a process that was killed had come: the journal goes on in the same file. */
  readonly begun?: BegunJournal;
}

/** An open journal. `record` and `close` reject with a JournalFailure, always the first that happened. */
export interface Journal extends Recorder {
  readonly path: string;
  readonly state: () => JournalState;
  /** The first entry after a cut (`resumed`), with `after` and `torn` added to its data. Nothing in a journal that was not begun before. */
  readonly resume: (data: Readonly<Record<string, unknown>>) => Promise<Resumed | undefined>;
  /** The first time that the clock went back by more than a time server corrects it. */
  readonly clockSetBack: () => ClockJump | undefined;
  /** Lets go of the file without an end: nothing is written. */
  readonly abandon: () => void;
  /** Syncs, reads the whole file back, writes the checkpoint, and answers with what it says. Ends the journal, also on failure. */
  readonly close: () => Promise<JournalState>;
}

const lineFeed = Buffer.from('\n');

function isThere(path: string, bytes: Uint8Array): boolean {
  try {
    return nodeFileSystem.readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

/** Times in UTC. */
export interface ClockJump {
  readonly from: string;
  readonly to: string;
}

interface Resumed {
  readonly seq: number;
  readonly ts: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How long an entry that is not durable waits for the disk at most. */
const lazySyncMs = 1_000;
/** Smaller jumps back are a time server's corrections. */
const toleratedMs = 2_000;

/** Starts the journal of an execution, which must have none, or goes on with a begun one. Rejects with a JournalFailure. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { folder, execution, clock, fileSystem = nodeFileSystem, begun } = options;
  const path = join(folder, executionFiles.journal);
  const tree = begun?.tree ?? createMerkleTree();
  let head = begun?.head ?? journalGenesis(execution);
  let lastClockMs = begun?.lastTimeMs ?? Number.NEGATIVE_INFINITY;
  let lastTimeMs = lastClockMs;
  let lastTickMs: number | undefined;
  let failure: JournalFailure | undefined;
  let closing: Promise<JournalState> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let setBack: ClockJump | undefined;

  const fail: Fail = (reason, message, cause) => {
    failure ??= new JournalFailure(reason, message, [`journal: \`${path}\``, `entries written before: ${tree.size()}`], cause);
    return failure;
  };
  if (!executionNamePattern.test(execution)) throw fail('open', `\`${execution}\` cannot be an execution's id`);
  const file = openAppendOnlyFile(path, fileSystem, fail, begun);
  let mark: HeadMark | undefined;
  try {
    mark = options.headMark === undefined ? undefined : openHeadMark(options.headMark);
  } catch (error) {
    throw fail('mark-open', `the mark of its head cannot be kept: ${messageOf(error)}`, error);
  }
  const note = (line: Uint8Array, before: string): string => {
    const hashed = hash('sha256', line);
    try {
      mark?.note(hashed, before);
    } catch (error) {
      throw fail('mark-write', `the mark of its head was not written: ${messageOf(error)}`, error);
    }
    return hashed;
  };
  const state = (): JournalState => ({ entries: tree.size(), head, root: tree.root().toString('hex') });

  const append = (kind: string, data: Readonly<Record<string, unknown>>): { readonly seq: number; readonly hash: string; readonly ts: string } => {
    file.inspect();
    const seq = tree.size() + 1;
    const line = renderLine(seq, kind, data);
    const hashed = note(line, head);
    file.append(line, `entry ${seq} (${kind})`);
    tree.append(line);
    head = hashed;
    return { seq, hash: head, ts: new Date(lastTimeMs).toISOString() };
  };

  const renderLine = (seq: number, kind: string, data: Readonly<Record<string, unknown>>): Buffer => {
    try {
      if (!entryKindPattern.test(kind)) throw new TypeError('no name for a kind of entry');
      const ts = new Date(lastTimeMs).toISOString();
      const line = Buffer.from(`${renderCanonicalJson({ v: journalVersion, execution, seq, ts, kind, data, prev: head })}\n`);
      if (line.length > maximumLineBytes) throw new TypeError(`the line has ${line.length} bytes, more than ${maximumLineBytes}`);
      return line;
    } catch (error) {
      throw fail('refused', `entry ${seq} (${kind}) cannot be written: ${messageOf(error)}`, error);
    }
  };

  /** Ends a torn last line and says so in the line after it: both in one write, so that no third state is left by another cut. */
  const resume = async (data: Readonly<Record<string, unknown>>, { torn, lines }: BegunJournal): Promise<Resumed> => {
    file.inspect();
    const now = clock();
    lastTimeMs = Math.max(now, lastTimeMs);
    const begunAt = head;
    if (torn.length > 0) {
      const ended = Buffer.concat([torn, lineFeed]);
      tree.append(ended);
      head = hashTornLine(head, ended);
    }
    const seq = tree.size() + 1;
    const whole = { ...data, after: lines, torn: torn.length === 0 ? null : { bytes: torn.length, sha256: hash('sha256', torn) } };
    const line = renderLine(seq, resumedKind, whole);
    const hashed = note(line, begunAt);
    file.append(torn.length === 0 ? line : Buffer.concat([lineFeed, line]), `entry ${seq} (${resumedKind})`);
    tree.append(line);
    head = hashed;
    tick();
    await file.sync();
    if (failure) throw failure;
    return { seq, ts: new Date(lastTimeMs).toISOString(), data: whole };
  };

  /** The journal's time never goes back. That the machine's clock did is itself recorded, once for each jump. */
  const tick = (): void => {
    const now = clock();
    // A clock that has gone on since it was set back shows only beside one that nobody can set.
    const elapsedMs = lastTickMs === undefined ? 0 : performance.now() - lastTickMs;
    const expected = lastClockMs + elapsedMs;
    const [backwards, back] = [now < lastClockMs, expected - now >= toleratedMs];
    const from = backwards && !back ? lastClockMs : expected;
    lastClockMs = now;
    lastTickMs = performance.now();
    lastTimeMs = Math.max(now, lastTimeMs);
    // A clock that gives no time fails with the line.
    if (!backwards && !back) return;
    const jump = { from: new Date(from).toISOString(), to: new Date(now).toISOString() };
    append('clock-set-back', jump);
    if (back) setBack ??= jump;
  };

  const syncSoon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      // A failure is kept, and comes out of the next `record` or `close`.
      if (!failure && !closing) file.sync().catch(() => undefined);
    }, lazySyncMs).unref();
  };

  const finish = async (): Promise<JournalState> => {
    clearTimeout(timer);
    try {
      // Also after a failure, so that no sync is under way when the file is closed.
      await file.sync();
      if (failure) throw failure;
      file.inspect();
      file.readBack();
      const reached = state();
      const path = join(folder, executionFiles.checkpoint);
      const checkpoint = Buffer.from(renderCheckpoint({ origin: checkpointOrigin(execution), size: reached.entries, root: reached.root }, options.key));
      // Whoever was cut may have come that far.
      if (!begun || !isThere(path, checkpoint)) writeNewFile(path, checkpoint, fileSystem);
      mark?.remove();
      return reached;
    } catch (error) {
      // The first failure is the one to tell; `fail` makes one only of an error that is none yet.
      throw fail('write', `the checkpoint was not written: ${messageOf(error)}`, error);
    } finally {
      mark?.close();
      file.close();
    }
  };

  return {
    path,
    state,
    clockSetBack: () => {
      // Asked before a verdict: the time since the last entry counts too.
      if (!failure && !closing) tick();
      return setBack;
    },
    resume: async (data) => (begun ? resume(data, begun) : undefined),
    // The line is written before the first `await`: entries stand in the order of the calls.
    record: async (kind, data, { durable = false } = {}) => {
      if (failure) throw failure;
      if (closing) throw fail('closed', `an entry (${kind}) came after the journal was closed`);
      tick();
      const appended = append(kind, data);
      if (!durable) syncSoon();
      else {
        await file.sync();
        // Another entry may have failed meanwhile: nobody is to act on a record that is broken.
        if (failure) throw failure;
      }
      return appended;
    },
    abandon: () => {
      clearTimeout(timer);
      fail('closed', 'the journal was let go');
      mark?.close();
      file.close();
    },
    close: () => {
      closing ??= finish();
      return closing;
    },
  };
}
