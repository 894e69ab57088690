import type { NoteKey } from '../journal/signed-note.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { CommandContext } from './command-context.ts';
import { readNoteKey } from './key-file.ts';

/** The key that signs checkpoints: of `--key`, else of PROOFPLAN_KEY; none where neither names a file. */
export function readSigningKey(option: string | undefined, context: CommandContext): Checked<NoteKey> {
  const path = option ?? context.environment['PROOFPLAN_KEY'];
  return path === undefined || path === '' ? { value: undefined, diagnostics: [] } : readNoteKey(path, context);
}
