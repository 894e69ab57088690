/** What a client sends in the comparison of gateway and server, by a grammar: whole exchanges, each until the server is ready again. */
import fc from 'fast-check';
import { frameMessage } from '../../src/guard/wire-message.ts';
import { failures, notices, successes, writes } from './corpus-statement.ts';
import { literals, parameters, type Parameter } from './corpus-value.ts';
import { bind, closeStatement, describePortal, execute, flush, int32, parse, query, sync } from './wire-client.ts';

export interface Exchange {
  /** Its statements, to name it by. */
  readonly what: string;
  readonly bytes: Buffer;
  /** How many statements it sends. */
  readonly statements: number;
  /** How often the server says that it is ready. */
  readonly ready: number;
}

const select = fc
  .tuple(fc.array(fc.constantFrom(...literals), { minLength: 1, maxLength: 6 }), fc.constantFrom('', '', ' FROM generate_series(1, 3)', ' WHERE false'))
  .map(([values, from]) => `SELECT ${values.join(', ')}${from}`);

/** Anything that leaves no transaction open behind it when it stands alone. */
const statement = fc.oneof(
  { weight: 5, arbitrary: select },
  { weight: 4, arbitrary: fc.constantFrom(...successes) },
  { weight: 2, arbitrary: fc.constantFrom(...notices) },
  { weight: 3, arbitrary: fc.constantFrom(...failures) },
);
const inTransaction = fc.oneof(
  { weight: 2, arbitrary: select },
  { weight: 3, arbitrary: fc.constantFrom(...writes) },
  { weight: 1, arbitrary: fc.constantFrom(...failures, ...successes) },
);
const blank = fc.constantFrom('', ';', ' ;; ', '-- nothing\n', '/* nothing */');

function exchange(texts: readonly string[], ready: number, ...messages: readonly Buffer[]): Exchange {
  return { what: texts.join(' | '), bytes: Buffer.concat(messages), statements: texts.length, ready };
}

/** Ends a transaction that a statement may have left; harmless without one. */
const rollback = query('ROLLBACK');

const simple = fc.oneof(
  statement.map((text) => exchange([text], 2, query(text), rollback)),
  blank.map((text) => exchange([text], 1, query(text))),
  fc.array(statement, { minLength: 2, maxLength: 4 }).map((texts) => exchange(texts, 2, query(texts.join('; ')), rollback)),
  fc.array(inTransaction, { minLength: 1, maxLength: 4 }).map((texts) => exchange(texts, texts.length + 2, query('BEGIN'), ...texts.map(query), rollback)),
);

interface Portal {
  readonly name: string;
  readonly limit: number;
  readonly described: boolean;
  readonly flushed: boolean;
}

const portal = fc.record({ name: fc.constantFrom('', '', 'p', 'q'), limit: fc.constantFrom(0, 0, 0, 1, 2), described: fc.boolean(), flushed: fc.boolean() });

function prepared(text: string, { name, limit, described, flushed }: Portal): Buffer {
  return Buffer.concat([
    parse(name, text),
    bind(name, name),
    ...(described ? [describePortal(name)] : []),
    execute(name, limit),
    ...(flushed ? [flush] : []),
    ...(limit > 0 ? [execute(name, 1)] : []),
    ...(name === 'q' ? [closeStatement(name)] : []),
  ]);
}

const extended = fc.oneof(
  fc.array(fc.tuple(statement, portal), { minLength: 1, maxLength: 4 }).map((sent) =>
    exchange(
      sent.map(([text]) => text),
      2,
      ...sent.map(([text, how]) => prepared(text, how)),
      sync,
      rollback,
    ),
  ),
  fc.array(fc.tuple(inTransaction, portal), { minLength: 1, maxLength: 4 }).map((sent) =>
    exchange(
      sent.map(([text]) => text),
      sent.length + 2,
      query('BEGIN'),
      ...sent.flatMap(([text, how]) => [prepared(text, how), sync]),
      rollback,
    ),
  ),
  fc.tuple(blank, portal).map(([text, how]) => exchange([text], 2, prepared(text, how), sync, rollback)),
);

/** Parse, Describe of the statement, Bind with parameters in their formats, Execute. `results`: one format for all columns. */
function withParameters(values: readonly Parameter[], results: 0 | 1): Buffer {
  const text = `SELECT ${values.map(({ type }, index) => `$${index + 1}::${type}`).join(', ')}`;
  const short = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
  const bound = frameMessage(
    0x42,
    Buffer.concat([
      Buffer.from('\0\0'),
      short(values.length),
      ...values.map(({ format }) => short(format)),
      short(values.length),
      ...values.map(({ bytes }) => (bytes === null ? int32(-1) : Buffer.concat([int32(bytes.length), bytes]))),
      short(1),
      short(results),
    ]),
  );
  return Buffer.concat([parse('', text), frameMessage(0x44, Buffer.from('S\0')), bound, execute(''), sync]);
}

const parameterised = fc
  .tuple(fc.array(fc.constantFrom(...parameters), { minLength: 1, maxLength: 4 }), fc.constantFrom<0 | 1>(0, 1))
  .map(([values, results]) => exchange([values.map(({ type, format }) => `$ ${type} ${format}`).join(', ')], 1, withParameters(values, results)));

