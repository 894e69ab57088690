/** Which relations a write reaches because they are parts of one another: partitions, children, parents. */
import type { CatalogueRelation, ForeignKey, RowEvent } from '../model/catalogue.ts';
import type { CatalogueIndex } from './catalogue-index.ts';
import type { Relation } from './sql-effect.ts';

/** Rows are followed one way: a partition's parent is written with it, its sisters are not. */
export type Direction = 'both' | 'up' | 'down';

export interface ReachedRelation {
  readonly target: CatalogueRelation;
  readonly events: readonly RowEvent[];
  readonly direction: Direction;
}

/** One step up and down. A row that is put into a partition is put into what the partition is of. */
export function writtenThrough(
  relation: CatalogueRelation,
  event: RowEvent,
  columns: readonly string[] | undefined,
  direction: Direction,
  index: CatalogueIndex,
): readonly ReachedRelation[] {
  const up = direction === 'down' ? [] : relation.parents.flatMap((id) => index.relationOfId(id) ?? []);
  // Rows go down to partitions, whatever is done; to children only what is changed or removed.
  const routed = relation.kind === 'partitioned' || event !== 'insert';
  const down = direction === 'up' || !routed ? [] : index.childrenOf(relation.id);
  const moves = relation.kind === 'partitioned' && event === 'update' && movesRows(relation, columns);
  const events: readonly RowEvent[] = moves ? ['update', 'delete', 'insert'] : [event];
  return [
    ...up.map((target) => ({ target, events: [event], direction: 'up' as const })),
    ...down.map((target) => ({ target, events, direction: 'down' as const })),
  ];
}

function movesRows({ partitionColumns }: CatalogueRelation, columns: readonly string[] | undefined): boolean {
  return columns === undefined || partitionColumns === undefined || columns.some((column) => partitionColumns.includes(column));
}

export function nameIn({ schema, name }: Relation): string {
  return schema === undefined || schema === 'public' ? name : `${schema}.${name}`;
}

export function namesOf({ schema, name }: CatalogueRelation): readonly string[] {
  return [schema, name];
}

export interface KeyEffect {
  readonly key: ForeignKey;
  readonly from: CatalogueRelation;
  readonly event: RowEvent;
}

/** What the foreign keys that point to a relation do to theirs. */
export function keyEffects(
  keys: readonly { readonly key: ForeignKey; readonly from: CatalogueRelation }[],
  event: RowEvent,
  columns: readonly string[] | undefined,
  cascade: boolean,
): readonly KeyEffect[] {
  return keys.flatMap(({ key, from }): readonly KeyEffect[] => {
    if (event === 'truncate') return cascade ? [{ key, from, event }] : [];
    const moved =
      event === 'update' && (columns === undefined || key.targetColumns.length === 0 || columns.some((column) => key.targetColumns.includes(column)));
    const action = event === 'delete' ? key.onDelete : moved ? key.onUpdate : 'keep';
    if (action === 'keep') return [];
    return [{ key, from, event: action === 'cascade' && event === 'delete' ? 'delete' : 'update' }];
  });
}
