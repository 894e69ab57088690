/**
 * What an expression of a query shows whatever the data are: a count is never below 0, `EXISTS` is never NULL, a constant is
 * itself. Names do not matter, so aliases, casts, COALESCE, arithmetic, subqueries and CTEs are looked through. Interval
 * arithmetic on the parse tree; what is not in its tables is unbounded and may be NULL, so that no honest claim is called vacuous.
 */
import { anything, cast, exactly, extreme, logic, ofFunction, ofOperator, truth, union, type ValueRange } from './value-range.ts';

export interface AnswerRange {
  /** By its column's name. */
  readonly columns: ReadonlyMap<string, ValueRange>;
  /** Exactly one row, whatever the data. */
  readonly oneRow: boolean;
  /** What a LIMIT leaves at most. */
  readonly maxRows: number;
}

type Tree = { readonly [key: string]: unknown };

/** What the tables of a FROM clause show, where they are queries themselves: `alias → answer`. */
interface Scope {
  readonly tables: ReadonlyMap<string, AnswerRange>;
  readonly queries: ReadonlyMap<string, AnswerRange>;
  /** Each group holds at least one row. */
  readonly grouped: boolean;
}

const nothing: AnswerRange = { columns: new Map(), oneRow: false, maxRows: Number.POSITIVE_INFINITY };

const aggregates =
  /^(?:count|sum|min|max|avg|bool_and|bool_or|every|string_agg|array_agg|jsonb?_(?:object_)?agg|stddev\w*|var(?:iance|_\w+)|corr|covar_\w+|regr_\w+|percentile_\w+|mode|bit_(?:and|or|xor)|any_value)$/;

/** What a SELECT answers, column by column. */
export function answerRange(select: Tree | undefined, queries: ReadonlyMap<string, AnswerRange> = new Map()): AnswerRange {
  if (select === undefined || (select['op'] !== undefined && select['op'] !== 'SETOP_NONE') || select['valuesLists'] !== undefined) return nothing;
  const known = new Map(queries);
  const withClause = select['withClause'] as Tree | undefined;
  for (const { CommonTableExpr: cte } of listOf(withClause?.['ctes']) as readonly { readonly CommonTableExpr?: Tree }[])
    known.set(String(cte?.['ctename']), withClause?.['recursive'] === true ? nothing : answerRange(selectOf(cte?.['ctequery']), known));
  const groups = listOf(select['groupClause']);
  const tables = new Map<string, AnswerRange>();
  for (const item of listOf(select['fromClause'])) addTables(item, false, tables, known);
  const scope: Scope = { tables, queries: known, grouped: groups.length > 0 && !groups.some((group) => 'GroupingSet' in group) };
  const columns = new Map<string, ValueRange>();
  const targets = listOf(select['targetList']).map((target) => target['ResTarget'] as Tree | undefined);
  for (const target of targets) {
    const value = target?.['val'] as Tree | undefined;
    const name = (target?.['name'] as string | undefined) ?? lastName((value?.['ColumnRef'] as Tree | undefined)?.['fields']) ?? functionName(value);
    if (name !== undefined) columns.set(name, rangeOf(value, scope));
  }
  // A condition that its own text decides against leaves no row.
  const refused = (['whereClause', 'havingClause'] as const).some((key) => key in select && rangeOf(select[key] as Tree, scope).max === 0);
  const limit = 'limitCount' in select ? rangeOf(select['limitCount'] as Tree, scope) : anything;
  const cut = ('limitCount' in select && !(limit.min >= 1)) || 'limitOffset' in select || 'havingClause' in select;
  const many = targets.some((target) => /generate_series|unnest|_elements|regexp_(?:matches|split_to_table)|_each/.test(JSON.stringify(target)));
  // What a query of one row in its place answers, and nothing that would leave a row out.
  const from = listOf(select['fromClause']);
  const passed =
    from.length === 1 &&
    from[0]?.['JoinExpr'] === undefined &&
    tables.size === 1 &&
    [...tables.values()].every((table) => table.oneRow) &&
    !('whereClause' in select);
  const bare = listOf(select['fromClause']).length === 0 && !('whereClause' in select);
  const oneRow = groups.length === 0 && !cut && !many && (bare || passed || targets.some((target) => holdsAggregate(target?.['val'])));
  return { columns, oneRow, maxRows: refused && !oneRow ? 0 : limit.max };
}

/** The answers that stand in a FROM clause; the optional side of an outer join may be NULL. */
function addTables(item: Tree, optional: boolean, tables: Map<string, AnswerRange>, queries: ReadonlyMap<string, AnswerRange>): void {
  const join = item['JoinExpr'] as Tree | undefined;
  if (join) {
    const type = String(join['jointype']);
    addTables(join['larg'] as Tree, optional || /RIGHT|FULL/.test(type), tables, queries);
    addTables(join['rarg'] as Tree, optional || /LEFT|FULL/.test(type), tables, queries);
    return;
  }
  const table = (item['RangeVar'] ?? item['RangeSubselect']) as Tree | undefined;
  const alias = table?.['alias'] as Tree | undefined;
  const name = (alias?.['aliasname'] ?? table?.['relname']) as string | undefined;
  if (table === undefined || name === undefined) return;
  // Columns that the alias renames are not followed.
  const renamed = alias !== undefined && 'colnames' in alias;
  const inner = 'subquery' in table ? answerRange(selectOf(table['subquery']), queries) : queries.get(String(table['relname']));
  const answer = inner === undefined || renamed ? nothing : inner;
  tables.set(name, optional ? { ...answer, columns: new Map([...answer.columns].map(([column, range]) => [column, { ...range, nullable: true }])) } : answer);
}

