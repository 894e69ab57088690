/** Each kind of statement and the effects it has. A kind that is in no list of `node-tag.ts` is unknown, and refused. */
import { effectsIn, type Relation, relationOf, relationsIn, type SqlEffect } from './sql-effect.ts';
import { constantIn, listIn, namesIn, nodeIn, type SqlNode, taggedIn, textIn, walkTree } from './sql-node.ts';
import { statementTags } from './node-tag.ts';
import { schemaNature } from './schema-nature.ts';
import { readSetting } from './sql-setting.ts';
import { settingLookedUp } from './setting-query.ts';

const kindNames: Readonly<Record<string, string>> = {
  VariableShowStmt: 'show',
  CreateStmt: 'create table',
  IndexStmt: 'create index',
  ViewStmt: 'create view',
  CreateTableAsStmt: 'create table as',
  ClosePortalStmt: 'close',
  DeclareCursorStmt: 'declare',
  ConstraintsSetStmt: 'set constraints',
  RefreshMatViewStmt: 'refresh materialized view',
  CheckPointStmt: 'checkpoint',
  CreateTrigStmt: 'create trigger',
  RuleStmt: 'create rule',
  CreateSeqStmt: 'create sequence',
};

/** Everything that a whole statement would do. */
export function statementEffects(tag: string, node: SqlNode): readonly SqlEffect[] {
  switch (tag) {
    case 'SelectStmt':
      return withSettingName(node, effectsIn(tag, node));
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return effectsIn(tag, node);
    case 'ExplainStmt': {
      const effects = effectsOfInner(node['query']);
      // Planning runs functions that claim to be immutable, and nothing else of the statement.
      return isAnalyze(node)
        ? effects
        : effects.filter(({ kind }) => kind === 'function' || kind === 'foreign-name' || kind === 'setting' || kind === 'unknown');
    }
    case 'PrepareStmt':
    case 'DeclareCursorStmt':
      return effectsOfInner(node['query']);
    case 'ExecuteStmt':
      // What it carries out was judged when it was prepared, in this very session.
      return listIn(node['params']).flatMap((parameter) => effectsIn('List', { items: [parameter] }));
    case 'CopyStmt':
      return copyEffects(node);
    case 'CreateTableAsStmt':
      return [
        { kind: 'ddl', what: 'CREATE TABLE AS', nature: 'data', relations: relationsIn(nodeIn(node['into'])?.['rel']), sources: [] },
        ...effectsOfInner(node['query']),
      ];
    case 'TruncateStmt':
      return relationsIn(node['relations']).map((relation) => ({
        kind: 'write',
        verb: 'truncate',
        relation,
        columns: [],
        cascade: node['behavior'] === 'DROP_CASCADE',
      }));
    case 'CreateStmt':
    case 'IndexStmt':
    case 'CreateSchemaStmt':
      return createEffects(tag, node);
    case 'VariableSetStmt':
    case 'TransactionStmt':
      return readSetting(tag, node).map((change) => ({ kind: 'setting', change }));
    case 'LockStmt':
      // ACCESS SHARE, the lock that every SELECT takes.
      if (node['mode'] === 1) return [];
      return relationsIn(node['relations']).map((relation) => ({ kind: 'lock', what: 'table', relation }));
    case 'CallStmt':
      return [
        ...effectsIn('FuncCall', nodeIn(node['funccall']) ?? {}),
        { kind: 'opaque', what: `CALL ${namesIn(nodeIn(node['funccall'])?.['funcname']).join('.')}`, known: true },
      ];
    case 'DoStmt':
      return [{ kind: 'opaque', what: 'DO', known: false }];
    case 'NotifyStmt':
      return [{ kind: 'side', what: 'notify', name: 'NOTIFY' }];
    case 'VacuumStmt':
    case 'RefreshMatViewStmt':
    case 'CheckPointStmt':
      return [{ kind: 'side', what: 'maintenance', name: statementKind(tag, node).toUpperCase() }];
    case 'LoadStmt':
      return [{ kind: 'outside', what: 'LOAD' }];
    case 'VariableShowStmt':
    case 'FetchStmt':
    case 'ClosePortalStmt':
    case 'DeallocateStmt':
    case 'DiscardStmt':
    case 'ListenStmt':
    case 'UnlistenStmt':
    case 'ConstraintsSetStmt':
      return [];
    default:
      return statementTags.schema.has(tag) ? schemaEffects(tag, node) : [{ kind: 'unknown', what: tag }];
  }
}

/** Where the name of the one setting is looked up, it is known all the same. */
function withSettingName(node: SqlNode, effects: readonly SqlEffect[]): readonly SqlEffect[] {
  const name = settingLookedUp(node);
  if (name === undefined) return effects;
  return effects.map((effect) =>
    effect.kind === 'setting' && effect.change.kind === 'computed' && effect.change.name === undefined
      ? { ...effect, change: { ...effect.change, name } }
      : effect,
  );
}

