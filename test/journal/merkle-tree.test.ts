import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMerkleTree, hashLeaf, proveInclusion, verifyInclusion } from '../../src/journal/merkle-tree.ts';

fc.configureGlobal({ seed: 6962 });

/** The leaves and roots that the implementations of Certificate Transparency (RFC 6962) test with. */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) => Buffer.from(hex, 'hex'));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function treeOf(bytes: readonly Uint8Array[]): Buffer {
  const tree = createMerkleTree();
  for (const leaf of bytes) tree.append(leaf);
  expect(tree.size()).toBe(bytes.length);
  return tree.root();
}

describe('the vectors of Certificate Transparency', () => {
  test.each(roots.map((root, size) => [size, root] as const))('the root over the first %d leaves', (size, root) => {
    expect(treeOf(leaves.slice(0, size)).toString('hex')).toBe(root);
  });

  test('the inclusion proof of leaf 5 of 8', () => {
    const proof = proveInclusion(leaves.map(hashLeaf), 5);
    expect(proof?.map((hash) => hash.toString('hex'))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });
});

/** RFC 6962, 2.1 and 2.1.1, word for word: slow, and without any code of the tree's own. */
function naiveRoot(entries: readonly Uint8Array[]): Buffer {
  const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  const [only] = entries;
  if (only === undefined) return sha256();
  if (entries.length === 1) return sha256(Uint8Array.of(0), only);
  const split = naiveSplit(entries.length);
  return sha256(Uint8Array.of(1), naiveRoot(entries.slice(0, split)), naiveRoot(entries.slice(split)));
}

/** The largest power of two smaller than n. */
function naiveSplit(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1);
}

function naivePath(index: number, entries: readonly Uint8Array[]): readonly Buffer[] {
  if (entries.length === 1) return [];
  const split = naiveSplit(entries.length);
  if (index < split) return [...naivePath(index, entries.slice(0, split)), naiveRoot(entries.slice(split))];
  return [...naivePath(index - split, entries.slice(split)), naiveRoot(entries.slice(0, split))];
}

test('of every size up to 70: the root, and the proof of each leaf, as an independent reading of the RFC has them', () => {
  for (let size = 0; size <= 70; size += 1) {
    const entries = Array.from({ length: size }, (_, index) => Buffer.from(`entry ${index}\n`));
    const hashes = entries.map(hashLeaf);
    const root = naiveRoot(entries);
    expect(treeOf(entries)).toEqual(root);
    for (const [index, leafHash] of hashes.entries()) {
      const proof = proveInclusion(hashes, index) ?? [];
      expect(proof).toEqual(naivePath(index, entries));
      expect(verifyInclusion({ leafHash, index, size, proof, root })).toBe(true);
      for (let other = 0; other <= size; other += 1) if (other !== index) expect(verifyInclusion({ leafHash, index: other, size, proof, root })).toBe(false);
    }
  }
});

describe('inclusion', () => {
  const someLeaves = fc.uniqueArray(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 70 }).map((texts) => texts.map((text) => Buffer.from(text)));

  test('law: every leaf has a proof that leads to the root', () => {
    fc.assert(
      fc.property(someLeaves, fc.nat(), (bytes, pick) => {
        const index = pick % bytes.length;
        const proof = proveInclusion(bytes.map(hashLeaf), index) ?? [];
        expect(verifyInclusion({ leafHash: hashLeaf(bytes[index] as Uint8Array), index, size: bytes.length, proof, root: treeOf(bytes) })).toBe(true);
      }),
    );
  });

  test('law: a proof does not lead to the root with another leaf, index, size, or with a hash changed, added or left out', () => {
    fc.assert(
      fc.property(someLeaves, fc.nat(), fc.nat(), (bytes, pick, other) => {
        const index = pick % bytes.length;
        const size = bytes.length;
        const proof = proveInclusion(bytes.map(hashLeaf), index) ?? [];
        const claim = { leafHash: hashLeaf(bytes[index] as Uint8Array), index, size, proof, root: treeOf(bytes) };
        expect(verifyInclusion({ ...claim, leafHash: hashLeaf(Buffer.from('another leaf')) })).toBe(false);
        expect(verifyInclusion({ ...claim, index: size })).toBe(false);
        expect(verifyInclusion({ ...claim, index: -1 })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, Buffer.alloc(32)] })).toBe(false);
        if (proof.length === 0) return;
        const changed = proof.map((hash) => Buffer.from(hash));
        const target = changed[other % changed.length] as Buffer;
        target[other % 32] = (target[other % 32] as number) ^ 1;
        expect(verifyInclusion({ ...claim, proof: changed })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
        const neighbour = (index ^ 1) < size ? index ^ 1 : index - 1;
        expect(verifyInclusion({ ...claim, index: neighbour })).toBe(false);
      }),
    );
  });

  test('a leaf cannot pass for a node', () => {
    const [left, right] = [hashLeaf(Buffer.from('a')), hashLeaf(Buffer.from('b'))];
    const node = treeOf([Buffer.from('a'), Buffer.from('b')]);
    expect(hashLeaf(Buffer.concat([left, right]))).not.toEqual(node);
    expect(treeOf([Buffer.concat([left, right])])).not.toEqual(node);
  });

  test('there is no proof of a leaf that is not there', () => {
    expect(proveInclusion([], 0)).toBeUndefined();
    expect(proveInclusion([Buffer.alloc(32)], 1)).toBeUndefined();
    expect(proveInclusion([Buffer.alloc(32)], 0.5)).toBeUndefined();
  });
});
