import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { merkleOf } from './audit-root.ts';
import { registerExecution } from '../../src/journal/ledger.ts';
import { createNoteKey } from '../../src/journal/signed-note.ts';
import { evidencePath } from '../../src/model/journal-entry.ts';
import { renderFinding } from '../../src/review/audit-finding.ts';
import type { AuditExpectation } from '../../src/review/audit-expectation.ts';
import { verifyExecution } from '../../src/review/audit-verify.ts';
import {
  copyOutput,
  journalPath,
  ledgerOf,
  linesOf,
  makeSample,
  placeOf,
  plan,
  pythonFindings,
  rechain,
  startSecondVerifier,
  temporary,
  withoutByte,
  type Sample,
} from './audit-sample.ts';

const second = startSecondVerifier();
afterAll(() => second.close());

/** What both verifiers say, which must be the same; as `code file:line`, without the floor's name. */
async function findingsOf(sample: Sample, expectation: AuditExpectation = {}): Promise<readonly string[]> {
  const first = (await verifyExecution(sample.folder, expectation)).map(placeOf).toSorted();
  const { verifierKey, ...others } = expectation;
  if (Object.keys(others).length === 0) expect(await second.findingsOf(sample.folder, verifierKey)).toEqual(first);
  return first.map((finding) => withoutByte(finding).replace('review/', '')).toSorted();
}

function rewrite(sample: Sample, edit: (lines: string[]) => readonly string[]): void {
  writeFileSync(journalPath(sample), edit([...linesOf(journalPath(sample))]).join(''));
}

describe('a good record', () => {
  test('has no finding', async () => {
    const sample = await makeSample();
    expect(await findingsOf(sample)).toEqual([]);
    expect(await findingsOf(sample, { expectPlan: sample.planSha256, expectRoot: sample.state.root, expectExecution: sample.execution })).toEqual([]);
  });

  test('for the second verifier by its command line, too, which tells the root and the plan', async () => {
    const sample = await makeSample();
    expect(await pythonFindings([sample.folder])).toEqual(new Map([[sample.folder, []]]));
    const told = execFileSync('python3', [join(import.meta.dirname, '../../tools/verify.py'), sample.folder], { encoding: 'utf8' });
    expect(told).toBe(`${sample.folder}: ok entries=6 root=${sample.state.root} plan=${sample.planSha256}\n`);
  });

  test('of every verdict: the record of a failure is as good a record', async () => {
    for (const verdict of ['failed', 'refused', 'error', 'none'] as const) expect(await findingsOf(await makeSample({ verdict }))).toEqual([]);
  });

  test('is found through the link `latest`, and under another name', async () => {
    const sample = await makeSample();
    expect(await verifyExecution(join(sample.output, 'latest'))).toEqual([]);
    renameSync(sample.folder, join(sample.output, 'executions', 'renamed'));
    expect(await findingsOf({ ...sample, folder: join(sample.output, 'executions', 'renamed') })).toEqual([]);
  });

  test('signed, with the right key', async () => {
    const key = createNoteKey('proofplan');
    const sample = await makeSample({ key });
    expect(await findingsOf(sample)).toEqual([]);
    expect(await findingsOf(sample, { verifierKey: key.verifierKey })).toEqual([]);
    expect(await findingsOf(sample, { verifierKey: createNoteKey('proofplan').verifierKey })).toEqual(['checkpoint-unsigned checkpoint:']);
    expect(await findingsOf(await makeSample(), { verifierKey: key.verifierKey })).toEqual(['checkpoint-unsigned checkpoint:']);
  });
});

describe('what was expected', () => {
  test('another plan, root or execution', async () => {
    const sample = await makeSample();
    expect(await findingsOf(sample, { expectPlan: '0'.repeat(64) })).toEqual(['unexpected-plan journal.jsonl:']);
    expect(await findingsOf(sample, { expectRoot: '0'.repeat(64) })).toEqual(['unexpected-root journal.jsonl:']);
    expect(await findingsOf(sample, { expectExecution: 'another' })).toEqual(['unexpected-execution journal.jsonl:']);
  });
});

