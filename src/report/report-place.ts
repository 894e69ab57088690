/**
 * Where a remark about a stretch of a document may stand without taking the document apart: never inside a fence, never
 * between two lines of a paragraph or a table, and inside the list item that it is about.
 */
import type { Span } from '../model/span.ts';

export interface Place {
  /** The line, from 1, after which the remark stands. */
  readonly after: number;
  readonly indent: string;
}

const blockStart = /^\s*(?:[-*+]\s|\d{1,9}[.)]\s|#{1,6}\s|`{3}|~{3}|>|<)/;
const heading = /^\s{0,3}#{1,6}(?:\s|$)/;
const fenceLine = /^(?:\s|>|[-*+]\s|\d{1,9}[.)]\s)*(`{3,}|~{3,})(.*)$/;

/** Makes a function that finds the place for a span of these lines (without their endings). */
export function createPlaceFinder(lines: readonly string[]): (span: Span) => Place {
  const fenceEnds = findFenceEnds(lines);
  const ends = new Set(fenceEnds.values());
  return (span) => {
    const last = span.end.column === 1 && span.end.line > span.start.line ? span.end.line - 1 : span.end.line;
    let after = Math.min(last, lines.length);
    for (;;) {
      after = fenceEnds.get(after) ?? after;
      const line = lines[after - 1] ?? '';
      const next = lines[after];
      if (next === undefined || next.trim() === '' || blockStart.test(next) || heading.test(line) || line.trim() === '' || ends.has(after)) break;
      after += 1;
    }
    return { after, indent: indentOf(lines[span.start.line - 1] ?? '') };
  };
}

/** For every line of a fenced block, the line that ends it (CommonMark 4.5). */
function findFenceEnds(lines: readonly string[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  let open: { readonly fence: string; readonly line: number } | undefined;
  lines.forEach((line, index) => {
    const match = fenceLine.exec(line);
    const fence = match?.[1] ?? '';
    const rest = match?.[2] ?? '';
    if (open === undefined) {
      if (fence !== '' && !(fence.startsWith('`') && rest.includes('`'))) open = { fence, line: index + 1 };
    } else if (fence[0] === open.fence[0] && fence.length >= open.fence.length && rest.trim() === '') {
      for (let each = open.line; each <= index + 1; each += 1) ends.set(each, index + 1);
      open = undefined;
    }
  });
  if (open !== undefined) for (let each = open.line; each <= lines.length; each += 1) ends.set(each, lines.length);
  return ends;
}

/** A remark about a list item stands inside it, one about a quotation is quoted with it. */
function indentOf(line: string): string {
  const item = /^(\s*(?:>\s?)*)(\s*(?:[-*+]|\d{1,9}[.)])\s+)?/.exec(line);
  return `${item?.[1] ?? ''}${' '.repeat((item?.[2] ?? '').length)}`;
}
