/**
 * Markdown to a flat list of blocks with places. Knows the syntax (CommonMark, GFM, front matter) and no meaning: what a
 * block becomes is decided in `compile`. The text is never rewritten; every stretch can be cut out of the source.
 */
import type { Nodes, Parents, PhrasingContent } from 'mdast';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import { isTerminated, parseTree } from './markdown-tree.ts';
import { nestingProblem } from './nesting.ts';
import { spanAt, type TextDocument } from './text-document.ts';

/** A piece of running text: `value` without markup, `start`/`end` its place in the source with markup. */
export interface Inline {
  readonly kind: 'text' | 'code' | 'link' | 'html' | 'break';
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly strong: boolean;
  readonly url?: string;
}

/** The content of a fenced or indented block. `offsets[i]` is the source offset of the first unit of line `i` of `value`. */
export interface CodeContent {
  readonly language: string | undefined;
  readonly meta: string | undefined;
  readonly value: string;
  readonly offsets: readonly number[];
  readonly fenced: boolean;
}

export type BlockType =
  | 'heading'
  | 'paragraph'
  | 'list'
  | 'list-item'
  | 'code'
  | 'quote'
  | 'table'
  | 'table-row'
  | 'html'
  | 'rule'
  | 'front-matter'
  | 'definition'
  | 'footnote'
  | 'other';

/** One block of the tree, in the order of the text. `parent` and `children` are indexes into `blocks`. */
export interface MarkdownBlock {
  readonly index: number;
  /** Which child of its parent it is (or which of `roots`), from 0. */
  readonly rank: number;
  readonly type: BlockType;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly parent: number | undefined;
  readonly children: readonly number[];
  /** Headings only: 1 to 6. */
  readonly level?: number;
  readonly ordered?: boolean;
  readonly checked?: boolean;
  readonly inlines: readonly Inline[];
  /** Table rows only: the cells' inlines. */
  readonly cells?: readonly (readonly Inline[])[];
  readonly code?: CodeContent;
}

export interface MarkdownDocument {
  readonly text: TextDocument;
  readonly blocks: readonly MarkdownBlock[];
  /** Those without a parent. */
  readonly roots: readonly MarkdownBlock[];
}

const types: Readonly<Record<string, BlockType>> = {
  heading: 'heading',
  paragraph: 'paragraph',
  list: 'list',
  listItem: 'list-item',
  code: 'code',
  blockquote: 'quote',
  table: 'table',
  tableRow: 'table-row',
  html: 'html',
  thematicBreak: 'rule',
  yaml: 'front-matter',
  toml: 'front-matter',
  definition: 'definition',
  footnoteDefinition: 'footnote',
};

