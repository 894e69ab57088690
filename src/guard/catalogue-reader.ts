// Reads a database's catalogue whole, as of one moment. The reading is linear in the number of objects; nothing is judged here.
import type { Client } from 'pg';
import {
  type Catalogue,
  type CatalogueFunction,
  type CatalogueRelation,
  keyActions,
  type RelationKind,
  type RowEvent,
  triggerEvents,
} from '../model/catalogue.ts';
import { catalogueQueries } from './catalogue-query.ts';

type QueryName = keyof typeof catalogueQueries;

const kinds: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialized',
  f: 'foreign',
  S: 'sequence',
  c: 'composite',
};
const ruleEvents: Readonly<Record<string, RowEvent>> = { '2': 'update', '3': 'insert', '4': 'delete' };

/** Of pg_trigger.tgtype. */
const insteadBit = 64;

type Row = Readonly<Record<string, unknown>>;

/**
 * `client` has `pg_catalog` alone as its search path, so that definitions name their schemas; `searchPath` is that of the sessions
 * that will be judged. Rejects as pg does.
 */
export async function readCatalogue(client: Client, searchPath: readonly string[]): Promise<Catalogue> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const ask = async <T extends object = Row>(name: QueryName, values: unknown[] = []): Promise<readonly T[]> => {
      const found = await client.query<{ row: string }>(
        `SELECT pg_catalog.row_to_json(q)::pg_catalog.text AS row FROM (${catalogueQueries[name]}) AS q`,
        values,
      );
      return found.rows.map(({ row }) => compact(JSON.parse(row) as Row) as T);
    };
    const catalogue: Catalogue = {
      searchPath: (await ask<{ name: string }>('searchPath', [[...searchPath]])).map(({ name }) => name),
      relations: await readRelations(ask),
      indexes: await ask('indexes'),
      schemas: (await ask<{ name: string }>('schemas')).map(({ name }) => name),
      functions: await ask<CatalogueFunction>('functions'),
      operators: await ask('operators'),
      casts: await ask('casts'),
      types: await readTypes(ask),
      eventTriggers: await ask('eventTriggers'),
      publications: (await ask<{ name: string }>('publications')).map(({ name }) => name),
      pending: [],
    };
    await client.query('COMMIT');
    return catalogue;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

type Ask = <T extends object = Row>(name: QueryName) => Promise<readonly T[]>;

async function readRelations(ask: Ask): Promise<readonly CatalogueRelation[]> {
  type Base = Omit<CatalogueRelation, 'kind' | 'types' | 'rules' | 'triggers' | 'foreignKeys' | 'expressions' | 'indexFunctions'> & {
    readonly kind: string;
    readonly partitionExpression?: string;
  };
  type Owned = { readonly relation: number };
  const base = await ask<Base>('relations');
  const types = byRelation(await ask<Owned & { readonly types: readonly number[] }>('columnTypes'));
  const rules = byRelation(
    await ask<Owned & { readonly name: string; readonly event: string; readonly instead: boolean; readonly definition: string }>('rules'),
  );
  const triggers = byRelation(
    await ask<
      Owned & { readonly name: string; readonly type: number; readonly function: number; readonly columns: readonly string[]; readonly definition?: string }
    >('triggers'),
  );
  const foreignKeys = byRelation(
    await ask<
      Owned & {
        readonly name: string;
        readonly target: number;
        readonly columns: readonly string[];
        readonly targetColumns: readonly string[];
        readonly onDelete: string;
        readonly onUpdate: string;
      }
    >('foreignKeys'),
  );
  const expressions = byRelation(await ask<Owned & { readonly what: string; readonly on: 'touch' | 'write'; readonly text: string }>('expressions'));
  const indexFunctions = byRelation(await ask<Owned & { readonly functions: readonly number[] }>('indexFunctions'));
  return base.map(({ kind, partitionExpression, ...relation }) => ({
    ...relation,
    kind: kinds[kind] ?? 'other',
    types: types.get(relation.id)?.flatMap((row) => row.types) ?? [],
    rules: rules.get(relation.id)?.map(({ name, event, instead, definition }) => ({ name, event: ruleEvents[event] ?? 'insert', instead, definition })) ?? [],
    triggers:
      triggers.get(relation.id)?.map(({ name, type, function: id, columns, definition }) => ({
        name,
        events: triggerEvents.filter(([bit]) => (type & bit) !== 0).map(([, event]) => event),
        instead: (type & insteadBit) !== 0,
        columns,
        function: id,
        ...(definition === undefined ? {} : { definition }),
      })) ?? [],
    foreignKeys:
      foreignKeys.get(relation.id)?.map(({ name, target, columns, targetColumns, onDelete, onUpdate }) => ({
        name,
        target,
        columns,
        targetColumns,
        onDelete: keyActions[onDelete] ?? 'keep',
        onUpdate: keyActions[onUpdate] ?? 'keep',
      })) ?? [],
    expressions: [
      ...(expressions.get(relation.id)?.map(({ what, on, text }) => ({ what, on, text })) ?? []),
      ...(partitionExpression === undefined ? [] : [{ what: 'partition key', on: 'write' as const, text: partitionExpression }]),
    ],
    indexFunctions: indexFunctions.get(relation.id)?.flatMap((row) => row.functions) ?? [],
  }));
}

async function readTypes(ask: Ask): Promise<Catalogue['types']> {
  const base = await ask<Omit<Catalogue['types'][number], 'expressions'>>('types');
  const expressions = group(await ask<{ readonly type: number; readonly what: string; readonly text: string }>('typeExpressions'), ({ type }) => type);
  return base.map((type) => ({ ...type, expressions: expressions.get(type.id)?.map(({ what, text }) => ({ what, text })) ?? [] }));
}

function byRelation<T extends { readonly relation: number }>(rows: readonly T[]): ReadonlyMap<number, readonly T[]> {
  return group(rows, ({ relation }) => relation);
}

function group<T>(rows: readonly T[], keyOf: (row: T) => number): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = groups.get(key);
    if (known) known.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/** Absent is absent: JSON's null stands for it in no field. */
function compact(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
