/** JUnit: valid by both usual schemas, read back by a parser that we did not write, and green only for a pass. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type TestSuite } from 'junit2json';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { readEvents, type RecordedEvents } from '../../src/report/read-event.ts';
import type { ReportedPlan } from '../../src/report/report-finding.ts';
import { renderSarifReport } from '../../src/report/report-sarif.ts';
import { renderJunit } from '../../src/report/report-junit.ts';
import { reportedVerdict } from '../../src/report/report-verdict.ts';
import { sampleEvents } from '../support/sample-execution.ts';
import { goldenRecords, passedEvents, recordOf, root } from './format-record.ts';

const sarif = { version: '0.1.0', whyOf: () => undefined, sha256: (text: string) => text, pathOf: (path: string) => path };
const schemaOf = (name: string): string => readFileSync(join(root, 'fixtures/format/schema', name), 'utf8');
const jenkins = schemaOf('jenkins-junit-10.xsd');
const ant = schemaOf('ant-junit.xsd');
/** Ant's schema of 2011 is older than Ant's own `<skipped>`: the two declarations that a later revision has. */
const antWithSkipped = ant
  .replace('<xs:choice minOccurs="0">', '<xs:choice minOccurs="0"><xs:element name="skipped"/>')
  .replace(
    '<xs:attribute name="failures" type="xs:int" use="required">',
    '<xs:attribute name="skipped" type="xs:int" use="optional"/><xs:attribute name="failures" type="xs:int" use="required">',
  );

function render(...plans: readonly ReportedPlan[]): string {
  return [...renderJunit(plans)].join('');
}

async function violations(xml: string): Promise<readonly string[]> {
  const forms = xml.includes('<skipped') ? [jenkins, antWithSkipped] : [jenkins, ant];
  const found = await Promise.all(forms.map((schema) => validateXML({ xml: [{ fileName: 'junit.xml', contents: xml }], schema: [schema] })));
  return found.flatMap(({ errors }) => errors.map(({ rawMessage }) => rawMessage));
}

async function suitesOf(xml: string): Promise<readonly TestSuite[]> {
  const read = await parse(xml);
  return read !== undefined && read !== null && 'testsuite' in read ? (read.testsuite ?? []) : [];
}

async function readAll(): Promise<readonly { readonly name: string; readonly record: RecordedEvents }[]> {
  const read = await Promise.all(goldenRecords.map(async ({ name, folder }) => ({ name, record: (await readEvents(folder)).value })));
  return read.flatMap(({ name, record }) => (record === undefined ? [] : [{ name, record }]));
}

test('the schemas are what they should be, and refuse what they should', async () => {
  expect(antWithSkipped.match(/name="skipped"/g)).toHaveLength(2);
  expect(ant).not.toContain('skipped');
  expect(await violations('<testsuites><testsuite name="x"/></testsuites>')).not.toEqual([]);
  expect(await violations('<testsuites>')).not.toEqual([]);
});

test('all golden records in one document: valid, and green where the verdict is passed and nowhere else', async () => {
  const records = await readAll();
  const xml = render(...records.map(({ record }) => ({ record })));
  expect(await violations(xml)).toEqual([]);
  const suites = await suitesOf(xml);
  expect(suites).toHaveLength(records.length);
  for (const [index, { name, record }] of records.entries()) {
    const suite = suites[index];
    const cases = suite?.testcase ?? [];
    const bad = cases.filter((each) => each.failure !== undefined || each.error !== undefined);
    const { verdict } = reportedVerdict(record);
    expect({ name, green: bad.length === 0 }).toEqual({ name, green: verdict === 'passed' });
    expect({ name, verdict: cases[0]?.failure === undefined && cases[0]?.error === undefined }).toEqual({ name, verdict: verdict === 'passed' });
    expect([suite?.tests, suite?.failures, suite?.errors]).toEqual([
      cases.length,
      cases.filter((each) => each.failure !== undefined).length,
      cases.filter((each) => each.error !== undefined).length,
    ]);
    expect(suite?.skipped ?? 0).toBe(cases.filter((each) => each.skipped !== undefined).length);
    expect(new Set(cases.map((each) => `${each.classname}\0${each.name}`)).size).toBe(cases.length);
    const planned = record.events.flatMap((event) => (event.kind === 'opened' ? event.data.steps : []));
    for (const step of planned) expect(cases.filter((each) => each.name?.startsWith(`step ${step.id} `))).toHaveLength(1);
  }
});

