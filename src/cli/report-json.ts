/** `verdict.json` once more, from the journal alone: of a whole record the same bytes, of one that is not whole never a pass. */
import { join } from 'node:path';
import { createVerdictReader } from '../execute/verdict-file.ts';
import { readJournal } from '../journal/journal-reader.ts';
import { createMerkleTree } from '../journal/merkle-tree.ts';
import { eventOf } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import type { RecordedEvents } from '../report/read-event.ts';
import { reportedVerdict } from '../report/report-verdict.ts';

/** `record` says which verdict is told; the rest is read from the folder a line at a time. Throws what `node:fs` throws. */
export async function renderVerdictJson(folder: string, record: RecordedEvents): Promise<string> {
  const reader = createVerdictReader();
  const tree = createMerkleTree();
  let head = '';
  let [seq, ts] = [1, record.events[0]?.ts ?? ''];
  for await (const line of readJournal(join(folder, executionFiles.journal))) {
    tree.append(line.bytes);
    head = line.hash;
    if (line.problem?.kind === 'cut') continue;
    if (line.torn || line.entry === undefined) break;
    const event = eventOf(line.entry);
    if (event === undefined) continue;
    reader.take(event);
    ({ seq, ts } = event);
    // The file is written at this entry, and tells of nothing after it.
    if (event.kind === 'verdict') break;
  }
  reader.take({ kind: 'verdict', seq, ts, data: reportedVerdict(record) });
  return reader.render(record.execution, { entries: tree.size(), head, root: tree.root().toString('hex') }) ?? '';
}
