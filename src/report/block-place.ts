/** A document's blocks, and where among them a line stands. */
import type { Nodes, RootContent } from 'mdast';
import { parseTree } from '../parse/markdown-tree.ts';
import { nestingProblem } from '../parse/nesting.ts';
import { positionAt, textDocumentOf } from '../parse/text-document.ts';

const containers: ReadonlySet<string> = new Set(['list', 'listItem', 'blockquote', 'footnoteDefinition']);

/** Undefined where the tree would be too deep to be walked. A long text is parsed in parts: lines are those of the whole here, as offsets are. */
export function parseBlocks(text: string, path = ''): readonly RootContent[] | undefined {
  const document = textDocumentOf(text, path);
  if (nestingProblem(document)) return undefined;
  const blocks = parseTree(text);
  const waiting: Nodes[] = [...blocks];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.position) {
      node.position.start.line = positionAt(document, node.position.start.offset ?? 0).line;
      node.position.end.line = positionAt(document, node.position.end.offset ?? 0).line;
    }
    if ('children' in node) waiting.push(...node.children);
  }
  return blocks;
}

/** Does it hold blocks of its own? */
export function isContainer(node: Nodes): node is Extract<Nodes, { readonly type: 'list' | 'listItem' | 'blockquote' | 'footnoteDefinition' }> {
  return containers.has(node.type);
}

/**
 * From the document's block down to the deepest one that begins at this line or before it: the last of them is what the line belongs
 * to, or stands behind. Empty before the first block.
 */
export function pathAt(blocks: readonly Nodes[], line: number): readonly Nodes[] {
  const path: Nodes[] = [];
  let siblings = blocks;
  for (;;) {
    const next = lastStartingBy(siblings, line);
    if (next === undefined) break;
    path.push(next);
    if (!isContainer(next) || next.children.length === 0 || line > (next.position?.end.line ?? 0)) break;
    siblings = next.children;
  }
  // Behind an item there is no place: behind what stands in it there is, else behind the list.
  while (path.at(-1)?.type === 'listItem') path.pop();
  return path;
}

function lastStartingBy(siblings: readonly Nodes[], line: number): Nodes | undefined {
  let low = 0;
  let high = siblings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((siblings[middle]?.position?.start.line ?? 0) <= line) low = middle + 1;
    else high = middle;
  }
  return siblings[low - 1];
}
