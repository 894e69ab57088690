// The closure alone, on catalogues made by hand: what is followed, what is said of it, and where it stops.
import { afterAll, describe, expect, test } from 'vitest';
import type { Catalogue, CatalogueFunction, CatalogueRelation, CatalogueType } from '../../src/model/catalogue.ts';
import type { Decision } from '../../src/model/policy.ts';
import type { Access, Capability } from '../../src/model/step.ts';
import { decideSql, type SqlPolicy } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

let ids = 16_384;
function relation(name: string, more: Partial<CatalogueRelation> = {}): CatalogueRelation {
  const empty = { parents: [], types: [], rules: [], triggers: [], foreignKeys: [], expressions: [], indexFunctions: [] };
  return { id: (ids += 1), schema: 'public', name, kind: 'table', ...empty, ...more };
}

function sqlFunction(name: string, body: string, more: Partial<CatalogueFunction> = {}): CatalogueFunction {
  const shape = { fewestArguments: 0, mostArguments: 0, settings: [], types: [], takesRow: false, parts: [] };
  return { id: (ids += 1), schema: 'public', name, language: 'sql', volatile: true, body, ...shape, ...more };
}

function catalogue(more: Partial<Catalogue>): Catalogue {
  const empty = {
    relations: [],
    indexes: [],
    schemas: ['public'],
    functions: [],
    operators: [],
    casts: [],
    types: [],
    eventTriggers: [],
    publications: [],
    pending: [],
  };
  return { searchPath: ['public'], ...empty, ...more };
}

const runs = relation('runs');
const notes = relation('notes');

async function decide(sql: string, made: Partial<Catalogue>, capability: Capability = 'read', more: Partial<SqlPolicy> = {}): Promise<Decision> {
  const access: Access = { capability, writes: more.access?.writes ?? [] };
  return (await decideSql(parser, sql, { access, protectedTables: ['runs'], catalogue: catalogue(made), ...more })).decision;
}

const harm = sqlFunction('harm', 'INSERT INTO runs VALUES (1)');
const calm = sqlFunction('calm', 'SELECT count(*) FROM runs');

