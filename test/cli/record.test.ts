/** Commands that read a record: show, report, audit. The record is made by the journal's own writer from events made by hand. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournal } from '../../src/journal/journal-writer.ts';
import { restorePlan } from '../../src/report/report-splice.ts';
import { command } from '../support/command.ts';
import { sampleDocument, sampleEvents, spanOf } from '../support/sample-execution.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const execution = '2026-02-09T12-00-00Z-abcdef';

async function record(): Promise<string> {
  const cwd = temporaryFolder();
  const folder = join(cwd, '.proofplan/executions', execution);
  mkdirSync(join(folder, 'evidence/sha256'), { recursive: true });
  symlinkSync(join('executions', execution), join(cwd, '.proofplan/latest'));
  writeFileSync(join(folder, 'evidence/sha256', createHash('sha256').update(sampleDocument).digest('hex')), sampleDocument);
  const journal = await openJournal({ folder, execution, clock: () => 1_770_638_400_000 });
  for (const event of sampleEvents()) await journal.record(event.kind, { ...event.data });
  await journal.close();
  return cwd;
}

test.each(['.proofplan/latest', '.proofplan', `.proofplan/executions/${execution}`])('show %s: what happened, entry by entry', async (folder) => {
  const end = await command(['show', folder], { cwd: await record() });
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
  expect(end.stdout).toContain(`opened ${execution}, attempt 1: plans/sample.md`);
  expect(end.stdout).toContain('step 1.2 failed (completed, 10 ms): Run');
  expect(end.stdout).toContain('verdict failed, exit code 1');
});

test('show: the canaries in one line, but each that was not refused; and what was said of a place', async () => {
  const cwd = await record();
  const folder = join(cwd, '.proofplan/executions', '2026-02-09T12-00-00Z-bbbbbb');
  mkdirSync(folder, { recursive: true });
  const journal = await openJournal({ folder, execution: '2026-02-09T12-00-00Z-bbbbbb', clock: () => 1_770_638_400_000 });
  const canary = { moment: 'start', layer: 'gateway', detail: '42501' } as const;
  for (const [name, refused] of Object.entries({ first: true, second: false, third: true })) await journal.record('canary', { ...canary, name, refused });
  await journal.record('diagnostic', {
    severity: 'error',
    code: 'execute/query-rejected',
    message: 'no such table\u001b[2J',
    span: spanOf(sampleDocument, 'm == 2'),
  });
  await journal.close();
  expect((await command(['show', folder], { cwd })).stdout.replaceAll(/\d\d:\S+ {2}/g, '').split('\n')).toEqual([
    '    1  canaries at the start: 2 of 3 refused, entries 1 to 3',
    '    2  canary at the start: second (gateway) NOT refused: 42501',
    '    4  error at plans/sample.md:12: no such table [2J',
    '',
  ]);
});

test('show DIR STEP: text, values, output, judgement', async () => {
  const cwd = await record();
  const end = await command(['show', '.proofplan', '1.2'], { cwd });
  expect(end.stdout.split('\n')).toEqual([
    'step 1.2 (sql-assert): Run',
    'at plans/sample.md:15:1, access read',
    '',
    'text',
    '  SELECT 1 AS n;',
    '',
    'failed: completed in 10 ms',
    '',
    '1 row',
    '  n = 1',
    '',
    'expectations',
    '  passed  `n == 1`: n is 1',
    '  failed  `m == 2`: m is 3',
    '    m: row 1 of step 1.2',
    '',
  ]);
  expect(JSON.parse((await command(['show', '--json', '.proofplan', '1.1'], { cwd })).stdout)).toMatchObject({
    id: '1.1',
    ended: { verdict: 'passed' },
    captures: [{ name: 'run_id', text: '7' }],
  });
});

test('show: a step that is not there, a folder that is no execution, a damaged journal', async () => {
  const cwd = await record();
  expect(await command(['show', '.proofplan', '1.3'], { cwd })).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('steps: 1.1, 1.2') });
  expect(await command(['show', '.'], { cwd })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('error[cli/not-an-execution]: `.` is not the folder of an execution'),
  });
  expect(await command(['show', 'gone'], { cwd })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is no folder `gone`') });
  appendFileSync(join(cwd, '.proofplan/latest/journal.jsonl'), '{"torn');
  expect(await command(['show', '.proofplan'], { cwd })).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('the journal breaks off') });
});

test('report: the plan document with verdicts in place', async () => {
  const end = await command(['report', '.proofplan'], { cwd: await record() });
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
  expect(restorePlan(end.stdout)).toBe(sampleDocument);
});

test('audit show: each policy, declared and enforced', async () => {
  const end = await command(['audit', 'show', '.proofplan', '--json'], { cwd: await record() });
  expect(JSON.parse(end.stdout)).toEqual({ execution, policiesSha256: expect.stringMatching(/^[0-9a-f]{64}$/), policies: [] });
});

test('audit verify: findings and exit code 1 for a record that was tampered with or never registered', async () => {
  const cwd = await record();
  const before = await command(['audit', 'verify', '.proofplan'], { cwd });
  expect(before).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('is not intact') });
  expect(before.stderr).toContain('[review/');
  const json = await command(['audit', 'verify', '--json', '.proofplan'], { cwd });
  expect(JSON.parse(json.stdout)).toMatchObject({ intact: false });
  expect((await command(['audit', 'verify', 'gone'], { cwd })).exitCode).toBe(2);
});