describe('no record', () => {
  test('no folder, no journal, a journal that is a link or a folder', async () => {
    const expected = ['not-an-execution journal.jsonl:'];
    const sample = await makeSample();
    expect(await findingsOf({ ...sample, folder: join(sample.output, 'missing') })).toEqual(expected);
    renameSync(journalPath(sample), join(sample.folder, 'moved'));
    expect(await findingsOf(sample)).toEqual(expected);
    symlinkSync('moved', journalPath(sample));
    expect(await findingsOf(sample)).toEqual(expected);
    rmSync(journalPath(sample));
    mkdirSync(journalPath(sample));
    expect(await findingsOf(sample)).toEqual(expected);
    rmSync(journalPath(sample), { recursive: true });
    execFileSync('mkfifo', [journalPath(sample)]);
    expect(await findingsOf(sample)).toEqual(expected);
  });

  test('a journal of 0 bytes', async () => {
    const sample = await makeSample();
    truncateSync(journalPath(sample));
    expect(await findingsOf(sample)).toEqual(
      expect.arrayContaining(['not-opened journal.jsonl:', 'not-closed journal.jsonl:', 'checkpoint-mismatch checkpoint:']),
    );
  });

  test('a flood of bad lines is cut off', async () => {
    const sample = await makeSample();
    writeFileSync(journalPath(sample), '\n'.repeat(1_000_000));
    expect((await findingsOf(sample)).length).toBeLessThan(110);
  });
});

