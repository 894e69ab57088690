/** What would make the parser slow or overflow it: refused with its place before the parser sees it. Counted line by line, roughly and quickly. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { spanAt, type TextDocument } from './text-document.ts';

/** Deepest nesting of quotes and lists that is read; the tree is walked recursively. */
const deepest = 100;
/** Signs of emphasis, backslashes, and brackets that close nothing, in one paragraph: the parser compares each with all before it. */
const mostSigns = 2_000;
/** Lines without the mark of the list or quote that they continue, with no empty line between: each makes the parser copy what it has. */
const mostLazyLines = 4_000;

const marker = /[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t])|\[\^[^\]\s]{1,200}\]:)/y;
const fence = /^(?:`{3,}|~{3,})/;

/** Undefined for everything that people write. */
export function nestingProblem(text: TextDocument): Diagnostic | undefined {
  const open: number[] = [];
  let signs = 0;
  let lazy = 0;
  let fenced: string | undefined;
  let before = '';
  let code = false;
  for (const [index, start] of text.lineStarts.entries()) {
    const end = text.lineStarts[index + 1] ?? text.text.length;
    const marks = marksAt(text.text, start, end);
    const rest = text.text.slice(marks.end, Math.min(end, marks.end + 65_536)).trimStart();
    if (marks.columns.length > deepest) return problem(text, start, `quotes and lists are nested more than ${deepest} deep`, 'write it flatter');
    const own = fence.exec(rest)?.[0];
    if (fenced !== undefined) {
      if (own?.startsWith(fenced) && /^[`~]+\s*$/.test(rest)) fenced = undefined;
      continue;
    }
    if (own !== undefined) fenced = own;
    if (marks.columns.length > 0) {
      while ((open.at(-1) ?? -1) >= (marks.columns[0] ?? 0)) open.pop();
      open.push(...marks.columns);
      if (open.length > deepest) return problem(text, start, `quotes and lists are nested more than ${deepest} deep`, 'write it flatter');
    }
    const blank = rest === '';
    if (blank) lazy = 0;
    else if (marks.columns.length === 0) {
      lazy += 1;
      if (lazy > mostLazyLines && open.length > 0)
        return problem(text, start, `more than ${mostLazyLines} lines continue a list or a quote without its mark`, 'put empty lines between the parts');
    }
    if (blank && marks.columns.length === 0 && text.text.charAt(end) > ' ' && !/[-+*>\d]/.test(text.text.charAt(end))) open.length = 0;
    const indented = marks.end === start && /^(?: {4}|\t)/.test(text.text.slice(start, start + 4));
    code = indented && (code || before === '');
    before = rest;
    // Each item, row, heading and paragraph is resolved by itself.
    if (blank || code || own !== undefined || marks.columns.length > 0 || /\||^#/.test(rest)) signs = 0;
    if (!code) signs += signsIn(rest);
    if (signs > mostSigns)
      return problem(
        text,
        start,
        `more than ${mostSigns} signs of emphasis, brackets or backslashes stand in one paragraph`,
        'put code into backticks or a fence, or divide the paragraph',
      );
  }
  return undefined;
}

/** The columns of the markers that a line begins with. */
function marksAt(text: string, start: number, end: number): { readonly columns: readonly number[]; readonly end: number } {
  const columns: number[] = [];
  let at = start;
  for (;;) {
    marker.lastIndex = at;
    const match = marker.exec(text);
    if (!match || match.index + match[0].length > end || columns.length > deepest) return { columns, end: at };
    at += match[0].length;
    columns.push(at - start);
  }
}

function signsIn(line: string): number {
  let count = 0;
  let open = 0;
  for (let index = 0; index < line.length; index += 1) {
    const unit = line.charCodeAt(index);
    if (unit === 42 || unit === 95 || unit === 126 || unit === 92) count += 1;
    else if (unit === 91) open += 1;
    else if (unit === 93 && open > 0) open -= 1;
    else if (unit === 93) count += 1;
    if (unit === 91 && open > deepest) count += 1;
  }
  return count;
}

function problem(text: TextDocument, start: number, message: string, help: string): Diagnostic {
  return { severity: 'error', code: 'parse/nested-too-deep', message, span: spanAt(text, start, Math.min(text.text.length, start + 1)), help };
}
