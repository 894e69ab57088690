/** Whatever a plan or a program wrote goes through every format: it stays valid, tells the same verdict, and orders nobody about. */
import fc from 'fast-check';
import type { Nodes } from 'mdast';
import { parse } from 'junit2json';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { unified } from 'unified';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { renderAnnotations } from '../../src/report/github-annotation.ts';
import { renderSummary } from '../../src/report/github-summary.ts';
import { renderEvent } from '../../src/report/report-events.ts';
import { renderJunit } from '../../src/report/report-junit.ts';
import { renderSarifReport } from '../../src/report/report-sarif.ts';
import { reportedVerdict } from '../../src/report/report-verdict.ts';
import { sampleEvents } from '../support/sample-execution.ts';
import { playsAll } from '../support/sampled.ts';
import { passedEvents, recordOf, root } from './format-record.ts';

const jenkins = readFileSync(join(root, 'fixtures/format/schema/jenkins-junit-10.xsd'), 'utf8');
const ajv = new Ajv({ strict: false, unicodeRegExp: false, discriminator: true, validateFormats: false });
const isSarif = ajv.compile(JSON.parse(readFileSync(join(root, 'fixtures/format/schema/sarif-2.1.0.schema.json'), 'utf8')) as object);
const isEvent = ajv.compile(JSON.parse(readFileSync(join(root, 'schemas/event.schema.json'), 'utf8')) as object);

/** Words of ours, from closed lists, and what the journal's own rules fix. */
const fixed = new Set(
  'kind verdict severity code stream sha256 origin outcome effect source so form layer moment type role strength claim hash readingSha256 capability level isolation id step stdoutSha256'.split(
    ' ',
  ),
);

/** The events with a text in every place where a person or a program may write. */
function poison(events: readonly ExecutionEvent[], evil: string): readonly ExecutionEvent[] {
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return fixed.has(key) ? value : `${evil}x`;
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]));
  };
  return events.map((event) => ({ ...event, data: walk(event.data, '') }) as ExecutionEvent);
}

const sarif = { version: '0.1.0', whyOf: () => undefined, sha256: (text: string) => String(text.length), pathOf: (path: string) => path };
const summary = { linkOf: () => undefined, mostBytes: 1_000_000 };

type Name = 'junit' | 'sarif' | 'annotations' | 'summary';

function render(events: readonly ExecutionEvent[], broken?: string): Readonly<Record<Name | 'events', string>> {
  return {
    ...renderBounded(events, broken),
    events: events.map(({ kind, seq, ts, data }) => renderEvent({ v: 1, execution: 'x', kind, seq, ts, data: { ...data }, prev: '' }) ?? '').join(''),
  };
}

function renderBounded(events: readonly ExecutionEvent[], broken?: string): Readonly<Record<Name, string>> {
  const record = recordOf(events, broken);
  return {
    junit: [...renderJunit([{ record }])].join(''),
    sarif: renderSarifReport([{ record }], sarif),
    annotations: renderAnnotations([{ record }], sarif),
    summary: renderSummary([{ record }], summary),
  };
}

function nodesOf(node: Nodes): readonly string[] {
  return [node.type, ...('children' in node ? node.children.flatMap((child) => nodesOf(child)) : [])];
}

function skeleton(markdown: string): string {
  // Adjacent texts are one to a reader.
  return nodesOf(unified().use(remarkParse).use(remarkGfm).parse(markdown))
    .join(' ')
    .replace(/text( text)+/g, 'text');
}

/** What a runner of a CI would obey: GitHub at the beginning of a line, Azure and TeamCity anywhere. */
function orders(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/).filter((line) => /^\s*::\w/.test(line) || /##(?:\[|vso\[|teamcity\[)/.test(line));
}

const whole = render(sampleEvents());
const clean = skeleton(render(poison(sampleEvents(), '')).summary);

async function hold(evil: string): Promise<void> {
  for (const events of [sampleEvents(), passedEvents()]) {
    const poisoned = poison(events, evil);
    const { verdict } = reportedVerdict(recordOf(poisoned));
    const given = render(poisoned);
    expect(render(poisoned)).toEqual(given);
    // Well formed and complete, by a parser of XML that is not ours; each item as it was.
    const suite = await parse(given.junit);
    const cases = suite && 'testsuite' in suite ? (suite.testsuite?.[0]?.testcase ?? []) : [];
    expect(cases[0]?.failure === undefined && cases[0]?.error === undefined).toBe(verdict === 'passed');
    expect(cases.length).toBe((render(events).junit.match(/<testcase /g) ?? []).length);
    const document = JSON.parse(given.sarif) as {
      readonly runs: readonly [
        { readonly results: readonly unknown[]; readonly invocations: readonly [{ readonly properties: { readonly verdict: string } }] },
      ];
    };
    expect(isSarif(document) ? [] : isSarif.errors).toEqual([]);
    expect([document.runs[0].invocations[0].properties.verdict, document.runs[0].results.length === 0]).toEqual([verdict, verdict === 'passed']);
    expect(given.annotations.split('\n').length).toBe(render(events).annotations.split('\n').length);
    expect(
      given.annotations
        .split('\n')
        .slice(0, -1)
        .every((line) => /^::(error|warning|notice) [^:]*::/.test(line)),
    ).toBe(true);
    for (const line of given.events.split('\n').slice(0, -1)) expect(isEvent(JSON.parse(line)) ? [] : isEvent.errors).toEqual([]);
    expect(orders(given.junit + given.sarif + given.summary + given.events)).toEqual([]);
    for (const text of Object.values(given)) expect(/[\0-\x08\x0b\x0c\x0e-\x1f]|\p{Surrogate}/u.test(text)).toBe(false);
    expect(/[\ufffe\uffff]/.test(given.junit)).toBe(false);
  }
  expect(skeleton(render(poison(sampleEvents(), evil)).summary)).toBe(clean);
}