const cursor = fc
  .array(
    fc.constantFrom('FETCH 2 FROM c', 'FETCH ALL c', 'MOVE 3 IN c', 'FETCH BACKWARD 1 FROM c', 'FETCH FIRST c', 'CLOSE c', 'FETCH 0 c', 'FETCH 1 FROM d'),
    { minLength: 1, maxLength: 6 },
  )
  .map((moves) => {
    const declared = 'DECLARE c SCROLL CURSOR FOR SELECT id, body FROM items ORDER BY id LIMIT 9';
    return exchange([declared, ...moves], moves.length + 3, query('BEGIN'), query(declared), ...moves.map(query), rollback);
  });

const copyOut = fc
  .tuple(
    fc.constantFrom('text', 'csv, HEADER', 'binary', "csv, QUOTE '*', NULL 'x'", 'no_format'),
    fc.constantFrom('items', '(SELECT id, body FROM items ORDER BY id)', '(SELECT 1 / (id - 20) FROM items ORDER BY id)', 'nothing'),
    fc.boolean(),
  )
  .map(([format, from, plain]) => {
    const text = `COPY ${from} TO STDOUT (FORMAT ${format})`;
    return exchange([text], 1, plain ? query(text) : Buffer.concat([prepared(text, { name: '', limit: 0, described: true, flushed: false }), sync]));
  });

const copyData = (text: string): Buffer => frameMessage(0x64, Buffer.from(text));
const ends = { done: frameMessage(0x63, Buffer.alloc(0)), failed: frameMessage(0x66, Buffer.from('given up\0')) };

const copyIn = fc
  .tuple(
    fc.constantFrom('makers', 'makers', 'nothing', 'makers (nothing)', 'first_items'),
    fc.array(fc.constantFrom('100\n', '101\n102\n', '10', '3\n', 'x\n', '1\t2\n', '', '\\.\n', '\n'), { maxLength: 4 }),
    fc.constantFrom<'done' | 'failed'>('done', 'done', 'failed'),
    fc.boolean(),
  )
  .map(([to, data, end, plain]) => {
    const text = `COPY ${to} FROM STDIN`;
    const sent = [...data.map(copyData), ends[end]];
    const middle = plain ? [query(text), ...sent] : [prepared(text, { name: '', limit: 0, described: false, flushed: true }), ...sent, sync];
    return exchange([text], 3, query('BEGIN'), ...middle, rollback);
  });

/** What a client that makes mistakes sends: names that nobody knows, formats and counts that do not fit, data outside of a COPY. */
const mistaken = fc
  .constantFrom(
    bind('', 'nobody'),
    bind('', '', ['one too many']),
    execute('nobody'),
    describePortal('nobody'),
    frameMessage(0x44, Buffer.from('Snobody\0')),
    frameMessage(0x44, Buffer.from('Xbad\0')),
    closeStatement('nobody'),
    copyData('lost'),
    ends.done,
    flush,
    Buffer.concat([parse('same', 'SELECT 1'), parse('same', 'SELECT 2')]),
    Buffer.concat([parse('two', 'SELECT 1; SELECT 2')]),
  )
  .map((message) => exchange([`message ${String.fromCharCode(message[0] ?? 0)}`], 1, message, sync));

/** One exchange in all, so that another session of the comparison does not hear it. */
const notified = fc.constantFrom('', ' ä payload').map((payload) => {
  const texts = ['LISTEN corpus', `NOTIFY corpus, '${payload}'`, 'UNLISTEN corpus'];
  return exchange(texts, 3, ...texts.map(query));
});

const anything = fc.oneof(
  { weight: 4, arbitrary: simple },
  { weight: 4, arbitrary: extended },
  { weight: 4, arbitrary: parameterised },
  { weight: 1, arbitrary: cursor },
  { weight: 1, arbitrary: copyOut },
  { weight: 2, arbitrary: copyIn },
  { weight: 1, arbitrary: mistaken },
  { weight: 1, arbitrary: notified },
);

const bare = { name: '', limit: 0, described: false, flushed: false };

/** What a step that protects `runs` may not send, at every place where it can stand. */
const forbidden = fc
  .tuple(
    fc.array(statement, { maxLength: 2 }),
    fc.constantFrom('DELETE FROM runs', "INSERT INTO runs (id) VALUES ('corpus')", 'no SQL at all', 'TRUNCATE runs', 'COPY runs (id) FROM STDIN'),
    fc.array(statement, { maxLength: 2 }),
    fc.constantFrom('message', 'pipeline', 'flush', 'transaction', 'prepared'),
  )
  .map(([before, refused, after, place]) => {
    const texts = [...before, refused, ...after];
    const pipelined = texts.map((text) => prepared(text, { ...bare, flushed: place === 'flush' }));
    if (place === 'message') return exchange(texts, 2, query(texts.join('; ')), rollback);
    if (place === 'transaction') return exchange(texts, texts.length + 2, query('BEGIN'), ...texts.map(query), rollback);
    if (place === 'prepared') return exchange([refused], 3, parse('later', refused), sync, bind('', 'later'), execute(''), sync, rollback);
    return exchange(texts, 2, ...pipelined, sync, rollback);
  });

/** Some exchanges in order, for one session. */
export const conversation = fc.array(fc.oneof({ weight: 3, arbitrary: anything }, { weight: 1, arbitrary: forbidden }), { minLength: 1, maxLength: 6 });

/** So many exchanges, the same for the same seed, and each listed statement once by itself in both protocols. */
export function corpusOf(seed: number, count: number): readonly Exchange[] {
  const each = [...successes, ...notices, ...failures].flatMap((text) => [
    exchange([text], 2, query(text), rollback),
    exchange([text], 2, prepared(text, { name: '', limit: 0, described: true, flushed: false }), sync, rollback),
  ]);
  return [...each, ...fc.sample(anything, { seed, numRuns: count })];
}
