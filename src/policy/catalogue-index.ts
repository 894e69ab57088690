/** A catalogue by name and by id: made once, so that a judgement does not depend on its size. */
import type { Catalogue, CatalogueCast, CatalogueFunction, CatalogueOperator, CatalogueRelation, CatalogueType, ForeignKey } from '../model/catalogue.ts';
import type { Relation } from './sql-effect.ts';
import type { CalledName } from './sql-use.ts';

/** Schemas in which a name without one is looked for. `undefined`: in all. */
export type SearchPath = readonly string[] | undefined;

export interface CatalogueIndex {
  readonly catalogue: Catalogue;
  readonly relationOfId: (id: number) => CatalogueRelation | undefined;
  /** The same relation under other names: one that is being renamed. */
  readonly aliasesOf: (relation: CatalogueRelation) => readonly CatalogueRelation[];
  readonly relationsNamed: (relation: Relation, path: SearchPath) => readonly CatalogueRelation[];
  /** What an index of that name is on. */
  readonly tablesOfIndex: (index: Relation, path: SearchPath) => readonly CatalogueRelation[];
  readonly childrenOf: (id: number) => readonly CatalogueRelation[];
  /** Foreign keys that point to a relation, with the relation that has them. */
  readonly keysTo: (id: number) => readonly { readonly key: ForeignKey; readonly from: CatalogueRelation }[];
  readonly functionOfId: (id: number) => CatalogueFunction | undefined;
  readonly functionsCalled: (call: CalledName, path: SearchPath) => readonly CatalogueFunction[];
  /** Functions that `x.name` may mean. */
  readonly functionsOfRow: (name: string, path: SearchPath) => readonly CatalogueFunction[];
  readonly operatorsNamed: (names: readonly string[], path: SearchPath) => readonly CatalogueOperator[];
  readonly typesNamed: (names: readonly string[], path: SearchPath) => readonly CatalogueType[];
  readonly typeOfId: (id: number) => CatalogueType | undefined;
  /** Casts that one of the user-defined types is in. */
  readonly castsOf: (type: number) => readonly CatalogueCast[];
  /** Casts between the system's own types. */
  readonly plainCasts: readonly CatalogueCast[];
}

const known = new WeakMap<Catalogue['relations'], CatalogueIndex>();

const indexed = ['functions', 'operators', 'casts', 'types'] as const;

/** Made once for the same objects, also when the catalogue that holds them is another. */
export function indexCatalogue(catalogue: Catalogue): CatalogueIndex {
  const found = known.get(catalogue.relations);
  if (found && indexed.every((part) => found.catalogue[part] === catalogue[part])) return found;
  const made = makeIndex(catalogue);
  known.set(catalogue.relations, made);
  return made;
}

function makeIndex(catalogue: Catalogue): CatalogueIndex {
  const relations = groupBy(catalogue.relations, ({ name }) => [name]);
  const relationIds = groupBy(catalogue.relations, ({ id }) => [id]);
  const indexes = groupBy(catalogue.indexes, ({ name }) => [name]);
  const children = groupBy(catalogue.relations, ({ parents }) => parents);
  const keys = groupBy(
    catalogue.relations.flatMap((from) => from.foreignKeys.map((key) => ({ key, from }))),
    ({ key }) => [key.target],
  );
  const functions = groupBy(catalogue.functions, ({ name }) => [name]);
  const functionIds = groupBy(catalogue.functions, ({ id }) => [id]);
  const operators = groupBy(catalogue.operators, ({ name }) => [name]);
  const types = groupBy(catalogue.types, ({ name }) => [name]);
  const typeIds = groupBy(catalogue.types, ({ id }) => [id]);
  const casts = groupBy(catalogue.casts, (cast) => cast.types);
  const functionsCalled: CatalogueIndex['functionsCalled'] = ({ names, count }, path) =>
    among(functions.get(names.at(-1) ?? ''), names.at(-2), path).filter((candidate) => takes(candidate, count));
  return {
    catalogue,
    relationOfId: (id) => relationIds.get(id)?.[0],
    aliasesOf: ({ id, name }) => (relationIds.get(id) ?? []).filter((other) => other.name !== name),
    // A temporary table stands before all others.
    relationsNamed: ({ schema, name }, path) => among(relations.get(name), schema, path && ['pg_temp', ...path]),
    tablesOfIndex: ({ schema, name }, path) => among(indexes.get(name), schema, path).flatMap(({ relation }) => relationIds.get(relation) ?? []),
    childrenOf: (id) => children.get(id) ?? [],
    keysTo: (id) => keys.get(id) ?? [],
    functionOfId: (id) => functionIds.get(id)?.[0],
    functionsCalled,
    functionsOfRow: (name, path) => functionsCalled({ names: [name], count: 1 }, path).filter(({ takesRow }) => takesRow),
    operatorsNamed: (names, path) => among(operators.get(names.at(-1) ?? ''), names.at(-2), path),
    typesNamed: (names, path) => among(types.get(names.at(-1) ?? ''), names.at(-2), path && ['pg_temp', ...path]),
    typeOfId: (id) => typeIds.get(id)?.[0],
    castsOf: (type) => casts.get(type) ?? [],
    plainCasts: catalogue.casts.filter((cast) => cast.types.length === 0),
  };
}

function among<T extends { readonly schema: string }>(candidates: readonly T[] | undefined, schema: string | undefined, path: SearchPath): readonly T[] {
  if (candidates === undefined) return [];
  if (schema === undefined) return candidates.filter((candidate) => path === undefined || path.includes(candidate.schema));
  const wanted = schema.startsWith('pg_temp') ? 'pg_temp' : schema;
  return candidates.filter((candidate) => candidate.schema === wanted);
}

function takes({ fewestArguments, mostArguments }: CatalogueFunction, count: number | undefined): boolean {
  if (count === undefined) return true;
  // One that takes any number may be given none of its last.
  return mostArguments === undefined ? count >= fewestArguments - 1 : count >= fewestArguments && count <= mostArguments;
}

function groupBy<T, K>(items: readonly T[], keysOf: (item: T) => readonly K[]): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items)
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    }
  return groups;
}
