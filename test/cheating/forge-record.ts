/** A record written anew by somebody who knows its format: entries changed, the chain, the root and the checkpoint made to fit. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit } from './act.ts';

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 6962, section 2.1, over the raw lines. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Uint8Array.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

export interface RecordState {
  readonly entries: number;
  readonly head: string;
  readonly root: string;
}

const linesOf = (path: string): readonly string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

function stateOf(lines: readonly string[]): RecordState {
  const root = rootOf(lines.map((line) => sha256(Uint8Array.of(0), `${line}\n`)));
  return { entries: lines.length, head: sha256(`${lines.at(-1)}\n`).toString('hex'), root: root.toString('hex') };
}

/** Each line is given to `edit`; then every link to the line before is computed again. */
function relink(lines: readonly string[], edit: Edit): readonly string[] {
  let [old, now] = ['', ''];
  return lines.map((line) => {
    const linked = edit(old === '' ? line : line.replace(`"prev":"${old}"`, `"prev":"${now}"`));
    [old, now] = [sha256(`${line}\n`).toString('hex'), sha256(`${linked}\n`).toString('hex')];
    return linked;
  });
}

/** The journal, verdict.json with its digests in the journal, and the checkpoint, as if what `edit` makes of them had happened. */
export function forgeRecord(record: string, edit: Edit): { readonly before: RecordState; readonly after: RecordState } {
  const [journal, verdict, checkpoint] = ['journal.jsonl', 'verdict.json', 'checkpoint'].map((name) => join(record, name)) as [string, string, string];
  const lines = linesOf(journal);
  const marked = lines.findIndex((line) => line.includes('"kind":"verdict"')) + 1;
  const [oldMark, newMark] = [stateOf(lines.slice(0, marked)), stateOf(relink(lines, edit).slice(0, marked))];
  const oldVerdict = readFileSync(verdict, 'utf8');
  const newVerdict = edit(oldVerdict).replace(oldMark.head, newMark.head).replace(oldMark.root, newMark.root);
  const [oldFile, newFile] = [oldVerdict, newVerdict].map(
    (text) => `"bytes":${Buffer.byteLength(text)},"path":"verdict.json","sha256":"${sha256(text).toString('hex')}"`,
  );
  const forged = relink(lines, (line) => edit(line).replace(oldFile ?? '', newFile ?? ''));
  const after = stateOf(forged);
  writeFileSync(verdict, newVerdict);
  writeFileSync(journal, `${forged.join('\n')}\n`);
  // A signature that stands under the checkpoint stays as it was.
  const [origin = '', , , ...rest] = readFileSync(checkpoint, 'utf8').split('\n');
  writeFileSync(checkpoint, [origin, after.entries, Buffer.from(after.root, 'hex').toString('base64'), ...rest].join('\n'));
  return { before: stateOf(lines), after };
}

/** The ledger says what the forged journal says, and is chained anew. */
export function forgeLedger(path: string, { before, after }: { readonly before: RecordState; readonly after: RecordState }, edit: Edit): void {
  const forged = relink(linesOf(path), (line) => edit(line).replace(before.head, after.head).replace(before.root, after.root));
  writeFileSync(path, `${forged.join('\n')}\n`);
}
