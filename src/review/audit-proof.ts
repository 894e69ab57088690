/** `audit prove` and `audit check-proof`: that one entry stands in the journal under a checkpoint, for somebody who has not the journal. */
import { join } from 'node:path';
import { validate } from '../compile/generated/proof-validator.js';
import { checkpointOrigin, parseCheckpoint } from '../journal/checkpoint.ts';
import { parseEntry } from '../journal/journal-line.ts';
import { readJournal, type JournalLine } from '../journal/journal-reader.ts';
import { hashLeaf, proveInclusion, verifyInclusion } from '../journal/merkle-tree.ts';
import { verifyNote } from '../journal/signed-note.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { executionFiles, type JournalEntry } from '../model/journal-entry.ts';
import { verifyCheckpoint, type AuditSignature } from './audit-file.ts';
import { renderFinding, type AuditFinding } from './audit-finding.ts';
import { verifyJournal } from './audit-journal.ts';

/** The shape of schemas/proof.schema.json. */
export interface InclusionProof {
  readonly schemaVersion: 1;
  readonly execution: string;
  /** With its line feed. */
  readonly line: string;
  /** Of the leaf, from 0. */
  readonly index: number;
  readonly size: number;
  /** Lower hex, from the leaf's level to the root. */
  readonly hashes: readonly string[];
  /** A C2SP signed note. */
  readonly checkpoint: string;
}

/** What a verified proof shows: this entry, under this root, signed or not. */
export interface ProofAudit {
  readonly findings: readonly AuditFinding[];
  readonly entry?: JournalEntry;
  readonly root?: string;
  readonly signature: AuditSignature;
}

/** The proof of entry `seq` of the journal in an execution's folder, which must be whole up to its checkpoint. Never rejects. */
export async function proveEntry(folder: string, seq: number): Promise<Checked<InclusionProof>> {
  const path = join(folder, executionFiles.journal);
  try {
    return await prove(folder, path, seq);
  } catch (error) {
    const message = `\`${path}\` cannot be read: ${messageOf(error)}`;
    return { value: undefined, diagnostics: [renderFinding({ code: 'review/not-an-execution', message, file: executionFiles.journal })] };
  }
}

async function prove(folder: string, path: string, seq: number): Promise<Checked<InclusionProof>> {
  const journal = await verifyJournal(path, undefined, undefined);
  const checkpoint = await verifyCheckpoint(folder, journal, undefined);
  const findings = [...journal.findings, ...checkpoint.findings];
  if (findings.length > 0 || checkpoint.note === undefined) return { value: undefined, diagnostics: findings.map(renderFinding) };
  const leaves: Buffer[] = [];
  let found: JournalLine | undefined;
  for await (const line of readJournal(path)) {
    leaves.push(hashLeaf(line.bytes));
    if (line.lineNumber === seq) found = line;
  }
  const hashes = proveInclusion(leaves, seq - 1);
  if (hashes === undefined || found?.entry === undefined) return { value: undefined, diagnostics: [unknownEntry(seq, leaves.length, found)] };
  return {
    value: {
      schemaVersion: 1,
      execution: journal.execution,
      line: found.bytes.toString('utf8'),
      index: seq - 1,
      size: leaves.length,
      hashes: hashes.map((hash) => hash.toString('hex')),
      checkpoint: checkpoint.note,
    },
    diagnostics: [],
  };
}

function unknownEntry(seq: number, size: number, line: JournalLine | undefined): Diagnostic {
  const message = line === undefined ? `the journal has no entry ${seq}` : `line ${seq} of the journal was not written whole, and is no entry`;
  return {
    severity: 'error',
    code: 'cli/unknown-entry',
    message,
    notes: [`it has ${size} lines`],
    help: 'name the number of an entry, as `proofplan show` lists them',
  };
}

/** Verifies the bytes of a proof without anything else. `file` is how findings call it. */
export function verifyProof(bytes: Uint8Array, file: string, expectation: { readonly expectRoot?: string; readonly verifierKey?: string } = {}): ProofAudit {
  const none: AuditSignature = { kind: 'none' };
  const malformed = (message: string): ProofAudit => ({ findings: [{ code: 'review/proof-malformed', message, file }], signature: none });
  const proof = parseProof(bytes);
  if (proof === undefined) return malformed('it has not the form of an inclusion proof (schemas/proof.schema.json)');
  const leaf = Buffer.from(proof.line);
  const parsed = proof.line.endsWith('\n') && leaf.toString('utf8') === proof.line ? parseEntry(leaf) : undefined;
  if (parsed === undefined || 'problem' in parsed) return malformed('its line is no entry of a journal');
  const { entry } = parsed;
  if (entry.execution !== proof.execution || entry.seq !== proof.index + 1)
    return malformed(`its line is entry ${entry.seq} of \`${entry.execution}\`, and it speaks of entry ${proof.index + 1} of \`${proof.execution}\``);
  const closed = parseCheckpoint(proof.checkpoint);
  if (closed === undefined || closed.checkpoint.origin !== checkpointOrigin(proof.execution) || closed.checkpoint.size !== proof.size)
    return malformed(`its checkpoint is not one of \`${proof.execution}\` with ${proof.size} entries`);
  const { root } = closed.checkpoint;
  const way = {
    leafHash: hashLeaf(leaf),
    index: proof.index,
    size: proof.size,
    proof: proof.hashes.map((hash) => Buffer.from(hash, 'hex')),
    root: Buffer.from(root, 'hex'),
  };
  if (!verifyInclusion(way))
    return { findings: [{ code: 'review/proof-mismatch', message: `entry ${entry.seq} does not lead to root ${root}`, file }], signature: none };
  const names = closed.note.signatures.map(({ name }) => name);
  const { expectRoot, verifierKey } = expectation;
  const verified = verifierKey !== undefined && verifyNote(closed.note, verifierKey);
  const findings: AuditFinding[] = [];
  if (verifierKey !== undefined && !verified)
    findings.push({ code: 'review/checkpoint-unsigned', message: 'its checkpoint is not signed with the given key', file });
  if (expectRoot !== undefined && expectRoot.toLowerCase() !== root)
    findings.push({ code: 'review/unexpected-root', message: `its checkpoint has root ${root}, not ${expectRoot}`, file });
  const signature: AuditSignature = names.length === 0 ? none : { kind: verified ? 'verified' : 'unverified', names };
  return { findings, entry, root, signature };
}

function parseProof(bytes: Uint8Array): InclusionProof | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return validate(value) ? (value as InclusionProof) : undefined;
  } catch {
    return undefined;
  }
}
