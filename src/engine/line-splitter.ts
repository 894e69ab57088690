/** Splits a stream of bytes into lines of text with flat memory: an endless line is cut for its reader, never collected. */

/** Longer lines (64 KiB) are cut for observers; the file keeps them whole. */
export const longestLine = 65_536;

/** `lineNumber` counts from 1; `cut` says that the line was longer than `longestLine` bytes. */
export type LineReader = (line: string, lineNumber: number, cut: boolean) => void;

export interface LineSplitter {
  readonly push: (chunk: Uint8Array) => void;
  /** The last line, where it has no newline. */
  readonly end: () => void;
}

const newline = 0x0a;

export function createLineSplitter(read: LineReader): LineSplitter {
  let lineNumber = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let partial = false;

  const keep = (part: Buffer): void => {
    partial = true;
    const room = longestLine + 1 - begunBytes;
    if (room <= 0 || part.length === 0) return;
    // Copied: a small rest must not hold a whole chunk.
    const kept = Buffer.from(part.subarray(0, room));
    begun.push(kept);
    begunBytes += kept.length;
  };

  const emit = (line: Buffer): void => {
    lineNumber += 1;
    const cut = line.length > longestLine;
    read(line.toString('utf8', 0, cut ? longestLine : line.length), lineNumber, cut);
  };

  return {
    push: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      let start = 0;
      for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
        if (partial) {
          keep(bytes.subarray(start, end));
          emit(begun.length === 1 ? (begun[0] as Buffer) : Buffer.concat(begun));
          begun = [];
          begunBytes = 0;
          partial = false;
        } else {
          emit(bytes.subarray(start, end));
        }
        start = end + 1;
      }
      if (start < bytes.length) keep(bytes.subarray(start));
    },
    end: () => {
      if (partial) emit(Buffer.concat(begun));
      partial = false;
    },
  };
}
