// The same bytes to the server and through the gateway: what comes back is the same, byte for byte, errors and notices included.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Guard } from '../../src/model/contract.ts';
import { readErrorFields } from '../../src/guard/wire-message.ts';
import type { Access } from '../../src/model/step.ts';
import { ChunkingRelay, pieces } from './chunking-relay.ts';
import { conversation, corpusOf, type Exchange } from './corpus.ts';
import { corpusSchema } from './corpus-statement.ts';
import { must } from '../support/postgres.ts';
import { addressOf, startGuarded, type Guarded } from './fixture.ts';
import { WireClient, type Answer } from './wire-client.ts';

const everything: Access = { capability: 'full', writes: [] };
const protecting: Access = { capability: 'write-except-protected', writes: [] };
/** Every type of message with which a server answers statements, in protocol 3. */
const everyAnswer = '123ACDEGHINSTZcdnst';
let guarded: Guarded;
let relay: ChunkingRelay;

beforeAll(async () => {
  guarded = await startGuarded({ protectedTables: [] });
  await guarded.direct.query(corpusSchema);
  relay = await ChunkingRelay.listen(guarded.server.owner);
});

afterAll(async () => {
  await relay.close();
  await guarded.close();
});

/** All bytes of an answer, but for the number of the session that sent a notification. */
function comparable(answers: readonly Answer[]): string {
  return answers.map(({ type, bytes }) => (type === 'A' ? Buffer.concat([bytes.subarray(0, 5), bytes.subarray(9)]) : bytes).toString('latin1')).join('');
}

async function answer(wire: WireClient, { bytes, ready }: Exchange): Promise<readonly Answer[]> {
  wire.send(bytes);
  return wire.until('Z', ready);
}

test.each([1, 2, 3])('a corpus of statements is answered as by the server (seed %i)', async (seed) => {
  const corpus = corpusOf(seed, 500);
  const door = await guarded.guard.open('1.1', everything);
  const [direct, through] = [await WireClient.open(guarded.server.owner), await WireClient.open(addressOf(door.url))];
  const classes = new Set<string>();
  let [statements, answers] = [0, ''];
  for (const exchange of corpus) {
    const expected = await answer(direct, exchange);
    const got = await answer(through, exchange);
    expect(comparable(got), exchange.what).toBe(comparable(expected));
    for (const { type, bytes: said } of expected) {
      if (!answers.includes(type)) answers += type;
      if (type === 'E') classes.add((readErrorFields(said)['C'] ?? '').slice(0, 2));
    }
    statements += exchange.statements;
  }
  await Promise.all([direct.end(), through.end()]);
  const records = await door.close();
  expect(records.filter((record) => record.decision.effect === 'refuse').map((record) => [record.text, record.decision.reason])).toEqual([]);
  // A block may have committed before something failed; of all else the fate is known.
  const unsure = (text: string): boolean => corpus.some(({ what }) => /\b(?:DO|CALL)\b/.test(what) && what.includes(text));
  expect(records.filter((record) => record.fate === 'open' && !unsure(record.text)).map((record) => record.text)).toEqual([]);
  expect(statements).toBeGreaterThan(1000);
  expect(classes.size).toBeGreaterThan(25);
  expect(Array.from(everyAnswer).filter((type) => !answers.includes(type))).toEqual([]);
});

interface Heard {
  readonly bytes: string;
  /** One text a record. */
  readonly records: readonly string[];
}

/** One session with everything sent at once, in pieces of the given sizes. */
async function converse(guard: Guard, exchanges: readonly Exchange[], cuts: readonly number[]): Promise<Heard> {
  const door = await guard.open('2.1', protecting);
  const wire = await WireClient.open(addressOf(door.url));
  const sent = Buffer.concat(exchanges.map(({ bytes }) => bytes));
  for (const piece of pieces(sent, cuts)) {
    wire.send(piece);
    await new Promise(setImmediate);
  }
  const answers = await wire.until(
    'Z',
    exchanges.reduce((sum, { ready }) => sum + ready, 0),
  );
  await wire.end();
  const records = await door.close();
  return {
    bytes: comparable(answers),
    records: records.map(({ text, decision, writes, rowCount, sqlstate, fate }) => JSON.stringify([text, decision, writes, rowCount, sqlstate, fate])),
  };
}

test('whatever the pieces in which bytes arrive from either side, the answers and the record are the same', async () => {
  const whole = must(await guarded.another({}));
  const parted = must(await guarded.another({ database: { ...guarded.server.owner, port: relay.port } }));
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 3000 })), { minLength: 1, maxLength: 12 });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(conversation, sizes, sizes, async (exchanges, fromClient, fromServer) => {
      const expected = await converse(whole, exchanges, [1 << 20]);
      relay.cuts = fromServer;
      expect(await converse(parted, exchanges, fromClient)).toEqual(expected);
      refused += expected.records.filter((record) => record.includes('"effect":"refuse"')).length;
    }),
    { numRuns: 60, seed: 5 },
  );
  expect(refused).toBeGreaterThan(40);
  await Promise.all([whole.close(), parted.close()]);
});