function rangeOf(node: Tree | undefined, scope: Scope): ValueRange {
  const [[tag, content] = []] = Object.entries(node ?? {}) as readonly [string, Tree][];
  if (tag === undefined || content === undefined) return anything;
  const all = (key: string): readonly ValueRange[] => listOf(content[key]).map((child) => rangeOf(child, scope));
  const one = (key: string): ValueRange => rangeOf(content[key] as Tree | undefined, scope);
  switch (tag) {
    case 'A_Const':
      return constant(content);
    case 'ColumnRef':
      return column(content, scope);
    case 'FuncCall':
      return call(content, all('args'), scope);
    case 'CoalesceExpr':
      return { ...union(all('args')), nullable: all('args').every(({ nullable }) => nullable) };
    case 'MinMaxExpr':
      return extreme(all('args'), content['op'] === 'IS_GREATEST');
    case 'CaseExpr': {
      const results = listOf(content['args']).map((when) => rangeOf((when['CaseWhen'] as Tree | undefined)?.['result'] as Tree | undefined, scope));
      return union([...results, 'defresult' in content ? one('defresult') : { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, nullable: true }]);
    }
    case 'TypeCast':
      return cast(one('arg'), lastName((content['typeName'] as Tree | undefined)?.['names']) ?? '');
    case 'SubLink':
      return subquery(content, scope);
    case 'NullTest':
    case 'BooleanTest':
      return { ...truth, nullable: false };
    case 'BoolExpr':
      return { ...logic(String(content['boolop']), all('args')), nullable: all('args').some(({ nullable }) => nullable) };
    case 'SQLValueFunction':
      return { ...anything, nullable: false };
    case 'A_Expr':
      return operation(content, 'lexpr' in content ? one('lexpr') : { min: 0, max: 0, nullable: false }, one('rexpr'));
    default:
      return anything;
  }
}

function constant(content: Tree): ValueRange {
  if (content['isnull'] === true) return anything;
  const part = (key: string): string | number | boolean | undefined => (content[key] as Readonly<Record<string, string | number | boolean>> | undefined)?.[key];
  if ('boolval' in content) return { ...exactly(part('boolval') === true ? 1 : 0), boolean: true };
  if ('ival' in content) return exactly(Number(part('ival') ?? 0));
  if ('fval' in content) return exactly(Number(part('fval')));
  return 'sval' in content ? { ...anything, nullable: false, text: String(part('sval') ?? '') } : { ...anything, nullable: false };
}

function column(content: Tree, scope: Scope): ValueRange {
  const names = listOf(content['fields']).map((field) => (field['String'] as Tree | undefined)?.['sval'] as string | undefined);
  const [name, table] = [names.at(-1), names.at(-2)];
  if (name === undefined) return anything;
  if (table !== undefined) return scope.tables.get(table)?.columns.get(name) ?? anything;
  // A name without its table is followed where there is only one it can come from.
  const [only] = scope.tables.values();
  return (scope.tables.size === 1 ? only?.columns.get(name) : undefined) ?? anything;
}

function call(content: Tree, args: readonly ValueRange[], scope: Scope): ValueRange {
  const names = listOf(content['funcname']);
  if (names.length > 1 && lastName(names.slice(0, 1)) !== 'pg_catalog') return anything;
  const whole = !('agg_filter' in content || 'over' in content);
  return ofFunction(lastName(names) ?? '', args, { grouped: scope.grouped && whole, star: content['agg_star'] === true });
}

function subquery(content: Tree, scope: Scope): ValueRange {
  switch (content['subLinkType']) {
    case 'EXISTS_SUBLINK':
      return { ...truth, nullable: false };
    case 'ARRAY_SUBLINK':
      return { ...anything, nullable: false };
    case 'EXPR_SUBLINK': {
      const answer = answerRange(selectOf(content['subselect']), scope.queries);
      const [only = anything] = answer.columns.size === 0 ? unnamed(content, scope) : answer.columns.values();
      return { ...only, nullable: only.nullable || !answer.oneRow };
    }
    default:
      return truth;
  }
}

/** The only column of a subquery, which needs no name. */
function unnamed(content: Tree, scope: Scope): readonly ValueRange[] {
  const select = selectOf(content['subselect']);
  const [target] = listOf(select?.['targetList']);
  return [rangeOf((target?.['ResTarget'] as Tree | undefined)?.['val'] as Tree | undefined, { tables: new Map(), queries: scope.queries, grouped: false })];
}

function operation(content: Tree, left: ValueRange, right: ValueRange): ValueRange {
  const kind = String(content['kind']);
  if (kind === 'AEXPR_NULLIF') return { ...left, nullable: true };
  if (/DISTINCT/.test(kind)) return { ...truth, nullable: false };
  return kind === 'AEXPR_OP' ? ofOperator(lastName(content['name']) ?? '', left, right) : truth;
}

/** An aggregate of this very query: one in a subquery or over a window makes no single row. */
function holdsAggregate(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(holdsAggregate);
  if (typeof node !== 'object' || node === null) return false;
  return Object.entries(node).some(([tag, child]) => {
    if (tag === 'SubLink') return false;
    const content = child as Tree;
    if (tag === 'FuncCall' && !('over' in content) && (aggregates.test(lastName(content['funcname']) ?? '') || 'agg_star' in content)) return true;
    return holdsAggregate(child);
  });
}

function selectOf(node: unknown): Tree | undefined {
  return (node as Tree | undefined)?.['SelectStmt'] as Tree | undefined;
}

function functionName(value: Tree | undefined): string | undefined {
  return lastName((value?.['FuncCall'] as Tree | undefined)?.['funcname']);
}

function lastName(list: unknown): string | undefined {
  return (listOf(list).at(-1)?.['String'] as Tree | undefined)?.['sval'] as string | undefined;
}

function listOf(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? (value as readonly Tree[]) : [];
}
