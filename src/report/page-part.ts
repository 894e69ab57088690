/** What every page is put together from: a verdict with its symbol and word, a table that becomes cards where it is narrow, facts. */
import type { Element } from 'hast';
import { digestPattern, evidencePath } from '../model/journal-entry.ts';
import type { Verdict } from '../model/verdict.ts';
import { shorten } from './page-detail.ts';
import { element, type PageContent } from './page-node.ts';
import { verdictMarks } from './verdict-mark.ts';

/** The word of a verdict as a page says it: `none` at the end of an execution is no pass. */
export function verdictWord(verdict: Verdict): string {
  return verdict === 'none' ? 'not judged' : verdict;
}

/** `✓ passed`: symbol and word say the same, the colour only repeats it. */
export function verdictNode(verdict: Verdict, word = verdictWord(verdict)): Element {
  return element('span', { className: ['mark', `v-${verdict}`] }, `${verdictMarks[verdict]} ${word}`);
}

export interface PageColumn {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly number?: true;
}

export interface PageRow {
  readonly id?: string;
  /** One cell a column; the first one names the row. */
  readonly cells: readonly PageContent[];
}

/** A table with a caption. Where the page is narrow each row is a card; the roles keep it a table for assistive technology. */
export function tableNode(caption: PageContent, columns: readonly PageColumn[], rows: readonly PageRow[]): Element {
  const className = (column: PageColumn | undefined): string[] | undefined => (column?.number ? ['num'] : undefined);
  const head = columns.map((column) => {
    // Our own short words are not taken apart; names of columns from a database may have to be.
    const whole = column.title.length <= 16 ? ['whole'] : [];
    return element('th', { scope: 'col', role: 'columnheader', className: [...(className(column) ?? []), ...whole] }, column.title);
  });
  const body = rows.map(({ id, cells }) => {
    const [first, ...rest] = cells;
    const others = rest.map((cell, index) => {
      const column = columns[index + 1];
      return element('td', { role: 'cell', dataLabel: column?.title, className: className(column) }, cell);
    });
    return element('tr', { role: 'row', id }, element('th', { scope: 'row', role: 'rowheader' }, first), others);
  });
  return element(
    'table',
    { className: ['stack'], role: 'table' },
    element('caption', {}, caption),
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, head)),
    element('tbody', { role: 'rowgroup' }, body),
  );
}

/** Names with what they are; a fact without content is left out. */
export function factsNode(facts: readonly (readonly [name: string, content: PageContent])[]): Element {
  const shown = facts.filter(([, content]) => content !== undefined && content !== '' && !(Array.isArray(content) && content.length === 0));
  return element(
    'dl',
    { className: ['facts'] },
    shown.flatMap(([name, content]) => [element('dt', {}, name), element('dd', {}, content)]),
  );
}

export function codeNode(text: string): Element {
  return element('code', {}, text);
}

/** A link to a file of the evidence; only a digest names one, and what another hand wrote in its place leads nowhere. */
export function evidenceLink(sha256: string): PageContent {
  const path = evidencePath(sha256);
  return digestPattern.test(sha256) ? element('a', { href: path }, path) : shorten(path, 200);
}