const nasty = [
  '\u001b[2J\u001b]0;x\u0007',
  '\0',
  '\ufffd\ufffe\uffff',
  '\ud800',
  '\udc00\ud800',
  ']]>',
  '<![CDATA[',
  '-->',
  '<!--',
  '<failure/></testcase>',
  '&amp;&#0;&x;',
  '"\'',
  '::error::x',
  '\n::set-env name=PATH::x',
  '\r::stop-commands::t',
  '##vso[task.complete result=Succeeded]',
  '##[error]',
  '###[error]####vso[x]:::error::',
  "##teamcity[testFinished name='x']",
  '%0A%25',
  '|\n|---|\n',
  '\n\n# h\n',
  '```\n',
  '<details><script>',
  '[a](javascript:1)',
  'http://a.example www.a.example a@b.example',
  '\u202eabc\u2066',
  'مرحبا',
  '\u2028\u2029',
  '\t \r\n',
  '\\',
];

describe('every format', () => {
  test.each(nasty.map((text) => [JSON.stringify(text), text] as const))('of %s', async (_, text) => hold(text));

  test('of any mixture of these', async () => {
    const text = fc
      .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 8 }), fc.string({ maxLength: 8 })), { maxLength: 8 })
      .map((parts) => parts.join(''));
    await fc.assert(fc.asyncProperty(text, hold), { numRuns: playsAll ? 1_000 : 25 });
  });

  test('is valid by the schema with all of it at once', async () => {
    const { errors } = await validateXML({ xml: [{ fileName: 'a.xml', contents: render(poison(sampleEvents(), nasty.join(' '))).junit }], schema: [jenkins] });
    expect(errors).toEqual([]);
  });

  test('of a line of 10 MB is bounded', async () => {
    const line = 'x'.repeat(10_000_000);
    const { junit, annotations, summary: markdown, sarif: document } = renderBounded(poison(sampleEvents(), line));
    for (const text of [junit, annotations, markdown, document]) expect(text.length).toBeLessThan(400_000);
    expect((await parse(junit)) !== undefined).toBe(true);
  });

  test('has the same verdict for the same record, cut or whole', () => {
    for (const events of [sampleEvents(), passedEvents()]) {
      for (let length = 1; length <= events.length; length += 1) {
        const broken = length < events.length ? 'the record has no end' : undefined;
        const { verdict } = reportedVerdict(recordOf(events.slice(0, length), broken));
        const given = render(events.slice(0, length), broken);
        if (broken !== undefined) expect(verdict).not.toBe('passed');
        expect(/name="verdict" time="0.000"\/>/.test(given.junit)).toBe(verdict === 'passed');
        expect(JSON.parse(given.sarif)).toMatchObject({ runs: [{ invocations: [{ properties: { verdict } }] }] });
        expect(given.annotations.startsWith('::error ')).toBe(verdict !== 'passed');
        expect(given.summary).toContain(`**${verdict}**`);
      }
    }
    expect(whole.junit).not.toBe('');
  });

  test('of 100,000 items: each is there, and what is for people is bounded', () => {
    const [expectation] = sampleEvents().filter((event) => event.kind === 'expectation');
    if (expectation?.kind !== 'expectation') throw new Error('the sample has no expectation');
    const many = Array.from(
      { length: 100_000 },
      (_, index): ExecutionEvent => ({
        ...expectation,
        seq: index + 10,
        data: { ...expectation.data, id: `E${index}`, verdict: index % 2 === 0 ? 'passed' : 'failed' },
      }),
    );
    const record = recordOf([...sampleEvents().filter((event) => event.kind !== 'expectation'), ...many].toSorted((a, b) => a.seq - b.seq));
    let cases = 0;
    let bytes = 0;
    for (const piece of renderJunit([{ record }])) {
      cases += piece.includes('<testcase ') ? 1 : 0;
      bytes += piece.length;
    }
    expect(cases).toBe(100_000 + 7);
    expect(bytes).toBeLessThan(50_000_000);
    expect(renderSummary([{ record }], summary).length).toBeLessThan(100_000);
    expect(renderAnnotations([{ record }], sarif).length).toBeLessThan(10_000);
  });
});
