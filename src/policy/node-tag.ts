/**
 * Every tag of libpg-query 18's trees, in one of these lists (a test compares them with the library's own type): what may stand in
 * a query or a change of rows, what in the definition of a table, what in other changes of the schema, and what no raw tree has.
 */

/** Parts of a query or of a data change that are harmless by themselves: their children are looked at one by one. */
export const queryTags = read(`A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star Alias BitString BoolExpr Boolean BooleanTest CTECycleClause
  CTESearchClause CaseExpr CaseWhen CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr CurrentOfExpr DefElem Float FuncCall GroupingFunc
  GroupingSet IndexElem InferClause Integer IntoClause JoinExpr JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor
  JsonArrayQueryConstructor JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg JsonObjectConstructor JsonOutput
  JsonParseExpr JsonReturning JsonScalarExpr JsonSerializeExpr JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr List LockingClause
  MergeSupportFunc MergeWhenClause MinMaxExpr MultiAssignRef NamedArgExpr NullTest OnConflictClause ParamRef RangeFunction RangeSubselect RangeTableFunc
  RangeTableFuncCol RangeTableSample RangeVar ResTarget ReturningClause ReturningOption RoleSpec RowExpr SQLValueFunction SelectStmt SetToDefault
  SortBy String SubLink TypeCast TypeName WindowDef WithClause XmlExpr XmlSerialize`);

/** Parts of a `CREATE TABLE`, which has no others of interest. */
export const tableTags = read('Constraint PartitionElem PartitionSpec TableLikeClause');

/** Parts of other changes of the schema, which are judged as a whole. */
export const schemaTags = read(`ATAlterConstraint AccessPriv AlterTableCmd CreateOpClassItem FunctionParameter ObjectWithArgs PartitionBoundSpec PartitionCmd
  PartitionRangeDatum PublicationObjSpec PublicationTable StatsElem TriggerTransition VacuumRelation`);

/** What only the server makes of a tree, when it analyses and plans it; and what is no part of a tree at all. In a raw tree they are unknown. */
export const laterTags =
  read(`Aggref AlternativeSubPlan ArrayCoerceExpr ArrayExpr CallContext CaseTestExpr CoerceToDomain CoerceToDomainValue CoerceViaIO CollateExpr
  ConvertRowtypeExpr DistinctExpr FieldSelect FieldStore FilterColumn FromExpr FuncExpr Function InferenceElem InlineCodeBlock IntList JsonConstructorExpr
  JsonExpr JsonTablePath JsonTablePathScan JsonTableSiblingJoin MergeAction NextValueExpr NullIfExpr OidList OnConflictExpr OpExpr Param ParseResult
  Query RTEPermissionInfo RangeTblEntry RangeTblFunction RangeTblRef RelabelType ReturningExpr RowCompareExpr RowMarkClause ScalarArrayOpExpr ScanResult ScanToken
  SortGroupClause SubPlan SubscriptingRef SummaryResult Table TableFunc TableSampleClause TargetEntry Var WindowClause WindowFunc WindowFuncRunCondition
  WithCheckOption`);

/** Kinds of statements, by where `statementEffects` reads their effects from. */
export const statementTags = {
  /** The rows that they read and write. */
  rows: read('DeleteStmt InsertStmt MergeStmt SelectStmt UpdateStmt'),
  /** The statement, call or block within. */
  carrying: read('CallStmt CopyStmt CreateTableAsStmt DeclareCursorStmt DoStmt ExecuteStmt ExplainStmt PrepareStmt'),
  /** The session alone, and locks. */
  session: read(`ClosePortalStmt ConstraintsSetStmt DeallocateStmt DiscardStmt FetchStmt ListenStmt LockStmt TransactionStmt UnlistenStmt VariableSetStmt
    VariableShowStmt`),
  /** All rows of a table, notifications, upkeep, libraries. */
  side: read('CheckPointStmt LoadStmt NotifyStmt RefreshMatViewStmt TruncateStmt VacuumStmt'),
  /** Objects (`schemaNature`). */
  schema: read(`AlterCollationStmt AlterDatabaseRefreshCollStmt AlterDatabaseSetStmt AlterDatabaseStmt AlterDefaultPrivilegesStmt AlterDomainStmt AlterEnumStmt
    AlterEventTrigStmt AlterExtensionContentsStmt AlterExtensionStmt AlterFdwStmt AlterForeignServerStmt AlterFunctionStmt AlterObjectDependsStmt
    AlterObjectSchemaStmt AlterOpFamilyStmt AlterOperatorStmt AlterOwnerStmt AlterPolicyStmt AlterPublicationStmt AlterRoleSetStmt AlterRoleStmt
    AlterSeqStmt AlterStatsStmt AlterSubscriptionStmt AlterSystemStmt AlterTSConfigurationStmt AlterTSDictionaryStmt AlterTableMoveAllStmt
    AlterTableSpaceOptionsStmt AlterTableStmt AlterTypeStmt AlterUserMappingStmt ClusterStmt CommentStmt CompositeTypeStmt CreateAmStmt CreateCastStmt
    CreateConversionStmt CreateDomainStmt CreateEnumStmt CreateEventTrigStmt CreateExtensionStmt CreateFdwStmt CreateForeignServerStmt
    CreateForeignTableStmt CreateFunctionStmt CreateOpClassStmt CreateOpFamilyStmt CreatePLangStmt CreatePolicyStmt CreatePublicationStmt CreateRangeStmt
    CreateRoleStmt CreateSchemaStmt CreateSeqStmt CreateStatsStmt CreateStmt CreateSubscriptionStmt CreateTableSpaceStmt CreateTransformStmt CreateTrigStmt
    CreateUserMappingStmt CreatedbStmt DefineStmt DropOwnedStmt DropRoleStmt DropStmt DropSubscriptionStmt DropTableSpaceStmt DropUserMappingStmt DropdbStmt
    GrantRoleStmt GrantStmt ImportForeignSchemaStmt IndexStmt ReassignOwnedStmt ReindexStmt RenameStmt RuleStmt SecLabelStmt ViewStmt`),
  /** Parts of other statements, or of a body in PL/pgSQL: never sent by themselves. */
  within: read('PLAssignStmt RawStmt ReplicaIdentityStmt ReturnStmt SetOperationStmt'),
} as const;

function read(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/));
}
