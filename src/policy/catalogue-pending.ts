/** A catalogue with what sessions have made and not committed: read off the statements themselves, since no other session sees it. */
import {
  type Catalogue,
  type CatalogueFunction,
  type CatalogueRelation,
  type CatalogueTrigger,
  type ForeignKey,
  keyActions,
  type RelationKind,
  type RowEvent,
  triggerEvents,
} from '../model/catalogue.ts';
import { relationOf, relationsIn } from './sql-effect.ts';
import { constantIn, listIn, namesIn, nodeIn, type SqlNode, taggedIn, textIn, walkTree } from './sql-node.ts';
import type { SqlParser } from './sql-parser.ts';

const ruleEvents: Readonly<Record<string, RowEvent>> = { CMD_INSERT: 'insert', CMD_UPDATE: 'update', CMD_DELETE: 'delete' };

/** By the list of relations: a catalogue that has another one, be it by a single table more, is another. */
const known = new WeakMap<Catalogue['relations'], Map<string, Promise<Catalogue>>>();
const mostOverlays = 200;

/** Same catalogue, same statements, same answer: the very object, so that what is known of it is kept. */
export function withPending(parser: SqlParser, catalogue: Catalogue, statements: readonly string[]): Promise<Catalogue> {
  if (statements.length === 0) return Promise.resolve(catalogue);
  const overlays = known.get(catalogue.relations) ?? new Map<string, Promise<Catalogue>>();
  known.set(catalogue.relations, overlays);
  if (overlays.size >= mostOverlays) overlays.clear();
  const key = statements.join('\u0000');
  // One after the other: of a long transaction only the last is new.
  const overlay =
    overlays.get(key) ?? withPending(parser, catalogue, statements.slice(0, -1)).then((before) => overlaid(parser, before, statements.at(-1) ?? ''));
  overlays.set(key, overlay);
  return overlay;
}

async function overlaid(parser: SqlParser, catalogue: Catalogue, text: string): Promise<Catalogue> {
  const parsed = await parser.parse(text);
  // What could not be read was refused, and made nothing.
  if (parsed.kind !== 'statements') return catalogue;
  return parsed.statements.reduce((made, statement) => {
    const { tag, node } = taggedIn(statement.tree) ?? { tag: '', node: {} };
    return addStatement(made, tag, node, statement.text);
  }, catalogue);
}

function addStatement(catalogue: Catalogue, tag: string, node: SqlNode, text: string): Catalogue {
  switch (tag) {
    case 'CreateStmt':
      return addRelation(catalogue, node['relation'], 'table', {
        statement: text,
        parents: idsOf(catalogue, node['inhRelations']),
        foreignKeys: keysIn(catalogue, node),
      });
    case 'ViewStmt':
      return addRelation(catalogue, node['view'], 'view', { query: text });
    case 'CreateTableAsStmt':
      return addRelation(catalogue, nodeIn(node['into'])?.['rel'], 'table', {});
    case 'SelectStmt':
      return addRelation(catalogue, nodeIn(node['intoClause'])?.['rel'], 'table', {});
    case 'CreateFunctionStmt':
      return { ...catalogue, functions: [...catalogue.functions, functionOf(catalogue, node, text)] };
    case 'CreateTrigStmt':
      return change(catalogue, node['relation'], (relation) => ({ ...relation, triggers: [...relation.triggers, ...triggersOf(catalogue, node, text)] }));
    case 'RuleStmt': {
      const event = ruleEvents[textIn(node['event']) ?? ''];
      const rule = { name: textIn(node['rulename']) ?? '', instead: node['instead'] === true && node['whereClause'] === undefined, definition: text };
      return change(catalogue, node['relation'], (relation) => ({ ...relation, rules: [...relation.rules, ...(event ? [{ ...rule, event }] : [])] }));
    }
    case 'RenameStmt': {
      // The new name means the old thing too, whichever of both holds in the end.
      const ids = node['renameType'] === 'OBJECT_TABLE' || node['renameType'] === 'OBJECT_VIEW' ? idsOf(catalogue, [node['relation']]) : [];
      const renamed = catalogue.relations.filter(({ id }) => ids.includes(id)).map((relation) => ({ ...relation, name: textIn(node['newname']) ?? '' }));
      return { ...catalogue, relations: [...renamed, ...catalogue.relations] };
    }
    case 'AlterTableStmt':
      return change(catalogue, node['relation'], (relation) => ({
        ...relation,
        statement: [relation.statement, text].filter((part) => part !== undefined).join(';\n'),
        parents: [...relation.parents, ...inheritedBy(catalogue, node)],
        foreignKeys: [...relation.foreignKeys, ...keysIn(catalogue, node)],
      }));
    default:
      return catalogue;
  }
}

function addRelation(catalogue: Catalogue, name: unknown, kind: RelationKind, more: Partial<CatalogueRelation>): Catalogue {
  const relation = relationOf(name);
  if (!relation) return catalogue;
  const temporary = nodeIn(name)?.['relpersistence'] === 't';
  const schema = temporary ? 'pg_temp' : (relation.schema ?? catalogue.searchPath[0] ?? 'public');
  const empty = { parents: [], types: [], rules: [], triggers: [], foreignKeys: [], expressions: [], indexFunctions: [] };
  return { ...catalogue, relations: [...catalogue.relations, { ...empty, id: nextId(catalogue), schema, name: relation.name, kind, ...more }] };
}

