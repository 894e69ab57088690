/** A plan as lines of text, each with its number and its place; remarks stand behind the line on which their stretch ends. */
import type { TextDocument } from '../parse/text-document.ts';
import { anchor } from './page-anchor.ts';
import { shorten } from './page-detail.ts';
import type { Span } from '../model/span.ts';
import { element, Markup, type PageContent, type PageNode } from './page-node.ts';

/** Something to be said about a stretch of the plan. */
export interface PlanRemark {
  readonly span: Span;
  readonly node: PageNode;
  /** Did it pass? What did not is told also of a part of the plan that is not laid out. */
  readonly passed: boolean;
}

/** The line on which a stretch ends: one that ends at a line's beginning ends with the line before. */
export function lastLine(span: Span): number {
  return span.end.column === 1 && span.end.line > span.start.line ? span.end.line - 1 : span.end.line;
}

const mostLine = 4_000;
/** So many lines before and after what a remark of the rest is about, and at most so many remarks. */
const around = 2;
const mostOfRest = 200;

export function linesNode(text: string, remarks: readonly PlanRemark[], form: 'markdown' | 'yaml'): readonly Markup[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  const why =
    form === 'yaml' ? [] : [Markup.of(element('p', { className: ['soft'] }, 'This plan is nested too deeply to be laid out: it stands here as text.'))];
  const parts: Markup[] = [];
  let from = 1;
  for (const [line, own] of byLine(remarks, lines.length)) {
    parts.push(
      Markup.of(sourceNode(lines, from, line)),
      Markup.of(
        element(
          'div',
          { className: ['remarks'] },
          own.map(({ node }) => node),
        ),
      ),
    );
    from = line + 1;
  }
  return [...why, ...parts, Markup.of(sourceNode(lines, from, lines.length))];
}

/** What is told of the part of a plan that is too long to be laid out: of what did not pass, its lines. */
export function renderRest(
  { text, lineStarts }: TextDocument,
  shown: number,
  remarks: readonly PlanRemark[],
): { readonly parts: readonly Markup[]; readonly lines: ReadonlySet<number> } {
  const lines = new Set<number>();
  const bad = [
    ...byLine(
      remarks.filter(({ passed }) => !passed),
      lineStarts.length,
    ),
  ];
  const parts = [
    Markup.of(
      element(
        'p',
        { className: ['left-out'] },
        `Lines ${shown + 1} to ${lineStarts.length} of the plan are not laid out here: what follows is about them and did not pass. The whole plan is in the evidence folder.`,
      ),
    ),
  ];
  let before = shown;
  for (const [line, own] of bad.slice(0, mostOfRest)) {
    const first = Math.max(before + 1, Math.min(...own.map(({ span }) => span.start.line)) - around);
    const last = Math.max(first, line);
    const source = Array.from({ length: Math.min(200, last - first + 1) }, (_, index) =>
      text.slice(lineStarts[first - 1 + index], lineStarts[first + index]).replace(/[\r\n]+$/, ''),
    );
    for (let each = first; each < first + source.length; each += 1) lines.add(each);
    parts.push(
      Markup.of([
        sourceNode(source, 1, source.length, first - 1),
        element(
          'div',
          { className: ['remarks'] },
          own.map(({ node }) => node),
        ),
      ]),
    );
    before = last;
  }
  if (bad.length > mostOfRest)
    parts.push(Markup.of(element('p', { className: ['left-out'] }, `${bad.length - mostOfRest} more places of the plan with something that did not pass.`)));
  return { parts, lines };
}

function byLine(remarks: readonly PlanRemark[], lineCount: number): readonly (readonly [line: number, remarks: readonly PlanRemark[]])[] {
  const found = new Map<number, PlanRemark[]>();
  for (const remark of remarks) {
    const line = Math.max(1, Math.min(lineCount, lastLine(remark.span)));
    const own = found.get(line);
    if (own === undefined) found.set(line, [remark]);
    else own.push(remark);
  }
  return [...found].toSorted(([a], [b]) => a - b);
}

/** Lines `from` to `to` of a list whose first is number `base` + 1. */
function sourceNode(lines: readonly string[], from: number, to: number, base = 0): PageContent {
  if (to < from) return undefined;
  const shown = lines
    .slice(from - 1, to)
    .map((line, index) =>
      element('span', { id: anchor('line', base + from + index), className: ['ln'], dataLine: String(base + from + index) }, `${shorten(line, mostLine)}\n`),
    );
  return element('pre', { className: ['source'] }, element('code', {}, shown));
}
