/**
 * A stream's raw bytes while it is not known yet which of them are secret: they wait in memory, then in a file without a name,
 * which nobody can open and which is gone with the runner, however it ends.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const memoryBytes = 1_048_576;
const chunkBytes = 65_536;

/** Every function rejects with the system's error. */
export interface WithheldOutput {
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** All bytes in order, once; nothing can be written afterwards. */
  readonly read: () => AsyncGenerator<Uint8Array>;
}

export function createWithheldOutput(folder: string): WithheldOutput {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let file: FileHandle | undefined;
  const flush = async (): Promise<void> => {
    if (file === undefined) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `.${randomUUID()}`);
      file = await open(path, 'wx+', 0o600);
      await rm(path);
    }
    const batch = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    for (let written = 0; written < batch.length; ) written += (await file.write(batch, written)).bytesWritten;
  };
  return {
    write: async (chunk) => {
      // Copied: the caller may use its chunk's memory again.
      waiting.push(Uint8Array.from(chunk));
      waitingBytes += chunk.length;
      if (waitingBytes >= memoryBytes) await flush();
    },
    async *read() {
      try {
        for (let position = 0; file !== undefined; ) {
          const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, position);
          if (bytesRead === 0) break;
          position += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
        yield* waiting;
      } finally {
        await file?.close();
      }
    },
  };
}
