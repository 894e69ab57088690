import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { evidencePath } from '../model/journal-entry.ts';

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

/** Writes a file of the execution's folder, which must not be there yet. */
export async function writeNew(path: string, text: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const bytes = Buffer.from(text, 'utf8');
  await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
  return { sha256: digestOf(bytes), bytes: bytes.length };
}
