/** What a statement touches, by name: relations, functions, operators, types. From these an effect closure follows what acts behind them. */
import type { RowEvent } from '../model/catalogue.ts';
import { relationOf, relationsIn, type Relation } from './sql-effect.ts';
import { listIn, namesIn, nodeIn, type SqlNode, textIn, walkTree } from './sql-node.ts';
import { schemaNature } from './schema-nature.ts';
import { isAnalyze } from './sql-statement.ts';

export interface CalledName {
  readonly names: readonly string[];
  /** How many arguments; undefined where the text does not tell. */
  readonly count: number | undefined;
}

interface RowWrite {
  readonly relation: Relation;
  readonly events: readonly RowEvent[];
  /** Columns that an UPDATE sets; undefined where the text does not tell. */
  readonly columns: readonly string[] | undefined;
  /** TRUNCATE … CASCADE. */
  readonly cascade: boolean;
}

export interface SqlUse {
  /** Every relation that is named, also those that are written. */
  readonly relations: readonly Relation[];
  readonly writes: readonly RowWrite[];
  readonly calls: readonly CalledName[];
  readonly operators: readonly (readonly string[])[];
  readonly types: readonly (readonly string[])[];
  /** `x.name` and `(x).name`, which may be a function of a row. */
  readonly fields: readonly string[];
  /** Relations whose rows are written anew, checks and all, by a change of the schema. */
  readonly rebuilt: readonly Relation[];
}

export const nothingUsed: SqlUse = { relations: [], writes: [], calls: [], operators: [], types: [], fields: [], rebuilt: [] };

export function joinUses(uses: readonly SqlUse[]): SqlUse {
  return {
    relations: uses.flatMap(({ relations }) => relations),
    writes: uses.flatMap(({ writes }) => writes),
    calls: uses.flatMap(({ calls }) => calls),
    operators: uses.flatMap(({ operators }) => operators),
    types: uses.flatMap(({ types }) => types),
    fields: uses.flatMap(({ fields }) => fields),
    rebuilt: uses.flatMap(({ rebuilt }) => rebuilt),
  };
}

/** Of a whole statement. What only defines something that acts later (a trigger, a function) uses nothing yet. */
export function statementUse(tag: string, node: SqlNode): SqlUse {
  if (schemaNature(tag, node) === 'acting' && !usesNow.has(tag)) return nothingUsed;
  const use = useIn({ [tag]: node });
  // Planning alone writes nothing.
  const inner = tag === 'ExplainStmt' && !isAnalyze(node) ? { ...use, writes: [] } : use;
  return tag === 'AlterTableStmt' || tag === 'AlterDomainStmt' ? { ...inner, rebuilt: relationsIn(node['relation']) } : inner;
}

/** Kinds that carry out what stands in them, though they are no change of what holds data. */
const usesNow = new Set(
  `InsertStmt UpdateStmt DeleteStmt MergeStmt ExplainStmt PrepareStmt ExecuteStmt DeclareCursorStmt CopyStmt TruncateStmt CallStmt LockStmt VacuumStmt
  RefreshMatViewStmt AlterTableStmt`.split(/\s+/),
);

/** Below any node, tagged. */
export function useIn(root: SqlNode): SqlUse {
  const use = {
    relations: [] as Relation[],
    writes: [] as RowWrite[],
    calls: [] as CalledName[],
    operators: [] as (readonly string[])[],
    types: [] as (readonly string[])[],
    fields: [] as string[],
  };
  for (const { key, node } of walkTree(root)) {
    // In some places a relation stands without its tag; a foreign key only looks at what it references.
    if (textIn(node['relname']) !== undefined && key !== 'pktable') use.relations.push(...relationsIn(node));
    switch (key) {
      case 'InsertStmt':
      case 'UpdateStmt':
      case 'DeleteStmt':
      case 'MergeStmt':
        use.writes.push(rowWrite(key, node));
        break;
      case 'TruncateStmt':
        use.writes.push(
          ...relationsIn(node['relations']).map((relation) => ({
            relation,
            events: ['truncate'] as const,
            columns: undefined,
            cascade: node['behavior'] === 'DROP_CASCADE',
          })),
        );
        break;
      case 'CopyStmt': {
        const relation = relationOf(node['relation']);
        if (node['is_from'] === true && relation) use.writes.push({ relation, events: ['insert'], columns: undefined, cascade: false });
        break;
      }
      case 'FuncCall':
      case 'funccall':
        use.calls.push({ names: namesIn(node['funcname']), count: argumentCount(node) });
        break;
      case 'TypeName':
      case 'typeName':
      case 'argType':
      case 'returnType':
        use.types.push(namesIn(node['names']));
        break;
      case 'A_Expr':
        use.operators.push(namesIn(node['name']));
        break;
      case 'SubLink':
        use.operators.push(namesIn(node['operName']));
        break;
      case 'SortBy':
        use.operators.push(namesIn(node['useOp']));
        break;
      case 'ColumnRef': {
        const names = namesIn(node['fields']);
        if (names.length > 1) use.fields.push(names.at(-1) ?? '');
        break;
      }
      case 'A_Indirection':
        use.fields.push(...namesIn(node['indirection']).filter((name) => name !== ''));
        break;
    }
  }
  return { ...use, rebuilt: [] };
}

function argumentCount(node: SqlNode): number | undefined {
  if (node['func_variadic'] === true || node['agg_within_group'] === true) return undefined;
  return listIn(node['args']).length;
}

function rowWrite(tag: string, node: SqlNode): RowWrite {
  const relation = relationOf(node['relation']) ?? { name: '' };
  const conflict = nodeIn(node['onConflictClause']);
  const write = (events: readonly RowEvent[], columns?: readonly string[]): RowWrite => ({ relation, events, columns, cascade: false });
  switch (tag) {
    case 'InsertStmt':
      return conflict?.['action'] === 'ONCONFLICT_UPDATE' ? write(['insert', 'update'], targetsOf(conflict['targetList'])) : write(['insert']);
    case 'UpdateStmt':
      return write(['update'], targetsOf(node['targetList']));
    case 'DeleteStmt':
      return write(['delete']);
    default: {
      const clauses = listIn(node['mergeWhenClauses']).flatMap((clause) => listIn([clause['MergeWhenClause']]));
      const events = clauses.flatMap((clause) => mergeEvents[textIn(clause['commandType']) ?? ''] ?? []);
      return write(
        [...new Set(events)],
        clauses.flatMap((clause) => (clause['commandType'] === 'CMD_UPDATE' ? targetsOf(clause['targetList']) : [])),
      );
    }
  }
}

const mergeEvents: Readonly<Record<string, RowEvent>> = { CMD_INSERT: 'insert', CMD_UPDATE: 'update', CMD_DELETE: 'delete' };

function targetsOf(list: unknown): readonly string[] {
  return listIn(list).flatMap((target) => textIn(nodeIn(target['ResTarget'])?.['name']) ?? []);
}
