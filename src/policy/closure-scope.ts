/** What an effect closure is given, what it gives, and where it looks names up. */
import type { Catalogue, CatalogueRelation } from '../model/catalogue.ts';
import type { DefinitionKind } from './catalogue-fact.ts';
import type { SearchPath } from './catalogue-index.ts';
import type { SqlEffect } from './sql-effect.ts';

/** Links from the statement to what it sets off. */
export type Chain = readonly string[];

/** An effect that is not in the text; `chain` leads to it: `insert inbox`, `trigger inbox_trg`, `function inbox_to_runs()`, `insert runs`. */
export interface ClosedEffect {
  readonly effect: SqlEffect;
  readonly chain: Chain;
}

/** A relation whose rows a view shows. */
export interface ViewedRelation {
  readonly relation: CatalogueRelation;
  readonly chain: Chain;
}

export interface ClosureScope {
  readonly catalogue: Catalogue;
  /** Where the statement's names without a schema are looked for. */
  readonly path: SearchPath;
  /** Functions that the project answers for, as `name` or `schema.name`. */
  readonly harmless?: readonly string[];
  /** The statement changes the schema, which event triggers hear of. */
  readonly changesSchema: boolean;
  /** Relations that it makes itself. */
  readonly made: readonly string[];
}

/** Names of a definition are qualified by the server; what it calls looks names up where the session does. */
export interface Lookup {
  readonly names: SearchPath;
  readonly session: SearchPath;
}

/** Expressions and queries come from the server, unless nobody else can see them yet: then as they were sent. */
export function lookupIn(kind: DefinitionKind, text: string, session: SearchPath): Lookup {
  const printed = kind === 'expression' || (kind === 'query' && !/^create\b/i.test(text));
  return { names: printed ? [] : session, session };
}

export function keyOf(session: SearchPath): string {
  return session?.join(',') ?? '*';
}
