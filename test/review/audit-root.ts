import { createMerkleTree } from '../../src/journal/merkle-tree.ts';

/** The RFC 6962 root over the lines of a text. */
export function merkleOf(text: string): Buffer {
  const tree = createMerkleTree();
  for (const line of text.split(/(?<=\n)/)) tree.append(Buffer.from(line));
  return tree.root();
}
