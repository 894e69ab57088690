/**
 * `SELECT set_config(name, 'value', false) FROM pg_settings WHERE name = 'setting'`: how clients set what a server may not have
 * (pg_dump, pgAdmin). The name that comes out can be no other than the one that is asked for.
 */
import { constantIn, listIn, namesIn, nodeIn, type SqlNode } from './sql-node.ts';

const parts = new Set(['targetList', 'fromClause', 'whereClause', 'limitOption', 'op']);

/** The setting's name in lower case; undefined for any other query. */
export function settingLookedUp(select: SqlNode): string | undefined {
  if (!Object.keys(select).every((part) => parts.has(part))) return undefined;
  const [target, ...otherTargets] = listIn(select['targetList']);
  const [source, ...otherSources] = listIn(select['fromClause']);
  if (otherTargets.length > 0 || otherSources.length > 0) return undefined;
  const call = nodeIn(nodeIn(nodeIn(target?.['ResTarget'])?.['val'])?.['FuncCall']);
  const relation = nodeIn(source?.['RangeVar']);
  if (namesIn(call?.['funcname']).at(-1) !== 'set_config' || !isNameColumn(listIn(call?.['args'])[0])) return undefined;
  if (
    relation?.['relname'] !== 'pg_settings' ||
    !['pg_catalog', undefined].includes(relation['schemaname'] as string | undefined) ||
    relation['alias'] !== undefined
  )
    return undefined;
  const condition = nodeIn(nodeIn(select['whereClause'])?.['A_Expr']);
  if (condition?.['kind'] !== 'AEXPR_OP' || namesIn(condition['name']).join('.') !== '=' || !isNameColumn(nodeIn(condition['lexpr']))) return undefined;
  return constantIn(condition['rexpr'])?.toLowerCase();
}

function isNameColumn(value: SqlNode | undefined): boolean {
  return namesIn(nodeIn(value?.['ColumnRef'])?.['fields']).join('.') === 'name';
}
