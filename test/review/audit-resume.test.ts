/** A journal that goes on after its writer was killed: by the real writer, from every kind of end. Both verifiers follow it, and see what was done to it. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { headMarkPath } from '../../src/journal/head-mark.ts';
import { readBegunJournal } from '../../src/journal/journal-begun.ts';
import { tellsOfTornLine } from '../../src/journal/journal-line.ts';
import { readEntries, readJournal } from '../../src/journal/journal-reader.ts';
import { openJournal, type Journal } from '../../src/journal/journal-writer.ts';
import { registerEnd } from '../../src/journal/ledger.ts';
import { auditExecution, verifyExecution } from '../../src/review/audit-verify.ts';
import { allFound, verifyAll } from './audit-both.ts';
import { journalPath, linesOf, makeSample, placeOf, plan, rechain, startSecondVerifier, temporary, withoutByte, type Sample } from './audit-sample.ts';
import { copyMutants } from './audit-signed.ts';

const second = startSecondVerifier();
afterAll(() => second.close());

async function codesOf(sample: Sample): Promise<readonly string[]> {
  const findings = (await verifyExecution(sample.folder)).map(placeOf).toSorted();
  expect(await second.findingsOf(sample.folder)).toEqual(findings);
  return findings.map((finding) => withoutByte(finding).replace('review/', ''));
}

/** A record whose runner was killed after step 1.1 had begun, with these bytes behind its last line. */
async function killed(torn: string | Buffer = ''): Promise<Sample> {
  const sample = await makeSample({ stopBefore: 'step-ended' });
  appendFileSync(journalPath(sample), torn);
  return sample;
}

/** Goes on with it as `resume` does; undefined where the journal cannot be gone on with. */
async function reopen(sample: Sample): Promise<Journal | undefined> {
  const begun = (await readBegunJournal(sample.folder, sample.output)).value;
  if (begun === undefined) return undefined;
  let now = begun.lastTimeMs + 1_000;
  const journal = await openJournal({
    folder: sample.folder,
    execution: sample.execution,
    clock: () => (now += 5),
    headMark: headMarkPath(sample.output, sample.execution),
    begun,
  });
  await journal.resume({ by: 'test' });
  return journal;
}

/** Ends the cut step, tries it again, and closes the record. */
async function conclude(sample: Sample, journal: Journal, attempts: readonly number[] = [2]): Promise<void> {
  const entries = (await readEntries(sample.folder)).value ?? [];
  const kinds = entries.map(({ kind }) => kind);
  if (kinds.filter((kind) => kind === 'step-started').length > kinds.filter((kind) => kind === 'step-ended').length)
    await journal.record('step-ended', { step: '1.1', attempt: 1, outcome: 'interrupted' });
  for (const attempt of attempts) {
    await journal.record('step-started', { step: '1.1', attempt }, { durable: true });
    await journal.record('step-ended', { step: '1.1', attempt, outcome: 'completed' });
  }
  await journal.record('verdict', { verdict: 'passed', exitCode: 0 });
  const said = { execution: sample.execution, plan: { sha256: sample.planSha256 }, verdict: 'passed', exitCode: 0, journal: journal.state() };
  const content = `${JSON.stringify(said)}\n`;
  writeFileSync(join(sample.folder, 'verdict.json'), content);
  const file = { path: 'verdict.json', sha256: createHash('sha256').update(content).digest('hex'), bytes: Buffer.byteLength(content) };
  await journal.record('files', { files: [file] });
  await journal.record('closed', { verdict: 'passed' });
  const state = await journal.close();
  await registerEnd({
    output: sample.output,
    execution: sample.execution,
    plan: { path: plan.path, sha256: sample.planSha256 },
    clock: Date.now,
    attempt: 1,
    verdict: 'passed',
    journal: state,
  });
}

async function resumed(torn: string | Buffer = '', attempts: readonly number[] = [2]): Promise<Sample> {
  const sample = await killed(torn);
  const journal = await reopen(sample);
  if (!journal) throw new Error('not resumable');
  await conclude(sample, journal, attempts);
  return sample;
}

const half = '{"data":{"outputs":[],"step":"1.1"},"exec';

