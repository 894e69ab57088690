/** A content-addressed file of evidence, `<folder>/sha256/<hex>`: nobody else's name, nobody else's content. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Output up to here waits in memory and is written at once. */
const bufferBytes = 65_536;

/** Written under another name (O_EXCL, mode 0600), and renamed when it is whole. Every function rejects with the system's error. */
export interface EvidenceFile {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** The SHA-256 of everything, in hex: the file's name from now on. */
  readonly end: () => Promise<string>;
  readonly discard: () => Promise<void>;
}

/** Small output is written synchronously at the end: four trips to the thread pool would cost as much as the step's shell. */
export function createEvidenceFile(evidenceFolder: string): EvidenceFile {
  const folder = join(evidenceFolder, 'sha256');
  const temporary = join(folder, `.${randomUUID()}`);
  const hash = createHash('sha256');
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let file: FileHandle | undefined;

  const flush = async (): Promise<void> => {
    if (file === undefined) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      file = await open(temporary, 'wx', 0o600);
    }
    const batch = waiting.length === 1 ? (waiting[0] as Uint8Array) : Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    for (let written = 0; written < batch.length; ) written += (await file.write(batch, written)).bytesWritten;
  };

  return {
    write: async (bytes) => {
      hash.update(bytes);
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (waitingBytes >= bufferBytes) await flush();
    },
    end: async () => {
      const sha256 = hash.digest('hex');
      if (file === undefined) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(temporary, Buffer.concat(waiting), { flag: 'wx', mode: 0o600 });
      } else {
        await flush();
        await file.close();
      }
      renameSync(temporary, join(folder, sha256));
      return sha256;
    },
    discard: async () => {
      await file?.close().catch(() => undefined);
      await rm(temporary, { force: true }).catch(() => undefined);
    },
  };
}
