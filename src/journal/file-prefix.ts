/** A file that others append to, too: what it held at one moment must stand in it for ever. */
import { createHash } from 'node:crypto';
import * as nodeFileSystem from 'node:fs';

export interface FilePrefix {
  readonly bytes: number;
  /** Of these bytes, lower hex. */
  readonly sha256: string;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = nodeFileSystem.constants;
const blockBytes = 1 << 20;

/** The whole file as it is now, or as many of its first bytes. Throws what `node:fs` throws. */
export function readPrefix(path: string, bytes = Number.POSITIVE_INFINITY): FilePrefix {
  const file = nodeFileSystem.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const content = createHash('sha256');
    const block = Buffer.allocUnsafe(blockBytes);
    let read = 0;
    while (read < bytes) {
      const length = nodeFileSystem.readSync(file, block, 0, Math.min(block.length, bytes - read), null);
      if (length === 0) break;
      content.update(block.subarray(0, length));
      read += length;
    }
    return { bytes: read, sha256: content.digest('hex') };
  } finally {
    nodeFileSystem.closeSync(file);
  }
}

/** Does the file still begin with it? A file that cannot be read does not. */
export function hasPrefix(path: string, prefix: FilePrefix): boolean {
  try {
    const found = readPrefix(path, prefix.bytes);
    return found.bytes === prefix.bytes && found.sha256 === prefix.sha256;
  } catch {
    return false;
  }
}
