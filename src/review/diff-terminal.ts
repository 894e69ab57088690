/** A diff for people at a terminal: weaker first, both lines of everything, at most `columns` wide. */
import type { Change, ChangeClass, ComparedLine } from './compare-change.ts';
import { groupChanges, renderCounts, renderMessages, type Diff } from './diff-data.ts';
import { plainLine } from './plain-text.ts';

export interface DiffStyle {
  readonly columns: number;
  /** Colours a class's name, and the sign before a line. */
  readonly paint: (text: string, is: ChangeClass | 'old' | 'new') => string;
}

/** A long line says enough in so many rows. */
const mostRows = 4;

/** Text without a last line feed. */
export function renderDiff(diff: Diff, style: DiffStyle): string {
  const width = String(Math.max(0, ...diff.changes.flatMap((change) => [change.old, change.new].map((at) => at?.line ?? 0)))).length;
  const messages = [diff.old, diff.new].flatMap((plan) =>
    renderMessages(plan) === ''
      ? []
      : [`${plainLine(plan.path)} has ${renderMessages(plan)}${plan.errors === 0 ? '' : ' and is compared as far as it was read'}`],
  );
  const lines = [
    ...wrap(`${plainLine(diff.old.path)} → ${plainLine(diff.new.path)}: ${renderCounts(diff.counts)}`, style.columns),
    ...messages.flatMap((message) => wrap(message, style.columns)),
  ];
  let last: ChangeClass | undefined;
  for (const group of groupChanges(diff.changes)) {
    if (group.class !== last) lines.push('', style.paint(group.class, group.class));
    last = group.class;
    lines.push(...indented(`${group.headline}${group.changes.length === 1 ? '' : ` (${group.changes.length})`}: ${group.reason}`, 2, style.columns));
    for (const change of group.changes) lines.push(...both(change, diff, width, style));
  }
  return lines.join('\n');
}

function both(change: Change, diff: Diff, width: number, style: DiffStyle): readonly string[] {
  return [
    ...(change.old === undefined ? [] : row('-', change.old, diff.old.path, width, style)),
    ...(change.new === undefined ? [] : row('+', change.new, diff.new.path, width, style)),
  ];
}

/** A line of another file than the plan (its addendum, the configuration) says of which. */
function row(sign: '-' | '+', at: ComparedLine, path: string, width: number, style: DiffStyle): readonly string[] {
  const elsewhere = at.path === path ? '' : ` (${plainLine(at.path)}:${at.line})`;
  const margin = `    ${sign} ${elsewhere === '' ? String(at.line).padStart(width) : ' '.repeat(width)}  `;
  const rows = wrap(`${plainLine(at.text)}${elsewhere}`, style.columns - margin.length);
  const cut = rows.length > mostRows ? [...rows.slice(0, mostRows - 1), '…'] : rows;
  return cut.map((text, index) =>
    index === 0 ? `${margin.replace(sign, style.paint(sign, sign === '-' ? 'old' : 'new'))}${text}` : `${' '.repeat(margin.length)}${text}`,
  );
}

function indented(text: string, indent: number, columns: number): readonly string[] {
  return wrap(text, columns - indent - 2).map((line, index) => `${' '.repeat(index === 0 ? indent : indent + 2)}${line}`);
}

/** Breaks at spaces, and a word that is too long where it must. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').flatMap((each) => pieces(each, columns))) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function pieces(word: string, columns: number): readonly string[] {
  if (word.length <= columns) return [word];
  const all: string[] = [];
  for (let start = 0; start < word.length; start += columns) all.push(word.slice(start, start + columns));
  return all;
}
