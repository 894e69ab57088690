// Bytes that no peer should send: from a client nothing forbidden takes effect by them, from a server nothing breaks, and in both cases only the one
// session ends.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Guard } from '../../src/model/contract.ts';
import type { Access } from '../../src/model/step.ts';
import { must } from '../support/postgres.ts';
import { ChunkingRelay } from './chunking-relay.ts';
import { conversation } from './corpus.ts';
import { corpusSchema } from './corpus-statement.ts';
import { addressOf, connect, startGuarded, type Guarded } from './fixture.ts';
import { countHeld, expectNothingLeft, warmUp } from './leak-count.ts';
import { query, sync, WireClient } from './wire-client.ts';

const protecting: Access = { capability: 'write-except-protected', writes: [] };
let guarded: Guarded;
let relay: ChunkingRelay;
let relayed: Guard;

beforeAll(async () => {
  guarded = await startGuarded();
  await guarded.direct.query(corpusSchema);
  relay = await ChunkingRelay.listen(guarded.server.owner);
  relayed = must(await guarded.another({ database: { ...guarded.server.owner, port: relay.port } }));
  await warmUp(guarded);
});

afterAll(async () => {
  await relayed.close();
  await relay.close();
  await guarded.close();
});

/** Where (as a share of all bytes) something happens, and what. */
const damages = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('change', 'change', 'remove', 'insert', 'cut'),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 4 },
);

function damage(bytes: Buffer, todo: readonly { readonly at: number; readonly kind: string; readonly bytes: Uint8Array }[]): Buffer {
  return todo.reduce((damaged, { at, kind, bytes: others }) => {
    const offset = Math.floor(at * damaged.length);
    const [before, after] = [damaged.subarray(0, offset), damaged.subarray(offset)];
    if (kind === 'cut') return before;
    if (kind === 'insert') return Buffer.concat([before, others, after]);
    return Buffer.concat([before, ...(kind === 'change' ? [others] : []), after.subarray(others.length)]);
  }, bytes);
}

test('damaged bytes of a client: no row of a protected table, no other session touched, nothing left', async () => {
  const runs = await guarded.countRuns();
  const before = await countHeld(guarded);
  const door = await guarded.guard.open('1.1', protecting);
  const other = await connect(door.url);
  await fc.assert(
    fc.asyncProperty(conversation, damages, async (exchanges, todo) => {
      const wire = await WireClient.open(addressOf(door.url));
      wire.send(damage(Buffer.concat([...exchanges.map(({ bytes }) => bytes), query("INSERT INTO runs (id) VALUES ('framing')"), sync]), todo));
      wire.upstream.stream.end();
      await wire.until('never');
      expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      expect(await guarded.countRuns()).toBe(runs);
    }),
    { numRuns: 120, seed: 7 },
  );
  await other.end();
  await door.close();
  await expectNothingLeft(guarded, before);
}, 120_000);

test('damaged bytes of a server: the session ends or goes on, the gateway stands, nothing is left', async () => {
  const before = await countHeld(guarded);
  const door = await relayed.open('1.2', protecting);
  await fc.assert(
    fc.asyncProperty(conversation, damages, async (exchanges, todo) => {
      const wire = await WireClient.open(addressOf(door.url));
      let left = todo;
      relay.alter = (bytes) => {
        const damaged = damage(bytes, left);
        left = [];
        return damaged;
      };
      wire.send(...exchanges.map(({ bytes }) => bytes));
      wire.upstream.stream.end();
      const late = setTimeout(() => wire.upstream.stream.destroy(), 700);
      await wire.until('never');
      clearTimeout(late);
      relay.alter = undefined;
      const client = await connect(door.url);
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await client.end();
    }),
    { numRuns: 60, seed: 9 },
  );
  await door.close();
  await expectNothingLeft(guarded, before);
  expect(await Promise.race([relayed.died, Promise.resolve('alive')])).toBe('alive');
}, 120_000);
