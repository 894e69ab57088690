/**
 * What a database holds that acts beside the statement that sets it off: views, rules, triggers, keys, defaults, functions,
 * operators, casts, types. Plain data of one moment; ids are the server's own object ids.
 */
export interface Catalogue {
  /** The schemas in which a name without one is looked for, in order, as the account's sessions have it. */
  readonly searchPath: readonly string[];
  readonly relations: readonly CatalogueRelation[];
  readonly indexes: readonly { readonly schema: string; readonly name: string; readonly relation: number }[];
  readonly schemas: readonly string[];
  /** Those of the database's own, and of the built-in ones those that are volatile. */
  readonly functions: readonly CatalogueFunction[];
  readonly operators: readonly CatalogueOperator[];
  readonly casts: readonly CatalogueCast[];
  readonly types: readonly CatalogueType[];
  readonly eventTriggers: readonly { readonly name: string; readonly function: number }[];
  /** Noted only: what is published is read, not written. */
  readonly publications: readonly string[];
  /** Changes of the schema that a session has sent and not committed: nobody else can read what they made. */
  readonly pending: readonly string[];
}

export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized' | 'foreign' | 'sequence' | 'composite' | 'other';

/** What happens to rows. */
export type RowEvent = 'insert' | 'update' | 'delete' | 'truncate';

export interface CatalogueRelation {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** Of a foreign table. */
  readonly server?: string;
  /** What it is a part or a child of. */
  readonly parents: readonly number[];
  /** The user-defined types of its columns, of an array its elements'. */
  readonly types: readonly number[];
  /** Of a partitioned table: a row moves when one of them changes. Undefined where the key is an expression. */
  readonly partitionColumns?: readonly string[];
  /** The query of a view, with every name qualified. */
  readonly query?: string;
  readonly rules: readonly { readonly name: string; readonly event: RowEvent; readonly instead: boolean; readonly definition: string }[];
  readonly triggers: readonly CatalogueTrigger[];
  readonly foreignKeys: readonly ForeignKey[];
  /** `touch`: evaluated in reading too (policies, indexes); `write`: in writing alone (defaults, generated columns, checks). */
  readonly expressions: readonly { readonly what: string; readonly on: 'touch' | 'write'; readonly text: string }[];
  /** The functions behind its indexes' operator classes. */
  readonly indexFunctions: readonly number[];
  /** The statement that makes it, where its session has not committed it: what stands in it is evaluated in writing. */
  readonly statement?: string;
}

export interface CatalogueTrigger {
  readonly name: string;
  readonly events: readonly RowEvent[];
  readonly instead: boolean;
  /** Of an UPDATE OF; empty for any column. */
  readonly columns: readonly string[];
  readonly function: number;
  /** The whole definition where it has a WHEN. */
  readonly definition?: string;
}

/** What becomes of the referencing row: `keep` leaves it, or refuses the change. */
export type KeyAction = 'keep' | 'cascade' | 'set null' | 'set default';

export interface ForeignKey {
  readonly name: string;
  readonly target: number;
  readonly columns: readonly string[];
  readonly targetColumns: readonly string[];
  readonly onDelete: KeyAction;
  readonly onUpdate: KeyAction;
}

export interface CatalogueFunction {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  readonly language: string;
  readonly volatile: boolean;
  /** The extension that it belongs to. */
  readonly extension?: string;
  /** The text of an SQL function; of a built-in or compiled one its name. */
  readonly body: string;
  /** The whole CREATE FUNCTION, where the body alone does not say what it does: PL/pgSQL, and bodies that the server has parsed. */
  readonly definition?: string;
  readonly fewestArguments: number;
  /** Undefined where it takes any number. */
  readonly mostArguments?: number;
  /** Its `SET` clauses, as `name=value`. */
  readonly settings: readonly string[];
  /** The user-defined types of its arguments and its answer. */
  readonly types: readonly number[];
  /** Defaults of its arguments, as a list of expressions. */
  readonly defaults?: string;
  /** `row.f` calls it too: its one argument is a row. */
  readonly takesRow: boolean;
  /** The functions that an aggregate is made of. */
  readonly parts: readonly number[];
}

export interface CatalogueOperator {
  readonly schema: string;
  readonly name: string;
  /** The user-defined types among its operands. */
  readonly types: readonly number[];
  /** One of the system's own has the same name, and is taken for other types. */
  readonly alsoBuiltIn: boolean;
  /** Its own function, and those of its commutator and its negator, which a planner may take instead. */
  readonly functions: readonly number[];
}

export interface CatalogueCast {
  /** `text as trap`. */
  readonly name: string;
  readonly types: readonly number[];
  readonly function: number;
}

export interface CatalogueType {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  /** The number of its array type. */
  readonly array?: number;
  /** User-defined types that it is made of: the base of a domain, elements, attributes. */
  readonly parts: readonly number[];
  /** Functions that handle its values: input and output, ordering, the support of its default operator classes. */
  readonly functions: readonly number[];
  /** A domain's constraints and default. */
  readonly expressions: readonly { readonly what: string; readonly text: string }[];
}

/** The server's own codes (pg_constraint.h; absent: `keep`) and bits (pg_trigger.h), in its tables as in its parser's trees. */
export const keyActions: Readonly<Record<string, KeyAction>> = { c: 'cascade', n: 'set null', d: 'set default' };
export const triggerEvents: readonly (readonly [number, RowEvent])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
];
