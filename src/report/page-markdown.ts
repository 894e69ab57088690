/**
 * A plan's Markdown as the tree of a page. Nothing of it is a tag, a loaded picture or an address that runs: raw HTML and pictures
 * stand as text, only absolute `http` and `https` addresses are links. Nothing is left out either: definitions and comments are shown.
 */
import type { Element, ElementContent } from 'hast';
import type * as Mdast from 'mdast';
import type { Nodes, Root, RootContent } from 'mdast';
import { defaultHandlers, toHast, type Handlers, type State } from 'mdast-util-to-hast';
import { lineAnchors } from './page-anchor.ts';
import type { MaskedPlan } from './page-hole.ts';
import { element, nodesOf, showControl, type PageContent, type PageNode } from './page-node.ts';

/** What stands behind the block `of`, as a block of its own beside it. */
export interface Remarks {
  readonly type: 'remarks';
  readonly of: Nodes;
  position?: Mdast.Literal['position'];
}

declare module 'mdast' {
  interface RootContentMap {
    toml: { readonly type: 'toml'; readonly value: string; position?: Mdast.Literal['position'] };
    remarks: Remarks;
  }
  interface BlockContentMap {
    remarks: Remarks;
  }
}

export interface MarkdownPlan {
  readonly holes: MaskedPlan;
  /** Lines whose anchors stand at a block's beginning, from 1. */
  readonly lines: ReadonlyMap<Nodes, readonly [from: number, to: number]>;
  /** What stands behind a block. */
  readonly after: ReadonlyMap<Nodes, readonly PageNode[]>;
  /** Addresses by the identifier of their definitions. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** One block of the document with everything in it. */
export function blockNodes(block: RootContent, plan: MarkdownPlan): readonly PageNode[] {
  const root: Root = { type: 'root', children: [block] };
  const tree = toHast(root, { handlers: handlersFor(plan) });
  const own = tree.type === 'root' ? tree.children.filter((child): child is ElementContent => child.type !== 'doctype') : [];
  return [...own, ...(plan.after.get(block) ?? [])];
}

/** An address that a page may lead to; undefined for one that is relative, runs or tells. */
export function safeAddress(text: string): string | undefined {
  if (!/^https?:\/\/[^\s\\]/i.test(text)) return undefined;
  try {
    return new URL(text).href;
  } catch {
    return undefined;
  }
}

function handlersFor(plan: MarkdownPlan): Handlers {
  const { holes, lines, after, addresses } = plan;
  const anchorsOf = (node: Nodes): readonly Element[] => {
    const range = lines.get(node);
    return range ? lineAnchors(...range) : [];
  };
  const literal = (node: Nodes & { readonly value: string }): PageContent =>
    holes.fill(node.value, node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);
  const text = (value: string | null | undefined): string => showControl(holes.plain(value ?? ''));
  const all = (state: State, node: Parameters<State['all']>[0]): ElementContent[] => state.all(node);
  const link = (state: State, node: Parameters<State['all']>[0], address: string, title?: string | null): ElementContent[] => {
    const content = all(state, node);
    const safe = safeAddress(address);
    const shown = `${safe === undefined || plainText(content) !== address ? ` (${text(address)})` : ''}${title ? ` “${text(title)}”` : ''}`;
    const words = safe === undefined ? content : [element('a', { href: safe, rel: ['noreferrer', 'noopener', 'nofollow'] }, content)];
    return [...words, ...(shown === '' ? [] : [element('span', { className: ['soft', 'small'] }, shown)])];
  };
  const withAnchors = (made: Element, node: Nodes): Element => ({ ...made, children: [...anchorsOf(node), ...made.children] });
  const verbatim = (node: Nodes & { readonly value: string }): ElementContent =>
    element('pre', { className: ['raw'] }, element('code', {}, anchorsOf(node), literal(node)));
  return {
    text: (_state, node: Mdast.Text) => nodesOf(literal(node)),
    inlineCode: (_state, node: Mdast.InlineCode) => element('code', {}, literal(node)),
    paragraph: (state, node: Mdast.Paragraph) => withAnchors(defaultHandlers.paragraph(state, node), node),
    heading: (state, node: Mdast.Heading) =>
      // The page's own headings are the first two ranks.
      element(`h${Math.min(6, node.depth + 2)}`, { className: [`d${node.depth}`] }, anchorsOf(node), all(state, node)),
    thematicBreak: (_state, node: Mdast.ThematicBreak) => [...anchorsOf(node), element('hr')],
    code: (_state, node: Mdast.Code) =>
      element(
        'pre',
        {},
        node.lang ? element('span', { className: ['lang'] }, text([node.lang, node.meta].filter(Boolean).join(' '))) : undefined,
        element('code', {}, anchorsOf(node), literal(node)),
      ),
    html: (_state, node: Mdast.Html, parent) =>
      parent?.type === 'paragraph' || isPhrasing(parent) ? element('code', { className: ['raw'] }, literal(node)) : verbatim(node),
    yaml: (_state, node: Mdast.Yaml) => verbatim(node),
    toml: (_state, node: Mdast.RootContentMap['toml']) => verbatim(node),
    link: (state, node: Mdast.Link) => link(state, node, node.url, node.title),
    linkReference: (state, node: Mdast.LinkReference) => link(state, node, addresses.get(node.identifier) ?? '', null),
    image: (_state, node: Mdast.Image) => pictureNode(text(node.alt), text(node.url), text(node.title)),
    imageReference: (_state, node: Mdast.ImageReference) => pictureNode(text(node.alt), text(addresses.get(node.identifier)), ''),
    definition: (_state, node: Mdast.Definition) =>
      element(
        'p',
        { className: ['soft', 'small'] },
        anchorsOf(node),
        `[${text(node.label ?? node.identifier)}]: ${text(node.url)}${node.title ? ` “${text(node.title)}”` : ''}`,
      ),
    footnoteReference: (_state, node: Mdast.FootnoteReference) => element('sup', {}, `[${text(node.label ?? node.identifier)}]`),
    footnoteDefinition: (state, node: Mdast.FootnoteDefinition) =>
      element('div', { className: ['footnote'] }, element('sup', {}, `[${text(node.label ?? node.identifier)}]`), all(state, node)),
    // Wider than the page it is moved to and fro, also by keys: words that are taken apart are not read.
    table: (state, node: Mdast.Table) =>
      element('div', { className: ['wide'], tabIndex: 0, role: 'group', ariaLabel: 'table of the plan' }, defaultHandlers.table(state, node)),
    tableRow: (state, node: Mdast.TableRow, parent) => {
      const row = defaultHandlers.tableRow(state, node, parent);
      const first = row.children.find((child): child is Element => child.type === 'element');
      first?.children.unshift(...anchorsOf(node));
      return row;
    },
    remarks: (_state, node: Remarks) => [...(after.get(node.of) ?? [])],
  };
}

function isPhrasing(parent: { readonly type: string } | undefined): boolean {
  return parent !== undefined && ['heading', 'emphasis', 'strong', 'delete', 'link', 'linkReference', 'tableCell'].includes(parent.type);
}

function pictureNode(alt: string, url: string, title: string): Element {
  return element('span', { className: ['picture'] }, `[picture: ${[alt, url, title].filter((part) => part !== '').join(', ')}]`);
}

function plainText(content: readonly ElementContent[]): string {
  return content.map((node) => (node.type === 'text' ? node.value : node.type === 'element' ? plainText(node.children) : '')).join('');
}
