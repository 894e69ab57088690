/**
 * Where a remark about a stretch of a document may stand without taking the document apart: behind the block that the stretch is in,
 * inside the list item or the quotation that holds it. The blocks are those of the document's tree, so that report.md stays what the
 * plan is, for every reader of Markdown.
 */
import type { ListItem, Nodes } from 'mdast';
import type { Span } from '../model/span.ts';
import { parseBlocks, pathAt } from './block-place.ts';
import { lastLine } from './page-text.ts';

export interface Place {
  /** The line, from 1, after which the remark stands. */
  readonly after: number;
  readonly indent: string;
}

export interface PlaceFinder {
  /** Undefined where no place is safe: behind raw HTML, which goes on to the next empty line. */
  readonly find: (span: Span) => Place | undefined;
  /** The last line of the front matter, behind which a document begins; 0 without any. */
  readonly frontMatter: number;
  /** Raw HTML stands last: it goes on until an empty line. */
  readonly endsInHtml: boolean;
}

/** Of a document's text without its byte order mark. */
export function createPlaceFinder(text: string): PlaceFinder {
  const blocks = parseBlocks(text) ?? [];
  const [first] = blocks;
  const hasFrontMatter = first?.type === 'yaml' || (first !== undefined && (first.type as string) === 'toml');
  return {
    frontMatter: hasFrontMatter ? (first.position?.end.line ?? 0) : 0,
    endsInHtml: blocks.at(-1)?.type === 'html',
    find: (span) => {
      const path = pathAt(blocks, lastLine(span));
      const block = path.at(-1);
      if (block?.position === undefined || block.type === 'html') return undefined;
      return { after: block.position.end.line, indent: indentOf(path, text) };
    },
  };
}

/** What the lines of a block begin with because of what holds it. */
function indentOf(path: readonly Nodes[], text: string): string {
  let indent = '';
  for (const node of path.slice(0, -1)) {
    if (node.type === 'blockquote') indent = `${indent.padEnd(columnOf(node.position?.start.offset, text))}> `;
    if (node.type === 'listItem') indent = indent.padEnd(contentColumn(node, text));
    // Markdown takes four spaces for what belongs to a footnote.
    if (node.type === 'footnoteDefinition') indent = `${indent}    `;
  }
  return indent;
}

/** The column at which what belongs to an item begins. Of one with a box, the tree's first paragraph begins behind the box. */
function contentColumn({ checked, children, position }: ListItem, text: string): number {
  const offset = position?.start.offset ?? 0;
  if (typeof checked !== 'boolean') return columnOf(children[0]?.position?.start.offset ?? offset, text);
  return columnOf(offset + (/^(?:[-*+]|\d{1,9}[.)])[ \t]*/.exec(text.slice(offset, offset + 20))?.[0] ?? '').length, text);
}

/** From 0; a tab goes on to the next of Markdown's tab stops (CommonMark 2.2). */
function columnOf(offset: number | undefined, text: string): number {
  const end = offset ?? 0;
  const start = Math.max(text.lastIndexOf('\n', end - 1), text.lastIndexOf('\r', end - 1)) + 1;
  let column = 0;
  for (const unit of text.slice(end === 0 ? 0 : start, end)) column += unit === '\t' ? 4 - (column % 4) : 1;
  return column;
}