describe('functions', () => {
  test('one that only reads is permitted, one that writes is refused as that write', async () => {
    expect(await decide('SELECT calm()', { relations: [runs], functions: [calm] })).toMatchObject({ effect: 'permit', rule: 'read' });
    expect(await decide('SELECT harm()', { relations: [runs], functions: [harm] })).toMatchObject({
      effect: 'refuse',
      rule: 'protected-relation',
      reason: 'an INSERT into `runs`, which only the production path may write: function harm() → insert runs',
      matched: 'runs',
      sqlstate: '25006',
      policy: 'no-manual-writes',
    });
  });

  test('what the catalogue does not have is refused as without one', async () => {
    expect(await decide('SELECT nobody()', { relations: [runs] })).toMatchObject({ rule: 'unknown-function' });
    expect(await decide("SELECT 'x'::other.kind", {})).toMatchObject({ rule: 'opaque' });
    const calling = sqlFunction('calling', 'SELECT nobody()');
    expect(await decide('SELECT calling()', { functions: [calling] })).toMatchObject({
      rule: 'unknown-function',
      reason: expect.stringContaining('function calling() → function nobody()'),
    });
  });

  test.each([
    ['a language that nobody reads', { language: 'plpython3u' }],
    ['compiled code of no extension', { language: 'c' }],
    ['compiled code of an extension that is not known', { language: 'c', extension: 'mine', volatile: false }],
    ['volatile compiled code of a known one', { language: 'c', extension: 'hstore' }],
    ['an SQL text that cannot be read', { body: 'SELEC 1' }],
    ['a PL/pgSQL text that cannot be read', { language: 'plpgsql', definition: 'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN IF $$' }],
    ['a text beyond the cap', { body: `SELECT ${'('.repeat(600)}1${')'.repeat(600)}` }],
  ])('%s is refused where the step may not do what nobody sees', async (_name, more) => {
    const made = { functions: [sqlFunction('f', '', more)] };
    for (const capability of ['read', 'write', 'write-except-protected', 'ddl'] as const)
      expect(await decide('SELECT f()', made, capability)).toMatchObject({ effect: 'refuse', rule: 'opaque' });
    expect(await decide('SELECT f()', made, 'production')).toMatchObject({ effect: 'permit' });
    expect(await decide('SELECT f()', made, 'read', { harmless: ['f'] })).toMatchObject({ effect: 'permit' });
    expect(await decide('SELECT f()', made, 'read', { harmless: ['public.f'] })).toMatchObject({ effect: 'permit' });
  });

  test.each([
    ['uuid_generate_v4', 'uuid-ossp', true],
    ['similarity', 'pg_trgm', false],
    ['gen_salt', 'pgcrypto', true],
  ])('%s of %s is harmless', async (name, extension, volatile) => {
    expect(await decide(`SELECT ${name}()`, { functions: [sqlFunction(name, name, { language: 'c', extension, volatile })] })).toMatchObject({
      effect: 'permit',
    });
  });

  test('what another way into a database is called stays refused, whoever it belongs to', async () => {
    const functions = [sqlFunction('dblink_exec', 'dblink_exec', { language: 'c', extension: 'dblink' })];
    expect(await decide('SELECT dblink_exec()', { functions })).toMatchObject({ rule: 'guard-function' });
    expect(await decide('SELECT f()', { functions: [...functions, sqlFunction('f', 'SELECT dblink_exec()')] })).toMatchObject({ rule: 'guard-function' });
  });

  test('settings that a function makes for itself count, and its own search path is where its names are looked for', async () => {
    const hidden = sqlFunction('calm', 'INSERT INTO public.runs VALUES (1)', { schema: 'hidden' });
    const functions = [calm, hidden, sqlFunction('f', 'SELECT calm()', { settings: ['search_path=hidden, public'] }), sqlFunction('g', 'SELECT calm()')];
    expect(await decide('SELECT f()', { relations: [runs], functions })).toMatchObject({ reason: expect.stringContaining('function hidden.calm()') });
    expect(await decide('SELECT g()', { relations: [runs], functions })).toMatchObject({ effect: 'permit' });
    const replica = sqlFunction('f', 'SELECT 1', { settings: ['session_replication_role=replica'] });
    expect(await decide('SELECT f()', { functions: [replica] })).toMatchObject({ rule: 'guard-setting' });
  });

  test('the number of arguments decides between overloads; where the text leaves it open, all count', async () => {
    const functions = [
      sqlFunction('f', 'SELECT 1', { fewestArguments: 1, mostArguments: 1 }),
      sqlFunction('f', 'INSERT INTO runs VALUES (1)', { fewestArguments: 2, mostArguments: 3 }),
    ];
    const made = { relations: [runs], functions };
    expect(await decide('SELECT f(1)', made)).toMatchObject({ effect: 'permit' });
    expect(await decide('SELECT f(1, 2)', made)).toMatchObject({ effect: 'refuse' });
    expect(await decide('SELECT f(1, 2, 3)', made)).toMatchObject({ effect: 'refuse' });
    expect(await decide('SELECT f(VARIADIC ARRAY[1])', made)).toMatchObject({ effect: 'refuse' });
  });

  test('functions that call each other come to an end; a chain that is too long is refused as unseen', async () => {
    const ping = sqlFunction('ping', 'SELECT pong()');
    const pong = sqlFunction('pong', 'SELECT ping()');
    expect(await decide('SELECT ping()', { functions: [ping, pong] })).toMatchObject({ effect: 'permit' });
    const chain = Array.from({ length: 100 }, (_, index) => sqlFunction(`f${index}`, `SELECT f${index + 1}()`));
    expect(await decide('SELECT f0()', { functions: [...chain, sqlFunction('f100', 'SELECT 1')] })).toMatchObject({
      rule: 'opaque',
      reason: expect.stringContaining('too long'),
    });
  });
});

