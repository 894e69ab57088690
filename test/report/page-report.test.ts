/** What the page of an execution holds, and what it never says. */
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { gatherPage } from '../../src/report/page-record.ts';
import { readReportPage, renderReportPage } from '../../src/report/report-page.ts';
import { readReport, renderReportMarkdown } from '../../src/report/report-markdown.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { root } from '../support/command.ts';
import { eventsOfTexts, longExecution, sampleId, writeRecord } from '../support/page-sample.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-page-'));
  folders.push(folder);
  return folder;
}

function render(events: readonly ExecutionEvent[], document = sampleDocument): string {
  const { record, take } = gatherPage();
  events.forEach(take);
  return renderReportPage({ record, document, head: { execution: sampleId, end: 'closed', problems: [], head: undefined } });
}

/** In which everything did: a record that says passed, and in which something did not pass, is none. */
const named = eventsOfTexts((place) => place, 'passed').map((event): ExecutionEvent => {
  if (event.kind === 'step-not-run') return { ...event, data: { ...event.data, notNeeded: true } };
  if (event.kind === 'verdict') return { ...event, data: { ...event.data, exitCode: 0 } };
  const judged = ['step-ended', 'task', 'criterion', 'policy-enforced'].includes(event.kind);
  return judged ? ({ ...event, data: { ...event.data, verdict: 'passed' } } as ExecutionEvent) : event;
});

function titleIn(page: string | undefined): string {
  return /<title>([^<]*)/.exec(page ?? '')?.[1] ?? '';
}

describe('a record that has no end', () => {
  test('is never shown as passed, wherever its journal is cut, and both reports say so', async () => {
    const whole = await writeRecord(temporary(), named, sampleDocument);
    expect(titleIn((await readReportPage(whole)).value)).toBe('✓ passed: plan title');
    const lines = readFileSync(join(whole, 'journal.jsonl'), 'utf8').split(/(?<=\n)/);
    const cut = temporary();
    cpSync(join(whole, 'evidence'), join(cut, 'evidence'), { recursive: true });
    for (let kept = 1; kept < lines.length; kept += 1) {
      for (const torn of ['', (lines[kept] ?? '').slice(0, 20)]) {
        writeFileSync(join(cut, 'journal.jsonl'), lines.slice(0, kept).join('') + torn);
        const { value, diagnostics } = await readReportPage(cut);
        expect(titleIn(value), `${kept}`).toBe('! no verdict: plan title');
        expect(value).toContain('This record is not complete.');
        expect(diagnostics.length).toBe(1);
        expect((await readReport(cut)).value).toMatch(/^<!-- proofplan .* -->\n> ! \*\*no verdict\*\*/);
      }
    }
  });

  test('and neither is one with a line that does not follow', async () => {
    const whole = await writeRecord(temporary(), named, sampleDocument);
    const path = join(whole, 'journal.jsonl');
    const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
    for (const changed of [
      lines.map((line) => line.replace('canary detail', 'canary detaiL')),
      lines.toSpliced(6, 1),
      lines.toSpliced(3, 0, lines[3] ?? ''),
      lines.with(2, lines[3] ?? '').with(3, lines[2] ?? ''),
    ]) {
      writeFileSync(path, changed.join(''));
      expect(titleIn((await readReportPage(whole)).value)).toBe('! no verdict: plan title');
    }
  });

  test('without its first entry there is no page, and the reason', async () => {
    const folder = temporary();
    expect((await readReportPage(folder)).diagnostics).toMatchObject([{ severity: 'error', code: 'journal/unreadable' }]);
    writeFileSync(join(folder, 'journal.jsonl'), '');
    expect((await readReportPage(folder)).value).toBeUndefined();
    appendFileSync(join(folder, 'journal.jsonl'), '{"a":1}\n');
    expect((await readReportPage(folder)).value).toBeUndefined();
  });

  test('a plan document that is gone is said, and what is recorded is shown', async () => {
    const folder = await writeRecord(temporary(), named, sampleDocument);
    rmSync(join(folder, 'evidence'), { recursive: true });
    const { value } = await readReportPage(folder);
    expect(titleIn(value)).toBe('! no verdict: plan title');
    expect(value).toContain('The plan document of this execution cannot be read');
    expect(value).toContain('id="step-1.1"');
  });

  test('nothing but the plan that was executed is shown as the plan: no other file, no changed one, and none that a digest of another hand leads to', async () => {
    const precious = temporary();
    writeFileSync(join(precious, 'secret'), 'what is nobody’s business');
    const outside = [`${'../'.repeat(30)}${precious.slice(1)}/secret`, 'x) <script>', '', '.'.repeat(64)];
    for (const sha256 of outside) {
      const events = named.map((event) => {
        if (event.kind === 'opened') return { ...event, data: { ...event.data, plan: { ...event.data.plan, sha256 } } };
        if (event.kind !== 'step-ended') return event;
        return { ...event, data: { ...event.data, outputs: event.data.outputs.map((output) => ({ ...output, sha256 })) } };
      });
      const folder = await writeRecord(temporary(), events, sampleDocument);
      const { value } = await readReportPage(folder);
      expect(titleIn(value)).toBe('! no verdict: plan title');
      expect(value).not.toContain('business');
      expect(value).not.toContain('href="evidence');
      expect(await readReport(folder)).toMatchObject({ value: undefined, diagnostics: [{ code: 'report/no-document' }] });
      expect(renderReportMarkdown({ execution: sampleId, document: sampleDocument, events })).not.toMatch(/\]\(evidence|<script>/);
    }
    const changed = await writeRecord(temporary(), named, sampleDocument);
    const [digest = ''] = readdirSync(join(changed, 'evidence/sha256'));
    writeFileSync(join(changed, 'evidence/sha256', digest), sampleDocument.replace('No manual DB inserts.', 'Anything goes.'));
    expect(titleIn((await readReportPage(changed)).value)).toBe('! no verdict: plan title');
    expect((await readReportPage(changed)).value).not.toContain('Anything goes.');
    expect((await readReport(changed)).value).toBeUndefined();
  });

  test('an entry of another form is an error and no crash', async () => {
    const broken = named.map((event) => (event.kind === 'criterion' ? ({ ...event, data: { id: 'C1' } } as unknown as ExecutionEvent) : event));
    const folder = await writeRecord(temporary(), broken, sampleDocument);
    for (const read of [readReportPage, readReport])
      expect(await read(folder)).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/unreadable' }] });
  });
});

