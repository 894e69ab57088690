/** The judgement of one statement with the catalogue at hand: what its text leaves open is looked up, what it sets off is judged too. */
import type { CatalogueRelation } from '../model/catalogue.ts';
import type { Decision } from '../model/policy.ts';
import { capabilityRules } from './capability-rule.ts';
import { indexCatalogue, type CatalogueIndex, type SearchPath } from './catalogue-index.ts';
import { withPending } from './catalogue-pending.ts';
import type { ClosedEffect, ViewedRelation } from './closure-scope.ts';
import { closeEffects } from './effect-closure.ts';
import { judgeEffect, parseRelation, type SqlPolicy } from './judge-effect.ts';
import { nameIn } from './relation-write.ts';
import { classifyFunction } from './sql-function.ts';
import type { SqlEffect } from './sql-effect.ts';
import type { SqlParser } from './sql-parser.ts';
import type { SqlUse } from './sql-use.ts';

export interface LookedUp {
  /** Effects of the text that are left when the catalogue has been asked. */
  readonly effects: readonly SqlEffect[];
  readonly refusals: readonly Decision[];
}

/** `earlier`: changes of the schema that stand before it in the same text. Without a catalogue nothing is looked up. */
export async function judgeClosure(
  parser: SqlParser,
  effects: readonly SqlEffect[],
  use: SqlUse,
  policy: SqlPolicy,
  earlier: readonly string[],
): Promise<LookedUp> {
  const { capability } = policy.access;
  // What may call anything may have any effect; a probe is rolled back with all that it reached.
  if (policy.catalogue === undefined || capability === 'none' || capabilityRules[capability].calls) return { effects, refusals: [] };
  const catalogue = await withPending(parser, policy.catalogue, [...policy.catalogue.pending, ...earlier]);
  const index = indexCatalogue(catalogue);
  const path = pathOf(policy);
  const changesSchema = effects.some(({ kind }) => kind === 'ddl' || kind === 'create');
  const made = effects.flatMap((effect) =>
    effect.kind === 'ddl' ? effect.relations.map(({ name }) => name) : effect.kind === 'create' ? [effect.relation.name] : [],
  );
  const scope = { catalogue, path, changesSchema, made, ...(policy.harmless === undefined ? {} : { harmless: policy.harmless }) };
  const { effects: followed, viewed } = await closeEffects(parser, use, scope);
  const closed = [...followed, ...effects.flatMap((effect) => relativesOf(effect, viewed, index, path))];
  const refusals = closed.flatMap(({ effect, chain }) => {
    const decision = judgeEffect(effect, policy);
    return decision ? [{ ...decision, reason: chain.length > 1 ? `${decision.reason}: ${chain.join(' → ')}` : decision.reason }] : [];
  });
  return { effects: effects.filter((effect) => !isLookedUp(effect, index, path, policy)), refusals };
}

/** A session may have set its path to these; which of them comes first is not known here, so all of them count. */
function pathOf({ catalogue, access, protectedTables }: SqlPolicy): SearchPath {
  const named = [...protectedTables, ...access.writes].flatMap((name) => parseRelation(name).schema ?? []);
  return [...new Set([...(catalogue?.searchPath ?? []), 'public', ...named])];
}

/** Does the catalogue say what the text leaves open? Then the closure has judged it. */
function isLookedUp(effect: SqlEffect, index: CatalogueIndex, path: SearchPath, policy: SqlPolicy): boolean {
  switch (effect.kind) {
    case 'function':
      return (
        classifyFunction(effect.names) === 'unknown' &&
        index.functionsCalled({ names: effect.names, count: undefined }, path).length + index.typesNamed(effect.names, path).length > 0
      );
    case 'foreign-name':
      return (effect.what === 'type' ? index.typesNamed(effect.names, path) : index.operatorsNamed(effect.names, path)).length > 0;
    case 'opaque':
      return effect.known;
    case 'create':
      return capabilityRules[policy.access.capability].schema === 'none' && exists(effect, index);
    default:
      return false;
  }
}

/** `CREATE … IF NOT EXISTS` of what is there does nothing; an index is made beside its table. */
function exists({ what, relation, index: name }: Extract<SqlEffect, { kind: 'create' }>, { catalogue, relationsNamed }: CatalogueIndex): boolean {
  const { searchPath, indexes, schemas } = catalogue;
  if (what === 'schema') return schemas.includes(relation.name);
  const found = relationsNamed(relation, searchPath.slice(0, 1)).filter(({ schema }) => schema !== 'pg_temp');
  return what === 'table'
    ? found.length > 0
    : name !== undefined && found.some(({ schema }) => indexes.some((index) => index.schema === schema && index.name === name));
}

/** A change of a partition's schema is one of the whole; a new view shows what is under the views that it shows. */
function relativesOf(effect: SqlEffect, viewed: readonly ViewedRelation[], index: CatalogueIndex, path: SearchPath): readonly ClosedEffect[] {
  if (effect.kind !== 'ddl') return [];
  const reached = ({ schema, name }: CatalogueRelation, chain: readonly string[]): ClosedEffect => ({
    effect: { ...effect, relations: [{ schema, name }], sources: [] },
    chain,
  });
  const parts = [...effect.relations, ...effect.sources].flatMap((relation) =>
    index
      .relationsNamed(relation, path)
      .flatMap(({ id }) => [...aboveAndBelow(id, index)])
      .concat(index.tablesOfIndex(relation, path).flatMap(({ id }) => [id, ...aboveAndBelow(id, index)]))
      .flatMap((id) => index.relationOfId(id) ?? [])
      .map((part) => reached(part, [`${effect.what.toLowerCase()} ${nameIn(relation)}`, `part ${nameIn(part)}`])),
  );
  return [
    ...parts,
    ...(effect.sources.length === 0 ? [] : viewed.map(({ relation, chain }) => reached(relation, [effect.what.toLowerCase(), ...chain, nameIn(relation)]))),
  ];
}

function aboveAndBelow(id: number, index: CatalogueIndex): ReadonlySet<number> {
  const seen = new Set<number>();
  const follow = (from: number, next: (id: number) => readonly number[]): void => {
    const waiting = [...next(from)];
    for (let reached = waiting.pop(); reached !== undefined; reached = waiting.pop()) {
      if (seen.has(reached)) continue;
      seen.add(reached);
      waiting.push(...next(reached));
    }
  };
  follow(id, (from) => index.relationOfId(from)?.parents ?? []);
  follow(id, (from) => index.childrenOf(from).map((child) => child.id));
  return seen;
}
