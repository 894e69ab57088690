import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ManifestEvidence } from '../model/event.ts';
import { evidencePath } from '../model/journal-entry.ts';
import { renderCanonicalJson } from '../journal/canonical-json.ts';

/** SHA-256, lower hex. */
export function digestOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Keeps a document byte for byte as evidence, under its digest. Rejects with what `node:fs` throws. */
export async function keepDocument(folder: string, bytes: Uint8Array): Promise<void> {
  const path = join(folder, evidencePath(digestOf(bytes)));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // The same content may be there already: plan and addendum can be equal, and a step may print one of them.
  await writeFile(path, bytes, { mode: 0o600 });
}

/** Keeps the digests of the tested source as evidence: path to digest, as canonical JSON. */
export async function keepManifest(folder: string, digests: Readonly<Record<string, string>>): Promise<ManifestEvidence> {
  const bytes = Buffer.from(renderCanonicalJson(digests));
  await keepDocument(folder, bytes);
  return { sha256: digestOf(bytes), bytes: bytes.length, stream: 'workspace' };
}

/** Writes a file of the execution's folder, which must not be there yet, and reads it back: its digest is told as that of the file. */
export async function writeNew(path: string, text: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const bytes = Buffer.from(text, 'utf8');
  await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
  if (!(await readFile(path)).equals(bytes)) throw new Error(`\`${basename(path)}\` on the disk is not what was written to it`);
  return { sha256: digestOf(bytes), bytes: bytes.length };
}