describe('relations', () => {
  test('a view of a view, and what it calls', async () => {
    const views = [
      relation('outer_view', { kind: 'view', query: ' SELECT x FROM public.inner_view;' }),
      relation('inner_view', { kind: 'view', query: ' SELECT public.harm() AS x;' }),
    ];
    expect(await decide('SELECT * FROM outer_view', { relations: [...views, runs], functions: [harm] })).toMatchObject({
      reason: expect.stringContaining(': view outer_view → view inner_view → function harm() → insert runs'),
    });
  });

  test('names without a schema are looked for in the path, those of another schema are not', async () => {
    const elsewhere = relation('notes', { schema: 'elsewhere', kind: 'view', query: 'SELECT public.harm()' });
    const made = { relations: [elsewhere, notes, runs], functions: [harm] };
    expect(await decide('SELECT * FROM notes', made)).toMatchObject({ effect: 'permit' });
    expect(await decide('SELECT * FROM elsewhere.notes', made)).toMatchObject({ effect: 'refuse' });
    expect(await decide('SELECT * FROM notes', { ...made, searchPath: ['elsewhere', 'public'] })).toMatchObject({ effect: 'refuse' });
    // A step may put the schema of a protected table into its path.
    expect(await decide('SELECT * FROM notes', made, 'read', { protectedTables: ['elsewhere.things', 'runs'] })).toMatchObject({ effect: 'refuse' });
    const temporary = relation('notes', { schema: 'pg_temp', kind: 'view', query: 'SELECT public.harm()' });
    expect(await decide('SELECT * FROM notes', { ...made, relations: [temporary, notes, runs] })).toMatchObject({ effect: 'refuse' });
  });

  test('a write to what nobody knows is refused, unless the same text or an open transaction makes it', async () => {
    expect(await decide('INSERT INTO fresh VALUES (1)', { relations: [runs] }, 'ddl')).toMatchObject({ effect: 'refuse', rule: 'opaque' });
    expect(await decide('CREATE TABLE fresh (id integer); INSERT INTO fresh VALUES (1)', { relations: [runs] }, 'ddl')).toMatchObject({ effect: 'permit' });
    expect(
      await decide('INSERT INTO fresh VALUES (1)', { relations: [runs], pending: ['CREATE TEMP TABLE fresh (id integer)'] }, 'write-except-protected'),
    ).toMatchObject({ effect: 'permit' });
    expect(await decide('INSERT INTO fresh VALUES (1)', { relations: [runs] }, 'full')).toMatchObject({ effect: 'permit' });
  });

  test.each([
    ['a view', 'CREATE VIEW fresh AS SELECT * FROM runs', 'INSERT INTO fresh VALUES (1)'],
    ['a rule', 'CREATE RULE r AS ON INSERT TO notes DO ALSO INSERT INTO runs VALUES (1)', 'INSERT INTO notes VALUES (1)'],
    ['a trigger', 'CREATE TRIGGER t AFTER INSERT ON notes EXECUTE FUNCTION harm()', 'INSERT INTO notes VALUES (1)'],
    ['a function', 'CREATE FUNCTION fresh() RETURNS void LANGUAGE sql AS $$ INSERT INTO runs VALUES (1) $$', 'SELECT fresh()'],
    ['a PL/pgSQL function', 'CREATE FUNCTION fresh() RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO runs VALUES (1); END $$', 'SELECT fresh()'],
    ['a function with a body that the server reads', 'CREATE FUNCTION fresh() RETURNS void BEGIN ATOMIC INSERT INTO runs VALUES (1); END', 'SELECT fresh()'],
    ['a default', 'CREATE TABLE fresh (id integer DEFAULT harm())', 'INSERT INTO fresh DEFAULT VALUES'],
    ['a later default', 'ALTER TABLE notes ALTER COLUMN id SET DEFAULT harm()', 'INSERT INTO notes DEFAULT VALUES'],
    ['a child', 'CREATE TABLE fresh () INHERITS (runs)', 'INSERT INTO fresh VALUES (1)'],
    ['a parent given later', 'ALTER TABLE notes INHERIT runs', 'INSERT INTO notes VALUES (1)'],
    ['another name', 'ALTER TABLE runs RENAME TO fresh', 'INSERT INTO fresh VALUES (1)'],
    ['a key', 'ALTER TABLE runs ADD FOREIGN KEY (id) REFERENCES notes (id) ON DELETE CASCADE', 'DELETE FROM notes'],
  ])('%s of an open transaction counts', async (_name, pending, sql) => {
    const made = { relations: [runs, notes], functions: [harm] };
    expect(await decide(sql, { ...made, pending: [pending] }, 'write-except-protected')).toMatchObject({ effect: 'refuse', rule: 'protected-relation' });
    expect(await decide(sql, made, 'write-except-protected')).not.toMatchObject({ rule: 'protected-relation' });
  });

  test('what is kept of an open transaction is kept for one catalogue: another that shares a part of it is another', async () => {
    const types: Catalogue['types'] = [];
    const pending = ['DO $$ BEGIN NULL; END $$'];
    const before = { relations: [runs], types, pending };
    expect(await decide('INSERT INTO trapped VALUES (1)', before, 'write-except-protected')).toMatchObject({ rule: 'opaque' });
    const rules = [
      { name: 'r', event: 'insert' as const, instead: true, definition: 'CREATE RULE r AS ON INSERT TO trapped DO INSTEAD INSERT INTO runs VALUES (1)' },
    ];
    const after = { relations: [runs, relation('trapped', { rules })], types, pending };
    expect(await decide('INSERT INTO trapped VALUES (1)', after, 'write-except-protected')).toMatchObject({ rule: 'protected-relation' });
  });

  test('partitions and children: a part of the protected table is protected, a sister is not', async () => {
    const mother = relation('mother', { kind: 'partitioned', partitionColumns: ['k'] });
    const part = relation('runs', { parents: [mother.id] });
    const sister = relation('sister', { parents: [mother.id] });
    const made = { relations: [mother, part, sister] };
    for (const sql of ['INSERT INTO mother VALUES (1)', 'UPDATE mother SET x = 1', 'DELETE FROM mother', 'TRUNCATE mother'])
      expect(await decide(sql, made, 'write-except-protected')).toMatchObject({ rule: 'protected-relation', reason: expect.stringContaining('runs') });
    expect(await decide('INSERT INTO sister VALUES (1)', made, 'write-except-protected')).toMatchObject({ effect: 'permit' });
    expect(await decide('DROP TABLE sister', made, 'ddl')).toMatchObject({ effect: 'permit' });
    expect(await decide('DROP TABLE mother', made, 'ddl')).toMatchObject({
      rule: 'protected-relation',
      reason: expect.stringContaining('drop table mother → part runs'),
    });
  });

  test('a partition of what a step declares is declared with it; what a trigger writes is not', async () => {
    const mother = relation('mother', { kind: 'partitioned', partitionColumns: ['k'] });
    const part = relation('part', { parents: [mother.id] });
    const declared: Access = { capability: 'write', writes: ['mother'] };
    expect(await decide('INSERT INTO mother VALUES (1)', { relations: [mother, part] }, 'write', { access: declared })).toMatchObject({ effect: 'permit' });
    const note = sqlFunction('note', 'INSERT INTO notes VALUES (1)');
    const trigger = { name: 't', events: ['insert' as const], instead: false, columns: [], function: note.id };
    const watched = { ...part, triggers: [trigger] };
    expect(
      await decide('INSERT INTO mother VALUES (1)', { relations: [mother, watched, notes], functions: [note] }, 'write', { access: declared }),
    ).toMatchObject({
      rule: 'undeclared-write',
      reason: expect.stringContaining('insert mother → insert part → trigger t → function note() → insert notes'),
    });
  });

  test('a trigger on columns is set off by those alone, a key by what it is about', async () => {
    const trigger = { name: 't', events: ['update' as const], instead: false, columns: ['a'], function: harm.id };
    const watched = relation('watched', { triggers: [trigger] });
    const made = { relations: [watched, runs], functions: [harm] };
    expect(await decide('UPDATE watched SET b = 1', made, 'write-except-protected')).toMatchObject({ effect: 'permit' });
    expect(await decide('UPDATE watched SET b = 1, a = 2', made, 'write-except-protected')).toMatchObject({ effect: 'refuse' });
    expect(await decide('UPDATE watched SET (a, b) = (SELECT 1, 2)', made, 'write-except-protected')).toMatchObject({ effect: 'refuse' });
    const key = { name: 'k', target: notes.id, columns: ['note_id'], targetColumns: ['id'], onDelete: 'keep' as const, onUpdate: 'cascade' as const };
    const keyed = { relations: [notes, { ...runs, foreignKeys: [key] }] };
    expect(await decide('UPDATE notes SET body = 1', keyed, 'write-except-protected')).toMatchObject({ effect: 'permit' });
    expect(await decide('UPDATE notes SET id = 1', keyed, 'write-except-protected')).toMatchObject({ effect: 'refuse' });
    expect(await decide('DELETE FROM notes', keyed, 'write-except-protected')).toMatchObject({ effect: 'permit' });
  });

  test('tables of other servers are refused unless listed, also under a view', async () => {
    const far = relation('far', { kind: 'foreign', server: 'elsewhere' });
    const view = relation('near', { kind: 'view', query: 'SELECT * FROM public.far' });
    const made = { relations: [far, view] };
    expect(await decide('SELECT * FROM near', made)).toMatchObject({ rule: 'foreign-table', reason: expect.stringContaining('`elsewhere`') });
    expect(await decide('INSERT INTO far VALUES (1)', made, 'write-except-protected')).toMatchObject({ rule: 'foreign-table' });
    expect(await decide('SELECT * FROM near', made, 'read', { foreignTables: ['far'] })).toMatchObject({ effect: 'permit' });
  });

  test('a view over a view of the protected table is not made by a step that changes the schema', async () => {
    const view = relation('shown', { kind: 'view', query: 'SELECT * FROM public.runs' });
    expect(await decide('CREATE VIEW again AS SELECT * FROM shown', { relations: [view, runs] }, 'ddl')).toMatchObject({ rule: 'protected-relation' });
    expect(await decide('CREATE VIEW other AS SELECT * FROM notes', { relations: [view, runs, notes] }, 'ddl')).toMatchObject({ effect: 'permit' });
  });

  test('an index of the protected table is a part of it', async () => {
    const indexes = [
      { schema: 'public', name: 'runs_pkey', relation: runs.id },
      { schema: 'public', name: 'notes_pkey', relation: notes.id },
    ];
    const made = { relations: [runs, notes], indexes };
    expect(await decide('DROP INDEX runs_pkey', made, 'ddl')).toMatchObject({ rule: 'protected-relation' });
    expect(await decide('DROP INDEX public.runs_pkey', made, 'ddl')).toMatchObject({ rule: 'protected-relation' });
    expect(await decide('DROP INDEX notes_pkey', made, 'ddl')).toMatchObject({ effect: 'permit' });
  });

  test('an event trigger hears of a change of the schema', async () => {
    const made = { relations: [runs], functions: [harm], eventTriggers: [{ name: 'listener', function: harm.id }] };
    expect(await decide('CREATE TABLE fresh (id integer)', made, 'ddl')).toMatchObject({
      reason: expect.stringContaining('event trigger listener → function harm() → insert runs'),
    });
    expect(await decide('SELECT 1', made)).toMatchObject({ effect: 'permit' });
  });
});

