// Every byte of a signed record, and every length of each of its files: what the runs of every day take a sample of.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createNoteKey } from '../../src/journal/signed-note.ts';
import { evidencePath } from '../../src/model/journal-entry.ts';
import { allFound, verifyAll } from '../review/audit-both.ts';
import { ledgerOf, makeSample } from '../review/audit-sample.ts';
import { copyMutants, lastTimeOf } from '../review/audit-signed.ts';
import { copyStructures } from '../review/audit-structure.ts';

const key = createNoteKey('ci.example');

test.each(['journal.jsonl', 'checkpoint', 'verdict.json', 'report.md', 'evidence', '../../ledger.jsonl'])(
  '%s: every byte, every length',
  { timeout: 1_800_000 },
  async (name) => {
    const sample = await makeSample({ key, verdict: 'failed' });
    const file = name === 'evidence' ? evidencePath(sample.outputSha256) : name;
    const unbound = name.endsWith('ledger.jsonl') ? lastTimeOf(readFileSync(ledgerOf(sample))) : undefined;
    const parent = mkdtempSync(join(tmpdir(), 'proofplan-mutant-'));
    try {
      const folders = copyMutants(sample, { file, every: 1, cutEvery: 1, ...(unbound ? { unbound } : {}) }, parent);
      expect(await verifyAll(folders, key.verifierKey)).toEqual(allFound);
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  },
);

test('5,000 values of any type in any place of a real record: both verifiers answer alike', { timeout: 1_800_000 }, async () => {
  const parent = mkdtempSync(join(tmpdir(), 'proofplan-mutant-'));
  try {
    expect((await verifyAll(copyStructures(5_000, 2026, parent))).disagreed).toEqual([]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
