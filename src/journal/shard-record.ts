/**
 * What one shard of a set of plans has left, in the output folder: `shard.json`, bound to the journals by their roots and to the
 * ledger by its last line, and `shard.checkpoint`, a note over its digest (C2SP), signed where there is a key. It is written before
 * the first plan, too, so that a shard that was killed does not stand on the file of an earlier one.
 */
import { createHash } from 'node:crypto';
import { constants, closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../model/diagnostic.ts';
import type { JournalState } from '../model/journal-entry.ts';
import type { Verdict } from '../model/verdict.ts';
import { renderCanonicalJson } from './canonical-json.ts';
import { isRecord } from './journal-line.ts';
import { digestPlanSet, type PlanSet, type SetMemory, type SetPlan } from './plan-set.ts';
import { parseNote, signNote, verifyNote, type NoteKey } from './signed-note.ts';

const shardFiles = { record: 'shard.json', checkpoint: 'shard.checkpoint' } as const;

/** How one plan of a shard ended. Without an execution it was never opened. */
export interface ShardExecution {
  readonly path: string;
  readonly sha256: string;
  /** Is it there because the set names it, or only because another plan links it? */
  readonly role: 'plan' | 'prerequisite';
  readonly execution: string | null;
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly journal: JournalState | null;
}

/** `index` from 1. `ledger` is the end of the ledger when the shard was closed. */
export interface ShardRecord {
  readonly v: 1;
  readonly set: PlanSet;
  readonly setSha256: string;
  readonly index: number;
  readonly count: number;
  readonly state: 'open' | 'closed';
  readonly executions: readonly ShardExecution[];
  readonly ledger: { readonly entries: number; readonly head: string } | null;
}

const mostBytes = 64 << 20;
const digest = /^[0-9a-f]{64}$/;

/** Puts it in place whole. Throws what `node:fs` throws. */
export function writeShardRecord(output: string, record: ShardRecord, key?: NoteKey): void {
  const text = `${renderCanonicalJson(record)}\n`;
  const note = noteOf(record, digestOf(Buffer.from(text)));
  rmSync(join(output, shardFiles.checkpoint), { force: true });
  replaceFile(join(output, shardFiles.record), text);
  replaceFile(join(output, shardFiles.checkpoint), key === undefined ? note : signNote(note, key));
}

/** The record of the shard in this output folder with the names of who signed it, or what is wrong with it, in words. */
export function readShardRecord(
  output: string,
  verifierKey?: string,
  digestOfSet: SetMemory['digest'] = digestPlanSet,
): { readonly record: ShardRecord; readonly signers: readonly string[] } | { readonly problem: string; readonly kind: 'missing' | 'damaged' | 'unsigned' } {
  const damaged = (problem: string): { readonly problem: string; readonly kind: 'damaged' } => ({ problem, kind: 'damaged' });
  try {
    const bytes = readBounded(join(output, shardFiles.record));
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    if (!isShardRecord(value)) return damaged(`\`${shardFiles.record}\` has not the form of a shard of this version`);
    if (digestOfSet(value.set) !== value.setSha256) return damaged(`the digest of the set in \`${shardFiles.record}\` is not that of its plans`);
    const note = parseNote(readBounded(join(output, shardFiles.checkpoint)).toString('utf8'));
    if (note?.text !== noteOf(value, digestOf(bytes))) return damaged(`\`${shardFiles.checkpoint}\` is not that of \`${shardFiles.record}\``);
    if (verifierKey !== undefined && !verifyNote(note, verifierKey))
      return { problem: `\`${shardFiles.checkpoint}\` is not signed with the given key`, kind: 'unsigned' };
    return { record: value, signers: note.signatures.map(({ name }) => name) };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return {
      problem: missing ? `there is no \`${shardFiles.record}\` with its \`${shardFiles.checkpoint}\`` : messageOf(error),
      kind: missing ? 'missing' : 'damaged',
    };
  }
}

function noteOf({ index, count, setSha256 }: ShardRecord, sha256: string): string {
  return `proofplan/shard/v1\n${index}/${count} of ${setSha256}\n${sha256}\n`;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readBounded(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > mostBytes) throw new Error(`\`${path}\` is not a file of a shard`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function replaceFile(path: string, text: string): void {
  const made = `${path}.new`;
  rmSync(made, { force: true });
  writeFileSync(made, text, { flag: 'wx', mode: 0o600, flush: true });
  renameSync(made, path);
}

/** Nothing is taken for granted: anybody may have written it. */
function isShardRecord(value: unknown): value is ShardRecord {
  if (!isRecord(value) || value['v'] !== 1 || !isPlanSet(value['set']) || !isDigest(value['setSha256'])) return false;
  const { index, count, state, executions, ledger } = value;
  return (
    isPositive(index) &&
    isPositive(count) &&
    index <= count &&
    count <= value['set'].plans.length &&
    (state === 'open' || (state === 'closed' && ledger !== null)) &&
    Array.isArray(executions) &&
    executions.every(isExecution) &&
    (ledger === null || (isRecord(ledger) && Number.isSafeInteger(ledger['entries']) && isDigest(ledger['head'])))
  );
}

function isPlanSet(value: unknown): value is PlanSet {
  return isRecord(value) && [value['plans'], value['linked']].every((list) => Array.isArray(list) && list.every(isSetPlan));
}

function isSetPlan(value: unknown): value is SetPlan {
  if (!isRecord(value) || typeof value['path'] !== 'string' || !isDigest(value['sha256'])) return false;
  const { addendum, environment, prerequisites } = value;
  if (environment !== null && typeof environment !== 'string') return false;
  return (addendum === null || isDigest(addendum)) && Array.isArray(prerequisites) && prerequisites.every((path) => typeof path === 'string');
}

function isExecution(value: unknown): value is ShardExecution {
  if (!isRecord(value) || typeof value['path'] !== 'string' || !isDigest(value['sha256'])) return false;
  const { role, execution, verdict, exitCode, journal } = value;
  return (
    (role === 'plan' || role === 'prerequisite') &&
    (execution === null || typeof execution === 'string') &&
    typeof verdict === 'string' &&
    Number.isSafeInteger(exitCode) &&
    (journal === null ||
      (isRecord(journal) && Number.isSafeInteger(journal['entries']) && typeof journal['head'] === 'string' && typeof journal['root'] === 'string'))
  );
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && digest.test(value);
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}