function change(catalogue: Catalogue, name: unknown, by: (relation: CatalogueRelation) => CatalogueRelation): Catalogue {
  const ids = new Set(idsOf(catalogue, [name]));
  return { ...catalogue, relations: catalogue.relations.map((relation) => (ids.has(relation.id) ? by(relation) : relation)) };
}

/** Below zero: no object of the server's has such a number. */
function nextId({ relations, functions }: Catalogue): number {
  return Math.min(0, relations.at(-1)?.id ?? 0, functions.at(-1)?.id ?? 0) - 1;
}

function idsOf(catalogue: Catalogue, names: unknown): readonly number[] {
  return relationsIn(names).flatMap(({ schema, name }) =>
    catalogue.relations.filter((relation) => relation.name === name && (schema === undefined || relation.schema === schema)).map(({ id }) => id),
  );
}

/** ATTACH PARTITION is said of the parent, INHERIT of the child. */
function inheritedBy(catalogue: Catalogue, node: SqlNode): readonly number[] {
  return listIn(node['cmds']).flatMap((part) => {
    const command = nodeIn(part['AlterTableCmd']);
    if (command?.['subtype'] === 'AT_AddInherit') return idsOf(catalogue, [command['def']]);
    return command?.['subtype'] === 'AT_AttachPartition' ? idsOf(catalogue, [nodeIn(nodeIn(command['def'])?.['PartitionCmd'])?.['name']]) : [];
  });
}

function keysIn(catalogue: Catalogue, node: SqlNode): readonly ForeignKey[] {
  return [...walkTree(node)].flatMap(({ node: constraint }) => {
    if (constraint['contype'] !== 'CONSTR_FOREIGN') return [];
    const key = {
      name: textIn(constraint['conname']) ?? 'of this transaction',
      columns: namesIn(constraint['fk_attrs']),
      targetColumns: namesIn(constraint['pk_attrs']),
    };
    const onDelete = keyActions[textIn(constraint['fk_del_action']) ?? ''] ?? 'keep';
    const onUpdate = keyActions[textIn(constraint['fk_upd_action']) ?? ''] ?? 'keep';
    return idsOf(catalogue, [constraint['pktable']]).map((target) => ({ ...key, target, onDelete, onUpdate }));
  });
}

function triggersOf(catalogue: Catalogue, node: SqlNode, text: string): readonly CatalogueTrigger[] {
  const bits = typeof node['events'] === 'number' ? node['events'] : 0;
  const events = triggerEvents.filter(([bit]) => (bits & bit) !== 0).map(([, event]) => event);
  const trigger = { name: textIn(node['trigname']) ?? '', events, instead: node['timing'] === 64, columns: namesIn(node['columns']), definition: text };
  const name = namesIn(node['funcname']).at(-1);
  return catalogue.functions.filter((called) => called.name === name && called.fewestArguments === 0).map(({ id }) => ({ ...trigger, function: id }));
}

function functionOf(catalogue: Catalogue, node: SqlNode, text: string): CatalogueFunction {
  const names = namesIn(node['funcname']);
  const option = (name: string): unknown =>
    listIn(node['options'])
      .map((item) => nodeIn(item['DefElem']))
      .find((item) => item?.['defname'] === name)?.['arg'];
  const parameters = listIn(node['parameters']).map((item) => nodeIn(item['FunctionParameter']));
  const given = parameters.filter((parameter) => !['FUNC_PARAM_OUT', 'FUNC_PARAM_TABLE'].includes(textIn(parameter?.['mode']) ?? ''));
  const language = (constantIn(option('language')) ?? 'sql').toLowerCase();
  const variadic = given.some((parameter) => parameter?.['mode'] === 'FUNC_PARAM_VARIADIC');
  const parsedBody = node['sql_body'] !== undefined;
  return {
    id: nextId(catalogue),
    schema: names.length > 1 ? (names.at(-2) ?? '') : (catalogue.searchPath[0] ?? 'public'),
    name: names.at(-1) ?? '',
    language,
    volatile: true,
    body: namesIn(nodeIn(nodeIn(option('as'))?.['List'])?.['items'])[0] ?? '',
    ...(language === 'plpgsql' || parsedBody ? { definition: text } : {}),
    fewestArguments: given.filter((parameter) => parameter?.['defexpr'] === undefined).length,
    ...(variadic ? {} : { mostArguments: given.length }),
    settings: listIn(node['options']).flatMap((item) => settingIn(nodeIn(nodeIn(nodeIn(item['DefElem'])?.['arg'])?.['VariableSetStmt']))),
    types: [],
    takesRow: given.length === 1,
    parts: [],
  };
}

function settingIn(node: SqlNode | undefined): readonly string[] {
  return node === undefined
    ? []
    : [
        `${textIn(node['name']) ?? ''}=${listIn(node['args'])
          .map((value) => constantIn(value) ?? '')
          .join(', ')}`,
      ];
}
