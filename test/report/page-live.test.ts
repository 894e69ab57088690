/** The view of an execution that goes on: whole whenever it is read, no part of the record, and nothing depends on it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { createLivePage, endLivePage, renderLivePage } from '../../src/report/page-live.ts';
import { gatherPage } from '../../src/report/page-record.ts';
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
  const live = createLivePage({ clock: Date.now, failed: () => undefined });
  live.open(folder);
  for (const event of events) live.take(event);
  const path = join(folder, 'live.html');
  await vi.waitUntil(() => existsSync(path), { timeout: 30_000 });
  await live.close();
  const page = readFileSync(path, 'utf8');
  expect(page).toContain('<title>· running: plan title</title>');
  expect(page).toContain('<meta http-equiv="refresh" content="2">');
  expect(page).not.toMatch(/mark v-passed[^>]*>✓ passed<\/span><\/p>/);
  expect(readdirSync(folder).toSorted()).toEqual(['.live-cut.html', 'live.html']);
});

test('while a step runs, it is named', async () => {
  const folder = temporary();
  const live = createLivePage({ clock: Date.now, failed: () => undefined });
  live.open(folder);
  for (const event of events.slice(0, events.findIndex(({ kind }) => kind === 'step-started') + 1)) live.take(event);
  await vi.waitUntil(() => existsSync(join(folder, 'live.html')), { timeout: 30_000 });
  await live.close();
  expect(readFileSync(join(folder, 'live.html'), 'utf8')).toContain('This execution is under way: step 1.1, Do it.');
});

test('it is written anew when nothing happens, with the time, so that an old page is known as one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const folder = temporary();
    let now = Date.parse('2026-02-09T12:00:10Z');
    const begun: string[] = [];
    const live = createLivePage({ before: events.slice(0, 1), clock: () => now, begun: (to) => begun.push(to), failed: () => undefined });
    live.open(folder);
    expect(begun).toEqual([]);
    for (const event of events.slice(1, events.findIndex(({ kind }) => kind === 'step-started') + 1)) live.take(event);
    const page = (): string => (existsSync(join(folder, 'live.html')) ? readFileSync(join(folder, 'live.html'), 'utf8') : '');
    for (const time of ['12:00:10', '12:00:17', '12:03:00']) {
      now = Date.parse(`2026-02-09T${time}Z`);
      await vi.advanceTimersByTimeAsync(10_000);
      while (!page().includes(`Written at 2026-02-09T${time}Z, and anew within`)) await new Promise(setImmediate);
    }
    // The step that goes on has its time so far.
    expect(page()).toMatch(/under way<\/span>.*2m 5\ds/);
    expect(begun).toEqual([folder]);
    await live.close();
  } finally {
    vi.useRealTimers();
  }
});

test('what takes its place when the program is killed says so, and names the step', () => {
  const { record, take } = gatherPage();
  events.slice(0, events.findIndex(({ kind }) => kind === 'step-started') + 1).forEach(take);
  const page = renderLivePage(record, { execution: 'x', now: 0, withinMs: 15_000, cut: true });
  expect(page).toContain('<title>! no verdict: plan title</title>');
  expect(page).toContain('Under way where it ends: step 1.1, Do it.');
  expect(page).not.toContain('under way<');
});

test('an attempt that another one follows is not what came of the step', () => {
  const { record, take } = gatherPage();
  const [started, ended] = [events.find(({ kind }) => kind === 'step-started'), events.find(({ kind }) => kind === 'step-ended')];
  for (const event of [events[0], started, ended, started]) if (event) take(event);
  expect(renderLivePage(record, { execution: 'x', now: 0, withinMs: 1 })).toContain('This execution is under way: step 1.1, Do it, attempt 2.');
  expect(record.steps.get('1.1')).toMatchObject({ earlierCount: 1 });
});

test('without a report to lead to it says so, and leads nowhere', async () => {
  const folder = temporary();
  writeFileSync(join(folder, 'live.html'), 'old');
  writeFileSync(join(folder, '.live-cut.html'), 'old');
  await endLivePage(folder);
  expect(readFileSync(join(folder, 'live.html'), 'utf8')).toContain('its report was not written');
  expect(readFileSync(join(folder, 'live.html'), 'utf8')).not.toContain('refresh');
  expect(readdirSync(folder)).toEqual(['live.html']);
});

test('what cannot be written is said once, and nothing is thrown', async () => {
  const said: Diagnostic[] = [];
  const live = createLivePage({ clock: Date.now, failed: (diagnostic) => said.push(diagnostic) });
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
  const live = createLivePage({ clock: Date.now, failed: () => undefined });
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
  writeFileSync(join(folder, 'report.html'), 'report');
  await endLivePage(folder);
  expect(readFileSync(join(folder, 'live.html'), 'utf8')).toContain('<meta http-equiv="refresh" content="0; url=report.html">');
  expect(readdirSync(folder)).toEqual(['live.html', 'report.html']);
});
