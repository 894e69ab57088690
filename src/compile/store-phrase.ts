/** Phrases about the store itself: its structure, and that no other takes its place. */
import { aboutDatabase, banned, forbid, mustNotBe, not, row, upTo, type Phrase } from './phrase-row.ts';

const thing = String.raw`(?:tables?|columns?|index(?:es)?|indices|triggers?|constraints?|views?|schemas?|partitions?|sequences?|foreign keys?)\b(?! of contents)`;

const structure: readonly Phrase[] = [
  row(
    'no-ddl',
    'forbid',
    'none',
    'No schema changes.',
    String.raw`\b${forbid} (?:any |further |new |more |manual |run |running |apply |applying |perform |performing |make |making |the |database ){0,3}(?:ddl|schema (?:changes?|migrations?|edits?|modifications?|alterations?)|migrations?|structural changes?)\b(?!.{0,80}\b(?:before|until|unless|twice|without)\b)`,
  ),
  row(
    'no-ddl',
    'statement',
    'none',
    'Never create or drop tables.',
    String.raw`\b${forbid} ${upTo(2)}\x60?(?:creat|alter|drop|renam|add|remov|chang)(?:e|ing|ping)?\x60? (?:(?:or|and|nor) \x60?\w+\x60? )?(?:any |the |new |an? |another |its |of |database |db ){0,3}${thing}`,
  ),
  row(
    'no-ddl',
    'keyword',
    'none',
    'Never run DROP or ALTER.',
    String.raw`\b(?:no|${not} (?:run|send|execute|issue|type)) (?:any )?(?:[^\s.;:]+,? (?:or |and |nor )?){0,2}?\x60?(?:drop|alter)(?: table)?\x60?(?=[\s.,;!)]|$)(?! (?:in|of|zone|off|out|them|it)\b)`,
  ),
  row(
    'no-ddl',
    'must-not-be',
    'none',
    'The schema must not be altered.',
    String.raw`\bschemas? ${upTo(4)}${mustNotBe} (?:changed|altered|modified|touched|edited|migrated)\b|\b(?:triggers?|constraints?|columns?|index(?:es)?|views?|tables?) ${upTo(3)}${mustNotBe} (?:disabled|dropped|altered|renamed|loosened|switched off|recreated)\b`,
  ),
  row(
    'no-ddl',
    'under-no-circumstances',
    'none',
    'Under no circumstances may the trigger be disabled.',
    String.raw`\bunder no circumstances (?:may|must|shall|should) ${upTo(4)}(?:triggers?|constraints?|index(?:es)?|columns?|tables?|schemas?) be (?:disabled|dropped|altered|renamed|loosened|switched off|changed)\b`,
  ),
  row(
    'no-ddl',
    'frozen',
    'none',
    'The schema is frozen.',
    String.raw`\bschema (?:is|must be|shall be|stays|remains|must stay|must remain|shall remain) ${upTo(1)}(?:frozen|fixed|unchanged|untouched|as it is)\b|^(?:please )?(?:leave|keep) ${upTo(2)}schema ${upTo(2)}(?:untouched|unchanged|as it is|alone|frozen|intact)\b`,
  ),
  row(
    'no-ddl',
    'disable',
    'none',
    'Do not disable triggers.',
    String.raw`\b${not} ${upTo(1)}(?:disabl|drop|loosen|switch|turn|bypass|relax)(?:e|ing|ping)?(?: off)? (?:the |any |an? )?${upTo(2)}(?:triggers?|constraints?|foreign keys?)\b`,
  ),
  row(
    'no-ddl',
    'forbidden',
    'none',
    'DDL is prohibited.',
    String.raw`\b(?:ddl|schema changes?|schema migrations?|migrations|altering (?:the schema|tables)|\x60?alter table\x60?)(?: [^\s.;]+){0,4}? ${banned}`,
  ),
];

const stores: readonly Phrase[] = [
  row('no-sqlite-fallback', 'forbid', 'identifiers', 'Do not use `SQLiteTraceStore`.', String.raw`\b(?:no|zero|${not}) ${upTo(4)}\x60?sqlite\w*\x60?`),
  row(
    'no-sqlite-fallback',
    'without',
    'identifiers',
    'Everything works without falling back to SQLite.',
    String.raw`\bwithout (?:falling back (?:to|on)|a fall-?back to|any fall-?back to|using|resorting to) (?:an? )?\x60?sqlite\w*\x60?`,
  ),
  row('no-sqlite-fallback', 'forbidden', 'identifiers', 'SQLite is not permitted.', String.raw`\bsqlite\w*\x60? ${upTo(3)}(?:${banned}|${mustNotBe} used)`),
  row(
    'no-sqlite-fallback',
    'fall-back',
    'identifiers',
    'The store must never fall back to a local file.',
    String.raw`\b(?:(?:must|may|shall|do|should)(?: not| never)|don't|never) (?:ever |silently )?fall back (?:to|on) (?:an? |the )?${upTo(1)}(?:sqlite|files?|local|embedded)\b|\bno (?:silent )?fall-?back to (?:an? |the )?${upTo(1)}(?:sqlite|files?|local|embedded)\b`,
  ),
  row(
    'no-sqlite-fallback',
    'local-file',
    'identifiers',
    'No local trace files.',
    String.raw`\b${forbid} ${upTo(3)}(?:local (?:trace|database|db) files?|file-based (?:databases?|stores?)|local databases?)\b`,
  ),
  row(
    'no-sqlite-fallback',
    'postgres-only',
    'identifiers',
    'PostgreSQL only.',
    /\bpostgres(?:ql)? only(?=[.!,;:)]|$| for\b)|\bonly (?:in |on |with |to )?postgres(?:ql)? (?:may|must|shall) be (?:used|written)|\bpostgres(?:ql)? (?:must be|shall be|may be|is to be) the only (?:\S+ )?(?:store|database|storage|backend)\b/,
  ),
];

export const storePhrases: readonly Phrase[] = [...aboutDatabase(structure), ...stores];
