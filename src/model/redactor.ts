/**
 * The one redaction point before every sink: each secret, in each form that `secret-needle.ts` lists, becomes `***`. Pure:
 * streaming state is held by the caller's stream, which keeps back what later bytes could still make a part of a secret.
 */
export interface Redactor {
  /** The text with every known form of every secret replaced. */
  readonly text: (text: string) => string;
  /**
   * A streaming redactor over bytes: `push` returns what may be written, `end` the rest. Independent of chunking. `note` is told
   * of each mask in order, so that what a claim says can be judged on what was there.
   */
  readonly stream: (note?: (part: MaskedPart) => void) => { readonly push: (chunk: Uint8Array) => Uint8Array; readonly end: () => Uint8Array };
}

/** What a mask stands for. `offset` counts bytes of the redacted stream, from 0, where the mask begins. Never recorded. */
export interface MaskedPart {
  readonly offset: number;
  readonly hidden: Uint8Array;
}
