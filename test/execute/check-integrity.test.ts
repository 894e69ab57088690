import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changedDocuments, damagedEvidence, evidenceIn, readDocuments } from '../../src/execute/check-integrity.ts';
import { digestOf, keepDocument } from '../../src/execute/keep-document.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofplan-integrity-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a plan that stays is no finding; edited and removed ones are', async () => {
  const path = join(folder, 'plan.md');
  await writeFile(path, 'one');
  const documents = await readDocuments([{ path, sha256: digestOf('one') }]);
  expect(await changedDocuments(documents)).toEqual([]);
  await writeFile(path, 'two');
  expect((await changedDocuments(documents)).map(({ code, message }) => [code, message])).toEqual([
    ['execute/document-changed', `\`${path}\` was edited during the execution`],
  ]);
  await rm(path);
  expect((await changedDocuments(documents))[0]?.message).toBe(`\`${path}\` was removed during the execution`);
});

test('an addendum that was not there must not be made', async () => {
  const path = join(folder, 'plan.addendum.yaml');
  const documents = await readDocuments([], [path]);
  expect(await changedDocuments(documents)).toEqual([]);
  await writeFile(path, 'accept: []');
  expect((await changedDocuments(documents)).map(({ code, message }) => [code, message])).toEqual([
    ['execute/document-changed', `\`${path}\`, which would be read with the plan, was made during the execution`],
  ]);
});

test('what was changed before the first look, while the environment was made ready, is found', async () => {
  const [plan, addendum] = [join(folder, 'plan.md'), join(folder, 'plan.addendum.yaml')];
  await writeFile(plan, 'two');
  await writeFile(addendum, 'accept: []');
  const documents = await readDocuments([{ path: plan, sha256: digestOf('one') }], [addendum]);
  expect((await changedDocuments(documents)).map(({ message }) => message)).toEqual([
    `\`${addendum}\`, which would be read with the plan, was made during the execution`,
    `\`${plan}\` was edited during the execution`,
  ]);
});

test('a document that is no file is not asked for again', async () => {
  expect([...(await readDocuments([{ path: '-', sha256: digestOf('one') }]))]).toEqual([]);
});

test('evidence that an event names must be there, whole', async () => {
  const bytes = new TextEncoder().encode('output');
  await keepDocument(folder, bytes);
  const digests = new Set(evidenceIn({ outputs: [{ stream: 'stdout', sha256: digestOf(bytes), bytes: 6 }], program: { path: '/bin/bash', sha256: 'x' } }));
  expect([...digests]).toEqual([digestOf(bytes)]);
  expect(await damagedEvidence(folder, digests)).toEqual([]);
  await writeFile(join(folder, 'evidence/sha256', digestOf(bytes)), 'other');
  expect((await damagedEvidence(folder, digests)).map(({ code }) => code)).toEqual(['journal/evidence-changed']);
});