describe('an edited journal', () => {
  test('a changed word breaks the chain at the next line; the last line is bound by checkpoint and ledger', async () => {
    const sample = await makeSample();
    for (const [line, word, expected] of [
      [
        2,
        'echo',
        [
          'chain-broken journal.jsonl:3',
          'checkpoint-mismatch checkpoint:',
          'ledger-differs ../../ledger.jsonl:',
          'verdict-differs verdict.json:',
          'verdict-differs verdict.json:',
        ],
      ],
      [
        6,
        'passed',
        ['checkpoint-mismatch checkpoint:', 'ledger-differs ../../ledger.jsonl:', 'ledger-differs ../../ledger.jsonl:', 'verdict-not-single journal.jsonl:'],
      ],
    ] as const) {
      const copy = copyOutput(sample);
      rewrite(copy, (lines) => lines.map((text, index) => (index === line - 1 ? text.replace(word, 'failed') : text)));
      expect(await findingsOf(copy)).toEqual(expect.arrayContaining([...expected]));
    }
  });

  test('the finding names line and byte', async () => {
    const sample = await makeSample();
    const [first = '', second = ''] = linesOf(journalPath(sample));
    rewrite(sample, (lines) => lines.map((text, index) => (index === 1 ? text.replace('"kind"', ' "kind"') : text)));
    const [finding] = await verifyExecution(sample.folder);
    expect(finding).toMatchObject({
      code: 'review/entry-not-canonical',
      lineNumber: 2,
      offset: Buffer.byteLength(first) + Buffer.byteLength(second.slice(0, second.indexOf('"kind"'))),
    });
    expect(finding && renderFinding(finding)).toMatchObject({ severity: 'error', notes: [expect.stringMatching(/^found in journal.jsonl:2, at byte \d+$/)] });
  });

  test.each<readonly [string, (lines: string[]) => readonly string[], readonly string[]]>([
    ['the last line cut off', (lines) => lines.slice(0, -1), ['not-closed journal.jsonl:', 'checkpoint-mismatch checkpoint:']],
    [
      'cut in the middle of a line',
      (lines) => [...lines.slice(0, -1), (lines.at(-1) ?? '').slice(0, 30)],
      ['torn-end journal.jsonl:6', 'not-closed journal.jsonl:'],
    ],
    [
      'only the last line feed cut off',
      (lines) => [...lines.slice(0, -1), (lines.at(-1) ?? '').trimEnd()],
      ['torn-end journal.jsonl:6', 'not-closed journal.jsonl:'],
    ],
    ['bytes after the end', (lines) => [...lines, 'x'], ['trailing-bytes journal.jsonl:7']],
    [
      'an entry after the end',
      (lines) => [...lines, lines[1] ?? ''],
      ['entry-after-closed journal.jsonl:7', 'wrong-sequence journal.jsonl:7', 'chain-broken journal.jsonl:7'],
    ],
    [
      'two lines swapped',
      ([a = '', b = '', c = '', ...rest]) => [a, c, b, ...rest],
      ['wrong-sequence journal.jsonl:2', 'step-not-started journal.jsonl:2', 'step-not-ended journal.jsonl:3', 'time-backwards journal.jsonl:3'],
    ],
    ['a line doubled', ([a = '', b = '', ...rest]) => [a, b, b, ...rest], ['wrong-sequence journal.jsonl:3', 'chain-broken journal.jsonl:3']],
    ['a line left out', ([a = '', , ...rest]) => [a, ...rest], ['wrong-sequence journal.jsonl:2', 'step-not-started journal.jsonl:2']],
    ['the verdict left out', (lines) => lines.filter((line) => !line.includes('"kind":"verdict"')), ['verdict-not-single journal.jsonl:']],
    ['the first line left out', ([, ...rest]) => rest, ['not-opened journal.jsonl:1', 'chain-broken journal.jsonl:1']],
    [
      'Windows line ends',
      (lines) => lines.map((line) => line.replace('\n', '\r\n')),
      ['entry-not-canonical journal.jsonl:1', 'entry-not-canonical journal.jsonl:6'],
    ],
    ['a newer version', (lines) => lines.map((line) => line.replace('"v":1', '"v":2')), ['unknown-version journal.jsonl:1']],
    ['a line that is not JSON', ([a = '', , ...rest]) => [a, 'nonsense\n', ...rest], ['entry-malformed journal.jsonl:2', 'chain-broken journal.jsonl:3']],
  ])('%s', async (_, edit, expected) => {
    const sample = await makeSample();
    rewrite(sample, edit);
    expect(await findingsOf(sample)).toEqual(expect.arrayContaining([...expected]));
  });

  test('a splice: lines of another execution of the same plan', async () => {
    const sample = await makeSample();
    const other = await makeSample();
    rewrite(sample, ([a = '', , ...rest]) => [a, linesOf(journalPath(other))[1] ?? '', ...rest]);
    expect(await findingsOf(sample)).toEqual(
      expect.arrayContaining(['wrong-execution journal.jsonl:2', 'chain-broken journal.jsonl:2', 'chain-broken journal.jsonl:3']),
    );
  });

  test("another execution's whole record under this one's name", async () => {
    const output = temporary();
    const failed = await makeSample({ output, verdict: 'failed' });
    const passed = await makeSample({ output });
    rmSync(failed.folder, { recursive: true });
    renameSync(passed.folder, failed.folder);
    expect(await findingsOf(failed)).toEqual(
      expect.arrayContaining(['wrong-execution journal.jsonl:1', 'chain-broken journal.jsonl:1', 'attempt-missing ../../ledger.jsonl:3']),
    );
  });

  test('written again from beginning to end, with a checkpoint that fits: the ledger, an expected root and a key still know', async () => {
    const key = createNoteKey('proofplan');
    const sample = await makeSample({ verdict: 'failed', key });
    const improved = rechain(
      linesOf(journalPath(sample)).map((line) => line.replaceAll('"verdict":"failed"', '"verdict":"passed"')),
      sample.execution,
    );
    writeFileSync(journalPath(sample), improved);
    const root = merkleOf(improved);
    writeFileSync(join(sample.folder, 'checkpoint'), `proofplan/${sample.execution}\n6\n${root.toString('base64')}\n`);
    expect(await findingsOf(sample)).toEqual(expect.arrayContaining(['ledger-differs ../../ledger.jsonl:', 'verdict-differs verdict.json:']));
    expect(await findingsOf(sample)).not.toContain('chain-broken journal.jsonl:2');
    expect(await findingsOf(sample, { expectRoot: sample.state.root, verifierKey: key.verifierKey })).toEqual(
      expect.arrayContaining(['unexpected-root journal.jsonl:', 'checkpoint-unsigned checkpoint:']),
    );
  });
});

