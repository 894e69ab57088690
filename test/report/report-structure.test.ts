/** report.md is the plan for every reader of Markdown: what is added takes no block apart and makes none into another. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Nodes } from 'mdast';
import { expect, test } from 'vitest';
import type { EventData } from '../../src/model/event.ts';
import { parseTree } from '../../src/parse/markdown-tree.ts';
import { renderReportMarkdown } from '../../src/report/report-markdown.ts';
import { restorePlan } from '../../src/report/report-splice.ts';
import { root } from '../support/command.ts';
import { sampleId, sampleOpening } from '../support/page-sample.ts';
import { sampled } from '../support/sampled.ts';

const labelled = join(root, 'fixtures/reading/labelled');
const documents = readdirSync(labelled, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .toSorted();

const leaves: ReadonlySet<string> = new Set(['paragraph', 'heading', 'code', 'html', 'thematicBreak', 'table', 'yaml', 'toml', 'definition']);

function leavesOf(nodes: readonly Nodes[]): readonly Nodes[] {
  return nodes.flatMap((node) => (leaves.has(node.type) ? [node] : 'children' in node ? leavesOf(node.children) : []));
}

/** Blocks with their depth and words, without what stands between two markers. */
function outline(nodes: readonly Nodes[], state = { added: false }, depth = 0): readonly string[] {
  return nodes.flatMap((node) => {
    const marker = node.type === 'html' ? node.value : '';
    if (marker.includes(`<!-- proofplan ${sampleId}`)) {
      state.added = !marker.includes(`<!-- /proofplan ${sampleId}`);
      // The end of a plan's own raw HTML may hold the first marker.
      const own = marker.slice(0, marker.indexOf('<!-- proofplan')).trim();
      return own === '' ? [] : [`${depth} html ${own}`];
    }
    if (marker.includes(`<!-- /proofplan ${sampleId}`)) {
      state.added = false;
      return [];
    }
    if (state.added) return [];
    if (leaves.has(node.type)) return [`${depth} ${node.type} ${wordsOf(node)}`];
    const own = node.type === 'list' ? [`${depth} list ${node.ordered} ${node.start}`] : [];
    return 'children' in node ? [...own, ...outline(node.children, state, depth + 1)] : own;
  });
}

function wordsOf(node: Nodes): string {
  const text = 'value' in node ? node.value : 'children' in node ? node.children.map(wordsOf).join(' ') : '';
  return text.replace(/\s+/g, ' ').trim();
}

test.each(sampled(documents, 8))('%s, with a remark behind each of its blocks', (name) => {
  const document = readFileSync(join(labelled, name), 'utf8');
  const tree = parseTree(document);
  const events = sampleOpening(document, (expectation): readonly EventData['expectation'][] =>
    leavesOf(tree).flatMap((node, index) => {
      const { start, end } = node.position ?? { start: undefined, end: undefined };
      if (start === undefined || end === undefined) return [];
      const at = (point: { readonly line: number; readonly column: number; readonly offset?: number | undefined }) => ({
        line: point.line,
        column: point.column,
        offset: point.offset ?? 0,
      });
      return [{ ...expectation, id: `E${index}`, span: { path: 'plans/sample.md', start: at(start), end: at(end) } }];
    }),
  );
  const report = renderReportMarkdown({ execution: sampleId, document, events });
  expect(outline(parseTree(report))).toEqual(outline(tree));
  expect(restorePlan(report)).toBe(document);
});
