/** What a change of the schema is about: data alone, something that acts by itself later, or what a guard cannot follow. */
import { listIn, nodeIn, type SqlNode, textIn } from './sql-node.ts';

/**
 * `data` makes, changes or drops what only holds rows or shows them · `cascade` drops what is not named too · `acting` makes or
 * changes what acts by itself or says who may act: triggers, rules, functions, casts, operators, grants, ownership, policies; and
 * all that is not known · `blinding` leads round the guard or changes what it rests on: servers, replication, settings of the server.
 */
export type SchemaNature = 'data' | 'cascade' | 'acting' | 'blinding';

const blinding = new Set(
  `AlterSystemStmt CreateFdwStmt AlterFdwStmt CreateForeignServerStmt AlterForeignServerStmt CreateUserMappingStmt AlterUserMappingStmt
  CreateForeignTableStmt ImportForeignSchemaStmt CreatePublicationStmt AlterPublicationStmt CreateSubscriptionStmt AlterSubscriptionStmt
  DropSubscriptionStmt DropUserMappingStmt CreateTableSpaceStmt`.split(/\s+/),
);
const blindingObjects = new Set('FDW FOREIGN_SERVER FOREIGN_TABLE PUBLICATION SUBSCRIPTION USER_MAPPING'.split(' '));

const data = new Set(
  `CreateStmt IndexStmt ViewStmt CreateTableAsStmt CreateSchemaStmt CreateSeqStmt AlterSeqStmt CommentStmt CreateEnumStmt AlterEnumStmt CompositeTypeStmt
  CreateDomainStmt AlterDomainStmt CreateStatsStmt AlterStatsStmt ReindexStmt ClusterStmt SelectStmt CreateRangeStmt CreateCollationStmt`.split(/\s+/),
);
const dataObjects = new Set(
  'TABLE VIEW MATVIEW INDEX SEQUENCE SCHEMA TYPE DOMAIN STATISTIC_EXT COLLATION COLUMN DOMCONSTRAINT TABCONSTRAINT ATTRIBUTE'.split(' '),
);

/** Parts of an ALTER TABLE that change columns and constraints; all others switch triggers, rules, policies, owners and settings. */
const dataParts = new Set(
  `AddColumn ColumnDefault DropNotNull SetNotNull SetStatistics SetOptions ResetOptions SetStorage SetCompression DropColumn AddIndex ReAddIndex AddConstraint
  AlterConstraint ValidateConstraint AddIndexConstraint DropConstraint AlterColumnType SetExpression DropExpression CookedColumnDefault ClusterOn DropCluster
  SetLogged SetUnLogged SetRelOptions ResetRelOptions AddInherit DropInherit AttachPartition DetachPartition DetachPartitionFinalize AddIdentity SetIdentity
  DropIdentity ReplicaIdentity CheckNotNull`.split(/\s+/),
);

export function schemaNature(tag: string, node: SqlNode): SchemaNature {
  const object = (textIn(node['removeType']) ?? textIn(node['renameType']) ?? textIn(node['objectType']) ?? textIn(node['objtype']) ?? '').replace(
    'OBJECT_',
    '',
  );
  if (blinding.has(tag) || blindingObjects.has(object)) return 'blinding';
  switch (tag) {
    case 'DropStmt':
      if (!dataObjects.has(object)) return 'acting';
      return node['behavior'] === 'DROP_CASCADE' ? 'cascade' : 'data';
    case 'RenameStmt':
    case 'AlterObjectSchemaStmt':
      return dataObjects.has(object) ? 'data' : 'acting';
    case 'AlterTableStmt': {
      const parts = listIn(node['cmds']).map((part) => nodeIn(part['AlterTableCmd']));
      if (!parts.every((part) => dataParts.has((textIn(part?.['subtype']) ?? '').replace('AT_', '')))) return 'acting';
      return parts.some((part) => part?.['behavior'] === 'DROP_CASCADE') ? 'cascade' : 'data';
    }
    case 'AlterRoleSetStmt':
    case 'AlterDatabaseSetStmt':
      return 'blinding';
    case 'AlterEventTrigStmt':
      return 'acting';
    case 'CreateSchemaStmt':
      // What stands in it may be a trigger, a grant, or a table that shadows another.
      return listIn(node['schemaElts']).length === 0 && node['authrole'] === undefined ? 'data' : 'acting';
    default:
      return data.has(tag) ? 'data' : 'acting';
  }
}
