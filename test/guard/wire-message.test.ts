import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorResponse, frameMessage, fromClient, MessageReader, readErrorFields, type Piece } from '../../src/guard/wire-message.ts';

/** Everything that a reader gives for these bytes, cut at the given lengths. */
function read(reader: MessageReader, bytes: Buffer, cuts: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  for (let offset = 0, cut = 0; offset < bytes.length; cut += 1) {
    const size = cuts[cut % cuts.length] ?? 1;
    reader.push(bytes.subarray(offset, offset + size));
    offset += size;
    for (let piece = reader.next(); piece !== undefined; piece = reader.next()) {
      pieces.push(piece.kind === 'malformed' ? piece : { ...piece, bytes: Buffer.from(piece.bytes) });
      if (piece.kind === 'malformed') return pieces;
    }
  }
  return pieces;
}

const body = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const message = fc.record({ type: fc.constantFrom(fromClient.query, fromClient.bind, fromClient.sync, fromClient.copyData), body });

/** Queries whole, of a Bind ten bytes, Sync by its header, the rest unseen. */
function wanted(type: number, length: number): number | undefined {
  if (type === fromClient.query) return length;
  if (type === fromClient.bind) return Math.min(10, length);
  return type === fromClient.sync ? 0 : undefined;
}

test('whatever the chunks: nothing is lost, nothing is reordered, every wanted message is given once', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(({ type, body: content }) => frameMessage(type, content)));
      const pieces = read(new MessageReader(wanted), bytes, cuts);
      expect(Buffer.concat(pieces.map((piece) => (piece.kind === 'malformed' ? Buffer.alloc(0) : piece.bytes)))).toEqual(bytes);
      const given = pieces.flatMap((piece) => (piece.kind === 'message' ? [{ type: piece.type, bytes: piece.bytes, whole: piece.whole }] : []));
      const expected = messages
        .filter(({ type }) => type !== fromClient.copyData)
        .map(({ type, body: content }) => {
          const whole = frameMessage(type, content);
          const size = 5 + (type === fromClient.query ? content.length : type === fromClient.bind ? Math.min(10, content.length) : 0);
          return { type, bytes: whole.subarray(0, size), whole: size === whole.length };
        });
      expect(given).toEqual(expected);
    }),
  );
});

test('a message that is not wanted streams through without being held', () => {
  const reader = new MessageReader(() => undefined);
  const header = frameMessage(fromClient.copyData, Buffer.alloc(0));
  header.writeInt32BE(1024 * 1024 * 1024, 1);
  reader.push(header);
  expect(reader.next()).toMatchObject({ kind: 'pass' });
  for (let sent = 0; sent < 100; sent += 1) {
    reader.push(Buffer.alloc(64 * 1024));
    expect(reader.next()).toMatchObject({ kind: 'pass' });
    expect(reader.held).toBe(0);
  }
});

test('a length that no message can have, and a type that may not be sent, are malformed', () => {
  for (const length of [0, 3, -1]) {
    const bytes = frameMessage(fromClient.query, Buffer.from('x'));
    bytes.writeInt32BE(length, 1);
    expect(read(new MessageReader(wanted), bytes, [100])).toEqual([{ kind: 'malformed', reason: `a message with length ${length}` }]);
  }
  expect(read(new MessageReader(() => 'no such type'), frameMessage(1, Buffer.alloc(0)), [1])).toEqual([{ kind: 'malformed', reason: 'no such type' }]);
});

test('error fields survive writing and reading', () => {
  const fields = { S: 'ERROR', C: '42501', M: 'ä `b`', D: '' };
  expect(readErrorFields(errorResponse(fields))).toEqual(fields);
  expect(readErrorFields(errorResponse({ M: 'a\0b' }))).toEqual({ M: 'a b' });
});
