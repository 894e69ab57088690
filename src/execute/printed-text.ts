/** A kept output as it was printed: what masks hide is put back in memory while it is read, and nothing of it is written. */
import { createReadStream } from 'node:fs';
import type { MaskedPart } from '../model/redactor.ts';

/** `***`, in bytes. */
const maskBytes = 3;

/** A kept output, and what its masks hide, in the order of their places. */
export interface PrintedFile {
  readonly path: string;
  readonly parts: readonly MaskedPart[];
}

/** The text in pieces, no character cut in two. Rejects with what `node:fs` throws. */
export async function* printedText({ path, parts }: PrintedFile): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const bytes of printedBytes(path, parts)) {
    const text = decoder.decode(bytes, { stream: true });
    if (text !== '') yield text;
  }
  const last = decoder.decode();
  if (last !== '') yield last;
}

async function* printedBytes(path: string, parts: readonly MaskedPart[]): AsyncGenerator<Uint8Array> {
  let next = 0;
  /** Of the kept file: everything before has been given out, or is a mask that was replaced. */
  let done = 0;
  let begin = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    const end = begin + chunk.length;
    for (let part = parts[next]; part !== undefined && part.offset < end; part = parts[next]) {
      if (part.offset > done) yield chunk.subarray(Math.max(0, done - begin), part.offset - begin);
      yield part.hidden;
      done = part.offset + maskBytes;
      next += 1;
    }
    if (done < end) {
      yield chunk.subarray(Math.max(0, done - begin));
      done = end;
    }
    begin = end;
  }
}
