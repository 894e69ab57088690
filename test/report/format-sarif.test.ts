/** SARIF: valid by the official schema, with rules, places and fingerprints that stay; an empty list is a pass and nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { sarifOptions } from '../../src/cli/report-format.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { readEvents } from '../../src/report/read-event.ts';
import type { ReportedPlan } from '../../src/report/report-finding.ts';
import { renderSarifReport } from '../../src/report/report-sarif.ts';
import { reportedVerdict } from '../../src/report/report-verdict.ts';
import { contextOf } from '../support/command.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';
import { goldenRecords, passedEvents, recordOf, root } from './format-record.ts';

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
      readonly region: Readonly<Record<string, number>>;
    };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly provenance: { readonly invocationIndex: number };
}

interface SarifLog {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly rules: readonly { readonly id: string; readonly help: { readonly text: string }; readonly fullDescription: { readonly text: string } }[];
      };
    };
    readonly invocations: readonly {
      readonly executionSuccessful: boolean;
      readonly exitCode: number;
      readonly toolExecutionNotifications?: readonly unknown[];
      readonly properties: Readonly<Record<string, unknown>>;
    }[];
    readonly automationDetails?: unknown;
    readonly columnKind: string;
    readonly results: readonly SarifResult[];
  }[];
}

const ajv = new Ajv({ strict: false, unicodeRegExp: false });
// The package is CommonJS: its types name the module, not the function.
(addFormats as unknown as (instance: Ajv) => void)(ajv);
const isSarif = ajv.compile(JSON.parse(readFileSync(join(root, 'fixtures/format/schema/sarif-2.1.0.schema.json'), 'utf8')) as object);

async function render(plans: readonly ReportedPlan[], environment: Readonly<Record<string, string>> = {}): Promise<SarifLog> {
  const text = renderSarifReport(plans, await sarifOptions(contextOf(['report'], { environment })));
  const log = JSON.parse(text) as SarifLog;
  expect(isSarif(log) ? [] : isSarif.errors).toEqual([]);
  return log;
}

test('the golden records: an invocation each; no result of it is a pass and nothing else', async () => {
  const read = await Promise.all(goldenRecords.map(async ({ name, folder }) => ({ name, record: (await readEvents(folder)).value })));
  const known = read.flatMap(({ name, record }) => (record === undefined ? [] : [{ name, record }]));
  const { runs } = await render(known.map(({ record }) => ({ record })));
  for (const [index, { name, record }] of known.entries()) {
    const { verdict, exitCode } = reportedVerdict(record);
    const own = runs[0]?.results.filter(({ provenance }) => provenance.invocationIndex === index);
    expect({ name, pass: own?.some(({ level }) => level === 'error') === false }).toEqual({ name, pass: verdict === 'passed' });
    const invocation = runs[0]?.invocations[index];
    expect(invocation).toMatchObject({ exitCode, executionSuccessful: verdict !== 'error', properties: { verdict } });
    expect(invocation?.toolExecutionNotifications?.length ?? 0).toBe(record.broken === undefined ? 0 : 1);
  }
});

test('a message has its rule, with the page of its code, and its place in UTF-16 units', async () => {
  const { runs } = await render([{ record: recordOf() }]);
  const [run] = runs;
  expect(run?.columnKind).toBe('utf16CodeUnits');
  expect(run?.results.map(({ ruleId }) => ruleId)).toEqual(['verdict/failed', 'engine/wrong-type']);
  const result = run?.results[1];
  const rule = run?.tool.driver.rules[result?.ruleIndex ?? -1];
  expect(rule).toMatchObject({ id: 'engine/wrong-type', help: { text: expect.stringContaining('proofplan explain engine/wrong-type') } });
  expect(result?.locations[0]?.physicalLocation).toEqual({
    artifactLocation: { uri: 'plans/sample.md', uriBaseId: 'SRCROOT' },
    region: { startLine: 12, startColumn: 8, endLine: 12, endColumn: 14 },
  });
});

test('paths are relative to the root of the repository; a file outside of it is absolute, and nothing breaks an address', async () => {
  const uris = async (path: string, environment = {}): Promise<unknown> => {
    const unopened = { path, reason: 'x', exitCode: 2 };
    return (await render([{ unopened }], environment)).runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation;
  };
  expect(await uris('plans/a b:c?#%.md')).toEqual({ uri: 'plans/a%20b%3Ac%3F%23%25.md', uriBaseId: 'SRCROOT' });
  expect(await uris('plans/a.md', { GITHUB_WORKSPACE: join(root, 'plans') })).toEqual({ uri: 'a.md', uriBaseId: 'SRCROOT' });
  expect(await uris('/elsewhere/a.md')).toEqual({ uri: 'file:///elsewhere/a.md' });
  expect(await uris('../a.md')).toEqual({ uri: `file://${join(root, '..', 'a.md')}` });
});

test('a fingerprint stays when lines are added above, and two messages of one wording have two', async () => {
  const moved = `\n\n\n${sampleDocument}`;
  const before = (await render([{ record: recordOf() }])).runs[0]?.results ?? [];
  const after = (await render([{ record: recordOf(sampleEvents(moved)) }])).runs[0]?.results ?? [];
  expect(after.map(({ locations }) => locations[0]?.physicalLocation.region['startLine'])).not.toEqual(
    before.map(({ locations }) => locations[0]?.physicalLocation.region['startLine']),
  );
  expect(after.map(({ partialFingerprints }) => partialFingerprints)).toEqual(before.map(({ partialFingerprints }) => partialFingerprints));
  const twice =
    (await render([{ record: recordOf([...sampleEvents(), ...sampleEvents().filter(({ kind }) => kind === 'diagnostic')]) }])).runs[0]?.results ?? [];
  expect(new Set(twice.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).size).toBe(3);
});

test('every refused statement is there once', async () => {
  const refused = (step: string, text: string): ExecutionEvent => ({
    kind: 'decision',
    seq: 900 + text.length,
    ts: '2026-02-09T12:00:09.000Z',
    data: {
      step,
      source: 'gateway',
      effect: 'refuse',
      rule: 'protected-relation',
      reason: 'an INSERT into `runs`',
      policies: ['P1'],
      policy: 'no-manual-writes',
      text,
      count: 2,
      fates: [],
      sqlstate: '25006',
    },
  });
  const told: ExecutionEvent = {
    kind: 'diagnostic',
    seq: 999,
    ts: '2026-02-09T12:00:09.000Z',
    data: { severity: 'refused', code: 'policy/forbidden-write', message: 'step 1.2 sent it', notes: ['journal entry 901'] },
  };
  const { runs } = await render([{ record: recordOf([...sampleEvents(), refused('1.2', 'a'), refused('1.2', 'ab'), told]) }]);
  const found = runs[0]?.results.filter(({ ruleId }) => ruleId === 'policy/forbidden-write') ?? [];
  expect(found.map(({ message }) => message.text.split('\n')[0])).toEqual(['step 1.2 sent it', 'step 1.2: an INSERT into `runs`']);
});

test('a pass has no error, and a plan that was never opened has one', async () => {
  const { runs } = await render([{ record: recordOf(passedEvents()) }, { unopened: { path: 'a.md', reason: 'it does not compile', exitCode: 2 } }]);
  expect(runs[0]?.invocations.map(({ exitCode, executionSuccessful }) => [exitCode, executionSuccessful])).toEqual([
    [0, true],
    [2, false],
  ]);
  expect(runs[0]?.results.map(({ provenance }) => provenance.invocationIndex)).toEqual([1]);
});

/** GitHub, "SARIF support for code scanning": 20 runs, no two of one category, 25,000 results of a run, 10 MB when packed. */
test('of many plans with very much to say GitHub takes the file, and each that did not pass is in it', async () => {
  const noise = Array.from({ length: 60 }, (_, number) => noiseOf(number));
  const said = Array.from(
    { length: 7_000 },
    (_, number): ExecutionEvent => ({
      kind: 'diagnostic',
      seq: 1_000 + number,
      ts: '2026-02-09T12:00:09.000Z',
      data: { severity: 'refused', code: 'policy/forbidden-write', message: `${number}: ${noise[number % noise.length]}` },
    }),
  );
  const plans = [
    { record: recordOf([...sampleEvents(), ...said]) },
    { record: recordOf(passedEvents()) },
    ...Array.from({ length: 30 }, (_, number) => ({ unopened: { path: `${number}.md`, reason: 'no', exitCode: 2 } })),
  ];
  const text = renderSarifReport(plans, await sarifOptions(contextOf(['report'])));
  expect(gzipSync(text).length).toBeLessThan(10_000_000);
  const { runs } = JSON.parse(text) as SarifLog;
  expect(runs.map(({ results, automationDetails }) => [results.length, automationDetails])).toEqual([[5_000, undefined]]);
  expect(new Set(runs[0]?.results.map(({ provenance }) => provenance.invocationIndex))).toEqual(new Set([...plans.keys()].filter((index) => index !== 1)));
  expect(runs[0]?.invocations[0]?.toolExecutionNotifications).toEqual([{ level: 'error', message: { text: '2032 more messages are not listed' } }]);
});

/** 5,000 characters that nothing can pack. */
function noiseOf(seed: number): string {
  const bytes = createHash('shake256', { outputLength: 10_000 }).update(String(seed)).digest();
  return Array.from({ length: 5_000 }, (_, at) => String.fromCodePoint(0x4e00 + (bytes.readUInt16LE(at * 2) % 20_000))).join('');
}
