/** What stands in a definition of the catalogue (a view's query, a function's body, a rule, an expression): read once, as facts. */
import type { CatalogueFunction } from '../model/catalogue.ts';
import { readPlpgsqlBody, type PlpgsqlBody } from './plpgsql-body.ts';
import { effectsIn, relationOf, type Relation, type SqlEffect } from './sql-effect.ts';
import { listIn, nodeIn, type SqlNode, taggedIn } from './sql-node.ts';
import type { SqlParser } from './sql-parser.ts';
import { statementEffects } from './sql-statement.ts';
import { joinUses, nothingUsed, statementUse, useIn, type SqlUse } from './sql-use.ts';

export interface DefinitionFact {
  readonly effects: readonly SqlEffect[];
  readonly use: SqlUse;
  /** It builds SQL at run time. */
  readonly dynamic: boolean;
  /** Words of a text whose tree is not whole: each may be anything. */
  readonly words: PlpgsqlBody['words'];
  /** Of a view that is written through: what is written. */
  readonly target?: Relation;
}

export type DefinitionKind = 'expression' | 'query' | 'rule' | 'trigger' | 'body' | 'function' | 'plpgsql' | 'statement';

/** By parser: the same text always says the same. */
const memory = new WeakMap<SqlParser, Map<string, Promise<DefinitionFact | undefined>>>();
const mostRemembered = 50_000;

/** Undefined where it cannot be read. */
export function readDefinition(parser: SqlParser, kind: DefinitionKind, text: string): Promise<DefinitionFact | undefined> {
  const facts = memory.get(parser) ?? new Map<string, Promise<DefinitionFact | undefined>>();
  memory.set(parser, facts);
  const key = `${kind} ${text}`;
  const fact = facts.get(key) ?? (kind === 'plpgsql' ? readPlpgsql(parser, text) : readText(parser, kind, text));
  if (facts.size >= mostRemembered) facts.clear();
  facts.set(key, fact);
  // A parser that was out of breath may be well at the next asking.
  void fact.then((read) => read === undefined && facts.delete(key));
  return fact;
}

/** How a function's text is to be read; undefined where it is none (compiled code, another language). */
export function functionText({ language, body, definition }: CatalogueFunction): { readonly kind: DefinitionKind; readonly text: string } | undefined {
  if (language === 'plpgsql') return { kind: 'plpgsql', text: definition ?? '' };
  if (language !== 'sql') return undefined;
  return definition === undefined ? { kind: 'body', text: body } : { kind: 'function', text: definition };
}

async function readText(parser: SqlParser, kind: DefinitionKind, text: string): Promise<DefinitionFact | undefined> {
  const parsed = await parser.parse(kind === 'expression' ? `SELECT ${text}` : text);
  if (parsed.kind !== 'statements') return undefined;
  return joinFacts(parsed.statements.map(({ tree }) => factOf(kind, tree)));
}

function factOf(kind: DefinitionKind, tree: SqlNode): DefinitionFact {
  const { tag, node } = taggedIn(tree) ?? { tag: '', node: {} };
  if (kind === 'expression' || kind === 'body') return plainFact(tree);
  // A table that nobody else can see yet: what stands in its columns and constraints.
  if (kind === 'statement') return { ...nothing, use: useIn(tree) };
  if (tag === 'RuleStmt')
    return joinFacts([...listIn(node['actions']).map((action) => plainFact(action)), ...listIn([node['whereClause']]).map((where) => conditionFact(where))]);
  if (tag === 'CreateTrigStmt') return joinFacts(listIn([node['whenClause']]).map((condition) => conditionFact(condition)));
  if (tag === 'CreateFunctionStmt') return joinFacts(statementsOfBody(node['sql_body']).map((statement) => plainFact(statement)));
  const query = tag === 'ViewStmt' || tag === 'CreateTableAsStmt' ? (nodeIn(node['query']) ?? {}) : tree;
  const target = targetOf(query);
  return { ...plainFact(query), ...(target === undefined ? {} : { target }) };
}

const nothing: DefinitionFact = { effects: [], use: nothingUsed, dynamic: false, words: undefined };

function plainFact(tree: SqlNode): DefinitionFact {
  const { tag, node } = taggedIn(tree) ?? { tag: '', node: {} };
  return { effects: statementEffects(tag, node), use: statementUse(tag, node), dynamic: false, words: undefined };
}

function conditionFact(condition: SqlNode): DefinitionFact {
  return { effects: effectsIn('List', { items: [condition] }), use: useIn(condition), dynamic: false, words: undefined };
}

/** `RETURN x`, or `BEGIN ATOMIC …; END`: lists within a list. */
function statementsOfBody(value: unknown): readonly SqlNode[] {
  const node = nodeIn(value);
  const items = nodeIn(node?.['List'])?.['items'];
  if (Array.isArray(items)) return items.flatMap((item) => statementsOfBody(item));
  const returned = nodeIn(node?.['ReturnStmt'])?.['returnval'];
  if (returned !== undefined) return [{ SelectStmt: { targetList: [{ ResTarget: { val: returned } }] } }];
  return node === undefined ? [] : [node];
}

/** PostgreSQL writes through a view of one relation alone (CREATE VIEW, "Updatable Views"). */
function targetOf(query: SqlNode): Relation | undefined {
  const from = listIn(nodeIn(query['SelectStmt'])?.['fromClause']);
  return from.length === 1 ? relationOf(from[0]?.['RangeVar']) : undefined;
}

async function readPlpgsql(parser: SqlParser, text: string): Promise<DefinitionFact | undefined> {
  const body = await readPlpgsqlBody(parser, text);
  const fact = body && (await factOfBody(parser, body));
  return fact?.whole === true ? fact : undefined;
}

/** The facts of a PL/pgSQL text; not `whole` where one of its statements cannot be read. */
export async function factOfBody(parser: SqlParser, { queries, types, dynamic, words }: PlpgsqlBody): Promise<DefinitionFact & { readonly whole: boolean }> {
  let whole = true;
  const facts: DefinitionFact[] = [];
  for (const query of [...queries, ...types.filter((type) => !type.includes('%')).map((type) => `SELECT NULL::${type}`)]) {
    const parsed = await parser.parse(query);
    if (parsed.kind === 'statements') facts.push(...parsed.statements.map(({ tree }) => plainFact(tree)));
    else if (queries.includes(query)) whole = false;
  }
  // `runs%ROWTYPE`, `public.runs.id%TYPE`: of a relation with or without its schema.
  const relations = types
    .filter((type) => type.includes('%'))
    .flatMap((type) => type.slice(0, type.indexOf('%')).split('.'))
    .map((name) => ({ name: name.replaceAll('"', '') }));
  return { ...joinFacts([...facts, { ...nothing, use: { ...nothingUsed, relations } }]), dynamic, words, whole };
}

function joinFacts(facts: readonly DefinitionFact[]): DefinitionFact {
  const target = facts.find((fact) => fact.target)?.target;
  return {
    effects: facts.flatMap(({ effects }) => effects),
    use: joinUses(facts.map(({ use }) => use)),
    dynamic: facts.some(({ dynamic }) => dynamic),
    words: facts.find(({ words }) => words)?.words,
    ...(target === undefined ? {} : { target }),
  };
}

/** Any word may be a table, a function or a type. */
export function wordUse({ names, operators }: NonNullable<DefinitionFact['words']>): SqlUse {
  return {
    ...nothingUsed,
    relations: names.map((name) => ({ name })),
    calls: names.map((name) => ({ names: [name], count: undefined })),
    types: names.map((name) => [name]),
    operators: operators.map((operator) => [operator]),
  };
}
