/** What past executions cost to look at: 10,000 of them in one ledger, against reading and hashing that ledger alone. */
import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerPath } from '../src/journal/ledger.ts';
import type { History } from '../src/model/history.ts';
import { renderIndexPage } from '../src/report/page-index.ts';
import { readHistory, type HistoryOptions } from '../src/review/history.ts';
import { choosePruned } from '../src/review/prune-rule.ts';
import { readHistorySource } from '../src/review/history-source.ts';
import { writeOutput } from '../test/review/history-sample.ts';
import { spread, type Row } from './measure.ts';

const executions = 10_000;
const planCount = 20;
const repetitions = 5;

export async function measure(): Promise<readonly Row[]> {
  const output = mkdtempSync(join(tmpdir(), 'proofplan-history-'));
  try {
    const steps = Array.from({ length: 12 }, (_, index) => ({ id: `${index + 1}.1`, verdict: 'passed' as const }));
    writeOutput(
      output,
      Array.from({ length: executions }, (_, index) => ({
        verdict: index % 7 === 0 ? 'failed' : 'passed',
        path: `plans/${index % planCount}.md`,
        text: `# ${index % planCount}\n`,
        steps,
      })),
    );
    const source = { folder: output, path: '.proofplan', stateFolder: output };
    const read = async (options: Partial<HistoryOptions>): Promise<History> => {
      const { value } = await readHistory({ sources: [source], clock: Date.now, limit: 20, ...options });
      if (value === undefined) throw new Error('no history');
      return value;
    };
    const page = { page: join(output, 'index.html'), folders: new Map([['.proofplan', output]]), version: '0' };
    const whole = await read({ limit: executions });
    const acts: Readonly<Record<string, () => Promise<unknown>>> = {
      bare: async () => hash('sha256', readFileSync(ledgerPath(output))),
      'all plans in short': () => read({ brief: true }),
      'one plan of 500 attempts, 100 of them examined': () => read({ choose: (all) => all.filter(({ plan }) => plan.path === 'plans/3.md') }),
      'every record examined': () => read({ limit: executions }),
      'the page written from what was read': async () => renderIndexPage(whole, page),
      'what prune would remove': async () =>
        choosePruned((await readHistorySource(source)).value?.executions ?? [], { keep: 20 }, { nowMs: Date.now(), clusters: new Set() }),
    };
    const times = new Map<string, number[]>();
    for (let round = 0; round < repetitions; round += 1) {
      for (const [name, act] of Object.entries(acts)) {
        const begunMs = performance.now();
        await act();
        times.set(name, [...(times.get(name) ?? []), performance.now() - begunMs]);
      }
    }
    const { bare = [], ...others } = Object.fromEntries(times);
    const ledgerMb = readFileSync(ledgerPath(output)).length / 1e6;
    return [
      ...Object.entries(others).map(([name, own]) => ({
        what: `10,000 executions in one ledger (${ledgerMb.toFixed(1)} MB): ${name}, against hashing the ledger bare`,
        figure: `${spread(own.map((time, round) => time / (bare[round] ?? 1)))} (${spread(own)} ms)`,
      })),
      { what: '10,000 executions: size of the page', figure: `${(renderIndexPage(whole, page).length / 1e3).toFixed(0)} KB`, aim: 'under 1,200 KB' },
    ];
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