describe('an execution that was cut', () => {
  test.each([
    [
      'step-ended',
      [
        'step-not-ended journal.jsonl:2',
        'verdict-not-single journal.jsonl:',
        'not-closed journal.jsonl:',
        'checkpoint-missing checkpoint:',
        'ledger-not-ended ../../ledger.jsonl:',
      ],
    ],
    ['verdict', ['verdict-not-single journal.jsonl:', 'not-closed journal.jsonl:', 'checkpoint-missing checkpoint:', 'ledger-not-ended ../../ledger.jsonl:']],
    ['files', ['not-closed journal.jsonl:', 'checkpoint-missing checkpoint:', 'ledger-not-ended ../../ledger.jsonl:']],
    ['closed', ['not-closed journal.jsonl:', 'checkpoint-missing checkpoint:', 'ledger-not-ended ../../ledger.jsonl:']],
    ['checkpoint', ['checkpoint-missing checkpoint:', 'ledger-not-ended ../../ledger.jsonl:']],
    ['ledger', ['ledger-not-ended ../../ledger.jsonl:']],
  ] as const)('before %s', async (stopBefore, expected) => {
    expect(await findingsOf(await makeSample({ stopBefore }))).toEqual([...expected].toSorted());
  });

  test('two verdicts, an outcome without intent, a journal closed with another verdict, or without the files', async () => {
    const two = await makeSample({ during: async (journal) => void (await journal.record('verdict', { verdict: 'passed', exitCode: 0 })) });
    expect(await findingsOf(two)).toContain('verdict-not-single journal.jsonl:');
    const outcome = await makeSample({ during: async (journal) => void (await journal.record('step-ended', { step: '9.9', attempt: 1 })) });
    expect(await findingsOf(outcome)).toEqual(['step-not-started journal.jsonl:3']);
    const early = await makeSample({ during: async (journal) => void (await journal.record('closed', { verdict: 'error' })) });
    expect(await findingsOf(early)).toEqual(expect.arrayContaining(['entry-after-closed journal.jsonl:4', 'verdict-not-single journal.jsonl:']));
    const without = await makeSample({ stopBefore: 'verdict', during: async (journal) => void (await journal.record('closed', {})) });
    expect(await findingsOf(without)).toContain('files-not-recorded journal.jsonl:');
  });
});

describe('a pass that its own entries contradict', () => {
  const planned = { steps: [{ id: '1.1' }, { id: '2.1' }] };
  test.each<readonly [string, readonly (readonly [string, object])[], boolean]>([
    ['one that was not run', [['step-not-run', { step: '3', notNeeded: false }]], false],
    ['one that was planned, and of which nothing is said', [['opened', planned]], false],
    ['one that nobody needed', [['step-not-run', { step: '3', notNeeded: true }]], true],
    ['a criterion without a witness', [['criterion', { id: 'C1', verdict: 'unproven' }]], false],
    ['a policy that nothing kept', [['policy-enforced', { id: 'P1', verdict: 'unproven' }]], false],
    ['a task that nobody attested', [['task', { id: 'T1', verdict: 'unproven' }]], false],
    ['a remedy that nothing called for', [['task', { id: 'T1', verdict: 'none' }]], true],
  ])('%s', async (_, entries, good) => {
    const during: NonNullable<Parameters<typeof makeSample>[0]>['during'] = async (journal) => {
      for (const [kind, data] of entries) await journal.record(kind, { ...data });
    };
    const unfounded = (findings: readonly string[]): readonly string[] => findings.filter((finding) => finding.startsWith('verdict-unfounded'));
    const found = unfounded(await findingsOf(await makeSample({ during })));
    expect(found).toEqual(good ? [] : ['verdict-unfounded journal.jsonl:']);
    expect(unfounded(await findingsOf(await makeSample({ during, verdict: 'failed' })))).toEqual([]);
  });

  test('the last word about a step counts', async () => {
    const record = (verdict: string): Promise<Sample> =>
      makeSample({
        during: async (journal) => {
          await journal.record('step-started', { step: '2.1', attempt: 1 });
          await journal.record('step-ended', { step: '2.1', attempt: 1, verdict: 'failed' });
          await journal.record('step-started', { step: '2.1', attempt: 2 });
          await journal.record('step-ended', { step: '2.1', attempt: 2, verdict });
        },
      });
    expect(await findingsOf(await record('passed'))).toEqual([]);
    for (const verdict of ['failed', 'refused', 'error', 'unproven'])
      expect(await findingsOf(await record(verdict))).toEqual(['verdict-unfounded journal.jsonl:']);
  });
});

