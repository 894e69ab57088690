/** The view of an execution that goes on: whole whenever it is read, no part of the record, and nothing depends on it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { createLivePage, endLivePage } from '../../src/report/page-live.ts';
import { eventsOfTexts } from '../support/page-sample.ts';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-live-'));
  folders.push(folder);
  return folder;
}

const events = eventsOfTexts((place) => place, 'passed');

test('shows the step that is under way and no verdict, also where the record has one already', async () => {
  const folder = temporary();
  const live = createLivePage(basename, () => undefined);
  live.open(folder);
  for (const event of events) live.take(event);
  const path = join(folder, 'live.html');
  await vi.waitUntil(() => existsSync(path), { timeout: 30_000 });
  await live.close();
  const page = readFileSync(path, 'utf8');
  expect(page).toContain('<title>· running: plan title</title>');
  expect(page).toContain('<meta http-equiv="refresh" content="2">');
  expect(page).not.toMatch(/mark v-passed[^>]*>✓ passed<\/span><\/p>/);
  expect(readdirSync(folder)).toEqual(['live.html']);
});

test('while a step runs, it is named', async () => {
  const folder = temporary();
  const live = createLivePage(basename, () => undefined);
  live.open(folder);
  for (const event of events.slice(0, events.findIndex(({ kind }) => kind === 'step-started') + 1)) live.take(event);
  await vi.waitUntil(() => existsSync(join(folder, 'live.html')), { timeout: 30_000 });
  await live.close();
  expect(readFileSync(join(folder, 'live.html'), 'utf8')).toContain('This execution is under way: step 1.1, Do it.');
});

test('what cannot be written is said once, and nothing is thrown', async () => {
  const said: Diagnostic[] = [];
  const live = createLivePage(basename, (diagnostic) => said.push(diagnostic));
  live.open(join(temporary(), 'not there'));
  for (const event of events) live.take(event);
  await vi.waitUntil(() => said.length > 0, { timeout: 30_000 });
  for (const event of events) live.take(event);
  await live.close();
  expect(said.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning report/live-not-written']);
});

test('a link that was laid under its name is replaced and not followed', async () => {
  const folder = temporary();
  const precious = join(temporary(), 'precious');
  writeFileSync(precious, 'untouched');
  symlinkSync(precious, join(folder, 'live.html'));
  const live = createLivePage(basename, () => undefined);
  live.open(folder);
  live.take(events[0] as (typeof events)[number]);
  await vi.waitUntil(() => readFileSync(join(folder, 'live.html'), 'utf8') !== 'untouched', { timeout: 30_000 });
  await live.close();
  await endLivePage(folder);
  expect(readFileSync(precious, 'utf8')).toBe('untouched');
});

test('afterwards it leads to the report; where there was none, none is made', async () => {
  const folder = temporary();
  await endLivePage(folder);
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'live.html'), 'old');
  await endLivePage(folder);
  expect(readFileSync(join(folder, 'live.html'), 'utf8')).toContain('<meta http-equiv="refresh" content="0; url=report.html">');
  expect(readdirSync(folder)).toEqual(['live.html']);
});
