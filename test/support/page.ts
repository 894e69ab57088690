/**
 * A page of the documentation, taken apart by a real Markdown parser, so that no block, link or name in it stands outside of what
 * tests look at.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Nodes } from 'mdast';
import { parseTree } from '../../src/parse/markdown-tree.ts';
import { root } from './command.ts';

export interface Block {
  /** The first word behind the fence; empty where there is none. */
  readonly language: string;
  /** What follows it. */
  readonly meta: string;
  readonly text: string;
  /** Of the fence, from 1. */
  readonly lineNumber: number;
  /** The name in the paragraph before it, where that is nothing but a name in backticks and a colon: the block is this file. */
  readonly file: string | undefined;
}

export interface ShownCommand {
  readonly line: string;
  /** The lines that stand below it. */
  readonly shown: readonly string[];
  readonly lineNumber: number;
}

export interface Page {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly links: readonly { readonly target: string; readonly lineNumber: number }[];
  /** Of its headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** Its inline code. */
  readonly codes: readonly { readonly text: string; readonly lineNumber: number }[];
}

/** Every page that people read: at the root, and below `docs/`. */
export function pagePaths(): readonly string[] {
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path.replaceAll('\\', '/')}`);
  // Plans that a picture is made of are no pages: readme.test.ts holds them.
  return [...readdirSync(root), ...below].filter((path) => path.endsWith('.md') && !path.startsWith('docs/picture/')).toSorted();
}

const pages = new Map<string, Page>();

export function readPage(path: string): Page {
  const known = pages.get(path);
  if (known !== undefined) return known;
  const page = takeApart(path, readFileSync(join(root, path), 'utf8'));
  pages.set(path, page);
  return page;
}

export function takeApart(path: string, text: string): Page {
  const blocks: Block[] = [];
  const links: { target: string; lineNumber: number }[] = [];
  const codes: { text: string; lineNumber: number }[] = [];
  const headings: string[] = [];
  const visit = (node: Nodes, before: Nodes | undefined): void => {
    const lineNumber = node.position?.start.line ?? 0;
    if (node.type === 'code')
      blocks.push({
        language: node.lang ?? '',
        meta: node.meta ?? '',
        text: `${node.value}\n`,
        lineNumber,
        file: before === undefined ? undefined : fileNameIn(before),
      });
    if (node.type === 'link' || node.type === 'image' || node.type === 'definition') links.push({ target: node.url, lineNumber });
    // Pictures that depend on light and dark are written in HTML.
    if (node.type === 'html') for (const [, target = ''] of node.value.matchAll(/\b(?:src|srcset|href)="([^"]*)"/g)) links.push({ target, lineNumber });
    if (node.type === 'inlineCode') codes.push({ text: node.value, lineNumber });
    if (node.type === 'heading') headings.push(wordsOf(node));
    if ('children' in node) node.children.forEach((child, index) => visit(child, node.children[index - 1]));
  };
  const tree = parseTree(text);
  tree.forEach((node, index) => visit(node, tree[index - 1]));
  return { path, text, blocks, links, anchors: anchorsOf(headings), codes };
}

/** Commands of `console` blocks, in order: `$ ` begins one, and what follows is what it prints. */
export function commandsOf(page: Page): readonly ShownCommand[] {
  return page.blocks
    .filter(({ language }) => language === 'console')
    .flatMap(({ text, lineNumber }) => {
      const commands: { line: string; shown: string[]; lineNumber: number }[] = [];
      text
        .trimEnd()
        .split('\n')
        .forEach((each, index) => {
          if (each.startsWith('$ ')) commands.push({ line: each.slice(2), shown: [], lineNumber: lineNumber + index + 1 });
          else if (commands.length === 0) throw new Error(`${page.path}:${lineNumber + 1} begins with no \`$ \``);
          else commands.at(-1)?.shown.push(each);
        });
      return commands;
    });
}

function fileNameIn(node: Nodes): string | undefined {
  if (node.type !== 'paragraph' || node.children.length !== 2) return undefined;
  const [name, colon] = node.children;
  return name?.type === 'inlineCode' && colon?.type === 'text' && colon.value === ':' ? name.value : undefined;
}

function wordsOf(node: Nodes): string {
  if ('value' in node) return node.value;
  return 'children' in node ? node.children.map((child) => wordsOf(child)).join('') : '';
}

/** Lower case, without signs, blanks as `-`; a second one of the same words gets `-1`. */
function anchorsOf(headings: readonly string[]): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    headings.map((heading) => {
      const anchor = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
        .replaceAll(' ', '-');
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}