describe('what lies beside the journal', () => {
  test('every changed byte of the checkpoint', async () => {
    const sample = await makeSample();
    const path = join(sample.folder, 'checkpoint');
    const good = readFileSync(path);
    for (let offset = 0; offset <= good.length; offset += 1) {
      const bad = Buffer.from(good);
      if (offset < good.length) bad[offset] = (bad[offset] as number) ^ 1;
      writeFileSync(path, offset < good.length ? bad : good.subarray(0, -1));
      expect((await verifyExecution(sample.folder)).map(placeOf)).toEqual([`review/checkpoint-mismatch checkpoint:@${Math.min(offset, good.length - 1)}`]);
    }
    expect(await findingsOf(sample)).toEqual(['checkpoint-mismatch checkpoint:']);
    rmSync(path);
    expect(await findingsOf(sample)).toEqual(['checkpoint-missing checkpoint:']);
  });

  test('evidence that was edited, cut, exchanged, linked or removed', async () => {
    const sample = await makeSample();
    const name = evidencePath(sample.outputSha256);
    const path = join(sample.folder, name);
    const good = readFileSync(path);
    for (const bad of [Buffer.from('Run ID: 8\nzażółć\n'), good.subarray(1), Buffer.concat([good, Buffer.from('x')]), Buffer.alloc(0)]) {
      writeFileSync(path, bad);
      expect(await findingsOf(sample)).toEqual([`evidence-changed ${name}:`]);
    }
    rmSync(path);
    expect(await findingsOf(sample)).toEqual([`evidence-missing ${name}:`]);
    writeFileSync(join(sample.folder, 'elsewhere'), good);
    symlinkSync(join(sample.folder, 'elsewhere'), path);
    expect(await findingsOf(sample)).toEqual([`evidence-changed ${name}:`]);
  });

  test('evidence whose name is no digest is not looked for outside', async () => {
    const sample = await makeSample({
      during: async (journal) => void (await journal.record('output', { stream: 'stdout', sha256: '../../../../etc/passwd', bytes: 1 })),
    });
    expect(await findingsOf(sample)).toEqual(['evidence-missing evidence:']);
  });

  test('verdict.json or the report edited or removed', async () => {
    const sample = await makeSample({ verdict: 'failed' });
    writeFileSync(join(sample.folder, 'verdict.json'), readFileSync(join(sample.folder, 'verdict.json'), 'utf8').replace('failed', 'passed'));
    appendFileSync(join(sample.folder, 'report.md'), 'all is well\n');
    expect(await findingsOf(sample)).toEqual(['file-changed report.md:', 'file-changed verdict.json:']);
    rmSync(join(sample.folder, 'verdict.json'));
    rmSync(join(sample.folder, 'report.md'));
    expect(await findingsOf(sample)).toEqual(['file-missing report.md:', 'file-missing verdict.json:']);
  });

  test('a runner that wrote another verdict.json than its journal says, though with the right digest', async () => {
    for (const change of [
      { verdict: 'unproven' },
      { exitCode: 4 },
      { execution: 'x' },
      { plan: {} },
      { journal: { entries: 4, head: 'x', root: 'y' } },
      { journal: [] },
    ]) {
      const findings = await findingsOf(await makeSample({ falsify: (said) => ({ ...said, ...change }) }));
      expect(new Set(findings)).toEqual(new Set(['verdict-differs verdict.json:']));
    }
    expect(new Set(await findingsOf(await makeSample({ falsify: () => [] })))).toEqual(new Set(['verdict-differs verdict.json:']));
  });

  test('a recorded file that leads out of the folder', async () => {
    for (const path of ['../../ledger.jsonl', '/etc/passwd', 'a/../../b', 'nul\u0000byte']) {
      const sample = await makeSample({
        during: async (journal) => void (await journal.record('files', { files: [{ path, sha256: 'a'.repeat(64), bytes: 1 }] })),
      });
      expect((await findingsOf(sample))[0]).toMatch(/^file-(missing journal.jsonl|changed nul)/);
    }
  });
});

