/** What a query shows: its columns with the relation of each plain one, the tables it reads, and the keys its holes are. */
import { answerRange } from './answer-range.ts';
import type { QueryColumn, Splice } from '../model/step.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import type { SqlKey, StepDraft } from './draft.ts';
import { applySplices } from './placeholder.ts';
import { meaningOf } from './same-object.ts';
import { sqlSplices } from './sql-hole.ts';
import type { ValueRange } from './value-range.ts';

type Tree = { readonly [key: string]: unknown };

export interface QueryReading {
  readonly splices: readonly Splice[];
  readonly sql: NonNullable<StepDraft['sql']>;
}

/** Nothing is known of what it answers. */
const open = { statements: 1, ranges: new Map<string, ValueRange>(), oneRow: false, maxRows: Number.POSITIVE_INFINITY };

export async function compileQuery(text: string, parser: SqlParser, mode: 'read' | 'probe' = 'read'): Promise<QueryReading> {
  const { splices, parameters } = sqlSplices(text);
  const sql = applySplices(text, splices);
  const parsed = await parser.parse(sql);
  const empty = { text: sql, parameters, columns: [], relations: [], keys: [], mode, aggregate: false, mentions: new Map(), meanings: new Map(), ...open };
  if (parsed.kind !== 'statements' || parsed.statements.length !== 1)
    return { splices, sql: { ...empty, statements: parsed.kind === 'statements' ? parsed.statements.length : 1 } };
  const tree = parsed.statements[0]?.tree as Tree | undefined;
  const relations = [...new Set(collect(tree, 'RangeVar').map((range) => qualified(range)))];
  const select = (tree?.['SelectStmt'] ?? undefined) as Tree | undefined;
  if (!select) return { splices, sql: { ...empty, relations } };
  const aliases = aliasesOf(select);
  const columns: QueryColumn[] = [];
  const mentions = new Map<string, readonly string[]>();
  const meanings = new Map<string, string>();
  const answer = answerRange(select);
  const ranges = new Map<string, ValueRange>();
  let aggregate = false;
  // UNION and its like have the names of their first part, and no column of a table.
  const named = firstPart(select);
  for (const target of listOf(named['targetList'])) {
    const result = target['ResTarget'] as Tree | undefined;
    const value = result?.['val'] as Tree | undefined;
    const reference = columnOf(value);
    const column = (result?.['name'] as string | undefined) ?? reference?.column ?? functionName(value);
    if (column === undefined || column === '*') continue;
    if (named === select && value && 'FuncCall' in value && /^(count|sum|min|max|avg|bool_and|bool_or|every)$/.test(functionName(value) ?? ''))
      aggregate = true;
    const relation =
      named !== select || reference === undefined || (result?.['name'] !== undefined && result['name'] !== reference.column)
        ? undefined
        : relationOf(reference, aliases);
    const name = relation === undefined ? column : `${relation}.${column}`;
    columns.push({ column, name });
    const range = answer.columns.get(column);
    if (range !== undefined) ranges.set(name, range);
    const meaning = named === select ? meaningOf(value) : undefined;
    if (meaning !== undefined) meanings.set(name, meaning);
    mentions.set(
      name,
      collect(value, 'ColumnRef').flatMap((ref) => columnOf({ ColumnRef: ref })?.column ?? []),
    );
  }
  const keys = parameters.length === 0 ? [] : keysOf(select, aliases, parameters);
  const { oneRow, maxRows } = answer;
  const alone = aggregate && listOf(select['groupClause']).length === 0;
  return { splices, sql: { ...empty, columns, relations, keys, aggregate: alone, mentions, meanings, ranges, oneRow, maxRows } };
}

function firstPart(select: Tree): Tree {
  const left = select['larg'] as Tree | undefined;
  return left === undefined || 'targetList' in select ? select : firstPart(left);
}

/** `alias → relation` of the FROM clause; `''` is the only table where there is just one. */
function aliasesOf(select: Tree): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  // What a subquery reads is not what it shows.
  const ranges = tablesOf(select['fromClause']);
  for (const range of ranges) {
    const alias = (range['alias'] as Tree | undefined)?.['aliasname'] as string | undefined;
    aliases.set(alias ?? String(range['relname']), qualified(range));
  }
  const only = ranges[0];
  const others = collect(select['fromClause'], 'RangeSubselect').length + collect(select['fromClause'], 'RangeFunction').length;
  if (ranges.length === 1 && others === 0 && only) aliases.set('', qualified(only));
  return aliases;
}

function qualified(range: Tree): string {
  const schema = range['schemaname'] as string | undefined;
  return schema === undefined || schema === 'public' ? String(range['relname']) : `${schema}.${String(range['relname'])}`;
}

function relationOf(reference: { readonly table: string | undefined; readonly column: string }, aliases: ReadonlyMap<string, string>): string | undefined {
  return aliases.get(reference.table ?? '');
}

function columnOf(value: unknown): { readonly table: string | undefined; readonly column: string } | undefined {
  const fields = listOf(((value as Tree | undefined)?.['ColumnRef'] as Tree | undefined)?.['fields']);
  const names = fields.map((field) => ((field['String'] as Tree | undefined)?.['sval'] as string | undefined) ?? '*');
  const column = names.at(-1);
  return column === undefined ? undefined : { table: names.at(-2), column };
}

function functionName(value: Tree | undefined): string | undefined {
  const call = value?.['FuncCall'] as Tree | undefined;
  return (listOf(call?.['funcname']).at(-1)?.['String'] as Tree | undefined)?.['sval'] as string | undefined;
}

/** `column = $n` anywhere under the WHERE clause. */
function keysOf(select: Tree, aliases: ReadonlyMap<string, string>, parameters: readonly string[]): readonly SqlKey[] {
  return collect(select['whereClause'], 'A_Expr').flatMap((expression) => {
    const sign = (listOf(expression['name'])[0]?.['String'] as Tree | undefined)?.['sval'];
    if (sign !== '=') return [];
    const sides = [expression['lexpr'], expression['rexpr']] as const;
    const reference = sides.map(columnOf).find((side) => side !== undefined);
    const parameter = sides.flatMap((side) => collect(side, 'ParamRef')).at(0)?.['number'] as number | undefined;
    const relation = reference && relationOf(reference, aliases);
    const name = parameter === undefined ? undefined : parameters[parameter - 1];
    return reference && relation !== undefined && name !== undefined ? [{ relation, column: reference.column, name }] : [];
  });
}

/** The tables of a FROM clause itself. */
function tablesOf(node: unknown): readonly Tree[] {
  if (Array.isArray(node)) return node.flatMap(tablesOf);
  const { RangeVar: table, JoinExpr: join } = (node ?? {}) as { readonly RangeVar?: Tree; readonly JoinExpr?: Tree };
  return table ? [table] : join ? [...tablesOf(join['larg']), ...tablesOf(join['rarg'])] : [];
}

/** Every node of this tag below (and at) a place of the tree. */
function collect(node: unknown, tag: string): readonly Tree[] {
  if (Array.isArray(node)) return node.flatMap((child) => collect(child, tag));
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === tag ? [value as Tree, ...collect(value, tag)] : collect(value, tag)));
}

function listOf(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? (value as readonly Tree[]) : [];
}
