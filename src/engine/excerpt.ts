/** The first and the last bytes of a stream, as text for people. */

/** Bytes of the head and of the tail. */
const excerptBytes = 4_096;

export interface Excerpt {
  readonly push: (bytes: Uint8Array) => void;
  /** `tail` is empty when `head` holds everything; no character is cut in two. */
  readonly texts: () => { readonly head: string; readonly tail: string };
}

export function createExcerpt(): Excerpt {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let total = 0;
  return {
    push: (bytes) => {
      total += bytes.length;
      if (head.length < excerptBytes) head = Buffer.concat([head, bytes.subarray(0, excerptBytes - head.length)]);
      const last = bytes.subarray(-excerptBytes);
      tail = last.length === excerptBytes ? Buffer.from(last) : Buffer.concat([tail.subarray(last.length - excerptBytes), last]);
    },
    texts: () => {
      if (total <= excerptBytes) return { head: head.toString('utf8'), tail: '' };
      const headEnd = characterStart(head, head.length);
      const rest = tail.subarray(-Math.min(excerptBytes, total - headEnd));
      return { head: head.toString('utf8', 0, headEnd), tail: rest.toString('utf8', afterContinuation(rest)) };
    },
  };
}

/** Where a UTF-8 character that is cut at `end` begins; `end` itself when none is cut. */
function characterStart(bytes: Uint8Array, end: number): number {
  for (let back = 1; back <= 3 && back <= end; back += 1) {
    const byte = bytes[end - back] as number;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? end - back : end;
  }
  return end;
}

function afterContinuation(bytes: Uint8Array): number {
  let start = 0;
  while (start < 3 && start < bytes.length && ((bytes[start] as number) & 0xc0) === 0x80) start += 1;
  return start;
}