describe('the ledger', () => {
  test('missing, or without this execution', async () => {
    const sample = await makeSample();
    const lines = linesOf(ledgerOf(sample));
    rmSync(ledgerOf(sample));
    expect(await findingsOf(sample)).toEqual(['ledger-missing ../../ledger.jsonl:']);
    writeFileSync(ledgerOf(sample), '');
    expect(await findingsOf(sample)).toEqual(['not-in-ledger ../../ledger.jsonl:']);
    writeFileSync(ledgerOf(sample), `${lines[0] ?? ''}`);
    expect(await findingsOf(sample)).toEqual(['ledger-not-ended ../../ledger.jsonl:']);
  });

  test('deleted attempts show, the earlier and the later ones', async () => {
    const output = temporary();
    const attempts = [await makeSample({ output, verdict: 'failed' }), await makeSample({ output, verdict: 'failed' }), await makeSample({ output })];
    for (const attempt of attempts) expect(await findingsOf(attempt)).toEqual([]);
    rmSync(attempts[1]?.folder ?? '', { recursive: true });
    for (const attempt of [attempts[0], attempts[2]]) expect(attempt && (await findingsOf(attempt))).toEqual(['attempt-missing ../../ledger.jsonl:3']);
    const [finding] = attempts[2] ? await verifyExecution(attempts[2].folder) : [];
    expect(finding?.message).toBe(`attempt 2 of 3 (\`${attempts[1]?.execution}\`) is missing`);
  });

  test('an attempt whose folder was emptied is missing, too; one that never had a journal is not', async () => {
    const output = temporary();
    const failed = await makeSample({ output, verdict: 'failed' });
    const passed = await makeSample({ output });
    rmSync(journalPath(failed));
    expect(await findingsOf(passed)).toEqual(['attempt-missing ../../ledger.jsonl:1']);
    symlinkSync(journalPath(passed), journalPath(failed));
    expect(await findingsOf(passed)).toEqual(['attempt-missing ../../ledger.jsonl:1']);
    const cut = await makeSample({ output, stopBefore: 'ledger' });
    rmSync(journalPath(cut));
    expect(await findingsOf(passed)).toEqual(['attempt-missing ../../ledger.jsonl:1']);
  });

  test('an attempt at the same path counts though the plan was edited in between', async () => {
    const output = temporary();
    const failed = await makeSample({ output, planText: '# A harder sample\n', verdict: 'failed' });
    const passed = await makeSample({ output });
    rmSync(failed.folder, { recursive: true });
    expect(await findingsOf(passed)).toEqual(['attempt-missing ../../ledger.jsonl:1']);
  });

  test('a removed registration breaks the chain', async () => {
    const output = temporary();
    const failed = await makeSample({ output, verdict: 'failed' });
    const passed = await makeSample({ output });
    rmSync(failed.folder, { recursive: true });
    writeFileSync(ledgerOf(passed), linesOf(ledgerOf(passed)).slice(2).join(''));
    // It says that it was the second, and nothing is before it.
    expect(await findingsOf(passed)).toEqual([
      'ledger-broken ../../ledger.jsonl:1',
      'ledger-broken ../../ledger.jsonl:2',
      'ledger-differs ../../ledger.jsonl:',
    ]);
  });

  test('a torn end is tolerated, a damaged line is not', async () => {
    const sample = await makeSample();
    appendFileSync(ledgerOf(sample), '{"attempt":2,"exec');
    expect(await findingsOf(sample)).toEqual([]);
    const next = await makeSample({ output: sample.output });
    expect(await findingsOf(sample)).toEqual([]);
    expect(await findingsOf(next)).toEqual([]);
    const whole = linesOf(ledgerOf(sample));
    const edited = (text: string): void =>
      writeFileSync(ledgerOf(sample), whole.map((line, index) => (index === 1 ? line.replace('"attempt":1', text) : line)).join(''));
    edited('"attempt":x');
    expect(await findingsOf(next)).toEqual(['ledger-broken ../../ledger.jsonl:2', 'ledger-broken ../../ledger.jsonl:4']);
    // The torn line has no link; the one after it holds the line before, too.
    edited('"attempt":3');
    expect(await findingsOf(next)).toEqual(['ledger-broken ../../ledger.jsonl:4']);
  });

  test('registered twice', async () => {
    const sample = await makeSample();
    const clock = (): number => Date.UTC(2026, 1, 10);
    await registerExecution({ output: sample.output, execution: sample.execution, plan: { path: plan.path, sha256: sample.planSha256 }, clock });
    expect(await findingsOf(sample)).toEqual(['ledger-differs ../../ledger.jsonl:']);
  });

  test('registered for another plan, or as another attempt', async () => {
    const sample = await makeSample();
    for (const edit of [(line: string) => line.replace(/"sha256":"./, '"sha256":"z'), (line: string) => line.replace('"attempt":1', '"attempt":7')]) {
      const copy = copyOutput(sample);
      writeFileSync(
        ledgerOf(copy),
        linesOf(ledgerOf(copy))
          .map((line, index) => (index === 0 ? edit(line) : line))
          .join(''),
      );
      // Neither the journal nor the line of its end says so, and by counting it is the first.
      expect(await findingsOf(copy)).toEqual([
        'ledger-broken ../../ledger.jsonl:2',
        ...Array.from({ length: edit('"attempt":1') === '"attempt":1' ? 2 : 3 }, () => 'ledger-differs ../../ledger.jsonl:'),
      ]);
    }
  });
});