describe('types', () => {
  const type = (name: string, more: Partial<CatalogueType> = {}): CatalogueType => ({
    id: (ids += 1),
    schema: 'public',
    name,
    parts: [],
    functions: [],
    expressions: [],
    ...more,
  });

  test('an operator that shares its name with a built-in one counts where a type of its own is there', async () => {
    const money = type('coin');
    const purse = relation('purse', { types: [money.id] });
    const operators = [{ schema: 'public', name: '=', types: [money.id], alsoBuiltIn: true, functions: [harm.id] }];
    const made = { relations: [runs, notes, purse], functions: [harm], operators, types: [money] };
    expect(await decide("SELECT * FROM notes WHERE id = 'x'", made)).toMatchObject({ effect: 'permit' });
    expect(await decide("SELECT * FROM purse WHERE id = 'x'", made)).toMatchObject({ effect: 'refuse' });
    expect(await decide('SELECT * FROM purse a JOIN purse b USING (id)', made)).toMatchObject({ effect: 'refuse' });
    expect(await decide("SELECT 'x'::coin IN ('y')", made)).toMatchObject({ effect: 'refuse' });
    const named = { ...made, operators: [{ ...operators[0], name: '<=>', schema: 'public', types: [money.id], alsoBuiltIn: false, functions: [harm.id] }] };
    expect(await decide("SELECT 'x' <=> 'y'", named)).toMatchObject({ effect: 'refuse', reason: expect.stringContaining('operator <=> → function harm()') });
  });

  test('a cast counts where all types of its own are there', async () => {
    const [first, second] = [type('first'), type('second')];
    const casts = [{ name: 'first as second', types: [first.id, second.id], function: harm.id }];
    const made = { relations: [runs], functions: [harm], types: [first, second], casts };
    expect(await decide("SELECT 'x'::first", made)).toMatchObject({ effect: 'permit' });
    expect(await decide("SELECT 'x'::first::second", made)).toMatchObject({ effect: 'refuse', reason: expect.stringContaining('cast first as second') });
    expect(await decide('SELECT 1::text', { ...made, casts: [{ name: 'integer as text', types: [], function: harm.id }] })).toMatchObject({ effect: 'refuse' });
  });
});

test('a probe and the production path are judged as without a catalogue', async () => {
  const trigger = { name: 't', events: ['insert' as const], instead: false, columns: [], function: harm.id };
  const made = { relations: [{ ...notes, triggers: [trigger] }, runs], functions: [harm] };
  for (const capability of ['production', 'probe', 'full'] as const)
    expect(await decide('INSERT INTO notes VALUES (1)', made, capability)).toMatchObject({ effect: 'permit' });
});

test('a catalogue is not changed by judging, and the same gives the same', async () => {
  const made = Object.freeze({ relations: Object.freeze([runs, notes]) as never, functions: Object.freeze([harm, calm]) as never });
  const first = await decide('CREATE TABLE fresh (id integer DEFAULT harm()); SELECT calm()', made, 'ddl');
  expect(await decide('CREATE TABLE fresh (id integer DEFAULT harm()); SELECT calm()', made, 'ddl')).toEqual(first);
});
