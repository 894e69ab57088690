/** What a query or a change of data would do, read off its parse tree: facts without a judgement. What is not known here is an effect too. */
import { queryTags, tableTags } from './node-tag.ts';
import type { SchemaNature } from './schema-nature.ts';
import type { SettingChange } from './sql-setting.ts';
import { constantIn, listIn, namesIn, nodeIn, type SqlNode, textIn, walkTree } from './sql-node.ts';

/** A relation as the statement names it; `schema` is absent where the search path decides. */
export interface Relation {
  readonly schema?: string;
  readonly name: string;
}

export type WriteVerb = 'insert' | 'update' | 'delete' | 'merge' | 'copy' | 'truncate';

export type SqlEffect =
  /**
   * `columns` are those that are named; `cascade`: others are written with it that are not named; `part`: it is a part of what is
   * written, or what that is a part of, and written only so far.
   */
  | {
      readonly kind: 'write';
      readonly verb: WriteVerb;
      readonly relation: Relation;
      readonly columns: readonly string[];
      readonly cascade: boolean;
      readonly part?: boolean;
    }
  /** Its rows are another server's. */
  | { readonly kind: 'foreign-table'; readonly relation: Relation; readonly server: string }
  | { readonly kind: 'function'; readonly names: readonly string[] }
  /** A type or operator of a named schema other than the system's: what it runs is not in the text. */
  | { readonly kind: 'foreign-name'; readonly what: 'type' | 'operator'; readonly names: readonly string[] }
  | { readonly kind: 'setting'; readonly change: SettingChange }
  /** `CREATE … IF NOT EXISTS`: nothing at all when the object exists; `index` names the new index of the relation. */
  | { readonly kind: 'create'; readonly what: 'table' | 'index' | 'schema'; readonly relation: Relation; readonly index?: string }
  /** `sources` are only read by it, like the tables under a new view. */
  | {
      readonly kind: 'ddl';
      readonly what: string;
      readonly nature: SchemaNature;
      readonly relations: readonly Relation[];
      readonly sources: readonly Relation[];
    }
  | { readonly kind: 'lock'; readonly what: 'rows' | 'table'; readonly relation?: Relation }
  | { readonly kind: 'side'; readonly what: 'notify' | 'maintenance'; readonly name: string }
  /** Reaches outside the database: a file or a program of the server's machine, a library. */
  | { readonly kind: 'outside'; readonly what: string }
  /** What it does is not in the text: a procedure, a block. `known`: all that it sends itself is among the effects, nothing is made at run time. */
  | { readonly kind: 'opaque'; readonly what: string; readonly known: boolean }
  | { readonly kind: 'unknown'; readonly what: string };

const systemSchemas = new Set(['pg_catalog', 'information_schema']);
const sampleMethods = new Set(['bernoulli', 'system']);

/** Every effect below a node of a query or of a data change, in order of text. */
export function effectsIn(tag: string, root: SqlNode): readonly SqlEffect[] {
  const effects: SqlEffect[] = [];
  for (const { key, node } of walkTree({ [tag]: root })) {
    switch (key) {
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        effects.push(writeOf(key, node));
        break;
      case 'FuncCall':
        effects.push(functionOf(node));
        break;
      case 'TypeName':
      case 'typeName':
        effects.push(...foreignName('type', namesIn(node['names'])));
        break;
      case 'A_Expr':
        effects.push(...foreignName('operator', namesIn(node['name'])));
        break;
      case 'SubLink':
        effects.push(...foreignName('operator', namesIn(node['operName'])));
        break;
      case 'SortBy':
        effects.push(...foreignName('operator', namesIn(node['useOp'])));
        break;
      case 'RangeTableSample':
        if (!sampleMethods.has(namesIn(node['method']).at(-1) ?? '')) effects.push({ kind: 'function', names: namesIn(node['method']) });
        break;
      case 'LockingClause':
        effects.push({ kind: 'lock', what: 'rows' });
        break;
      case 'intoClause':
      case 'into':
        effects.push({ kind: 'ddl', what: 'SELECT INTO', nature: 'data', relations: relationsIn(node['rel']), sources: [] });
        break;
      default:
        if (/^[A-Z]/.test(key) && !queryTags.has(key) && !(tag === 'CreateStmt' && (tableTags.has(key) || key === tag)))
          effects.push({ kind: 'unknown', what: key });
    }
  }
  return effects;
}

/** An untagged or tagged RangeVar. */
export function relationOf(value: unknown): Relation | undefined {
  const inner = nodeIn(value);
  const node = nodeIn(inner?.['RangeVar']) ?? inner;
  const name = textIn(node?.['relname']);
  const schema = textIn(node?.['schemaname']);
  return name === undefined ? undefined : { name, ...(schema === undefined ? {} : { schema }) };
}

export function relationsIn(value: unknown): readonly Relation[] {
  return (Array.isArray(value) ? value : [value]).flatMap((item) => relationOf(item) ?? []);
}

function writeOf(tag: string, node: SqlNode): SqlEffect {
  const verb = tag.replace('Stmt', '').toLowerCase() as WriteVerb;
  const targets = [
    ...listIn(node['cols']),
    ...(verb === 'delete' || verb === 'merge' ? [] : listIn(node['targetList'])),
    ...listIn(nodeIn(node['onConflictClause'])?.['targetList']),
    ...listIn(node['mergeWhenClauses']).flatMap((clause) => listIn(nodeIn(clause['MergeWhenClause'])?.['targetList'])),
  ];
  const columns = new Set(targets.flatMap((target) => textIn(nodeIn(target['ResTarget'])?.['name']) ?? []));
  return { kind: 'write', verb, relation: relationOf(node['relation']) ?? { name: '' }, columns: [...columns], cascade: false };
}

/** `set_config(name, value, local)` is a SET in the form of a function. */
function functionOf(node: SqlNode): SqlEffect {
  const names = namesIn(node['funcname']);
  if (names.at(-1) !== 'set_config' || (names.length > 1 && names[0] !== 'pg_catalog')) return { kind: 'function', names };
  const [name, value] = listIn(node['args']).map(constantIn);
  return { kind: 'setting', change: { kind: 'computed', name: name?.toLowerCase(), values: value === undefined ? undefined : [value] } };
}

function foreignName(what: 'type' | 'operator', names: readonly string[]): readonly SqlEffect[] {
  return names.length > 1 && !systemSchemas.has(names.at(-2) ?? '') ? [{ kind: 'foreign-name', what, names }] : [];
}
