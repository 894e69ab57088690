// The record of what came through: each statement with its rows and the fate of its transaction, whatever the protocol. What is told as
// rolled back is looked for in the tables.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StatementRecord } from '../../src/model/contract.ts';
import type { Access } from '../../src/model/step.ts';
import { frameMessage } from '../../src/guard/wire-message.ts';
import { addressOf, startGuarded, type Guarded } from './fixture.ts';
import { bind, closeStatement, execute, flush, parse, query, statement, sync, WireClient } from './wire-client.ts';

const everything: Access = { capability: 'full', writes: [] };
let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
  await guarded.direct.query(`
    CREATE TABLE kept (body text UNIQUE);
    CREATE PROCEDURE keep_and_fail(text) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO kept VALUES ($1); COMMIT; INSERT INTO kept VALUES ($1); END $$;
    CREATE PROCEDURE keep(text) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO kept VALUES ($1); COMMIT; END $$;
    INSERT INTO kept VALUES ('taken');
  `);
});

afterAll(async () => {
  await guarded.close();
});

beforeEach(async () => {
  await guarded.direct.query("DELETE FROM kept WHERE body <> 'taken'");
});

const insert = (body: string): string => `INSERT INTO kept VALUES ('${body}')`;
const copyIn = 'COPY kept FROM STDIN';
const data = (text: string): Buffer => frameMessage(0x64, Buffer.from(text));
const done = frameMessage(0x63, Buffer.alloc(0));
const given = frameMessage(0x66, Buffer.from('given up\0'));

/** Messages; how often the server is ready; text, fate and rows or SQLSTATE of each record; what the table holds beside `taken`. */
type Course = readonly [readonly Buffer[], number, readonly (readonly [string, StatementRecord['fate'], (number | string)?])[], readonly string[]];