/** The effects of a statement that stands inside another (`EXPLAIN`, `PREPARE`, `DECLARE`, `COPY`). */
function effectsOfInner(value: unknown): readonly SqlEffect[] {
  const inner = taggedIn(value);
  return inner ? statementEffects(inner.tag, inner.node) : [{ kind: 'unknown', what: 'statement' }];
}

/** A change of the schema with what it carries out at once: a default of a new column, the query of a view. */
function schemaEffects(tag: string, node: SqlNode): readonly SqlEffect[] {
  const nature = schemaNature(tag, node);
  const what = statementKind(tag, node).toUpperCase();
  const newName = tag === 'RenameStmt' ? relationOf({ relname: node['newname'] }) : undefined;
  const view = tag === 'ViewStmt' ? relationsIn(node['view']) : undefined;
  const named = [...relationsNamed(node), ...(newName ? [newName] : [])];
  const inner = nature === 'acting' ? [] : effectsIn(tag, node).filter(({ kind }) => kind === 'function' || kind === 'foreign-name' || kind === 'setting');
  return [{ kind: 'ddl', what, nature, relations: view ?? named, sources: view ? named : [] }, ...inner];
}

/** Whatever a change of the schema may be about: relations, and for a DROP each part of each dotted name. */
function relationsNamed(node: SqlNode): readonly Relation[] {
  const dropped = listIn(node['objects']).flatMap((object) => namesIn(nodeIn(object['List'])?.['items']).map((name) => ({ name })));
  const related = [...walkTree(node)].flatMap(({ key, node: inner }) =>
    key === 'relation' || key === 'RangeVar' || (key === 'name' && inner['relname'] !== undefined) ? relationsIn(inner) : [],
  );
  return [...related, ...dropped];
}

/** The statement's kind in words: `select`, `insert`, `create table`, `begin`, … */
export function statementKind(tag: string, node: SqlNode): string {
  if (tag === 'TransactionStmt') return (textIn(node['kind']) ?? '').replace('TRANS_STMT_', '').replaceAll('_', ' ').toLowerCase();
  if (tag === 'VariableSetStmt') return (textIn(node['kind']) ?? '').startsWith('VAR_RESET') ? 'reset' : 'set';
  if (tag === 'VacuumStmt') return node['is_vacuumcmd'] === true ? 'vacuum' : 'analyze';
  if (tag === 'DropStmt' || tag === 'AlterTableStmt') {
    const object = (textIn(node['removeType'] ?? node['objtype']) ?? '').replace('OBJECT_', '').replaceAll('_', ' ');
    return `${tag === 'DropStmt' ? 'drop' : 'alter'} ${object}`.toLowerCase();
  }
  return (
    kindNames[tag] ??
    tag
      .replace(/Stmt$/, '')
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toLowerCase()
  );
}

/** Does an EXPLAIN carry its statement out? */
export function isAnalyze(node: SqlNode): boolean {
  return listIn(node['options']).some((option) => {
    const element = nodeIn(option['DefElem']);
    if (element?.['defname'] !== 'analyze') return false;
    return element['arg'] === undefined || !['false', 'off', '0'].includes((constantIn(element['arg']) ?? '').toLowerCase());
  });
}

function copyEffects(node: SqlNode): readonly SqlEffect[] {
  const outside: readonly SqlEffect[] =
    node['filename'] === undefined ? [] : [{ kind: 'outside', what: node['is_program'] === true ? 'COPY PROGRAM' : 'COPY with a file of the server' }];
  const where = nodeIn(node['whereClause']);
  const inner = [...(node['query'] === undefined ? [] : effectsOfInner(node['query'])), ...(where ? effectsIn('List', { items: [where] }) : [])];
  const relation = relationOf(node['relation']);
  const columns = namesIn(node['attlist']);
  return [...(node['is_from'] === true && relation ? [{ kind: 'write', verb: 'copy', relation, columns, cascade: false } as const] : []), ...outside, ...inner];
}

/** A no-op form counts only where it is one: no temporary table, no parent, no data, no contents of a schema. */
function createEffects(tag: string, node: SqlNode): readonly SqlEffect[] {
  const relation = tag === 'CreateSchemaStmt' ? { name: textIn(node['schemaname']) ?? '' } : relationOf(node['relation']);
  const temporary = nodeIn(node['relation'])?.['relpersistence'] === 't';
  const plain =
    node['if_not_exists'] === true &&
    !temporary &&
    node['inhRelations'] === undefined &&
    node['partbound'] === undefined &&
    node['schemaElts'] === undefined &&
    node['ofTypename'] === undefined;
  if (!relation || !plain) return schemaEffects(tag, node);
  const what = tag === 'CreateStmt' ? 'table' : tag === 'IndexStmt' ? 'index' : 'schema';
  const inner =
    tag === 'CreateStmt'
      ? effectsIn(tag, node)
      : tag === 'IndexStmt'
        ? effectsIn('List', { items: [...listIn(node['indexParams']), ...listIn([node['whereClause']])] })
        : [];
  const index = tag === 'IndexStmt' ? textIn(node['idxname']) : undefined;
  return [{ kind: 'create', what, relation, ...(index === undefined ? {} : { index }) }, ...inner];
}
