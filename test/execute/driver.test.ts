import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createJournalDriver } from '../../src/execute/driver.ts';
import { createExecutionRecord } from '../../src/execute/execution-record.ts';
import { checkpointsOf } from '../../src/execute/driver.ts';
import { type BegunJournal, readBegunJournal } from '../../src/journal/journal-begun.ts';
import { headMarkPath } from '../../src/journal/head-mark.ts';
import { openJournal } from '../../src/journal/journal-writer.ts';
import { eventOf } from '../../src/model/event.ts';
import { must } from '../support/postgres.ts';
import { describeDriver, type DriverWorld } from './driver-conformance.ts';

const execution = '2026-02-09T12-00-00Z-abcdef';
const plain = { text: (text: string) => text, stream: () => ({ push: (chunk: Uint8Array) => chunk, end: () => new Uint8Array() }) };

async function createJournalWorld(): Promise<DriverWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-driver-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'journal.jsonl');
  let nowMs: number | undefined;
  const clock = (): number => nowMs ?? Date.now();
  let begun: BegunJournal | undefined;
  let opened = false;
  return {
    open: async () => {
      if (opened) begun = must(await readBegunJournal(folder, folder));
      opened = true;
      const journal = await openJournal({ folder, execution, clock, headMark: headMarkPath(folder, execution), ...(begun ? { begun } : {}) });
      const record = createExecutionRecord({ journal, redactor: plain, clock, onEvent: () => undefined });
      if (begun) await record.resume({ cut: [], argv: [] });
      else await journal.record('policy-declared', { id: 'P1' });
      const events = (begun?.entries ?? []).map(eventOf).filter((event) => event !== undefined);
      return createJournalDriver(record, checkpointsOf(events));
    },
    forge: () => {
      const lines = readFileSync(path, 'utf8').split('\n');
      const last = lines.findLastIndex((line) => line.includes('"step-ended"'));
      lines[last] = (lines[last] ?? '').replace('"durationMs":5', '"durationMs":9');
      writeFileSync(path, lines.join('\n'));
      return Promise.resolve();
    },
    setClock: (now) => {
      nowMs = now;
    },
    audit: async () => (await readBegunJournal(folder, folder)).diagnostics[0]?.message,
  };
}

describeDriver('the journal', createJournalWorld);
