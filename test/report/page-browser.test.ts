/** Pages in a real browser: nothing leaves them, nothing runs in them, everybody can read them, and no text breaks them. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { showControl } from '../../src/report/page-node.ts';
import { gatherPage } from '../../src/report/page-record.ts';
import { renderLivePage } from '../../src/report/page-live.ts';
import { readReportPage, renderReportPage } from '../../src/report/report-page.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { openBrowser, violations, watchPage } from '../support/browser.ts';
import { root } from '../support/command.ts';
import { hostileEvents } from '../support/hostile-event.ts';
import { readLinks, readTree } from '../support/page-tree.ts';
import { eventsOfTexts, sampleId } from '../support/page-sample.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';

const folder = mkdtempSync(join(tmpdir(), 'proofplan-page-'));
let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function renderEvents(events: readonly ExecutionEvent[], document = sampleDocument): string {
  const { record, take } = gatherPage();
  events.forEach(take);
  return renderReportPage({ record, document, head: { execution: sampleId, end: 'closed', problems: [], head: { entry: 20, sha256: 'ab'.repeat(32) } } });
}

/** Each would run, load, end or hide something, were it not text. */
const hostile = [
  '</details></style></script></title></main></body></html>',
  '<script>document.title="run"</script>',
  '<img src=x onerror=alert(1)><svg onload=alert(1)>',
  '"><a href=javascript:alert(1)>x</a>',
  "' autofocus onfocus=alert(1) x='",
  '<!-- ]]> --> <![CDATA[ <?xml',
  '<meta http-equiv=refresh content=0;url=http://192.0.2.1/>',
  '<base href=http://192.0.2.1/><link rel=stylesheet href=//192.0.2.1/x>',
  '\u202egnp.exe\u2066 \u200f العربية עברית',
  'a\u0000b\u0007c\u001b[2Jd\u009be\u007f\ufffe',
  '\ud800 half \udc00',
  '&lt;b&gt;&amp;#x27;&#0;&nbsp',
  '{{constructor.constructor("alert(1)")()}}',
  '::error::x ##vso[task.complete]',
];

const hostileDocument = [
  '# <script>document.title="run"</script> heading tok1',
  '',
  '[run](javascript:document.title="run") tok2 [data](data:text/html,<script>1</script>) [vb](vbscript:x) [rel](../../etc/passwd) [case](JaVaScRiPt:alert(1))',
  '[tab](java&#9;script:alert(1)) [good](https://example.com/tok3) <http://example.com/tok4> [ref] tok5 [^note]',
  '',
  '![tok6](http://192.0.2.1/x.png "tok7") ![r][ref]',
  '',
  '<img src="http://192.0.2.1/y.png" onerror="document.title=1" alt=tok8> <b>tok9</b>',
  '',
  '<div onclick="alert(1)">tok10</div>',
  '<style>*{display:none}tok11</style>',
  '',
  '<!-- tok12 --> ',
  '',
  '[ref]: javascript:alert(1) "tok13"',
  '[^note]: tok14 <iframe src=x></iframe>',
  '',
  '- [x] tok15',
  '- [ ] tok16',
  '',
  '| a | b |',
  '|---|:-:|',
  '| tok17 | <img src=x onerror=alert(1)> | tok18 |',
  '',
  '````md onload=alert(1) "><script>',
  '```',
  '</code></pre></details><script>tok19</script>',
  '````',
  '',
  `tok20 ${'W'.repeat(100_000)} tok21`,
  '',
  '> quoted tok22',
  '',
  '    indented </pre> tok23',
  '',
  'tok24 \u202eevil\u202c \u2066x\u2069 العربية tok25',
  '',
  '~~~',
  'never closed tok26',
].join('\n');

interface Shown {
  readonly page: Page;
  readonly requests: string[];
  readonly said: string[];
}

async function openPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Shown> {
  const page = await (await browser.newContext(options)).newPage();
  return { page, ...watchPage(page) };
}

function fileOf(html: string, name: string): string {
  const path = join(folder, `${name}.html`);
  writeFileSync(path, html);
  return pathToFileURL(path).href;
}

