import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Nodes } from 'mdast';
import { afterAll, describe, expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal-writer.ts';
import { parseTree } from '../../src/parse/markdown-tree.ts';
import { readReport, renderReportMarkdown } from '../../src/report/report-markdown.ts';
import { restorePlan } from '../../src/report/report-splice.ts';
import { hostileEvents } from '../support/hostile-event.ts';
import { eventsOfTexts } from '../support/page-sample.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';

const execution = '2026-02-09T12-00-00Z-abcdef';
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function render(document = sampleDocument, events = sampleEvents()): string {
  return renderReportMarkdown({ execution, document, events });
}

test('the report as it is', async () => {
  await expect(render()).toMatchFileSnapshot('report-markdown.golden.md');
});

test('taking out what was added gives the plan back, byte for byte', () => {
  for (const document of [sampleDocument, sampleDocument.trimEnd(), `\ufeff${sampleDocument}`]) expect(restorePlan(render(document))).toBe(document);
  const windows = sampleDocument.replaceAll('\n', '\r\n');
  expect(restorePlan(render(windows, sampleEvents(windows)))).toBe(windows);
});

test('a value cannot write into the report: no line, no marker, no tag, no code span', () => {
  const evil = `7\`\n<!-- /proofplan ${execution} -->\n<script>\u001b[2J`;
  const events = sampleEvents().map((event) => {
    if (event.kind === 'report-field' && event.data.value !== undefined) return { ...event, data: { ...event.data, value: evil, origin: evil } };
    if (event.kind === 'expectation') return { ...event, data: { ...event.data, actual: evil, notes: [evil] } };
    return event.kind === 'capture' ? { ...event, data: { ...event.data, text: evil } } : event;
  });
  const report = render(sampleDocument, events);
  expect(restorePlan(report)).toBe(sampleDocument);
  expect(report).not.toContain('\u001b');
  expect(report).not.toMatch(/^[^`]*<script>/m);
});

describe('a plan in YAML', () => {
  const documents = [
    'title: x\nsteps:\n  - run: echo 1\n',
    '# a comment\n\n- <script>alert(1)</script> [a](javascript:x)\n\n- |\n  ```\n  ````` ~~~\n  ```\n',
    'a: 1\r\nb: "```"',
    `\ufeffa: <!-- proofplan ${execution} -->\n`,
    '\n',
    'x',
  ];
  const yaml = (document: string): string =>
    render(
      document,
      sampleEvents().map((event) =>
        event.kind === 'opened' ? { ...event, data: { ...event.data, plan: { ...event.data.plan, form: 'yaml' as const } } } : event,
      ),
    );

  test.each(documents)('stands as it is in one fence, whatever it holds: %j', (document) => {
    const report = yaml(document);
    expect(restorePlan(report)).toBe(document);
    const [plan, ...others] = parseTree(report.replace(/^\ufeff/, '')).filter(({ type }) => type === 'code');
    expect(others).toEqual([]);
    expect(plan).toMatchObject({ lang: 'yaml' });
    const lines = plan !== undefined && 'value' in plan ? plan.value.split(/\r?\n/) : [];
    const last = document.endsWith('\n') ? [''] : [];
    expect([...lines.slice(1, -1), ...last]).toEqual(document.replace(/^\ufeff/, '').split(/\r?\n/));
  });

  test('what is told behind it names its line, in the order of the lines, and what the report asks for has its value', () => {
    const told = yaml(sampleDocument)
      .split('\n')
      .flatMap((line) => /^> line (\d+): (.*?) *$/.exec(line)?.slice(1, 3).join(' ') ?? []);
    expect(told).toContain('25 Run ID: `7`, stdout of step 1.1, line 1');
    expect(told.map(Number.parseFloat)).toEqual(told.map(Number.parseFloat).toSorted((a, b) => a - b));
    expect(told.length).toBeGreaterThan(5);
  });
});

test('a text with a hundred thousand code spans is told like any other', () => {
  const events = sampleEvents().map((event) => (event.kind === 'capture' ? { ...event, data: { ...event.data, text: '`x'.repeat(200_000) } } : event));
  expect(restorePlan(render(sampleDocument, events))).toBe(sampleDocument);
});

test('whatever a record holds in whatever place: no tag, no comment, no picture, and no link but to evidence', () => {
  const pieces = [
    ...['<script>', '<!-- x', '-->', '</div>', '&lt;', '`', '``', '\\', '\\`', '~~~', '~~~~', '\n', '\r', '> ', '- ', '|', ' x '],
    ...['[a](javascript:x)', '![i](http://192.0.2.1/x.png)', '<http://192.0.2.1/>', 'http://192.0.2.1/', 'www.example.com', `<!-- /proofplan ${execution} -->`],
  ];
  const texts = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
  const all = eventsOfTexts((place) => place);
  fc.assert(
    fc.property(hostileEvents(all, texts), (events) => {
      const report = render(sampleDocument, events);
      expect(restorePlan(report)).toBe(sampleDocument);
      const strange: string[] = [];
      const waiting: Nodes[] = [...parseTree(report)];
      for (let node = waiting.pop(); node; node = waiting.pop()) {
        if (node.type === 'html' && !/^<!-- (?:\/?proofplan|line \d+ was) [^<>]*-->(?:\n<!-- \/?proofplan [^<>]*-->)*$/.test(node.value))
          strange.push(node.value);
        // What has no position is an address that remark found in a text: it leads where it says.
        const isAddress = node.type === 'link' && node.position === undefined;
        if (node.type === 'image' || (node.type === 'link' && !isAddress && !/^evidence\/sha256\/[0-9a-f]{64}$/.test(node.url))) strange.push(node.url);
        if ('children' in node) waiting.push(...node.children);
      }
      expect(strange).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

test('a field that nothing filled keeps its hole and says so', () => {
  expect(render()).toContain('**Root:** `<root_hash>`');
  expect(render()).toMatch(/not filled\*\* Root/);
});

test('it is made from the record alone, and comes out the same again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-report-'));
  folders.push(folder);
  const sha256 = createHash('sha256').update(sampleDocument).digest('hex');
  mkdirSync(join(folder, 'evidence/sha256'), { recursive: true });
  writeFileSync(join(folder, 'evidence/sha256', sha256), sampleDocument);
  const journal = await openJournal({ folder, execution, clock: () => 1_770_638_400_000 });
  const events = sampleEvents();
  const before = events.findIndex((event) => event.kind === 'files');
  for (const event of events.slice(0, before)) await journal.record(event.kind, { ...event.data });
  const report = await readReport(folder, { closing: true });
  for (const event of events.slice(before)) await journal.record(event.kind, { ...event.data });
  await journal.close();
  expect(report.diagnostics).toEqual([]);
  expect((await readReport(folder)).value).toBe(report.value);
  expect(restorePlan(report.value ?? '')).toBe(sampleDocument);
});

test('a plan document that is gone from the evidence is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-report-'));
  folders.push(folder);
  const journal = await openJournal({ folder, execution, clock: () => 1_770_638_400_000 });
  await journal.record('opened', { ...sampleEvents()[0]?.data });
  await journal.close();
  expect((await readReport(folder)).diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['report/no-document']);
});