describe('a resumed record is as good as any', () => {
  test.each<readonly [string, string | Buffer]>([
    ['nothing torn', ''],
    ['half an entry', half],
    ['NULs, as a power failure leaves them', Buffer.alloc(4096)],
    ['a single byte', '{'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x80])],
    ['a carriage return', '\r'],
  ])('%s', async (_, torn) => {
    const sample = await resumed(torn);
    expect(await codesOf(sample)).toEqual([]);
    const { journal } = await auditExecution(sample.folder);
    expect(journal).toMatchObject({ verdict: 'passed', state: { entries: torn.length === 0 ? 9 : 10 } });
    const { value, diagnostics } = await readEntries(sample.folder);
    expect(diagnostics).toEqual([]);
    expect(value?.map(({ kind }) => kind)).toEqual([
      'opened',
      'step-started',
      'resumed',
      'step-ended',
      'step-started',
      'step-ended',
      'verdict',
      'files',
      'closed',
    ]);
  });

  test('an entry that lacks nothing but its line feed is torn nevertheless', async () => {
    const sample = await makeSample();
    const whole = linesOf(journalPath(sample)).slice(0, 3).join('');
    const cut = await killed();
    writeFileSync(journalPath(cut), readFileSync(journalPath(cut), 'utf8') + (whole.split('\n')[2] ?? '').replaceAll(sample.execution, cut.execution));
    const journal = await reopen(cut);
    if (!journal) throw new Error('not resumable');
    await conclude(cut, journal);
    expect(await codesOf(cut)).toEqual([]);
    const lines = [];
    for await (const line of readJournal(journalPath(cut))) lines.push(line.problem?.kind ?? line.entry?.kind);
    expect(lines.slice(0, 4)).toEqual(['opened', 'step-started', 'cut', 'resumed']);
  });

  test('several times', async () => {
    const sample = await killed(half);
    for (const torn of [half, '', Buffer.alloc(3), '']) {
      const journal = await reopen(sample);
      expect(journal).toBeDefined();
      appendFileSync(journalPath(sample), torn);
    }
    const journal = await reopen(sample);
    if (!journal) throw new Error('not resumable');
    await conclude(sample, journal);
    expect(await codesOf(sample)).toEqual([]);
  });

  test('from every length at which it can be cut: resumed and whole, or refused', async () => {
    let checked = 0;
    for (let length = 0; ; length += 47) {
      const sample = await makeSample({ stopBefore: 'checkpoint' });
      const bytes = readFileSync(journalPath(sample));
      if (length >= bytes.length) break;
      truncateSync(journalPath(sample), length);
      // As if its writer had come no further.
      const whole = bytes.subarray(0, bytes.subarray(0, length).lastIndexOf(0x0a) + 1);
      const last = whole.subarray(whole.subarray(0, -1).lastIndexOf(0x0a) + 1);
      writeFileSync(headMarkPath(sample.output, sample.execution), `${createHash('sha256').update(last).digest('hex')} ${'0'.repeat(64)}\n`);
      const journal = await reopen(sample);
      expect(journal === undefined, String(length)).toBe(length <= bytes.indexOf(0x0a));
      await journal?.close();
      expect((await codesOf(sample)).filter((code) => /malformed|canonical|chain|sequence|unfit|checkpoint-mismatch/.test(code))).toEqual([]);
      checked += 1;
    }
    expect(checked).toBeGreaterThan(20);
  });
});

