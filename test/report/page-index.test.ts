/** The page about many executions, in a real browser: complete without scripts, asks nobody for anything, and no text breaks it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { History } from '../../src/model/history.ts';
import { renderIndexPage } from '../../src/report/page-index.ts';
import { readHistory } from '../../src/review/history.ts';
import { idOf, startMs, writeOutput, type SampleExecution } from '../review/history-sample.ts';
import { openBrowser, violations, watchPage } from '../support/browser.ts';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const passed: SampleExecution = { verdict: 'passed' };

async function historyOf(output: string, limit = 1_000): Promise<History> {
  const { value } = await readHistory({ sources: [{ folder: output, path: 'out', stateFolder: output }], clock: () => startMs, limit });
  if (value === undefined) throw new Error('no history');
  return value;
}

/** A page beside an output folder with these executions. */
async function pageOf(samples: readonly SampleExecution[], damage: (output: string) => void = () => undefined): Promise<string> {
  const folder = temporaryFolder();
  const output = join(folder, 'out put%20#?');
  writeOutput(output, samples);
  damage(output);
  const page = join(folder, 'site/index.html');
  mkdirSync(dirname(page));
  writeFileSync(page, renderIndexPage(await historyOf(output), { page, folders: new Map([['out', output]]), version: '0.0.0' }));
  return page;
}

const mixed: readonly SampleExecution[] = [
  { verdict: 'failed', reason: '`chain_length == step_count` does not hold: 0 is not 7', durationMs: 900 },
  ...Array.from({ length: 8 }, (_, index): SampleExecution => ({ verdict: 'passed', durationMs: 5_000 + 300 * index })),
  { verdict: 'refused', reason: 'step 4.1 sent an INSERT into `aos_traces`', text: '# B\n', path: 'plans/b.md', dirtyCount: 3 },
  { verdict: 'passed', gone: true, path: 'plans/b.md' },
  { verdict: 'unproven', path: 'plans/b.md', closed: 'passed' },
  { verdict: null, path: 'plans/b.md' },
];

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** `strange`: addresses that were asked for, but the page's own; what the console said; what was opened. */
async function open(
  path: string,
  { width = 1_000, scheme = 'light', scripts = false, bypassPolicy = false }: OpenOptions = {},
): Promise<{ readonly page: Page; readonly strange: () => readonly string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, javaScriptEnabled: scripts, bypassCSP: bypassPolicy });
  const page = await context.newPage();
  const { requests, said } = watchPage(page);
  const url = pathToFileURL(path).href;
  await page.goto(url);
  return { page, strange: () => [...requests.filter((each) => each !== url), ...said] };
}

interface OpenOptions {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  readonly scripts?: boolean;
  readonly bypassPolicy?: boolean;
}

/** How far it would have to be scrolled sideways. */
function overflow(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

describe('rows', () => {
  test('each execution with its verdict, and a link to its report that leads there', async () => {
    const path = await pageOf(mixed);
    const { page, strange } = await open(path, { scripts: true });
    const rows = await page.locator('section table tbody tr').allInnerTexts();
    expect(rows).toHaveLength(mixed.length);
    expect(rows.join('\n')).toContain('✗ failed');
    expect(rows.join('\n')).toContain('- no end');
    expect(rows.join('\n')).toContain('the record is gone, and nobody has pruned it');
    expect(rows.join('\n')).toContain('the folder is not the record that the ledger registered: its journal was closed as passed');
    const links = await page.locator('section table a').evaluateAll((all) => all.map((each) => (each as unknown as { readonly href: string }).href));
    expect(links).toHaveLength(10);
    for (const link of links) expect(existsSync(new URL(link)), link).toBe(true);
    expect(await page.locator('svg title').allTextContents()).toContain(
      '9 durations, oldest first: from 0.9s to 7.1s, the newest 7.1s. The table below has each.',
    );
    expect(strange()).toEqual([]);
  });

  test('complete without scripts, the same to the last word', async () => {
    const path = await pageOf(mixed);
    const text = (await (await open(path)).page.locator('body').innerText()).replace(/\s+/g, ' ');
    expect((await (await open(path, { scripts: true })).page.locator('body').innerText()).replace(/\s+/g, ' ')).toBe(text);
    expect(text).toContain('Not since');
  });

  test('a ledger that is not whole is said before anything else', async () => {
    const path = await pageOf([passed, passed], (output) =>
      writeFileSync(
        join(output, 'ledger.jsonl'),
        readFileSync(join(output, 'ledger.jsonl'), 'utf8')
          .split(/(?<=\n)/)
          .slice(0, 2)
          .join(''),
      ),
    );
    const { page } = await open(path);
    expect(await page.locator('.banner').innerText()).toContain(`It does not know 1 execution whose folders are there: ${idOf(1)}`);
  });
});

test.each(['light', 'dark'] as const)('no violation of WCAG 2.2 AA that axe finds, %s', async (scheme) => {
  const path = await pageOf(mixed, (output) => writeFileSync(join(output, 'ledger.jsonl'), `${readFileSync(join(output, 'ledger.jsonl'), 'utf8')}garbage\n`));
  const { page } = await open(path, { scheme, scripts: true, bypassPolicy: true });
  expect(await violations(page)).toEqual([]);
});

const hostile = [
  '</title></style><script>document.title = "broken"</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  ']]><!--',
  '\u202egnp.exe\u2066',
  'x\u0000y\u001b[2J',
  'z'.repeat(100_000),
  'javascript:alert(1)',
  'العربية עברית 日本語',
  '&lt;b&gt;',
];