test('the page comes out the same while the record is closed and ever after', async () => {
  const closing = await writeRecord(temporary(), named, sampleDocument, 'files');
  const before = await readReportPage(closing, { closing: true });
  const folder = temporary();
  await writeRecord(folder, named, sampleDocument);
  expect((await readReportPage(folder)).value).toBe(before.value);
  expect(titleIn(before.value)).toBe('✓ passed: plan title');
});

test('every record of every version becomes a page, or says why not', async () => {
  const versions = join(root, 'fixtures/journal/v1');
  for (const name of readdirSync(versions)) {
    const executions = join(versions, name, 'executions');
    for (const execution of readdirSync(versions).includes(name) ? readdirSync(executions) : []) {
      const { value, diagnostics } = await readReportPage(join(executions, execution));
      expect(value !== undefined || diagnostics.some(({ severity }) => severity === 'error'), name).toBe(true);
      if (/cut|doubled|swapped|spliced|word|torn$|killed/.test(name)) expect(titleIn(value), name).toMatch(/^! no verdict|^$/);
    }
  }
});

describe('what a page holds', () => {
  const page = render(sampleEvents());

  test('anchors for steps, lines, expectations, criteria and policies', () => {
    for (const id of ['step-1.1', 'step-1.2', 'line-1', 'line-9', 'line-11', 'line-26', 'expectation-E1', 'criterion-C1', 'policy-P1'])
      expect(page).toContain(`id="${id}"`);
  });

  test('the verdict of an expectation stands behind its sentence, the step behind its block', () => {
    const order = [
      'id="line-9"',
      'id="step-1.1"',
      'and <code>m == 2</code>',
      'id="expectation-E2"',
      'SELECT 1 AS n;',
      'id="step-1.2"',
      'It works.',
      'criterion-C1',
    ];
    const places = order.map((text) => page.indexOf(text, page.indexOf('id="plan"')));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('the report template is filled, and what nothing filled keeps its hole', () => {
    expect(page).toMatch(/Run ID:<\/strong> <code><span class="filled"[^>]*>7<\/span><\/code>/);
    expect(page).toMatch(/<span class="hole">&#x3C;root_hash><span class="mark v-unproven"> \? not filled/);
    const bare = sampleDocument.replaceAll('`<run_id>`', '<run_id>');
    expect(
      render(
        eventsOfTexts((place) => place, 'failed', bare),
        bare,
      ),
    ).toMatch(/Run ID:<\/strong> <span class="filled"[^>]*>filled</);
  });

  test('a witness of a criterion leads to what it is, a refusal from its policy to the statement', () => {
    expect(page).toContain('<a href="#expectation-E2">expectation E2</a>');
    expect(page).toContain('no witness: nothing that was executed establishes it');
    const refused = render(named);
    expect(refused).toContain('<a href="#entry-8">entry 8</a>');
    expect(refused).toContain('id="entry-8"');
  });

  test('a plan in YAML stands as its lines', () => {
    const document = 'title: x\nsteps:\n  - run: echo 1\n';
    const events = sampleEvents().map((event) =>
      event.kind === 'opened' ? { ...event, data: { ...event.data, plan: { ...event.data.plan, form: 'yaml' as const } } } : event,
    );
    const yaml = render(events, document);
    expect(yaml).toContain('<span id="line-3" class="ln" data-line="3">  - run: echo 1\n</span>');
    expect(yaml).toContain('id="step-1.1"');
  });

  test('a plan that is nested too deeply to be laid out stands as its lines', () => {
    expect(render(sampleEvents(), `${'> '.repeat(5_000)}deep\n`)).toContain('nested too deeply');
    expect(render(sampleEvents(), `${'['.repeat(50_000)}\n`)).toContain('id="line-1"');
  });
});

describe('what did not pass', () => {
  /** The step prints so; what comes before its place in the plan is the first screen. */
  const printed = (text: string): string => {
    const events = sampleEvents().map((event) =>
      event.kind === 'step-ended' && event.data.step === '1.1'
        ? {
            ...event,
            data: {
              ...event.data,
              verdict: 'failed' as const,
              outputs: [{ stream: 'stderr' as const, bytes: text.length, lines: text.split('\n').length, sha256: 'cd'.repeat(32), head: text, tail: '' }],
            },
          }
        : event,
    );
    return render(events);
  };
  const lines = (count: number): string => Array.from({ length: count }, (_, index) => `said ${index + 1}.\n`).join('');

  test('the first screen shows how its output ends', () => {
    const page = printed(`${'x'.repeat(2_000)}\n${lines(400)}\u001b[31mwhy it failed\u001b[0m\n\n`);
    const first = page.slice(0, page.indexOf('id="plan"'));
    expect(first).toContain('the end of stderr');
    expect(first).toMatch(/said 390\.\n.*said 400\.\nwhy it failed</s);
    expect(first).not.toContain('said 389.');
  });

  test('of many short lines the first and the last stand in its place, and how much is between them', () => {
    const page = printed(lines(400));
    for (const shown of ['said 1.', 'said 40.', 'said 341.', 'said 400.']) expect(page).toContain(shown);
    for (const left of ['said 41.', 'said 340.']) expect(page).not.toContain(left);
    expect(page).toContain('… 2941 more; the whole is in the file …');
    for (const text of [lines(100), lines(100).trimEnd(), 'one line', '\n', 'x\n'.repeat(3)]) expect(printed(text)).not.toContain('the whole is in the file');
  });
});

describe('a long execution', () => {
  test('10,000 steps with a gigabyte of output become a page of at most 5 MB; what failed is in it, what is left out is counted', () => {
    const { document, events } = longExecution(10_000);
    const page = render(events, document);
    expect(page.length).toBeLessThan(5_000_000);
    expect(page).toContain('id="step-1.10000"');
    expect(page).toContain('id="expectation-1.10000_2f1"');
    expect(page).toMatch(/steps that passed have no remark of their own here/);
    expect(page).toContain('9999 of 10000 expectations held');
    expect(page).toMatch(/9000 more|more, all passed/);
  });

  test('of a plan of 10 MB the beginning is laid out, and of the rest what did not pass', () => {
    const document = `# Long\n\n${'A sentence of a long plan that goes on and on, without end.\n\n'.repeat(165_000)}The last word.\n`;
    const line = document.split('\n').length - 1;
    const at = { offset: 0, line, column: 1 };
    const events = sampleEvents().map((event) =>
      event.kind === 'step-ended' && event.data.verdict === 'failed'
        ? { ...event, data: { ...event.data, span: { path: 'plans/sample.md', start: at, end: { ...at, column: 5 } } } }
        : event,
    );
    const page = render(events, document);
    expect(page.length).toBeLessThan(5_000_000);
    expect(page).toContain(`id="line-${line}"`);
    expect(page).toContain('The last word.');
    expect(page).toMatch(/Lines \d+ to \d+ of the plan are not laid out here/);
  });
});

test('the golden page of a small execution', async () => {
  await expect(
    render(sampleEvents())
      .replace(/<style>[\s\S]*<\/style>/, '<style></style>')
      .replace(/sha256-[^&]+/, 'sha256-'),
  ).toMatchFileSnapshot('page-report.golden.html');
});
