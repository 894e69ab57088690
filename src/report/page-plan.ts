/**
 * The plan as it stands, and behind each block what the record says about it: Markdown as it is laid out, YAML and what cannot be laid
 * out as lines. Of a plan that is longer than any that people read the beginning stands here, and of the rest what is about something that did not pass.
 */
import type { Nodes, Parents, RootContent } from 'mdast';
import type { EventData } from '../model/event.ts';
import { textDocumentOf } from '../parse/text-document.ts';
import { isContainer, parseBlocks, pathAt } from './block-place.ts';
import { lineAnchors } from './page-anchor.ts';
import { maskHoles } from './page-hole.ts';
import { blockNodes, type MarkdownPlan } from './page-markdown.ts';
import { element, Markup, type PageNode } from './page-node.ts';
import { lastLine, linesNode, renderRest, type PlanRemark } from './page-text.ts';

export interface RenderedPlan {
  readonly parts: readonly Markup[];
  /** Is there a place for this line? */
  readonly hasLine: (line: number) => boolean;
}

export interface PlanSource {
  readonly document: string;
  readonly path: string;
  readonly form: 'markdown' | 'yaml';
  /** Asked for when it is known which lines there are. */
  readonly remarks: (isLine: (line: number) => boolean) => readonly PlanRemark[];
  readonly fields: Iterable<EventData['report-field']>;
}

/** UTF-16 units of a plan that are laid out: parsing Markdown takes longer than all the rest. */
const mostText = 400_000;

export function renderPlan({ document, path, form, remarks: remarksOf, fields }: PlanSource): RenderedPlan {
  const all = textDocumentOf(document, path);
  const remarks = remarksOf((line) => line >= 1 && line <= all.lineStarts.length);
  const cutLine = all.text.length <= mostText ? undefined : all.lineStarts.findLastIndex((start) => start <= mostText);
  const lineCount = cutLine ?? all.lineStarts.length;
  const text = cutLine === undefined ? all.text : all.text.slice(0, all.lineStarts[cutLine]);
  const isInside = ({ span }: PlanRemark): boolean => cutLine === undefined || lastLine(span) <= lineCount;
  const inside = remarks.filter(isInside);
  const outside = remarks.filter((remark) => !isInside(remark));
  const laidOut = form === 'markdown' ? tryMarkdown(text, path, inside, fields, lineCount) : undefined;
  const rest = cutLine === undefined ? undefined : renderRest(all, lineCount, outside);
  return {
    parts: [...(laidOut ?? linesNode(text, inside, form)), ...(rest?.parts ?? [])],
    hasLine: (line) => (line >= 1 && line <= lineCount) || rest?.lines.has(line) === true,
  };
}

/** Undefined where the tree would be too deep to be walked. */
function tryMarkdown(
  text: string,
  path: string,
  remarks: readonly PlanRemark[],
  fields: PlanSource['fields'],
  lineCount: number,
): readonly Markup[] | undefined {
  const holes = maskHoles(text, fields, path);
  try {
    const blocks = parseBlocks(holes.text, path);
    if (blocks === undefined) return undefined;
    const after = placeRemarks(blocks, remarks);
    const plan: MarkdownPlan = { holes, after: after.remarks, lines: lineRanges(blocks), addresses: addressesIn(blocks) };
    insertRemarks(blocks, after.remarks);
    const top = after.top.length === 0 ? [] : [Markup.of(groupNode(after.top))];
    let shown = 0;
    for (const [, to] of plan.lines.values()) shown = Math.max(shown, to);
    const parts = blocks.map((block) => Markup.of([...blockNodes(block, plan)]));
    return [...top, ...parts, Markup.of([...lineAnchors(shown + 1, lineCount)])];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The deepest block that holds a remark's last line; what stands before the first block goes to the top. */
function placeRemarks(blocks: readonly RootContent[], remarks: readonly PlanRemark[]): { readonly remarks: Map<Nodes, PageNode[]>; readonly top: PageNode[] } {
  const placed = new Map<Nodes, PageNode[]>();
  const top: PageNode[] = [];
  for (const { span, node } of remarks) {
    const block = pathAt(blocks, lastLine(span)).at(-1);
    const list = block === undefined ? top : (placed.get(block) ?? []);
    list.push(node);
    if (block !== undefined) placed.set(block, list);
  }
  for (const [block, list] of placed) placed.set(block, [groupNode(list)]);
  return { remarks: placed, top };
}

function groupNode(nodes: readonly PageNode[]): PageNode {
  return element('div', { className: ['remarks'] }, nodes);
}

/** A remark about a block inside another one stands inside it too; one about a whole block of the document behind it. */
function insertRemarks(blocks: readonly RootContent[], remarks: ReadonlyMap<Nodes, readonly PageNode[]>): void {
  const waiting: Nodes[] = [...blocks];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (!isContainer(node)) continue;
    waiting.push(...node.children);
    if (!node.children.some((child) => remarks.has(child))) continue;
    const parent: { children: Nodes[] } = node satisfies Parents;
    parent.children = parent.children.flatMap((child): Nodes[] => (remarks.has(child) ? [child, { type: 'remarks', of: child }] : [child]));
  }
}

const leaves: ReadonlySet<string> = new Set(['paragraph', 'heading', 'code', 'html', 'thematicBreak', 'tableRow', 'yaml', 'toml', 'definition']);

/** Each line belongs to the first block that ends at it or behind it; checkboxes become text, and short rows of tables keep all their cells. */
function lineRanges(blocks: readonly RootContent[]): ReadonlyMap<Nodes, readonly [number, number]> {
  const ranges = new Map<Nodes, readonly [number, number]>();
  let line = 0;
  const walk = (node: Nodes): void => {
    if (node.type === 'listItem' && typeof node.checked === 'boolean') {
      const mark: RootContent = { type: 'paragraph', children: [{ type: 'text', value: node.checked ? '☑ done' : '☐ open' }] };
      node.children.unshift(mark);
      node.checked = null;
    }
    if (node.type === 'table') {
      const columns = node.children.reduce((most, row) => Math.max(most, row.children.length), 0);
      node.align = Array.from({ length: columns }, (_, index) => node.align?.[index] ?? null);
    }
    const end = node.position?.end.line ?? line;
    if (leaves.has(node.type)) {
      if (end > line) ranges.set(node, [line + 1, end]);
      line = Math.max(line, end);
    } else if ('children' in node) for (const child of node.children) walk(child);
  };
  for (const block of blocks) walk(block);
  return ranges;
}

function addressesIn(blocks: readonly RootContent[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting: Nodes[] = [...blocks].toReversed();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.type === 'definition' && !found.has(node.identifier)) found.set(node.identifier, node.url);
    if ('children' in node) waiting.push(...[...node.children].toReversed());
  }
  return found;
}
