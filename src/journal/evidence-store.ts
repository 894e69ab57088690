/** Reading content-addressed evidence: a file's name is the SHA-256 of what it holds, so a changed file gives itself away. */
import { createHash } from 'node:crypto';
import { constants, promises } from 'node:fs';
import { join } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { digestPattern, evidencePath } from '../model/journal-entry.ts';
import { systemCodeOf } from './append-only-file.ts';

const blockBytes = 1 << 20;

/** What a file on the disk is: `sha256` in lower hex, or why it has none. A symbolic link or a folder is no file. */
export type FileDigest =
  | { readonly kind: 'file'; readonly sha256: string; readonly bytes: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly message: string };

/** The digest of a file of any size. Does not follow a symbolic link, and does not wait at a named pipe. */
export async function readDigest(path: string): Promise<FileDigest> {
  try {
    const file = await promises.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return { kind: 'unreadable', message: 'it is not a regular file' };
      const hash = createHash('sha256');
      const block = Buffer.allocUnsafe(blockBytes);
      let bytes = 0;
      for (;;) {
        const { bytesRead } = await file.read(block, 0, blockBytes, null);
        if (bytesRead === 0) return { kind: 'file', sha256: hash.digest('hex'), bytes };
        hash.update(block.subarray(0, bytesRead));
        bytes += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return { kind: 'missing' };
    return { kind: 'unreadable', message: messageOf(error) };
  }
}

/** Whether the evidence with this digest is in an execution's folder and holds what its name says. Undefined: it does. */
export async function verifyEvidence(folder: string, sha256: string): Promise<Diagnostic | undefined> {
  const digest: FileDigest = digestPattern.test(sha256) ? await readDigest(join(folder, evidencePath(sha256))) : { kind: 'missing' };
  if (digest.kind === 'file' && digest.sha256 === sha256) return undefined;
  const place = `\`${evidencePath(sha256)}\``;
  if (digest.kind === 'missing') return { severity: 'error', code: 'journal/evidence-missing', message: `there is no ${place}` };
  return {
    severity: 'error',
    code: 'journal/evidence-changed',
    message: digest.kind === 'file' ? `${place} holds ${digest.sha256}` : `${place} cannot be read: ${digest.message}`,
  };
}

/**
 * The content of one file of evidence, checked against its digest; at most `limitBytes` of it are returned, the digest is over
 * all. Nothing unverified is given out.
 */
export async function readEvidence(
  folder: string,
  sha256: string,
  limitBytes = 16 << 20,
): Promise<Checked<{ readonly bytes: Buffer; readonly whole: boolean }>> {
  const problem = await verifyEvidence(folder, sha256);
  if (problem) return { value: undefined, diagnostics: [problem] };
  try {
    const file = await promises.open(join(folder, evidencePath(sha256)), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.min(size, limitBytes));
      await file.read(bytes, 0, bytes.length, 0);
      return { value: { bytes, whole: size <= limitBytes }, diagnostics: [] };
    } finally {
      await file.close();
    }
  } catch (error) {
    return {
      value: undefined,
      diagnostics: [{ severity: 'error', code: 'journal/evidence-missing', message: `\`${evidencePath(sha256)}\` cannot be read: ${messageOf(error)}` }],
    };
  }
}
