// One statement of the runner's own and what came back, as text, with names for what the protocol gives numbers of.
import { Query, type Client, type DatabaseError, type FieldDef } from 'pg';
import type { AssertionAnswer, AssertionQuery } from '../model/contract.ts';
import { isServerAnswer } from './database-login.ts';

/** Rows that an answer holds; `rowCount` counts them all. */
const keptRows = 1000;

export interface RawRows {
  readonly kind: 'raw';
  readonly fields: readonly FieldDef[];
  readonly rowCount: number;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** By the extended protocol, which takes one statement and no more; every parameter and every value is text. Rejects when the connection is lost. */
export function sendExtended(client: Client, query: AssertionQuery): Promise<RawRows | Extract<AssertionAnswer, { kind: 'failure' }>> {
  return new Promise((resolve, reject) => {
    const rows: (readonly (string | null)[])[] = [];
    let rowCount = 0;
    const config = { text: query.sql, values: [...query.parameters], rowMode: 'array', queryMode: 'extended' };
    const submitted = new Query<(string | null)[], (string | null)[]>(config);
    submitted.on('row', (row) => {
      rowCount += 1;
      if (rows.length < keptRows) rows.push(row);
    });
    submitted.on('error', (error) => {
      if (isServerAnswer(error) && isAlive(client)) resolve(failureOf(error));
      else reject(error);
    });
    submitted.on('end', (result) => resolve({ kind: 'raw', fields: result.fields, rowCount: rows.length === 0 ? (result.rowCount ?? 0) : rowCount, rows }));
    client.query(submitted);
  });
}

/** The rows with names for the columns' types and tables. */
export async function describeRows(client: Client, raw: RawRows, transactionId: string | undefined): Promise<AssertionAnswer> {
  const types = [...new Set(raw.fields.map((field) => field.dataTypeID))];
  const tables = [...new Set(raw.fields.map((field) => field.tableID))].filter((id) => id !== 0);
  const found = await client.query<{ kind: string; id: string; name: string }>(
    `SELECT 'type' AS kind, oid::text AS id, typname::text AS name FROM pg_catalog.pg_type WHERE oid = ANY ($1::pg_catalog.oid[])
     UNION ALL SELECT 'table', c.oid::text, CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE n.nspname || '.' END || c.relname
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($2::pg_catalog.oid[])`,
    [types, tables],
  );
  const nameOf = (kind: string, id: number): string | undefined => found.rows.find((row) => row.kind === kind && row.id === String(id))?.name;
  return {
    kind: 'rows',
    columns: raw.fields.map((field) => {
      const relation = nameOf('table', field.tableID);
      return { name: field.name, type: nameOf('type', field.dataTypeID) ?? String(field.dataTypeID), ...(relation === undefined ? {} : { relation }) };
    }),
    rowCount: raw.rowCount,
    rows: raw.rows,
    ...(transactionId === undefined ? {} : { transactionId }),
  };
}

/** The server's rejection with its fields. */
export function failureOf(error: DatabaseError): Extract<AssertionAnswer, { kind: 'failure' }> {
  const { code, message, table, column, constraint } = error;
  return {
    kind: 'failure',
    sqlstate: code ?? 'XX000',
    message,
    ...(table === undefined ? {} : { table }),
    ...(column === undefined ? {} : { column }),
    ...(constraint === undefined ? {} : { constraint }),
  };
}

interface Liveness {
  readonly _queryable: boolean;
  readonly _ended: boolean;
}

/** Can anything be sent yet? */
export function isAlive(client: Client): boolean {
  const { _queryable, _ended } = client as unknown as Liveness;
  return _queryable && !_ended;
}
