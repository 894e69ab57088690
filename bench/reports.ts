/**
 * What it costs to show an execution: each report against the bare reading of its journal, size of the page against steps, memory, and
 * the share of an execution's time that goes to those who only show it.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rgPath } from '@vscode/ripgrep';
import { compilePlan } from '../src/compile/compile-plan.ts';
import { executePlan } from '../src/execute/execute-plan.ts';
import { walkEntries } from '../src/journal/journal-reader.ts';
import { createSqlParser } from '../src/policy/sql-parser.ts';
import { createColours } from '../src/report/colour.ts';
import { createLiveRegion } from '../src/report/live-region.ts';
import { readReport } from '../src/report/report-markdown.ts';
import { readReportPage } from '../src/report/report-page.ts';
import { createProgress } from '../src/report/terminal-progress.ts';
import { longExecution, sampleId, writeRecord } from '../test/support/page-sample.ts';
import { median, peakOf, proofplan, spread, timeCommand, type Row } from './measure.ts';

const repetitions = 7;

/** As a journal holds them: without undefined members, and with the digest of the document. */
function recorded({ document, events }: ReturnType<typeof longExecution>): ReturnType<typeof longExecution> {
  const sha256 = createHash('sha256').update(document).digest('hex');
  const kept = JSON.parse(JSON.stringify(events)) as typeof events;
  return {
    document,
    events: kept.map((event) => (event.kind === 'opened' ? { ...event, data: { ...event.data, plan: { ...event.data.plan, sha256 } } } : event)),
  };
}

async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

/** A report that cannot be rendered measures nothing. */
async function rendered(report: Promise<{ readonly value: string | undefined; readonly diagnostics: readonly unknown[] }>): Promise<string> {
  const { value, diagnostics } = await report;
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return value;
}

async function renderings(folder: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const steps of [10, 1000, 10_000]) {
    const { document, events } = recorded(longExecution(steps));
    const record = await writeRecord(join(folder, String(steps), 'executions', sampleId), events, document);
    const bytes = statSync(join(record, 'journal.jsonl')).size;
    const read = (): Promise<unknown> => walkEntries(record, () => undefined);
    const [markdown, page]: [number[], number[]] = [[], []];
    const [bareMs, pageMs]: [number[], number[]] = [[], []];
    let size = 0;
    for (let repetition = -1; repetition < repetitions; repetition += 1) {
      const bare = await timeOf(read);
      const ofMarkdown = await timeOf(() => rendered(readReport(record)));
      const ofPage = await timeOf(async () => {
        size = Buffer.byteLength(await rendered(readReportPage(record)));
      });
      if (repetition < 0) continue;
      markdown.push(ofMarkdown / bare);
      page.push(ofPage / bare);
      bareMs.push(bare);
      pageMs.push(ofPage);
    }
    const rate = (times: readonly number[]): string => (bytes / 1e3 / median(times)).toFixed(1);
    const peaks = [];
    for (const format of ['md', 'html', 'junit', 'sarif'])
      peaks.push(`${format} ${(await peakOf(['node', proofplan, 'report', record, '--format', format], folder)).toFixed(0)}`);
    rows.push(
      { what: `report.md of ${steps} steps against reading its journal`, figure: spread(markdown) },
      { what: `report.html of ${steps} steps against reading its journal`, figure: `${spread(page)} (${rate(pageMs)} MB/s; reading ${rate(bareMs)} MB/s)` },
      { what: `report.html of ${steps} steps, KB`, figure: `${(size / 1000).toFixed(0)} (journal ${(bytes / 1000).toFixed(0)})` },
      { what: `peak memory of \`report\` of ${steps} steps, MiB`, figure: peaks.join(', ') },
    );
  }
  return rows;
}

/** One plan executed in this process, with everything that shows it under a watch. */
async function share(folder: string, steps: number): Promise<number> {
  const text = `# Bench\n\n${Array.from({ length: steps }, (_, index) => `## ${index + 1}. Say\n\n\`\`\`bash\nseq 2000; echo "step ${index}"\n\`\`\`\n\n**Expected:** the output contains \`step ${index}\`\n`).join('\n')}`;
  writeFileSync(join(folder, 'plan.md'), text);
  const parser = createSqlParser();
  const bytes = readFileSync(join(folder, 'plan.md'));
  const compiled = await compilePlan({ path: 'plan.md', bytes, parser, sha256: (text) => createHash('sha256').update(text).digest('hex') });
  await parser.close();
  if (compiled.plan === undefined) throw new Error(JSON.stringify(compiled.diagnostics));
  const region = createLiveRegion({ write: () => undefined, colours: createColours(1), live: true });
  const progress = createProgress({ slot: region.open(), colours: createColours(1), columns: () => 80, live: true, verbosity: 0 });
  let shownMs = 0;
  const watched = async (render: () => Promise<string>): Promise<string> => {
    const started = performance.now();
    try {
      return await render();
    } finally {
      shownMs += performance.now() - started;
    }
  };
  const started = performance.now();
  const end = await executePlan({
    plan: compiled.plan,
    planBytes: bytes,
    refusals: [],
    environment: undefined,
    workspace: folder,
    values: [],
    outFolder: join(folder, 'out'),
    stateFolder: join(folder, 'state'),
    cacheFolder: join(folder, 'cache'),
    processEnvironment: process.env,
    clock: Date.now,
    signal: new AbortController().signal,
    argv: [],
    toolVersion: '0.0.0',
    onEvent: (event) => {
      const before = performance.now();
      progress.event(event);
      shownMs += performance.now() - before;
    },
    reports: [
      { name: 'report.md', render: (record) => watched(() => rendered(readReport(record))) },
      { name: 'report.html', render: (record) => watched(() => rendered(readReportPage(record))) },
    ],
    toolFolders: [dirname(rgPath)],
  });
  const totalMs = performance.now() - started;
  progress.close();
  region.close();
  if (!end.opened || end.verdict !== 'passed') throw new Error(end.reason);
  return (shownMs / totalMs) * 100;
}

/** The plan that the project itself executes, by the command: from the verdict on until both reports are written, against the execution and the command. */
function shareOfV4(folder: string): readonly [ofExecution: number, ofCommand: number] {
  const out = join(folder, 'v4');
  const commandMs = timeCommand(['node', proofplan, 'run', 'plans/run-proof-v4.md', '--quiet', '--out', out]);
  const entries = readFileSync(join(out, 'latest/journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly kind: string; readonly ts: string });
  const at = (kind: string): number => Date.parse(entries.find((entry) => entry.kind === kind)?.ts ?? '');
  const shownMs = at('files') - at('verdict');
  return [(shownMs / (at('closed') - at('opened'))) * 100, (shownMs / commandMs) * 100];
}

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  try {
    const rows = [...(await renderings(folder))];
    for (const steps of [16, 100]) {
      const shares: number[] = [];
      for (let repetition = 0; repetition < 5; repetition += 1) shares.push(await share(folder, steps));
      rows.push({
        what: `share of the time of an execution of ${steps} trivial steps that terminal, report.md and report.html take, percent`,
        figure: spread(shares),
        aim: 'under 2',
      });
    }
    const v4 = Array.from({ length: 3 }, () => shareOfV4(folder));
    rows.push(
      { what: 'share of the time of run-proof v4 that its reports take, percent of the execution', figure: spread(v4.map(([share]) => share)), aim: 'under 2' },
      { what: 'the same, percent of the command with what prepares', figure: spread(v4.map(([, share]) => share)), aim: 'under 2' },
    );
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
