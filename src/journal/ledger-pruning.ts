/** Who says that the folder of an execution was removed on purpose. */
import { pruningNote, type LedgerPruning } from './ledger-entry.ts';
import { parseNote, verifyNote } from './signed-note.ts';

/** Has the holder of this verifier key written the line? */
export function isSignedPruning(pruning: LedgerPruning, verifierKey: string): boolean {
  if (pruning.signature === undefined) return false;
  const note = parseNote(`${pruningNote(pruning)}\n\u2014 ${pruning.signature}\n`);
  return note?.signatures.length === 1 && note.text === pruningNote(pruning) && verifyNote(note, verifierKey);
}
