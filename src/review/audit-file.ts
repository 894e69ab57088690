/** The audit of what lies beside the journal: checkpoint, evidence, and the files whose digests the journal recorded. */
import { constants, promises } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { checkpointOrigin, parseCheckpoint, renderCheckpoint } from '../journal/checkpoint.ts';
import { readDigest } from '../journal/evidence-store.ts';
import { isRecord } from '../journal/journal-line.ts';
import { verifyNote } from '../journal/signed-note.ts';
import { messageOf } from '../model/diagnostic.ts';
import { evidencePath, executionFiles } from '../model/journal-entry.ts';
import type { AuditCode, AuditFinding } from './audit-finding.ts';
import type { JournalAudit } from './audit-journal.ts';

const digestPattern = /^[0-9a-f]{64}$/;
const maximumCheckpointBytes = 1 << 20;
const maximumVerdictBytes = 64 << 20;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Who signed the checkpoint: nobody; somebody (by the names in it), not verified without a key; the holder of the given key. */
export type AuditSignature = { readonly kind: 'none' } | { readonly kind: 'unverified' | 'verified'; readonly names: readonly string[] };

export interface CheckpointAudit {
  readonly findings: readonly AuditFinding[];
  readonly signature: AuditSignature;
  /** The checkpoint as it lies there, when it is the journal's own. */
  readonly note?: string;
}

/** The checkpoint against the journal's lines; with a verifier key, its signature too. */
export async function verifyCheckpoint(folder: string, journal: JournalAudit, verifierKey: string | undefined): Promise<CheckpointAudit> {
  const file = executionFiles.checkpoint;
  const found = await readBytes(join(folder, file), maximumCheckpointBytes);
  if ('problem' in found)
    return { findings: [{ code: 'review/checkpoint-missing', message: `the checkpoint cannot be read: ${found.problem}`, file }], signature: { kind: 'none' } };
  const findings: AuditFinding[] = [];
  const expected = renderCheckpoint({ origin: checkpointOrigin(journal.execution), size: journal.state.entries, root: journal.state.root });
  const text = found.bytes.length > maximumCheckpointBytes ? undefined : decodeStrictly(found.bytes);
  const parsed = text === undefined ? undefined : parseCheckpoint(text);
  if (parsed?.note.text !== expected) {
    const wanted = Buffer.from(expected);
    let offset = 0;
    while (offset < wanted.length && found.bytes[offset] === wanted[offset]) offset += 1;
    const says = parsed
      ? `${parsed.checkpoint.size} entries of ${parsed.checkpoint.origin} with root ${parsed.checkpoint.root}`
      : 'nothing that has the form of a checkpoint';
    const message = `the checkpoint says ${says}; the journal has ${journal.state.entries} with root ${journal.state.root}`;
    findings.push({ code: 'review/checkpoint-mismatch', message, file, offset });
  }
  const names = (parsed?.note.signatures ?? []).map(({ name }) => name);
  const verified = verifierKey !== undefined && parsed !== undefined && verifyNote(parsed.note, verifierKey);
  if (verifierKey !== undefined && !verified) {
    const said = names.length === 0 ? 'it has no signature' : `it has one of ${names.map((name) => `\`${name}\``).join(', ')}`;
    findings.push({ code: 'review/checkpoint-unsigned', message: `the checkpoint is not signed with the given key: ${said}`, file });
  }
  return {
    findings,
    signature: verified
      ? { kind: 'verified', names: [verifierKey.slice(0, verifierKey.indexOf('+'))] }
      : names.length === 0
        ? { kind: 'none' }
        : { kind: 'unverified', names },
    ...(findings.length === 0 && text !== undefined ? { note: text } : {}),
  };
}

/** Every file of evidence that an entry names: there, and byte for byte what its name says. */
export async function verifyEvidenceFiles(folder: string, journal: JournalAudit): Promise<readonly AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (const { sha256, bytes, lineNumber } of journal.evidence) {
    // A digest that is none must not become a path.
    const file = digestPattern.test(sha256) ? evidencePath(sha256) : executionFiles.evidence;
    const finding = digestPattern.test(sha256)
      ? await verifyFile(folder, { path: file, sha256, bytes }, { missing: 'review/evidence-missing', changed: 'review/evidence-changed' })
      : { code: 'review/evidence-missing' as const, message: 'the digest of a file of evidence is none', file };
    if (finding) findings.push({ ...finding, message: `${finding.message} (named in line ${lineNumber} of the journal)` });
  }
  return findings;
}

/** The files of the `files` entry, and verdict.json word for word against the journal. */
export async function verifyRecordedFiles(folder: string, journal: JournalAudit): Promise<readonly AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (const recorded of journal.files) {
    const inside = !isAbsolute(recorded.path) && !recorded.path.split(/[/\\]/).includes('..');
    const finding = inside
      ? await verifyFile(folder, recorded, { missing: 'review/file-missing', changed: 'review/file-changed' })
      : { code: 'review/file-missing' as const, message: `\`${recorded.path}\` is outside of the execution's folder`, file: executionFiles.journal };
    if (finding) findings.push(finding);
  }
  const hasVerdict = journal.files.some((recorded) => recorded.path === executionFiles.verdict);
  if (!hasVerdict) {
    // A journal that was not closed is told as that; it never came to this.
    return journal.closed
      ? [
          ...findings,
          { code: 'review/files-not-recorded', message: `the digest of ${executionFiles.verdict} is not in the journal`, file: executionFiles.journal },
        ]
      : findings;
  }
  if (findings.some((finding) => finding.file === executionFiles.verdict)) return findings;
  const differences = compareVerdict((await readVerdict(folder)) ?? {}, journal);
  return [...findings, ...differences.map((message): AuditFinding => ({ code: 'review/verdict-differs', message, file: executionFiles.verdict }))];
}

