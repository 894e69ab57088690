/** A signed record, verified with its key: every byte of everything in it is bound, and both verifiers say the same of each mutant. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkpointOrigin, renderCheckpoint } from '../../src/journal/checkpoint.ts';
import { createNoteKey, type NoteKey } from '../../src/journal/signed-note.ts';
import { evidencePath } from '../../src/model/journal-entry.ts';
import { verifyExecution } from '../../src/review/audit-verify.ts';
import { playsAll } from '../support/sampled.ts';
import { allFound, verifyAll } from './audit-both.ts';
import { merkleOf } from './audit-root.ts';
import {
  copyOutput,
  journalPath,
  ledgerOf,
  linesOf,
  makeSample,
  placeOf,
  pythonFindings,
  rechain,
  temporary,
  withoutByte,
  type Sample,
} from './audit-sample.ts';
import { copyMutants, lastTimeOf } from './audit-signed.ts';

const key = createNoteKey('ci.example');

async function codesOf(sample: Sample, verifierKey?: string): Promise<readonly string[]> {
  const findings = (await verifyExecution(sample.folder, verifierKey === undefined ? {} : { verifierKey })).map(placeOf).toSorted();
  const second = await pythonFindings([sample.folder], verifierKey === undefined ? [] : ['--vkey', verifierKey]);
  expect(second.get(sample.folder)).toEqual(findings);
  return [...new Set(findings.map((finding) => withoutByte(finding).replace('review/', '')))];
}

describe('bytes changed and files cut', () => {
  test.each([
    ['journal.jsonl', 17, 131],
    ['checkpoint', 3, 3],
    ['verdict.json', 11, 37],
    ['../../ledger.jsonl', 11, 41],
  ] as const)('%s', async (file, every, cutEvery) => {
    const sample = await makeSample({ key, small: true });
    const unbound = file.endsWith('ledger.jsonl') ? lastTimeOf(readFileSync(ledgerOf(sample))) : undefined;
    const sparse = playsAll ? 1 : 2;
    const folders = copyMutants(sample, { file, every: every * sparse, cutEvery: cutEvery * sparse, ...(unbound ? { unbound } : {}) }, temporary());
    expect(folders.size).toBeGreaterThan(30);
    expect(await verifyAll(folders, key.verifierKey)).toEqual(allFound);
  });

  test('evidence', async () => {
    const sample = await makeSample({ key });
    expect(
      await verifyAll(
        copyMutants(sample, { file: evidencePath(sample.outputSha256), every: playsAll ? 1 : 2, cutEvery: playsAll ? 1 : 2 }, temporary()),
        key.verifierKey,
      ),
    ).toEqual(allFound);
  });
});

test('a signature in another form of base64 is none, though it decodes to the same bytes', async () => {
  const sample = await makeSample({ key });
  const path = join(sample.folder, 'checkpoint');
  const text = readFileSync(path, 'utf8');
  const last = text.at(-3) ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const stray = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
  writeFileSync(path, `${text.slice(0, -3)}${stray}=\n`);
  expect(Buffer.from(`${stray}=`, 'base64')).toEqual(Buffer.from(`${last}=`, 'base64'));
  expect(await codesOf(sample, key.verifierKey)).toEqual(['checkpoint-mismatch checkpoint:', 'checkpoint-unsigned checkpoint:']);
});

describe('written anew from beginning to end', () => {
  async function improved(options: { readonly key?: NoteKey } = {}): Promise<Sample> {
    const sample = copyOutput(await makeSample({ key, verdict: 'failed' }));
    const text = rechain(
      linesOf(journalPath(sample)).map((line) => line.replaceAll('"verdict":"failed"', '"verdict":"passed"')),
      sample.execution,
    );
    writeFileSync(journalPath(sample), text);
    const checkpoint = { origin: checkpointOrigin(sample.execution), size: linesOf(journalPath(sample)).length, root: merkleOf(text).toString('hex') };
    writeFileSync(join(sample.folder, 'checkpoint'), renderCheckpoint(checkpoint, options.key));
    return sample;
  }

  test('without the key: the signature is missed', async () => {
    expect(await codesOf(await improved(), key.verifierKey)).toContain('checkpoint-unsigned checkpoint:');
    expect(await codesOf(await improved({ key: createNoteKey('ci.example') }), key.verifierKey)).toContain('checkpoint-unsigned checkpoint:');
  });

  test('with the stolen key: only what was written or printed elsewhere knows', async () => {
    const sample = await improved({ key });
    expect(await codesOf(sample, key.verifierKey)).toEqual(['ledger-differs ../../ledger.jsonl:', 'verdict-differs verdict.json:']);
    expect((await verifyExecution(sample.folder, { expectRoot: sample.state.root })).map(({ code }) => code)).toContain('review/unexpected-root');
  });
});

test('a splice of two signed executions: neither checkpoint fits', async () => {
  const [one, other] = [await makeSample({ key }), await makeSample({ key })];
  const [lines, better] = [linesOf(journalPath(one)), linesOf(journalPath(other))];
  for (let at = 1; at < lines.length; at += 1) {
    const copy = copyOutput(one);
    writeFileSync(journalPath(copy), [...lines.slice(0, at), ...better.slice(at)].join(''));
    expect(await codesOf(copy, key.verifierKey)).toEqual(
      expect.arrayContaining([`wrong-execution journal.jsonl:${at + 1}`, `chain-broken journal.jsonl:${at + 1}`]),
    );
    writeFileSync(join(copy.folder, 'checkpoint'), readFileSync(join(other.folder, 'checkpoint')));
    expect(await codesOf(copy, key.verifierKey)).toContain('checkpoint-mismatch checkpoint:');
  }
});
