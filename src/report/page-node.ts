/**
 * The tree of a page. Text gets in through `element` alone, as a text node or an attribute's value, and is escaped when the tree is
 * written: no text can end an element, whatever it holds. Nothing here makes a raw, comment or script node.
 */
import type { Element, ElementContent, Properties, Text } from 'hast';
import { toHtml } from 'hast-util-to-html';

export type PageNode = ElementContent;

/** What may stand in an element: text (shown with its controls visible), nodes, nothing, or lists of these. */
export type PageContent = string | PageNode | undefined | readonly PageContent[];

/** HTML that was written from a tree: the only text that a page takes as it is. */
export class Markup {
  readonly #html: string;

  private constructor(html: string) {
    this.#html = html;
  }

  static of(content: PageContent): Markup {
    return new Markup(toHtml({ type: 'root', children: nodesOf(content) }, { closeSelfClosing: false }));
  }

  /** In UTF-16 units. */
  get length(): number {
    return this.#html.length;
  }

  toString(): string {
    return this.#html;
  }
}

/** An element; properties by their HTML names in hast's spelling (`className`, `ariaLabel`). Undefined ones are left out. */
export function element(tagName: string, properties: Properties = {}, ...content: readonly PageContent[]): Element {
  return { type: 'element', tagName, properties: shownProperties(properties), children: nodesOf(content) };
}

export function nodesOf(content: PageContent): PageNode[] {
  if (content === undefined) return [];
  if (typeof content === 'string') return content === '' ? [] : [textNode(content)];
  if (isList(content)) return content.flatMap(nodesOf);
  return [content];
}

function isList(content: PageContent): content is readonly PageContent[] {
  return Array.isArray(content);
}

export function textNode(text: string): Text {
  return { type: 'text', value: showControl(text) };
}

function shownProperties(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, typeof value === 'string' ? showControl(value) : value]));
}

/**
 * What HTML drops, what a browser obeys, and what turns the direction of writing (Unicode UAX 9; "Trojan Source", CVE-2021-42574):
 * C0 and C1 but tab and line feed, half surrogate pairs, non-characters, invisible and direction marks.
 */
const hidden =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\u{e0000}-\u{e007f}]/gu;

/** The text with everything that would not be seen made visible: `␀` for NUL, `⟦U+202E⟧` for a mark of direction. `\r\n` is a line's end. */
export function showControl(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(hidden, (unit) => {
    const code = unit.codePointAt(0) ?? 0;
    if (code === 0x0d) return '␍\n';
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '␡';
    return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : `⟦U+${code.toString(16).toUpperCase().padStart(4, '0')}⟧`;
  });
}