describe('what was done to it shows', () => {
  test.each([
    ['before the resumption', (lines: readonly string[]) => lines.with(1, (lines[1] ?? '').replace('Run ID', 'run id')), ['chain-broken journal.jsonl:4']],
    [
      'in the torn line',
      (lines: readonly string[]) => lines.with(2, (lines[2] ?? '').replace('1.1', '1.2')),
      ['entry-malformed journal.jsonl:3', 'resumption-unfit journal.jsonl:4', 'chain-broken journal.jsonl:4'],
    ],
    [
      'the torn line taken out',
      (lines: readonly string[]) => lines.toSpliced(2, 1),
      ['resumption-unfit journal.jsonl:3', 'wrong-sequence journal.jsonl:3', 'chain-broken journal.jsonl:3'],
    ],
    [
      'another torn line put in',
      (lines: readonly string[]) => lines.toSpliced(2, 0, 'x\n'),
      ['entry-malformed journal.jsonl:3', 'wrong-sequence journal.jsonl:5', 'chain-broken journal.jsonl:5'],
    ],
    [
      'the resumption taken out',
      (lines: readonly string[]) => lines.toSpliced(3, 1),
      ['entry-malformed journal.jsonl:3', 'wrong-sequence journal.jsonl:4', 'chain-broken journal.jsonl:4'],
    ],
  ] as const)('%s', async (_, edit, expected) => {
    const sample = await resumed(half);
    writeFileSync(journalPath(sample), edit(linesOf(journalPath(sample))).join(''));
    expect(await codesOf(sample)).toEqual(expect.arrayContaining([...expected]));
  });

  test.each([
    ['a failed entry called torn', { after: 1, torn: undefined }],
    ['a resumption that tells of another line', { after: 7, torn: null }],
    ['one that tells of a torn line where none is', { after: 2, torn: { bytes: 0, sha256: createHash('sha256').digest('hex') } }],
    ['one without the facts', { after: undefined, torn: undefined }],
  ])('%s, chained as by the writer itself', async (_, facts) => {
    const sample = await makeSample({ during: async (journal) => void (await journal.record('resumed', { ...JSON.parse(JSON.stringify(facts)) })) });
    expect(await codesOf(sample)).toEqual(['resumption-unfit journal.jsonl:3']);
  });

  test('a whole entry is not made undone by a line that calls it torn', async () => {
    const sample = await makeSample({ during: async (journal) => void (await journal.record('decision', { effect: 'refuse' })) });
    const lines = linesOf(journalPath(sample));
    const bytes = Buffer.from((lines[2] ?? '').slice(0, -1));
    const torn = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    const claim = (lines[3] ?? '')
      .replace(/^\{"data":.*\},"execution"/, () => `{"data":{"after":2,"torn":${JSON.stringify(torn)}},"execution"`)
      .replace('"kind":"step-ended"', '"kind":"resumed"');
    writeFileSync(journalPath(sample), rechain(lines.toSpliced(3, 0, claim), sample.execution));
    const codes = await codesOf(sample);
    // Its chain is that of a whole line, and a torn one has another; checkpoint and ledger know of neither.
    expect(codes).toEqual(expect.arrayContaining(['chain-broken journal.jsonl:4', 'checkpoint-mismatch checkpoint:', 'ledger-differs ../../ledger.jsonl:']));
  });

  test('the first line torn is no beginning', () => {
    const bytes = Buffer.from(`${half}\n`);
    const line = { lineNumber: 1, offset: 0, bytes, hash: '', torn: false };
    const torn = { bytes: bytes.length - 1, sha256: createHash('sha256').update(half).digest('hex') };
    const entry = { v: 1, execution: 'x', seq: 2, ts: '', kind: 'resumed', prev: '', data: { after: 0, torn } } as const;
    expect(tellsOfTornLine(entry, line)).toBe(false);
    expect(tellsOfTornLine({ ...entry, data: { after: 1, torn } }, { ...line, lineNumber: 2 })).toBe(true);
    expect(tellsOfTornLine({ ...entry, data: { after: true, torn } }, { ...line, lineNumber: 2 })).toBe(false);
  });

  test('every byte of a resumed journal is bound', async () => {
    const sample = await resumed(half);
    expect(await verifyAll(copyMutants(sample, { file: 'journal.jsonl', every: 9, cutEvery: 83 }, temporary()))).toEqual(allFound);
  });
});

describe('attempts at a step', () => {
  test.each([
    [[2, 3, 4], []],
    [[3], ['step-attempt-missing journal.jsonl:5']],
    [[2, 2], ['step-attempt-missing journal.jsonl:7']],
    [[1], ['step-attempt-missing journal.jsonl:5']],
    [[2, 4, 3], ['step-attempt-missing journal.jsonl:7']],
  ])('%j after the first', async (attempts, expected) => {
    expect((await codesOf(await resumed('', attempts))).slice(0, 1)).toEqual(expected);
  });

  test('an attempt that is no number', async () => {
    const sample = await makeSample({
      stopBefore: 'verdict',
      during: async (journal) => void (await journal.record('step-started', { step: '2.1', attempt: true })),
    });
    expect(await codesOf(sample)).toContain('step-attempt-missing journal.jsonl:3');
  });
});

test('a torn end that nobody resumed stays a finding', async () => {
  const sample = await killed(half);
  expect(await codesOf(sample)).toContain('torn-end journal.jsonl:3');
  truncateSync(journalPath(sample), 10);
  expect(await codesOf(sample)).toContain('torn-end journal.jsonl:1');
});