describe('of one record', () => {
  const suiteOf = async (record: RecordedEvents): Promise<Map<string, string>> => {
    const xml = render({ record });
    const cases = (await suitesOf(xml))[0]?.testcase ?? [];
    return new Map(cases.map((each) => [each.name ?? '', each.error ? 'error' : each.failure ? 'failure' : each.skipped ? 'skipped' : 'passed']));
  };

  test('every planned item is there, with what came of it', async () => {
    expect(await violations(render({ record: recordOf() }))).toEqual([]);
    expect([...(await suiteOf(recordOf()))]).toEqual([
      ['verdict', 'failure'],
      ['step 1.1 shell Do it', 'passed'],
      ['expectation of step 1.1, not judged: 1', 'skipped'],
      ['step 1.2 sql-assert Run', 'failure'],
      ['expectation E1 of step 1.2: `n == 1`', 'passed'],
      ['expectation E2 of step 1.2: `m == 2`', 'failure'],
      ['criterion C1 It works.', 'failure'],
      ['criterion C2 It is proven.', 'failure'],
      ['policy P1 no-manual-writes: No manual DB inserts.', 'passed'],
    ]);
  });

  test('a pass is green from end to end', async () => {
    expect(await violations(render({ record: recordOf(passedEvents()) }))).toEqual([]);
    expect(new Set((await suiteOf(recordOf(passedEvents()))).values())).toEqual(new Set(['passed']));
  });

  test('cut after each event: what is there is there, and it is never green', async () => {
    const events = passedEvents();
    for (let length = 1; length < events.length; length += 1) {
      const record = recordOf(events.slice(0, length), 'the record has no end');
      const cases = [...(render({ record }).matchAll(/<testcase [^>]*name="([^"]*)"[^>]*?(\/)?>/g) ?? [])];
      expect(cases[0]?.slice(1)).toEqual(['verdict', undefined]);
      expect(cases.filter(([, name]) => name?.startsWith('step '))).toHaveLength(2);
    }
  });

  test.each([
    ['a step that failed', { 'step-ended': { verdict: 'failed' } }],
    ['a criterion that is unproven', { criterion: { verdict: 'unproven' } }],
    ['a policy that was violated', { 'policy-enforced': { verdict: 'refused' } }],
    ['an expectation that failed', { expectation: { verdict: 'failed' } }],
    ['another exit code', { verdict: { exitCode: 4 } }],
    ['another word at the end', { closed: { verdict: 'failed' } }],
    ['no word at the end', { closed: { verdict: 'none' } }],
    ['no verdict', { verdict: { verdict: 'none', exitCode: 0 } }],
    ['a verdict that nobody knows', { verdict: { verdict: 'great', exitCode: 0 } }],
    ['a word at the end that nobody knows', { closed: { verdict: ['passed'] } }],
  ])('a record that says passed, with %s, is not green', async (_, change: Readonly<Record<string, object>>) => {
    const events = passedEvents().map((event) =>
      change[event.kind] === undefined ? event : ({ ...event, data: { ...event.data, ...change[event.kind] } } as typeof event),
    );
    expect((await suiteOf(recordOf(events))).get('verdict')).toMatch(/^(?:failure|error)$/);
    expect(JSON.parse(renderSarifReport([{ record: recordOf(events) }], sarif)).runs[0].results).not.toEqual([]);
  });

  test('a step that no entry tells of is not green', async () => {
    const events = passedEvents().filter((event) => event.kind !== 'step-ended' || event.data.step !== '1.2');
    expect((await suiteOf(recordOf(events))).get('verdict')).toBe('error');
    expect((await suiteOf(recordOf(events))).get('step 1.2 sql-assert Run')).toBe('error');
  });

  test('two items of one name are both there', async () => {
    const twins = sampleEvents().flatMap((event): readonly ExecutionEvent[] =>
      event.kind === 'expectation' ? [event, { ...event, data: { ...event.data, id: `${event.data.id}\u200e`, verdict: 'failed' as const } }] : [event],
    );
    const cases = await suiteOf(recordOf(twins));
    expect(cases.get('expectation E1 of step 1.2: `n == 1`')).toBe('passed');
    expect(cases.get('expectation E1 of step 1.2: `n == 1` (2)')).toBe('failure');
  });

  test('of many plans that failed with much to say the document stays one that a CI system reads, and each is red in it', async () => {
    const [first] = sampleEvents().filter((event) => event.kind === 'expectation');
    const failed = Array.from({ length: 400 }, (_, index) => {
      if (first?.kind !== 'expectation') throw new Error('the sample has no expectation');
      return { ...first, seq: 50 + index, data: { ...first.data, id: `X${index}`, verdict: 'failed' as const, notes: ['x'.repeat(20_000)] } };
    });
    const plan = { record: recordOf([...sampleEvents(), ...failed]) };
    const xml = render(plan, plan, plan);
    expect(xml.length).toBeLessThan(6_000_000);
    const suites = await suitesOf(xml);
    expect(suites.map(({ failures }) => failures)).toEqual([405, 405, 405]);
    for (const { testcase } of suites) expect(testcase?.filter((each) => each.failure?.[0]?.message === 'n is 1')).toHaveLength(400);
  });

  test('a plan that was never opened is red', async () => {
    const xml = render({ unopened: { path: 'plans/a.md', reason: 'it does not compile', exitCode: 2 } }, { record: recordOf(passedEvents()) });
    expect(await violations(xml)).toEqual([]);
    expect((await suitesOf(xml)).map(({ name, tests, errors }) => [name, tests, errors])).toEqual([
      ['plans/a.md', 1, 1],
      ['plans/sample.md', 8, 0],
    ]);
  });
});
