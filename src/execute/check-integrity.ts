/** What must be at the end as it was before: the plan's own files, and the evidence that was kept. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RecordedFile } from '../model/journal-entry.ts';
import { readDigest, verifyEvidence } from '../journal/evidence-store.ts';
import { digestOf } from './keep-document.ts';

/** Stands for the digest of a file that is not there. */
const absence = '';

/**
 * Files as they were read, by path and digest; what differs from that now was changed while the environment was made ready. A document
 * that is no file (standard input) is not among them. `absent`: files that would have been read, had they been there. `others`: files
 * that were read too, as they are now.
 */
export async function readDocuments(
  documents: readonly { readonly path: string; readonly sha256: string }[],
  absent: readonly string[] = [],
  others: readonly string[] = [],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const path of absent) found.set(path, absence);
  for (const path of others) {
    const sha256 = await digestAt(path);
    if (sha256 !== undefined) found.set(path, sha256);
  }
  for (const { path, sha256 } of documents) if ((await digestAt(path)) !== undefined) found.set(path, sha256);
  return found;
}

/** Each of them that is not the same any more: what was executed is not what a reader will find. */
export async function changedDocuments(documents: ReadonlyMap<string, string>): Promise<readonly Diagnostic[]> {
  const changed: Diagnostic[] = [];
  for (const [path, sha256] of documents) {
    const now = await digestAt(path);
    if ((now ?? absence) === sha256) continue;
    if (sha256 === absence) {
      changed.push({
        severity: 'error',
        code: 'execute/document-changed',
        message: `\`${path}\`, which would be read with the plan, was made during the execution`,
        notes: [`SHA-256 now: ${now ?? absence}`],
        help: 'look at what it holds; take it away, or execute the plan again with it',
      });
      continue;
    }
    changed.push({
      severity: 'error',
      code: 'execute/document-changed',
      message: `\`${path}\` was ${now === undefined ? 'removed' : 'edited'} during the execution`,
      notes: [`SHA-256 at the start: ${sha256}`, ...(now === undefined ? [] : [`SHA-256 now: ${now}`])],
      help: 'execute the plan again as it is now; the record keeps the text that was executed',
    });
  }
  return changed;
}

/** The digests of all evidence that an event names: objects with `stream`, `sha256` and `bytes`. */
export function evidenceIn(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null) return [];
  const { stream, sha256, bytes } = data as Readonly<Record<string, unknown>>;
  const own = typeof stream === 'string' && typeof sha256 === 'string' && typeof bytes === 'number' ? [sha256] : [];
  return [...own, ...Object.values(data).flatMap(evidenceIn)];
}

/** Files of the closed record that are not what the journal says of them: without them in order there is no verdict. */
export async function changedFiles(folder: string, files: readonly RecordedFile[]): Promise<readonly Diagnostic[]> {
  const changed: Diagnostic[] = [];
  for (const { path, sha256 } of files) {
    const found = await readDigest(join(folder, path));
    if (found.kind === 'file' && found.sha256 === sha256) continue;
    changed.push({
      severity: 'error',
      code: 'journal/disturbed',
      message: `\`${path}\` was ${found.kind === 'missing' ? 'removed' : 'changed'} before the record was closed`,
      notes: [found.kind === 'unreadable' ? found.message : `SHA-256 as it was written: ${sha256}`],
      help: "find out what writes into the execution's folder, and execute the plan again",
    });
  }
  return changed;
}

/** Evidence that is gone or holds something else: a step that finds the folder could have touched it. */
export async function damagedEvidence(folder: string, digests: ReadonlySet<string>): Promise<readonly Diagnostic[]> {
  const damaged: Diagnostic[] = [];
  for (const sha256 of digests) {
    const problem = await verifyEvidence(folder, sha256);
    if (problem) damaged.push({ ...problem, help: "find out what writes into the execution's folder, and execute the plan again" });
  }
  return damaged;
}

async function digestAt(path: string): Promise<string | undefined> {
  return readFile(resolve(path)).then(digestOf, () => undefined);
}
