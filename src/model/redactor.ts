/**
 * The one redaction point before every sink: each secret in its raw, JSON, URL, base64, hex and shell-quoted form becomes
 * `***`. Pure: streaming state is held by the caller's stream, which keeps back `longest - 1` bytes at a chunk's end.
 */
export interface Redactor {
  /** The text with every known form of every secret replaced. */
  readonly text: (text: string) => string;
  /** A streaming redactor over bytes: `push` returns what may be written, `end` the rest. Independent of chunking. */
  readonly stream: () => { readonly push: (chunk: Uint8Array) => Uint8Array; readonly end: () => Uint8Array };
}