test('hostile titles, paths, reasons, commits and texts of the ledger stand as text, at 360 px too', async () => {
  const samples = hostile.map((text): SampleExecution => ({ verdict: 'failed', path: `plans/${text}`, reason: text, commit: text, title: text, text }));
  const plain = hostile.map(
    (_, index): SampleExecution => ({ verdict: 'failed', path: `plans/${index}`, reason: 'x', commit: 'c'.repeat(40), title: 'x', text: String(index) }),
  );
  const tagsOf = (path: string): readonly string[] =>
    [
      ...readFileSync(path, 'utf8')
        .replace(/="[^"]*"/g, '')
        .matchAll(/<\/?[a-z!][a-z0-9]*/gi),
    ].map(([tag]) => tag);
  const path = await pageOf(samples);
  expect(tagsOf(path)).toEqual(tagsOf(await pageOf(plain)));
  for (const width of [360, 1_000]) {
    const { page, strange } = await open(path, { width, scripts: true });
    expect(strange()).toEqual([]);
    expect(await page.title()).toContain('Executions');
    expect(await overflow(page)).toBe(0);
    const text = (await page.locator('main').textContent()) ?? '';
    for (const each of hostile.filter((one) => one.length < 200 && !/[\p{Cc}\u202a-\u2069]/u.test(one))) expect(text).toContain(each);
    expect(text).not.toMatch(/[\u0000\u001b\u202a-\u202e\u2066-\u2069]/);
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
  }
  expect(readFileSync(path).length).toBeLessThan(100_000);
});

test.each([360, 700])('%i px: nothing has to be scrolled sideways, and captions are lines', async (width) => {
  const { page } = await open(await pageOf(mixed), { width, scripts: true });
  expect(await overflow(page)).toBe(0);
  for (const caption of await page.locator('caption').all()) expect((await caption.boundingBox())?.height).toBeLessThan(80);
});

describe('bounded', () => {
  const many = (plans: number, each: number): History => {
    const attempts = (plan: number): History['plans'][number]['attempts'] =>
      Array.from({ length: each }, (_, index) => ({
        output: 'out',
        execution: idOf(plan * each + index),
        plan: { path: `plans/${plan}.md`, sha256: 'a'.repeat(64) },
        attempt: index + 1,
        counted: index + 1,
        lineNumber: index + 1,
        lineSha256: 'e'.repeat(64),
        registeredAt: new Date(startMs + plan * 1e9 + index).toISOString(),
        endedAt: new Date(startMs).toISOString(),
        durationMs: 1_000,
        ending: 'ended',
        verdict: 'passed',
        journal: null,
        folder: 'there',
        chained: true,
        detail: {
          title: '',
          reason: 'r'.repeat(1_000),
          exitCode: 0,
          commit: 'c'.repeat(40),
          dirtyCount: 1,
          readingSha256: '',
          environment: null,
          toolVersion: '',
          ground: null,
          reports: ['report.html'],
          resumed: 0,
          steps: [],
        },
      }));
    const plan = (index: number): History['plans'][number] => {
      const own = attempts(index);
      return {
        path: `plans/${index}.md`,
        otherPaths: [],
        summary: { attempts: each, verdicts: { passed: each }, cut: 0, running: 0, pruned: 0, gone: 0, lastPass: own.at(-1) ?? null, failingSince: null },
        attempts: own,
        notShown: 0,
        examined: each,
        flaky: [],
        repetitions: [],
        durations: null,
      };
    };
    return {
      schemaVersion: 1,
      at: '2026-01-01T00:00:00.000Z',
      sources: [{ path: 'out', executions: plans * each, flaws: [], strangers: [] }],
      plans: Array.from({ length: plans }, (_, index) => plan(index)),
    };
  };
  const options = { page: '/site/index.html', folders: new Map([['out', '/out']]), version: '0.0.0' };

  test.each([
    [1, 10_000],
    [100, 100],
    [10_000, 1],
  ])('%i plans of %i executions: the newest first, the others counted', (plans, each) => {
    const page = renderIndexPage(many(plans, each), options);
    expect(page.length).toBeLessThan(1_200_000);
    expect(page).toContain('<dd>10000</dd>');
    const rows = page.split('<tr').length;
    expect(rows).toBeLessThan(1_500);
    expect(page.indexOf(`plans/${plans - 1}.md`)).toBeGreaterThan(0);
    if (plans > 200) expect(page).toContain(`${plans - 200} plans more, executed before all of these`);
    if (each > 1_000) expect(page).toContain('The newest 1000, newest first; 9000 more are counted above');
  });
});

test('--html writes it whole, again and again, and nothing else is overwritten', async () => {
  const cwd = temporaryFolder();
  writeOutput(join(cwd, '.proofplan'), [passed, { verdict: 'failed' }]);
  const write = () => command(['history', '--html', 'index.html'], { cwd });
  expect(await write()).toMatchObject({ exitCode: 0, stdout: '', stderr: 'the page is in index.html\n' });
  const first = readFileSync(join(cwd, 'index.html'), 'utf8');
  expect(first).toContain(`./.proofplan/executions/${idOf(0)}/report.md`);
  expect((await write()).exitCode).toBe(0);
  writeFileSync(join(cwd, 'index.html'), '# a document of somebody\n');
  expect(await write()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('something else than such a page has this name') });
  expect(readFileSync(join(cwd, 'index.html'), 'utf8')).toBe('# a document of somebody\n');
  expect(await command(['history', '--html', 'gone/index.html'], { cwd })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('cli/unwritable-file'),
  });
  expect((await command(['history', '--html', '.proofplan'], { cwd })).exitCode).toBe(2);
});
