/** A page as the browser's own parser reads it. The functions run there, where the compiler of this project knows nothing: so they are text. */
import type { Page } from 'playwright-core';

export interface PageTree {
  /** Elements with the names of their attributes, in order, each with the number of its parent. */
  readonly skeleton: string;
  /** All text, the title's first. */
  readonly text: string;
  /** Whatever could run, load, or lead where it must not. */
  readonly active: readonly string[];
}

const tree = String.raw`(source) => {
  const tree = new DOMParser().parseFromString(source, 'text/html');
  const all = [...tree.querySelectorAll('*')];
  const number = new Map(all.map((node, index) => [node, index]));
  const harmless = /^(?:#|evidence\/sha256\/[0-9a-f]{64}$|https?:\/\/)/;
  const active = all.flatMap((node) => [
    ...(/^(?:script|img|iframe|object|embed|form|input|button|link|base|video|audio|template|math|foreignObject)$/i.test(node.tagName) ? [node.outerHTML] : []),
    ...(/^(?:STYLE|META|TITLE)$/.test(node.tagName) && node.parentElement !== tree.head ? [node.outerHTML] : []),
    ...[...node.attributes].flatMap(({ name, value }) => (/^(?:on|style$|src|xlink|action|formaction|ping)/i.test(name) || (name === 'href' && !harmless.test(value)) ? [name + '=' + value] : [])),
  ]);
  const skeleton = all.map((node) => node.tagName + ' ' + (number.get(node.parentElement) ?? '') + ' ' + node.getAttributeNames().join()).join('\n');
  return { skeleton, text: tree.title + '\n' + tree.body.textContent, active };
}`;

const links = String.raw`(source) => {
  const tree = new DOMParser().parseFromString(source, 'text/html');
  const ids = [...tree.querySelectorAll('[id]')].map(({ id }) => id);
  const known = new Set(ids);
  const leads = [...tree.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute('href').slice(1));
  return { dead: leads.filter((id) => !known.has(id)), doubled: ids.filter((id, index) => ids.indexOf(id) !== index) };
}`;

export async function readTree(page: Page, html: string): Promise<PageTree> {
  return page.evaluate(`(${tree})(${JSON.stringify(html)})`);
}

/** Links inside a page that lead nowhere, and places that stand twice. */
export async function readLinks(page: Page, html: string): Promise<{ readonly dead: readonly string[]; readonly doubled: readonly string[] }> {
  return page.evaluate(`(${links})(${JSON.stringify(html)})`);
}
