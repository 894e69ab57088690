/**
 * A Markdown text to the top-level nodes of its tree, part by part: remark copies all it has found so far at the end of each
 * list, so that the time for one long text grows with its square. Parts are divided only where every block has ended, and
 * the nodes are those that the whole text would give.
 */
import type { Nodes, Root, RootContent } from 'mdast';
import remarkFrontmatter from 'remark-frontmatter';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';

interface Part {
  readonly tree: Root;
  readonly start: number;
  readonly end: number;
}

const processor = unified().use(remarkParse).use(remarkGfm).use(remarkFrontmatter, ['yaml', 'toml']).freeze();

/** UTF-16 units; a part ends at the first place behind so many that divides. */
const partUnits = 32_768;

/** Behind an empty line, text that goes on no list, quote, table or footnote, and is no item of a list. */
const divide = /(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r(?!\n))(?=[^\s\d*+=-]|\*[^\s*])/g;

/** The offsets of all nodes are those of the whole text. */
export function parseTree(text: string, units = partUnits): readonly RootContent[] {
  // The processor drops a byte order mark without counting it.
  const parts = partsOf(text, /^\u{feff}*/u.exec(text)?.[0].length ?? 0, units);
  const own = parts.length > 1 ? parts.map((part) => labelsIn(text, part)) : [];
  const all = new Map(own.flatMap((labels) => [...labels]));
  return parts.flatMap((part, index) => {
    const { tree, start, end } = part;
    const missing = all.size === 0 ? [] : [...keysIn(text.slice(start, end))].filter((key) => all.has(key) && own[index]?.has(key) !== true);
    if (missing.length === 0) return placed(tree.children, start);
    // `[a]` is a reference only where the part knows the definition that stands in another one.
    const definitions = missing.map((key) => `${all.get(key) ?? ''}: x\n\n`).join('');
    const before = index === 0 ? '' : definitions;
    const source = text.slice(start, end);
    const { children } = processor.parse(index === 0 ? `${source}\n\n${definitions}` : `${before}${source}`);
    const within = children.filter((node) => offsetOf(node) >= before.length && offsetOf(node) < before.length + source.length);
    return placed(within, start - before.length);
  });
}

function placed(nodes: readonly RootContent[], base: number): readonly RootContent[] {
  const waiting: Nodes[] = base === 0 ? [] : [...nodes];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.position) {
      const { start, end } = node.position;
      node.position = { start: { ...start, offset: base + (start.offset ?? 0) }, end: { ...end, offset: base + (end.offset ?? 0) } };
    }
    if ('children' in node) waiting.push(...node.children);
  }
  return nodes;
}

function partsOf(text: string, from: number, least: number): readonly Part[] {
  const parts: Part[] = [];
  let start = from;
  while (start < text.length || parts.length === 0) {
    let units = least;
    let end = placeToDivide(text, Math.max(start + units, start === from ? endOfFrontMatter(text, from) : 0));
    let tree = processor.parse(text.slice(start, end));
    // Twice as much each time: a fence that is never closed must not be read again at every place.
    while (end < text.length && isOpen(tree.children.at(-1), text.slice(start, end))) {
      units *= 2;
      end = placeToDivide(text, start + units);
      tree = processor.parse(text.slice(start, end));
    }
    parts.push({ tree, start, end });
    start = end;
  }
  return parts;
}

function placeToDivide(text: string, from: number): number {
  if (from >= text.length) return text.length;
  divide.lastIndex = from;
  const match = divide.exec(text);
  return match ? match.index + match[0].length : text.length;
}

/** Front matter may hold empty lines. */
function endOfFrontMatter(text: string, from: number): number {
  const fence = /^(?:---|\+\+\+)(?=[ \t]*[\r\n])/.exec(text.slice(from, from + 4_096))?.[0];
  if (fence === undefined) return from;
  const close = new RegExp(String.raw`[\r\n]${fence === '---' ? '---' : String.raw`\+\+\+`}[ \t]*(?=[\r\n]|$)`, 'g');
  close.lastIndex = from + 1;
  const match = close.exec(text);
  return match ? match.index + match[0].length : from;
}

const htmlEnds: readonly { readonly start: RegExp; readonly end: RegExp }[] = [
  { start: /^<!--/, end: /-->/ },
  { start: /^<\?/, end: /\?>/ },
  { start: /^<!\[CDATA\[/, end: /\]\]>/ },
  { start: /^<![A-Za-z]/, end: />/ },
  { start: /^<(?:script|pre|style|textarea)(?=[\s>]|$)/i, end: /<\/(?:script|pre|style|textarea)>/i },
];

/** Would more text belong to the last block of a part? Fences and some HTML go on over empty lines. */
function isOpen(last: Nodes | undefined, text: string): boolean {
  let node = last;
  while (node && 'children' in node && node.children.length > 0) node = node.children.at(-1);
  if (node?.type === 'code')
    return !/(?:^|[\r\n])[ >]*(?:`+|~+)\s*$/.test(text.slice(-4_096)) || !isTerminated(text, offsetOf(node), node.position?.end.offset ?? text.length);
  if (node?.type !== 'html') return false;
  const { value } = node;
  const kind = htmlEnds.find(({ start }) => start.test(value.trimStart()));
  return kind !== undefined && !kind.end.test(value);
}

/** Is a fenced block closed by a fence of its own kind, at least as long? An indented one needs none. */
export function isTerminated(source: string, start: number, end: number): boolean {
  const fence = /^(?:`{3,}|~{3,})/.exec(source.slice(start, end))?.[0];
  if (fence === undefined) return true;
  const text = source.slice(start, end);
  const lineStart = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
  const last = text
    .slice(lineStart)
    .replace(/^[\s>]+/, '')
    .trimEnd();
  return lineStart > 0 && last.length >= fence.length && last === fence.charAt(0).repeat(last.length);
}

/** `[a]` and `[^1]` as they are written where a part defines them, at any depth, by what they are compared by. */
function labelsIn(text: string, { tree, start }: Part): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const visit = (node: Nodes): void => {
    if (node.type === 'definition' || node.type === 'footnoteDefinition') {
      const at = start + offsetOf(node);
      const label = /^\[(?:\\.|[^\]\\])+\]/s.exec(text.slice(at, at + 1_024))?.[0].replace(/\s*[\r\n][\s>]*/g, ' ');
      if (label !== undefined) labels.set(keyOf(label), label);
    }
    if ('children' in node && node.type !== 'paragraph' && node.type !== 'heading' && node.type !== 'table') for (const child of node.children) visit(child);
  };
  visit(tree);
  return labels;
}

/** Whatever could refer to a definition. */
function keysIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/\[(?:\\.|[^[\]\\]){1,999}\]/gs)].map(([label]) => keyOf(label)));
}

/** Case and white space do not count; in a quote a marker may stand between two lines of a label. */
function keyOf(label: string): string {
  return label
    .replace(/[\s>]+/g, '')
    .toLowerCase()
    .toUpperCase();
}

function offsetOf(node: Nodes): number {
  return node.position?.start.offset ?? 0;
}
