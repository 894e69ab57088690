/** A set of byte strings that is walked byte by byte: what one character of a secret may look like where it is written. */

export interface ByteTrie {
  /** Does one of the strings end here? */
  ends: boolean;
  readonly bytes: number[];
  readonly nodes: ByteTrie[];
}

/** The first byte of `…` in UTF-8, which says that a text was cut there. */
const cutMark = [0xe2, 0x80, 0xa6] as const;

export function buildTrie(strings: Iterable<Uint8Array>): ByteTrie {
  const root: ByteTrie = { ends: false, bytes: [], nodes: [] };
  for (const string of strings) {
    let node = root;
    for (const byte of string) {
      const known = node.bytes.indexOf(byte);
      const next = known < 0 ? { ends: false, bytes: [], nodes: [] } : (node.nodes[known] as ByteTrie);
      if (known < 0) {
        node.bytes.push(byte);
        node.nodes.push(next);
      }
      node = next;
    }
    node.ends = true;
  }
  return root;
}

/** What a walk has met: `open` when the data ended inside a string, `cut` when the text was cut there by somebody's `…`. */
export interface Walk {
  open: boolean;
  cut: boolean;
}

/** So many readings of one text are followed: what is ambiguous (rows of backslashes) must not cost more than that. */
const mostEnds = 64;

/** Puts the end of each string that stands at `place` into `ends`, each once; bytes are looked at before `limit` only. */
export function walkTrie(root: ByteTrie, bytes: Uint8Array, place: number, limit: number, ends: number[], walk: Walk): void {
  let node = root;
  for (let at = place; ; at += 1) {
    if (node.ends && ends.length < mostEnds && !ends.includes(at)) ends.push(at);
    if (node.bytes.length === 0) return;
    if (at >= limit) {
      walk.open = true;
      return;
    }
    const byte = bytes[at] as number;
    const next = node.bytes.indexOf(byte);
    if (next < 0) {
      if (byte === cutMark[0]) readCut(bytes, at, limit, walk);
      return;
    }
    node = node.nodes[next] as ByteTrie;
  }
}

function readCut(bytes: Uint8Array, at: number, limit: number, walk: Walk): void {
  for (const [index, byte] of cutMark.entries()) {
    if (at + index >= limit) {
      walk.open = true;
      return;
    }
    if (bytes[at + index] !== byte) return;
  }
  walk.cut = true;
}
