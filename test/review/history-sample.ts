/** Output folders as many executions leave them: ledgers of any length written at once, and records whose ends fit them. */
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderCanonicalJson } from '../../src/journal/canonical-json.ts';
import { journalGenesis } from '../../src/journal/journal-line.ts';
import type { Verdict } from '../../src/model/verdict.ts';

export interface SampleStep {
  readonly id: string;
  readonly verdict: Verdict;
  readonly durationMs?: number;
  readonly attempts?: number;
}

export interface SampleExecution {
  readonly path?: string;
  readonly text?: string;
  /** Null: it was cut. */
  readonly verdict: Verdict | null;
  readonly reason?: string;
  readonly commit?: string | null;
  readonly dirtyCount?: number;
  readonly reading?: string;
  readonly exitCode?: number;
  readonly title?: string;
  readonly inputs?: readonly object[];
  readonly options?: object;
  readonly steps?: readonly SampleStep[];
  readonly durationMs?: number;
  /** No folder at all. */
  readonly gone?: true;
  /** What else verdict.json says, after its digest was taken. */
  readonly edited?: object;
  readonly closed?: Verdict;
  readonly resumed?: true;
}

const sha = (content: string): string => createHash('sha256').update(content).digest('hex');
export const startMs = Date.UTC(2026, 0, 1);
const stepMs = 60_000;

export function idOf(index: number): string {
  return `${new Date(startMs + index * stepMs).toISOString().slice(0, 19).replaceAll(':', '-')}Z-${index.toString(16).padStart(6, '0')}`;
}

interface Line {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** Lines of a ledger, chained as its writer does it. A line that has a `prev` or a `seq` keeps it. */
export function chainLedger(lines: readonly Line[]): string {
  const chain = createChain();
  for (const line of lines) chain.add(line);
  return chain.text();
}

/** A line of a ledger as one that is to be chained anew. */
export function unchained<T extends Line>(line: T): Line {
  return { ...Object.fromEntries(Object.entries(line).filter(([key]) => key !== 'prev' && key !== 'seq')), kind: line.kind };
}

function createChain(): { readonly add: (line: Line) => { readonly seq: number; readonly hash: string }; readonly text: () => string } {
  const texts: string[] = [];
  let prev = sha('proofplan/ledger/v1\n');
  return {
    add: (line) => {
      const text = `${renderCanonicalJson({ v: 1, seq: texts.length + 1, prev, ...line })}\n`;
      texts.push(text);
      prev = sha(text);
      return { seq: texts.length, hash: prev };
    },
    text: () => texts.join(''),
  };
}

/** An output folder with these executions one after the other; `more` are lines after them, in the words of the ledger. */
export function writeOutput(output: string, samples: readonly SampleExecution[], more: (id: (index: number) => string) => readonly Line[] = () => []): void {
  mkdirSync(join(output, 'executions'), { recursive: true });
  const plans: { readonly path: string; readonly sha256: string }[] = [];
  const chain = createChain();
  for (const [index, sample] of samples.entries()) {
    const { path = 'plans/a.md', text = '# A\n', verdict, durationMs = 5_000 } = sample;
    const plan = { path, sha256: sha(text) };
    plans.push(plan);
    const attempt = plans.filter((each) => each.path === path || each.sha256 === plan.sha256).length;
    const execution = idOf(index);
    const common = { execution, plan, attempt };
    const atMs = startMs + index * stepMs;
    const ledger = chain.add({ kind: 'registered', ts: new Date(atMs).toISOString(), ...common });
    const journal = sample.gone ? { entries: 4, head: 'a'.repeat(64), root: 'b'.repeat(64) } : writeRecord(output, execution, sample, { ledger, attempt });
    if (verdict !== null) chain.add({ kind: 'ended', ts: new Date(atMs + durationMs).toISOString(), ...common, verdict, journal });
    if (index === samples.length - 1 && !sample.gone) symlinkSync(join('executions', execution), join(output, 'latest'));
  }
  for (const line of more(idOf)) chain.add(line);
  writeFileSync(join(output, 'ledger.jsonl'), chain.text());
}

function writeRecord(output: string, execution: string, sample: SampleExecution, registration: object): object {
  const folder = join(output, 'executions', execution);
  mkdirSync(join(folder, 'evidence/sha256'), { recursive: true });
  const { path = 'plans/a.md', text = '# A\n', verdict, closed = verdict, commit = 'c'.repeat(40), dirtyCount = 0, reading = 'r', steps = [] } = sample;
  const workspace = { commit, dirtyCount };
  const readingSha256 = sha(reading);
  const opened = {
    ...registration,
    plan: { path, sha256: sha(text), title: sample.title ?? 'A' },
    readingSha256,
    workspace,
    environment: null,
    tool: { version: '0.1.0' },
    inputs: sample.inputs ?? [],
    options: sample.options ?? { dryRun: false, only: null },
    steps: [],
  };
  const said = {
    schemaVersion: 1,
    execution,
    plan: { path, title: sample.title ?? 'A', sha256: sha(text), readingSha256 },
    workspace,
    verdict,
    exitCode: sample.exitCode ?? 0,
    reason: sample.reason ?? `ended as ${String(verdict)}`,
    steps: steps.map(({ id, verdict: held, durationMs = 100, attempts = 1 }) => ({
      id,
      title: `Step ${id}`,
      kind: 'shell',
      line: 1,
      outcome: held === 'none' ? 'not run' : 'completed',
      verdict: held,
      durationMs,
      attempts,
    })),
  };
  const verdictFile = `${JSON.stringify(said)}\n`;
  const entries: { readonly kind: string; readonly data: object }[] = [
    { kind: 'opened', data: opened },
    ...(sample.resumed ? [{ kind: 'resumed', data: { after: 1, torn: null, cut: [], argv: [] } }] : []),
  ];
  if (verdict !== null) {
    const files = ['verdict.json', 'report.md'].map((name) => ({ path: name, sha256: sha(name === 'report.md' ? '# A\n' : verdictFile), bytes: 1 }));
    entries.push(
      { kind: 'verdict', data: { verdict, exitCode: 0, reason: '' } },
      { kind: 'files', data: { files } },
      { kind: 'closed', data: { verdict: closed } },
    );
    writeFileSync(join(folder, 'verdict.json'), sample.edited ? JSON.stringify({ ...said, ...sample.edited }) : verdictFile);
    writeFileSync(join(folder, 'report.md'), '# A\n');
  }
  let prev = journalGenesis(execution);
  let head = '';
  const lines = entries.map(({ kind, data }, index) => {
    const line = `${renderCanonicalJson({ v: 1, execution, seq: index + 1, ts: '2026-01-01T00:00:00.000Z', kind, data, prev })}\n`;
    head = prev = sha(line);
    return line;
  });
  writeFileSync(join(folder, 'journal.jsonl'), lines.join(''));
  return { entries: lines.length, head, root: 'b'.repeat(64) };
}