/** The content of verdict.json, undefined when it is not readable as a JSON object. */
export async function readVerdict(folder: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const found = await readBytes(join(folder, executionFiles.verdict), maximumVerdictBytes);
  if ('problem' in found || found.bytes.length > maximumVerdictBytes) return undefined;
  try {
    const value: unknown = JSON.parse(decodeStrictly(found.bytes) ?? '');
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function compareVerdict(verdict: Readonly<Record<string, unknown>>, journal: JournalAudit): readonly string[] {
  const plan = isRecord(verdict['plan']) ? verdict['plan'] : {};
  const recordedPlan = isRecord(journal.opened?.data['plan']) ? journal.opened.data['plan'] : {};
  const state = isRecord(verdict['journal']) ? verdict['journal'] : {};
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['execution', verdict['execution'], journal.execution],
    ['verdict', publishedVerdict(verdict['verdict']), publishedVerdict(journal.verdict?.data['verdict'])],
    ['exitCode', verdict['exitCode'], journal.verdict?.data['exitCode']],
    ['plan.sha256', plan['sha256'], recordedPlan['sha256']],
    ['journal.head', state['head'], journal.marked?.head],
    ['journal.root', state['root'], journal.marked?.root],
  ];
  return pairs
    .filter(([, said, recorded]) => said !== recorded || said === undefined)
    .map(([name, said, recorded]) => `${name} is ${String(said)} in ${executionFiles.verdict}, and ${String(recorded)} in the journal`);
}

/** A verdict as it is published: what proved nothing (`none`) is unproven. */
export function publishedVerdict(verdict: unknown): unknown {
  return verdict === 'none' ? 'unproven' : verdict;
}

interface ExpectedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

async function verifyFile(
  folder: string,
  expected: ExpectedFile,
  codes: { readonly missing: AuditCode; readonly changed: AuditCode },
): Promise<AuditFinding | undefined> {
  const digest = await readDigest(join(folder, expected.path));
  const file = expected.path;
  if (digest.kind === 'missing') return { code: codes.missing, message: `\`${file}\` is not there`, file };
  if (digest.kind === 'unreadable') return { code: codes.changed, message: `\`${file}\` cannot be read: ${digest.message}`, file };
  if (digest.sha256 === expected.sha256 && digest.bytes === expected.bytes) return undefined;
  return {
    code: codes.changed,
    message: `\`${file}\` has ${digest.bytes} bytes with digest ${digest.sha256}; recorded are ${expected.bytes} with ${expected.sha256}`,
    file,
  };
}

/** Up to a byte more than `limitBytes` of a file. */
async function readBytes(path: string, limitBytes: number): Promise<{ readonly bytes: Buffer } | { readonly problem: string }> {
  try {
    const file = await promises.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return { problem: 'it is not a regular file' };
      const bytes = Buffer.alloc(Math.min(stat.size, limitBytes + 1));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return { bytes: bytes.subarray(0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function decodeStrictly(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
