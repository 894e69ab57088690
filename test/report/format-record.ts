/** Records for tests of the formats: the golden ones, and such as are made from events. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../src/journal/journal-writer.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import type { RecordedEvents } from '../../src/report/read-event.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';

export const root = join(import.meta.dirname, '../..');

export interface GoldenRecord {
  readonly name: string;
  readonly folder: string;
}

const golden = join(root, 'fixtures/journal/v1');

/** All records of version 1 that are kept, by the name of what was done to them. */
export const goldenRecords: readonly GoldenRecord[] = readdirSync(golden)
  .toSorted()
  .flatMap((name) => readdirSync(join(golden, name, 'executions')).map((execution) => ({ name, folder: join(golden, name, 'executions', execution) })));

export const sampleExecution = '2026-02-09T12-00-00Z-abcdef';

/** Events as a reader has them. */
export function recordOf(events: readonly ExecutionEvent[] = sampleEvents(), broken?: string): RecordedEvents {
  return { execution: sampleExecution, events, ...(broken === undefined ? {} : { broken }) };
}

/** The sample, but everything in it passed. */
export function passedEvents(): readonly ExecutionEvent[] {
  return sampleEvents().flatMap((event): readonly ExecutionEvent[] => {
    switch (event.kind) {
      case 'step-ended':
      case 'expectation':
      case 'closed':
        return [{ ...event, data: { ...event.data, verdict: 'passed' } } as ExecutionEvent];
      case 'criterion':
        return [{ ...event, data: { ...event.data, verdict: 'passed', clauses: [] } }];
      case 'diagnostic':
        return [];
      case 'verdict':
        return [{ ...event, data: { verdict: 'passed', exitCode: 0, reason: 'every step ran' } }];
      case 'opened':
        return [{ ...event, data: { ...event.data, steps: event.data.steps.map((step) => ({ ...step, expectations: 0 })) } }];
      default:
        return [event];
    }
  });
}

/** A folder as an execution leaves it, without verdict.json and reports. */
export async function writeRecord(folder: string, events: readonly ExecutionEvent[], document = sampleDocument): Promise<void> {
  mkdirSync(join(folder, 'evidence/sha256'), { recursive: true });
  writeFileSync(join(folder, 'evidence/sha256', createHash('sha256').update(document).digest('hex')), document);
  const journal = await openJournal({ folder, execution: sampleExecution, clock: () => 1_770_638_400_000 });
  for (const event of events) await journal.record(event.kind, { ...event.data });
  await journal.close();
}
