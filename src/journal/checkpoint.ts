/** C2SP checkpoints (c2sp.org/tlog-checkpoint): three lines that name a log, its size and its root, with or without signatures. */
import { parseNote, signNote, type NoteKey, type SignedNote } from './signed-note.ts';

export interface Checkpoint {
  /** Which log: `proofplan/<execution id>`. */
  readonly origin: string;
  /** Number of leaves: the journal's lines. */
  readonly size: number;
  /** RFC 6962 root, 32 bytes in lower hex (in base64 in the text). */
  readonly root: string;
}

/** The origin of an execution's journal: binds a checkpoint to its execution. */
export function checkpointOrigin(execution: string): string {
  return `proofplan/${execution}`;
}

/** The checkpoint's text; with a key, as a signed note. */
export function renderCheckpoint(checkpoint: Checkpoint, key?: NoteKey): string {
  const text = `${checkpoint.origin}\n${checkpoint.size}\n${Buffer.from(checkpoint.root, 'hex').toString('base64')}\n`;
  return key ? signNote(text, key) : text;
}

/** The checkpoint in a text, with the note that its signatures stand in; undefined when it has not exactly the form. */
export function parseCheckpoint(text: string): { readonly checkpoint: Checkpoint; readonly note: SignedNote } | undefined {
  const note = parseNote(text);
  const [, origin = '', size = '', root = ''] = /^([^\n]+)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n$/.exec(note?.text ?? '') ?? [];
  if (note === undefined || origin === '') return undefined;
  const checkpoint = { origin, size: Number(size), root: Buffer.from(root, 'base64').toString('hex') };
  // The last character of a base64 text has bits that decode to nothing: only the form that we would write is accepted.
  return renderCheckpoint(checkpoint) === note.text ? { checkpoint, note } : undefined;
}
