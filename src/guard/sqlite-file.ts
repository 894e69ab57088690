// What makes a file a SQLite database, by its own bytes (SQLite's "Database File Format"): names and endings prove nothing.
import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs';

const magic = Buffer.from('SQLite format 3\0', 'latin1');
/** The smallest page, and the unit of every database's length. */
const leastPage = 512;
/** As much of the schema as is looked at to recognise a tool's own file. */
const schemaBytes = 64 * 1024;

/** Databases that known tools keep for themselves: a file with all of these tables, and none that is not listed, is theirs. */
const tools: readonly { readonly name: string; readonly has: readonly string[]; readonly may: readonly string[] }[] = [
  { name: 'coverage.py', has: ['coverage_schema', 'meta', 'file'], may: ['context', 'line_bits', 'arc', 'tracer'] },
  { name: 'mypy', has: ['files2'], may: ['files'] },
];

/** Does the file begin as a SQLite database does? False when it cannot be read. */
export function isSqliteFile(path: string): boolean {
  return readStart(path, magic.length).equals(magic);
}

/** Can a file of this length be one? Spares opening the others. */
export function mayBeSqlite(stats: Stats): boolean {
  return stats.isFile() && stats.size >= leastPage && stats.size % leastPage === 0;
}

/** The tool whose own database this is, judged by its tables. */
export function toolOf(path: string): string | undefined {
  const tables = tablesOf(path);
  return tools.find(
    ({ has, may }) =>
      has.every((table) => tables.includes(table)) && tables.every((table) => has.includes(table) || may.includes(table) || table.startsWith('sqlite_')),
  )?.name;
}

/** The tables of a database, as far as its first pages tell. SQLite keeps each table's `CREATE TABLE` text there. */
export function tablesOf(path: string): readonly string[] {
  return [
    ...readStart(path, schemaBytes)
      .toString('latin1')
      .matchAll(/CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?["'`[]?(\w+)/g),
  ].map(([, table]) => table ?? '');
}

/** When the file, its journal or its write-ahead log last changed (milliseconds); undefined when none of them is there. */
export function lastChange(path: string): number | undefined {
  const times = [path, `${path}-wal`, `${path}-journal`].flatMap((part) => statSync(part, { throwIfNoEntry: false })?.ctimeMs ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

function readStart(path: string, length: number): Buffer {
  let file: number | undefined;
  try {
    // A named pipe would wait for a writer.
    if (!statSync(path).isFile()) return Buffer.alloc(0);
    file = openSync(path, 'r');
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } catch {
    return Buffer.alloc(0);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