const courses: Readonly<Record<string, Course>> = {
  'a pipeline that is committed': [
    [statement(insert('a')), statement(insert('b')), sync],
    1,
    [
      [insert('a'), 'committed', 1],
      [insert('b'), 'committed', 1],
    ],
    ['a', 'b'],
  ],
  'a pipeline that fails in the middle takes all of it back': [
    [statement(insert('a')), statement(insert('taken')), statement(insert('c')), sync, statement(insert('d')), sync],
    2,
    [
      [insert('a'), 'rolled back', 1],
      [insert('taken'), 'rolled back', '23505'],
      [insert('c'), 'none'],
      [insert('d'), 'committed', 1],
    ],
    ['d'],
  ],
  'several statements in one message, the last of which fails': [
    [query(`${insert('a')}; ${insert('b')}; SELECT 1 / 0`), query(insert('c'))],
    2,
    [
      [insert('a'), 'rolled back', 1],
      [insert('b'), 'rolled back', 1],
      ['SELECT 1 / 0', 'rolled back', '22012'],
      [insert('c'), 'committed', 1],
    ],
    ['c'],
  ],
  'a transaction in one message, and what follows it there': [
    [query(`BEGIN; ${insert('a')}; ROLLBACK; ${insert('b')}`)],
    1,
    [
      ['BEGIN', 'rolled back'],
      [insert('a'), 'rolled back', 1],
      ['ROLLBACK', 'rolled back'],
      [insert('b'), 'committed', 1],
    ],
    ['b'],
  ],
  'a failed transaction whose COMMIT is a ROLLBACK': [
    [query('BEGIN'), query(insert('a')), query('SELECT 1 / 0'), query('COMMIT WORK')],
    4,
    [
      ['BEGIN', 'rolled back'],
      [insert('a'), 'rolled back', 1],
      ['SELECT 1 / 0', 'rolled back', '22012'],
      ['COMMIT WORK', 'rolled back'],
    ],
    [],
  ],
  'an ABORT, and one that goes on in a chain': [
    [query('BEGIN'), query(insert('a')), query('ABORT AND CHAIN'), query(insert('b')), query('ABORT TRANSACTION')],
    5,
    [
      ['BEGIN', 'rolled back'],
      [insert('a'), 'rolled back', 1],
      ['ABORT AND CHAIN', 'rolled back'],
      [insert('b'), 'rolled back', 1],
      ['ABORT TRANSACTION', 'rolled back'],
    ],
    [],
  ],
  'savepoints: one taken back, one released within one taken back, one kept': [
    [
      query(
        `BEGIN; SAVEPOINT s; ${insert('a')}; ROLLBACK TO s; SAVEPOINT t; SAVEPOINT "T"; ${insert('b')}; RELEASE "T"; ROLLBACK TO SAVEPOINT t; ${insert('c')}; SAVEPOINT t; ${insert('d')}; COMMIT`,
      ),
    ],
    1,
    [
      ['BEGIN', 'committed'],
      ['SAVEPOINT s', 'committed'],
      [insert('a'), 'rolled back', 1],
      ['ROLLBACK TO s', 'committed'],
      ['SAVEPOINT t', 'committed'],
      ['SAVEPOINT "T"', 'rolled back'],
      [insert('b'), 'rolled back', 1],
      ['RELEASE "T"', 'rolled back'],
      ['ROLLBACK TO SAVEPOINT t', 'committed'],
      [insert('c'), 'committed', 1],
      ['SAVEPOINT t', 'committed'],
      [insert('d'), 'committed', 1],
      ['COMMIT', 'committed'],
    ],
    ['c', 'd'],
  ],
  'an error after a savepoint, and back to it': [
    [query('BEGIN'), query(insert('a')), query('SAVEPOINT s'), query(insert('taken')), query('ROLLBACK TO s'), query('COMMIT')],
    6,
    [
      ['BEGIN', 'committed'],
      [insert('a'), 'committed', 1],
      ['SAVEPOINT s', 'committed'],
      [insert('taken'), 'rolled back', '23505'],
      ['ROLLBACK TO s', 'committed'],
      ['COMMIT', 'committed'],
    ],
    ['a'],
  ],
  'a cursor, and a portal in parts': [
    [
      query('BEGIN'),
      query('DECLARE c CURSOR FOR SELECT generate_series(1, 9)'),
      query('FETCH 4 FROM c'),
      query('MOVE 2 FROM c'),
      query('FETCH ALL FROM c'),
      parse('', 'SELECT generate_series(1, 5)'),
      bind('p', ''),
      execute('p', 2),
      execute('p', 2),
      execute('p', 2),
      sync,
      query('COMMIT'),
    ],
    7,
    [
      ['BEGIN', 'committed'],
      ['DECLARE c CURSOR FOR SELECT generate_series(1, 9)', 'committed'],
      ['FETCH 4 FROM c', 'committed', 4],
      ['MOVE 2 FROM c', 'committed', 2],
      ['FETCH ALL FROM c', 'committed', 3],
      ['SELECT generate_series(1, 5)', 'committed', 2],
      ['SELECT generate_series(1, 5)', 'committed', 2],
      ['SELECT generate_series(1, 5)', 'committed', 1],
      ['COMMIT', 'committed'],
    ],
    [],
  ],
  'COPY in both protocols, also one that is given up and one that fails': [
    [
      query(copyIn),
      data('a\nb\n'),
      done,
      statement(copyIn),
      sync,
      data('c\n'),
      done,
      sync,
      query(copyIn),
      data('d\n'),
      given,
      statement(copyIn),
      data('e\ntaken\n'),
      done,
      sync,
      query('COPY (SELECT generate_series(1, 7)) TO STDOUT'),
    ],
    5,
    [
      [copyIn, 'committed', 2],
      [copyIn, 'committed', 1],
      [copyIn, 'rolled back', '57014'],
      [copyIn, 'rolled back', '23505'],
      ['COPY (SELECT generate_series(1, 7)) TO STDOUT', 'committed', 7],
    ],
    ['a', 'b', 'c'],
  ],
  'a procedure that commits by itself and then fails: nobody can say': [
    [query("CALL keep_and_fail('a')"), query("/* all */ call keep_and_fail('b')")],
    2,
    [
      ["CALL keep_and_fail('a')", 'open', '23505'],
      ["call keep_and_fail('b')", 'open', '23505'],
    ],
    ['a', 'b'],
  ],
  'a block that commits by itself and then fails': [
    [query(`DO $$ BEGIN ${insert('a')}; COMMIT; PERFORM 1 / 0; END $$`)],
    1,
    [[`DO $$ BEGIN ${insert('a')}; COMMIT; PERFORM 1 / 0; END $$`, 'open', '22012']],
    ['a'],
  ],
  'a procedure that commits what stood before it in a pipeline that fails later': [
    [statement(insert('a')), statement("CALL keep('b')"), statement(insert('taken')), sync],
    1,
    [
      [insert('a'), 'open', 1],
      ["CALL keep('b')", 'open'],
      [insert('taken'), 'rolled back', '23505'],
    ],
    ['a', 'b'],
  ],
  'a procedure that fails within a transaction commits nothing': [
    [query('BEGIN'), query("CALL keep_and_fail('a')"), query('ROLLBACK')],
    3,
    [
      ['BEGIN', 'rolled back'],
      ["CALL keep_and_fail('a')", 'rolled back', '2D000'],
      ['ROLLBACK', 'rolled back'],
    ],
    [],
  ],
};