/** Never fails: what cannot be read is a diagnostic with its place. */
export function parseMarkdown(text: TextDocument): Checked<MarkdownDocument> {
  const problem = nestingProblem(text);
  if (problem) return { value: undefined, diagnostics: [problem] };
  const blocks: MarkdownBlock[] = [];
  const diagnostics: Diagnostic[] = [];
  const tree = parseTree(text.text);
  const source: Source = { text: text.text, urls: urlsOf(tree) };

  const add = (node: Nodes, parent: number | undefined, rank: number, depth: number): number => {
    const index = blocks.length;
    const start = node.position?.start.offset ?? 0;
    const end = node.position?.end.offset ?? start;
    const children: number[] = [];
    const base = { index, rank, type: types[node.type] ?? 'other', start, end, depth, parent, children, inlines: inlinesOf(node, source) };
    const block: MarkdownBlock =
      node.type === 'heading'
        ? { ...base, level: node.depth }
        : node.type === 'list'
          ? { ...base, ordered: node.ordered === true }
          : node.type === 'listItem' && typeof node.checked === 'boolean'
            ? { ...base, checked: node.checked }
            : node.type === 'tableRow'
              ? { ...base, cells: node.children.map((cell) => cell.children.flatMap((child) => inline(child, source, false))) }
              : node.type === 'code'
                ? { ...base, code: codeOf(node, text.text, start, end) }
                : base;
    blocks.push(block);
    if (node.type === 'code' && block.code?.fenced && !isTerminated(text.text, start, end)) {
      diagnostics.push({
        severity: 'error',
        code: 'parse/unterminated-fence',
        message: 'this fenced block is never closed',
        span: spanAt(text, start, lineEnd(text.text, start)),
        label: 'opened here; everything after it was read as code',
        help: `close it with a line of ${text.text.slice(start).match(/^[`~]+/)?.[0] ?? '```'}`,
      });
    }
    if ('children' in node && node.type !== 'heading' && node.type !== 'paragraph' && node.type !== 'tableRow') {
      for (const [at, child] of (node as Parents).children.entries()) children.push(add(child as Nodes, index, at, depth + 1));
    }
    return index;
  };
  for (const [at, child] of tree.entries()) add(child, undefined, at, 0);
  return { value: { text, blocks, roots: blocks.filter((block) => block.parent === undefined) }, diagnostics };
}

/** The span of a stretch of source offsets. */
export function spanOf(document: MarkdownDocument, start: number, end: number): Span {
  return spanAt(document.text, start, end);
}

/** The source offset of an offset in a code block's value. */
export function sourceOffset(code: CodeContent, offset: number): number {
  let line = 0;
  let start = 0;
  for (let next = code.value.indexOf('\n'); next !== -1 && next < offset; next = code.value.indexOf('\n', start)) {
    line += 1;
    start = next + 1;
  }
  return (code.offsets[line] ?? code.offsets.at(-1) ?? 0) + offset - start;
}

/** A document's text, and where its link definitions (`[setup]: setup.md`) lead, by their identifiers. */
interface Source {
  readonly text: string;
  readonly urls: ReadonlyMap<string, string>;
}

/** Of several definitions with one identifier the first counts (CommonMark 0.31, 4.7). */
function urlsOf(nodes: readonly Nodes[], urls = new Map<string, string>()): ReadonlyMap<string, string> {
  for (const node of nodes) {
    if (node.type === 'definition' && !urls.has(node.identifier)) urls.set(node.identifier, node.url);
    if (node.type === 'blockquote' || node.type === 'list' || node.type === 'listItem' || node.type === 'footnoteDefinition') urlsOf(node.children, urls);
  }
  return urls;
}

function inlinesOf(node: Nodes, source: Source): readonly Inline[] {
  return node.type === 'heading' || node.type === 'paragraph' ? node.children.flatMap((child) => inline(child, source, false)) : [];
}

function inline(node: PhrasingContent, source: Source, strong: boolean): readonly Inline[] {
  const start = node.position?.start.offset ?? 0;
  const end = node.position?.end.offset ?? start;
  switch (node.type) {
    case 'text':
      return textPieces(node.value, source.text, start, end, strong);
    case 'inlineCode':
      return [{ kind: 'code', value: node.value, start, end, strong }];
    case 'html':
      return [{ kind: 'html', value: node.value, start, end, strong }];
    case 'break':
      return [{ kind: 'break', value: '\n', start, end, strong }];
    case 'strong': {
      // Its asterisks belong to its first and last piece, so that a bold lead's place is all of it.
      const pieces = node.children.flatMap((child) => inline(child, source, true));
      const last = pieces.length - 1;
      return pieces.map((piece, index) =>
        piece.kind === 'text' ? { ...piece, start: index === 0 ? start : piece.start, end: index === last ? end : piece.end } : piece,
      );
    }
    case 'delete':
      // What its author struck out is not said any more.
      return [{ kind: 'html', value: '', start, end, strong }];
    case 'emphasis':
      return node.children.flatMap((child) => inline(child, source, strong));
    case 'link':
    case 'linkReference': {
      const pieces = node.children.flatMap((child) => inline(child, source, strong));
      const url = node.type === 'link' ? node.url : source.urls.get(node.identifier);
      return url === undefined ? pieces : pieces.map((piece) => ({ ...piece, kind: piece.kind === 'text' ? ('link' as const) : piece.kind, url }));
    }
    default:
      return [{ kind: 'text', value: source.text.slice(start, end), start, end, strong }];
  }
}

/**
 * A text node line by line: what stands between its lines (the markers of a quote, the indentation of a list) is in the
 * source and not in the value, so that counting units of the value would lead beside the place.
 */
function textPieces(value: string, source: string, start: number, end: number, strong: boolean): readonly Inline[] {
  if (!/[\r\n]/.test(value)) return [{ kind: 'text', value, start, end, strong }];
  const pieces: Inline[] = [];
  let at = start;
  for (const [index, line] of value.split(/\r\n|\n|\r/).entries()) {
    if (index > 0) {
      const eol = lineEnd(source, at);
      const markers = /[ \t>]*/y;
      markers.lastIndex = Math.min(end, nextLine(source, eol));
      const next = line === '' ? markers.lastIndex : Math.min(end, markers.lastIndex + (markers.exec(source)?.[0].length ?? 0));
      pieces.push({ kind: 'text', value: '\n', start: eol, end: next, strong });
      at = next;
    }
    if (line !== '') pieces.push({ kind: 'text', value: line, start: at, end: Math.min(end, lineEnd(source, at)), strong });
  }
  return pieces;
}

function codeOf(node: Extract<Nodes, { type: 'code' }>, source: string, start: number, end: number): CodeContent {
  const fenced = /^[`~]{3}/.test(source.slice(start, start + 3));
  // A carriage return belongs to the line's end, not to its command: bash would take `echo two\r` for another word.
  const lines = node.value === '' ? [] : node.value.split(/\r\n|\n|\r/);
  const offsets: number[] = [];
  let at = fenced ? nextLine(source, start) : start;
  for (const line of lines) {
    const stop = Math.min(lineEnd(source, at), end);
    // The value's line is the tail of the source's line: what was stripped is the indentation of the list item or quote.
    offsets.push(Math.max(at, stop - line.length));
    at = nextLine(source, at);
  }
  return { language: node.lang ?? undefined, meta: node.meta ?? undefined, value: lines.join('\n'), offsets, fenced };
}

function lineEnd(source: string, from: number): number {
  const end = /\r\n|\n|\r/g;
  end.lastIndex = from;
  return end.exec(source)?.index ?? source.length;
}

function nextLine(source: string, from: number): number {
  const end = lineEnd(source, from);
  return Math.min(source.length, source.startsWith('\r\n', end) ? end + 2 : end + 1);
}
