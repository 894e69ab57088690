/** Records that were made once and are kept for ever: both verifiers must go on to find in them exactly what was found then. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { journalVersion, type JournalState } from '../../src/model/journal-entry.ts';
import { auditExecution } from '../../src/review/audit-verify.ts';
import { command, root } from '../support/command.ts';
import { placeOf, startSecondVerifier } from './audit-sample.ts';

interface Expected {
  readonly execution: string;
  readonly verifierKey?: string;
  readonly state?: JournalState;
  readonly verdict: string | null;
  readonly signature: string | null;
  readonly findings: readonly string[];
}

const second = startSecondVerifier();
afterAll(() => second.close());

const versions = readdirSync(join(root, 'fixtures/journal')).filter((name) => name.startsWith('v'));
const records = versions.flatMap((version) => readdirSync(join(root, 'fixtures/journal', version)).map((name) => `${version}/${name}`));

test('every version that was ever written has records', () => {
  expect(versions).toEqual(Array.from({ length: journalVersion }, (_, index) => `v${index + 1}`));
  expect(records.length).toBeGreaterThanOrEqual(35);
});

describe.each(records)('%s', (name) => {
  const output = join(root, 'fixtures/journal', name);
  const expected = JSON.parse(readFileSync(join(output, 'expected.json'), 'utf8')) as Expected;
  const folder = join(output, 'executions', expected.execution);

  test('both verifiers find what was found then', async () => {
    const { findings, journal } = await auditExecution(folder, expected.verifierKey === undefined ? {} : { verifierKey: expected.verifierKey });
    expect(findings.map(placeOf).toSorted()).toEqual(expected.findings);
    expect(journal?.state).toEqual(expected.state);
    expect([journal?.verdict ?? null, journal?.signature.kind ?? null]).toEqual([expected.verdict, expected.signature]);
    expect(await second.findingsOf(folder, expected.verifierKey)).toEqual(expected.findings);
  });

  test('the command line answers with its exit code', async () => {
    const key = expected.verifierKey === undefined ? [] : ['--vkey', expected.verifierKey];
    const end = await command(['audit', 'verify', folder, ...key]);
    expect(end.exitCode).toBe(expected.findings.length === 0 ? 0 : 1);
    expect(end.stdout).toContain(expected.findings.length === 0 ? 'is intact; the checkpoint ' : 'is not intact: ');
  });
});

test('nothing in them leads to the place where they were made', () => {
  for (const name of records) {
    const folder = join(root, 'fixtures/journal', name);
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const paths = readFileSync(join(file.parentPath, file.name), 'latin1').match(/(?<![\w.])\/(?:home|root|work|Users|srv|mnt|opt)\/[^"\s]*/g) ?? [];
      expect(paths, join(file.parentPath, file.name)).toEqual([]);
    }
  }
});