test.each(Object.entries(courses))('%s', async (_name, [messages, ready, expected, kept]) => {
  const door = await guarded.guard.open('1.1', everything);
  const wire = await WireClient.open(addressOf(door.url));
  wire.send(...messages);
  await wire.until('Z', ready);
  await wire.end();
  const records = await door.close();
  const told = records.map(({ text, fate, rowCount, sqlstate }) => [
    text,
    fate,
    ...(rowCount === undefined && sqlstate === undefined ? [] : [rowCount ?? sqlstate]),
  ]);
  expect(told).toEqual(expected);
  const found = await guarded.direct.query<{ body: string }>("SELECT body FROM kept WHERE body <> 'taken' ORDER BY body");
  expect(found.rows.map(({ body }) => body)).toEqual(kept);
});

const unread = "SELECT nothing FROM kept WHERE body = 'x'";

/** What is sent before an error is heard of, and what after it; then as above. */
const parted: Readonly<Record<string, readonly [readonly Buffer[], readonly Buffer[], number, Course[2]]>> = {
  'by a statement that was carried out': [
    [statement(insert('taken')), flush],
    [statement(insert('b')), query(insert('q')), parse('named', insert('n')), closeStatement('named'), sync, statement(insert('c')), sync],
    2,
    [
      [insert('taken'), 'rolled back', '23505'],
      [insert('b'), 'none'],
      [insert('q'), 'none'],
      [insert('c'), 'committed', 1],
    ],
  ],
  'by a Parse whose Bind and Execute were still to come': [
    [statement(insert('a')), parse('', unread), flush],
    [bind('', ''), execute(''), statement(insert('b')), sync, statement(insert('c')), sync],
    2,
    [
      [insert('a'), 'rolled back', 1],
      [unread, 'rolled back', '42703'],
      [insert('b'), 'none'],
      [insert('c'), 'committed', 1],
    ],
  ],
  'by a refusal': [
    [parse('s', 'SELECT 1'), sync, parse('s', 'LOAD $$auto_explain$$'), flush],
    [bind('', 's'), execute(''), sync, bind('', 's'), execute(''), sync, statement(insert('c')), sync],
    4,
    [
      ['LOAD $$auto_explain$$', 'none'],
      ['SELECT 1', 'committed', 1],
      [insert('c'), 'committed', 1],
    ],
  ],
};

test.each(Object.entries(parted))('an error %s, heard before the rest of its pipeline is sent', async (_name, [before, after, ready, expected]) => {
  const door = await guarded.guard.open('1.2', everything);
  const wire = await WireClient.open(addressOf(door.url));
  wire.send(...before);
  const heard = await wire.until('E');
  wire.send(...after);
  await wire.until('Z', ready - heard.filter(({ type }) => type === 'Z').length);
  await wire.end();
  const told = (await door.close()).map(({ text, fate, rowCount, sqlstate }) => [
    text,
    fate,
    ...(rowCount === undefined && sqlstate === undefined ? [] : [rowCount ?? sqlstate]),
  ]);
  expect(told).toEqual(expected);
});

test('of a text that is very long, its beginning is kept; a change of the schema is kept whole', async () => {
  const door = await guarded.guard.open('1.3', everything);
  const wire = await WireClient.open(addressOf(door.url));
  const long = `SELECT '${'ä'.repeat(100_000)}'`;
  const made = `CREATE FUNCTION long() RETURNS text LANGUAGE sql AS $$ ${long} $$`;
  wire.send(query(long), statement(long), sync, query(made));
  await wire.until('Z', 3);
  await wire.end();
  const records = await door.close();
  expect(records.map(({ text, fate, rowCount }) => [text.length < 20_000, fate, rowCount])).toEqual([
    [true, 'committed', 1],
    [true, 'committed', 1],
    [false, 'committed', undefined],
  ]);
  expect(records[0]?.text).toMatch(/^SELECT 'ä{1000}.*… \(100009 characters\)$/);
});
