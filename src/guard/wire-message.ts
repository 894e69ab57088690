// The framing of PostgreSQL's protocol 3.0 (chapter "Frontend/Backend Protocol", "Message Formats"): a type byte, a length
// that counts itself, a body. Framing needs no context, so it holds inside COPY and after errors too.
// Knows no statement and no decision.

/** Types that a client sends, as byte values. */
export const fromClient = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  flush: 0x48,
  functionCall: 0x46,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const;

/** Types that a server sends, as byte values; only those that the gateway looks at. */
export const fromServer = {
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyInResponse: 0x47,
  emptyQueryResponse: 0x49,
  errorResponse: 0x45,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
} as const;

/**
 * What a reader finds next: a `message` with at least the bytes that were asked for (`bytes` begin with the type byte;
 * `whole` when they are all of it), the `rest` of a message whose head was given before, bytes to `pass` on unseen (any
 * number of whole or partial messages), or a frame that no peer may send.
 */
export type Piece =
  | { readonly kind: 'message'; readonly type: number; readonly bytes: Buffer; readonly whole: boolean }
  | { readonly kind: 'rest' | 'pass'; readonly bytes: Buffer }
  | { readonly kind: 'malformed'; readonly reason: string };

/**
 * Of a message's body: how many bytes must be at hand before it is given out (more than there are: all). Undefined passes it
 * on unseen; a text says why it may not be sent at all.
 */
export type Wanted = (type: number, bodyLength: number) => number | string | undefined;

const headerLength = 5;

/** Frames of a byte stream, whatever its chunks. Holds back at most what `wanted` asks for; the rest streams through. */
export class MessageReader {
  readonly #wanted: Wanted;
  readonly #chunks: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #offset = 0;
  #held = 0;
  #needed = 1;
  #skip = 0;
  #skipsRest = false;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** Bytes received and not yet given out. */
  get held(): number {
    return this.#bytes.length - this.#offset + this.#held;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
  }

  /** Everything not yet given out, as it came: for a change of hands between two readers. */
  takeAll(): Buffer {
    this.#gather(0);
    const rest = this.#bytes.subarray(this.#offset);
    this.#offset = this.#bytes.length;
    return rest;
  }

  /** The next piece in order, or undefined until more bytes come. */
  next(): Piece | undefined {
    if (!this.#gather(this.#needed)) return undefined;
    this.#needed = 1;
    const start = this.#offset;
    for (;;) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, this.#bytes.length - this.#offset);
        this.#skip -= taken;
        this.#offset += taken;
        if (this.#skipsRest && taken > 0) {
          if (this.#skip === 0) this.#skipsRest = false;
          return { kind: 'rest', bytes: this.#bytes.subarray(start, this.#offset) };
        }
        if (this.#skip > 0) break;
      }
      const available = this.#bytes.length - this.#offset;
      if (available < headerLength) {
        this.#needed = headerLength;
        break;
      }
      const type = this.#bytes[this.#offset] ?? 0;
      const length = this.#bytes.readInt32BE(this.#offset + 1);
      if (length < 4) return { kind: 'malformed', reason: `a message with length ${length}` };
      const wanted = this.#wanted(type, length - 4);
      if (typeof wanted === 'string') return { kind: 'malformed', reason: wanted };
      if (wanted === undefined) {
        this.#skip = length + 1;
        continue;
      }
      if (this.#offset > start) break;
      const size = headerLength + Math.min(wanted, length - 4);
      if (available < size) {
        this.#needed = size;
        return this.#held > 0 ? this.next() : undefined;
      }
      this.#offset += size;
      this.#skip = length + 1 - size;
      this.#skipsRest = this.#skip > 0;
      return { kind: 'message', type, bytes: this.#bytes.subarray(start, this.#offset), whole: this.#skip === 0 };
    }
    if (this.#offset > start) return { kind: 'pass', bytes: this.#bytes.subarray(start, this.#offset) };
    return this.#held > 0 ? this.next() : undefined;
  }

  /** Joins chunks only when enough is there, so that a message in many small chunks is copied once. */
  #gather(needed: number): boolean {
    const left = this.#bytes.length - this.#offset;
    if (left >= needed && left > 0) return true;
    if (left + this.#held < needed || this.#held === 0) return false;
    const [only] = this.#chunks;
    if (left === 0 && this.#chunks.length === 1 && only !== undefined) this.#bytes = only;
    else this.#bytes = Buffer.concat([this.#bytes.subarray(this.#offset), ...this.#chunks]);
    this.#offset = 0;
    this.#chunks.length = 0;
    this.#held = 0;
    return true;
  }
}

/** A message of the given type byte around its body. */
export function frameMessage(type: number, body: Buffer): Buffer {
  const message = Buffer.allocUnsafe(headerLength + body.length);
  message[0] = type;
  message.writeInt32BE(body.length + 4, 1);
  body.copy(message, headerLength);
  return message;
}

/** A C string of the protocol. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8');
}

/** The C string at `offset` and the offset behind it, or undefined when its NUL is not there. */
export function readCString(bytes: Buffer, offset: number): { readonly bytes: Buffer; readonly end: number } | undefined {
  const nul = bytes.indexOf(0, offset);
  return nul === -1 ? undefined : { bytes: bytes.subarray(offset, nul), end: nul + 1 };
}

/** What an ErrorResponse says: one text for each field type (`S` severity, `C` SQLSTATE, `M` message, `D`, `H`, …). */
export type ErrorFields = Readonly<Record<string, string>>;

export function errorResponse(fields: ErrorFields): Buffer {
  const parts = Object.entries(fields).map(([type, text]) => cString(type + text.replaceAll('\0', ' ')));
  return frameMessage(fromServer.errorResponse, Buffer.concat([...parts, Buffer.from([0])]));
}

/** The fields of an ErrorResponse or NoticeResponse, given with its header. */
export function readErrorFields(message: Buffer): ErrorFields {
  const fields: Record<string, string> = {};
  let offset = headerLength;
  while (offset < message.length && message[offset] !== 0) {
    const type = String.fromCharCode(message[offset] ?? 0);
    const text = readCString(message, offset + 1);
    if (text === undefined) break;
    fields[type] = text.bytes.toString('utf8');
    offset = text.end;
  }
  return fields;
}

/** ReadyForQuery with its transaction status: `I` idle, `T` in a transaction, `E` in a failed one. */
export function readyForQuery(status: 'I' | 'T' | 'E'): Buffer {
  return frameMessage(fromServer.readyForQuery, Buffer.from(status));
}

export function parameterStatus(name: string, value: string): Buffer {
  return frameMessage(fromServer.parameterStatus, Buffer.concat([cString(name), cString(value)]));
}
