/** The Merkle tree of RFC 6962, section 2.1, with SHA-256. Leaves here are a journal's raw lines. */
import { hash as digest } from 'node:crypto';

/** A tree that grows leaf by leaf and keeps only the roots of its complete subtrees (at most one for each power of two). */
export interface MerkleTree {
  readonly append: (leaf: Uint8Array) => void;
  readonly size: () => number;
  readonly root: () => Buffer;
}

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

function sha256(bytes: Uint8Array): Buffer {
  return digest('sha256', bytes, 'buffer');
}

/** RFC 6962: `SHA-256(0x00 || leaf)`. */
export function hashLeaf(leaf: Uint8Array): Buffer {
  return sha256(Buffer.concat([leafPrefix, leaf]));
}

/** RFC 6962: `SHA-256(0x01 || left || right)`. The other first byte keeps a node from being shown as a leaf. */
function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([nodePrefix, left, right]));
}

export function createMerkleTree(): MerkleTree {
  const subtrees: { readonly size: number; readonly hash: Buffer }[] = [];
  let size = 0;
  return {
    append: (leaf) => {
      let added = { size: 1, hash: hashLeaf(leaf) };
      for (let left = subtrees.at(-1); left?.size === added.size; left = subtrees.at(-1)) {
        subtrees.pop();
        added = { size: left.size * 2, hash: hashNode(left.hash, added.hash) };
      }
      subtrees.push(added);
      size += 1;
    },
    size: () => size,
    root: () => {
      const hashes = subtrees.map((subtree) => subtree.hash);
      // The root of the empty tree is the hash of nothing.
      return hashes.length === 0 ? sha256(Buffer.alloc(0)) : hashes.reduceRight((right, left) => hashNode(left, right));
    },
  };
}

/** The root over leaf hashes: RFC 6962's MTH. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return only;
  const split = largestPowerBelow(leaves.length);
  return hashNode(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/**
 * The inclusion proof (RFC 6962, 2.1.1) of the leaf at `index` (from 0) among `leaves`, given as leaf hashes: the sibling
 * hashes from the leaf's level to the root. Undefined for an index outside.
 */
export function proveInclusion(leaves: readonly Buffer[], index: number): readonly Buffer[] | undefined {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) return undefined;
  if (leaves.length === 1) return [];
  const split = largestPowerBelow(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  const inner = index < split ? proveInclusion(left, index) : proveInclusion(right, index - split);
  return inner && [...inner, rootOf(index < split ? right : left)];
}

/** Whether the proof leads from this leaf hash at `index` to the root of a tree of `size` leaves (RFC 9162, 2.1.3.2). */
export function verifyInclusion(claim: {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}): boolean {
  const { index, size, proof, root } = claim;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash: Uint8Array = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else hash = hashNode(hash, sibling);
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && Buffer.from(hash).equals(root);
}