async function recordedPages(): Promise<readonly (readonly [string, string])[]> {
  const pages: [string, string][] = [];
  for (const name of ['passed', 'failed', 'refused', 'interrupted', 'killed']) {
    const executions = join(root, 'fixtures/journal/v1', name, 'executions');
    const [execution = ''] = readdirSync(executions);
    const { value } = await readReportPage(join(executions, execution));
    pages.push([name, value ?? '']);
  }
  return pages;
}

describe('a page', () => {
  test('loads nothing, says nothing, reads the same with and without scripts, fits into 360 px, and breaks no rule of WCAG 2.2 AA', async () => {
    const { record, take } = gatherPage();
    eventsOfTexts((place) => place)
      .slice(0, 12)
      .forEach(take);
    const pages = [
      ...(await recordedPages()),
      [
        'hostile',
        renderEvents(
          eventsOfTexts((place) => hostile[place.length % hostile.length] ?? ''),
          hostileDocument,
        ),
      ] as const,
      [
        'live',
        renderLivePage(record, { execution: sampleId, now: 1_770_638_400_000, withinMs: 15_000 }).replace(/<meta http-equiv="refresh"[^>]*>/, ''),
      ] as const,
    ];
    const narrow = { viewport: { width: 360, height: 740 } };
    const quiet = await openPage({ javaScriptEnabled: false, ...narrow });
    const strict = await openPage();
    const open = await openPage({ bypassCSP: true, ...narrow });
    for (const [name, html] of pages) {
      expect(html, name).not.toBe('');
      const url = fileOf(html, name);
      for (const { page, requests, said } of [quiet, strict, open]) {
        requests.length = 0;
        await page.goto(url);
        expect(requests, name).toEqual([url]);
        expect(said, name).toEqual([]);
      }
      expect(await quiet.page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(360);
      // Letters one below the other would fit, too.
      for (const caption of await quiet.page.locator('caption:visible').all()) expect((await caption.boundingBox())?.width, name).toBeGreaterThan(200);
      expect(await quiet.page.locator('body').innerText(), name).toBe(await open.page.locator('body').innerText());
      for (const colorScheme of ['light', 'dark'] as const) {
        await open.page.emulateMedia({ colorScheme });
        expect(await violations(open.page), `${name}, ${colorScheme}`).toEqual([]);
      }
    }
    for (const { page } of [quiet, strict, open]) await page.context().close();
  });

  test('in print shows what is folded on the screen, and fits the paper', async () => {
    const { page } = await openPage();
    const events = eventsOfTexts((place) => (place === 'permitted' ? 'statement that is folded' : place)).map(asPassed);
    await page.goto(fileOf(renderEvents(events), 'print'));
    const folded = page.locator('details').filter({ hasText: 'statement that is folded' }).locator('pre').first();
    expect(await folded.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect((await folded.boundingBox())?.height).toBeGreaterThan(0);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.length).toBeGreaterThan(10_000);
    await page.context().close();
  });

  test('a table of the plan that is wider than the page is moved in its place, and its words stay whole', async () => {
    const { page } = await openPage({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
    const row = (cell: string): string => `|${` ${cell} |`.repeat(16)}`;
    const html = renderEvents(sampleEvents(), `${sampleDocument}\n${[row('column'), row('---'), row('Vorbedingung'), row('W'.repeat(5_000))].join('\n')}\n`);
    await page.goto(fileOf(html, 'wide'));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    const word = page.getByText('Vorbedingung').first();
    expect((await word.boundingBox())?.height).toBeLessThan(50);
    await page.context().close();
  });

  test('every link inside it leads to a place that is there, and no place stands twice', async () => {
    const pages = [
      ...(await recordedPages()).map(([, html]) => html),
      renderEvents(eventsOfTexts((place) => place)),
      renderEvents(
        eventsOfTexts((place) => place),
        hostileDocument,
      ),
    ];
    const page = await blank();
    for (const html of pages) {
      const { dead, doubled } = await readLinks(page, html);
      expect(dead).toEqual([]);
      expect(doubled).toEqual([]);
    }
    await page.context().close();
  });
});

function asPassed(event: ExecutionEvent): ExecutionEvent {
  return event.kind === 'step-ended' ? { ...event, data: { ...event.data, verdict: 'passed' } } : event;
}

async function blank(): Promise<Page> {
  return (await browser.newContext()).newPage();
}

describe('no text breaks a page', () => {
  test('texts of a record: each is there to be read, and the skeleton is as it is without them', async () => {
    const page = await blank();
    const plain = (await readTree(page, renderEvents(eventsOfTexts(() => 'plain')))).skeleton;
    const texts = fc
      .array(
        fc.oneof(
          fc.constantFrom(...hostile),
          fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((text) => text.replaceAll('`', "'")),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map((parts) => parts.join(' '));
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(texts), async (stream) => {
        const given = new Map<string, string>();
        const html = renderEvents(
          eventsOfTexts((place) => {
            // Beyond this length it is a list, and is folded.
            const text = place === 'canary told' ? (stream.next().value ?? '').slice(0, 40) : (stream.next().value ?? '');
            given.set(place, text);
            return text;
          }),
        );
        const { skeleton, text, active } = await readTree(page, html);
        expect(active).toEqual([]);
        expect(skeleton).toBe(plain);
        const all = squeezed(text);
        const lost = [...given].filter(([place, each]) => !notShown.has(place) && !all.includes(squeezed(shownIn(place, each))));
        expect(lost).toEqual([]);
      }),
      { numRuns: 25 },
    );
    await page.context().close();
  });

  test('every text of a record that another hand wrote, ids and digests among them: nothing runs, and no link is dead or leads out of the folder', async () => {
    const page = await blank();
    const odd = ['../../../x.html', 'javascript:alert(1)', '__proto__', 'step 99', '', '\n', 'ab'.repeat(32)];
    const all = eventsOfTexts((place) => place);
    await fc.assert(
      fc.asyncProperty(
        hostileEvents(all, fc.constantFrom(...hostile, ...odd)),
        fc.constantFrom(sampleDocument, 'short', hostileDocument),
        async (events, document) => {
          const html = renderEvents(events, document);
          expect((await readTree(page, html)).active).toEqual([]);
          expect((await readLinks(page, html)).dead).toEqual([]);
        },
      ),
      { numRuns: 10 },
    );
    await page.context().close();
  });

  test('a hostile plan stands as text, with all of its words', async () => {
    const page = await blank();
    const { text, active } = await readTree(
      page,
      renderEvents(
        eventsOfTexts((place) => place),
        hostileDocument,
      ),
    );
    expect(active).toEqual([]);
    for (let token = 1; token <= 26; token += 1) expect(text).toMatch(new RegExp(`tok${token}\\b`));
    expect(text).toContain('⟦U+202E⟧evil');
    await page.context().close();
  });

  test('pieces of hostile plans in any order', async () => {
    const page = await blank();
    const pieces = [
      ...hostileDocument.split('\n').filter((line) => line.length < 1_000),
      ...hostile,
      '```',
      '> ',
      '- ',
      '  ',
      '<!--',
      '-->',
      '<run_id>',
      '`',
      '***',
      '|',
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...pieces), { maxLength: 25 }), async (lines) => {
        const document = `${sampleDocument}\n${lines.join('\n')}\nlastword`;
        const { text, active } = await readTree(
          page,
          renderEvents(
            eventsOfTexts((place) => place),
            document,
          ),
        );
        expect(active).toEqual([]);
        expect(text).toContain('lastword');
        for (const token of document.match(/tok\d+/g) ?? []) expect(text).toContain(token);
      }),
      { numRuns: 60 },
    );
    await page.context().close();
  });
});

/** Titles are those of the plan: `opened` lists them before the first step. */
const notShown: ReadonlySet<string> = new Set(['step title', 'title not run']);

/** Colours and movements of a terminal say nothing on a page. */
function shownIn(place: string, text: string): string {
  return showControl(place.startsWith('output') ? text.replace(new RegExp(String.raw`\u001b\[[0-?]*[ -/]*[@-~]`, 'g'), '') : text);
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
