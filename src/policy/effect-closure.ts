/**
 * What a statement sets off beside itself, followed through the catalogue: views, rules, triggers, keys, expressions, functions,
 * operators, casts. By name and number of arguments, without types where these are open: what may be meant counts.
 */
import type { CatalogueFunction, CatalogueRelation, CatalogueType, RowEvent } from '../model/catalogue.ts';
import { functionText, readDefinition, wordUse, type DefinitionFact, type DefinitionKind } from './catalogue-fact.ts';
import { indexCatalogue, type CatalogueIndex, type SearchPath } from './catalogue-index.ts';
import { ClosureQueue } from './closure-queue.ts';
import { keyOf, lookupIn, type Chain, type ClosedEffect, type ClosureScope, type Lookup, type ViewedRelation } from './closure-scope.ts';
import { functionOpacity, isHarmlessFunction, pathOf, settingsOf } from './function-nature.ts';
import { isSystemCatalog } from './judge-effect.ts';
import { type Direction, keyEffects, namesOf, nameIn, writtenThrough } from './relation-write.ts';
import { classifyFunction } from './sql-function.ts';
import type { Relation, SqlEffect } from './sql-effect.ts';
import type { SqlParser } from './sql-parser.ts';
import type { SqlUse } from './sql-use.ts';

/** Texts of one closure: more is not read. */
const mostDefinitions = 5000;

/** Operators that stand in no text: of IN, BETWEEN, CASE, USING, ORDER BY, DISTINCT. */
const implied = ['=', '<>', '<', '>', '<=', '>='];

/** Built in and not volatile: but a view that they are told to read may do anything. */
const readsAnything = /^(?:cursor|database|schema|table)_to_xml/;

/** Same use, same scope, same effects. */
export async function closeEffects(
  parser: SqlParser,
  use: SqlUse,
  scope: ClosureScope,
): Promise<{ readonly effects: readonly ClosedEffect[]; readonly viewed: readonly ViewedRelation[] }> {
  const closure = new Closure(parser, scope);
  await closure.follow(use);
  return closure;
}

class Closure {
  readonly effects: ClosedEffect[] = [];
  readonly viewed: ViewedRelation[] = [];
  readonly #parser: SqlParser;
  readonly #scope: ClosureScope;
  readonly #index: CatalogueIndex;
  readonly #queue = new ClosureQueue();
  readonly #types = new Set<number>();
  /** Relations that are written and that nobody knows; those that a body makes itself are no surprise. */
  readonly #unknown: { readonly relation: Relation; readonly event: RowEvent; readonly chain: Chain }[] = [];
  readonly #made: Set<string>;
  readonly #definitions = new Set<string>();

  constructor(parser: SqlParser, scope: ClosureScope) {
    this.#parser = parser;
    this.#scope = scope;
    this.#index = indexCatalogue(scope.catalogue);
    this.#made = new Set(scope.made);
  }

  async follow(use: SqlUse): Promise<void> {
    const { path, changesSchema } = this.#scope;
    this.#touch(use, [], { names: path, session: path });
    if (changesSchema) this.#hearSchema([], path);
    for (const cast of this.#index.plainCasts) this.#callId(cast.function, [`cast ${cast.name}`], path);
    if (!(await this.#queue.workOff())) this.#emit({ kind: 'opaque', what: 'chain of effects too long to be followed', known: false }, []);
    for (const { relation, event, chain } of this.#unknown)
      if (!this.#made.has(relation.name))
        this.#emit(
          { kind: 'opaque', what: `${event.toUpperCase()} of the table \`${nameIn(relation)}\`, which the catalogue does not have`, known: true },
          chain,
        );
  }

  /** Everything that a text names. `certain`: a function that nobody knows is one, and was not judged yet. */
  #touch(use: SqlUse, chain: Chain, { names: path, session }: Lookup, certain = chain.length > 0): void {
    for (const relation of use.relations) for (const found of this.#index.relationsNamed(relation, path)) this.#read(found, chain, session);
    for (const { relation, events, columns, cascade } of use.writes) {
      const found = this.#index.relationsNamed(relation, path);
      if (found.length === 0) for (const event of events) this.#writeUnknown(relation, event, chain);
      for (const target of found) for (const event of events) this.#write(target, event, columns, chain, session, { cascade, named: chain.length === 0 });
    }
    for (const call of use.calls) {
      if (readsAnything.test(call.names.at(-1) ?? ''))
        this.#emit({ kind: 'opaque', what: `call of \`${call.names.at(-1) ?? ''}\`, which reads whatever it is told`, known: false }, chain);
      const found = this.#index.functionsCalled(call, path);
      for (const called of found) this.#call(called, chain, session);
      const types = this.#index.typesNamed(call.names, path);
      for (const type of types) this.#present(type, chain, session);
      if (found.length + types.length === 0 && certain && classifyFunction(call.names) === 'unknown')
        this.#emit({ kind: 'function', names: call.names }, chain);
    }
    for (const field of use.fields) for (const called of this.#index.functionsOfRow(field, path)) this.#call(called, chain, session);
    for (const names of use.types) for (const type of this.#index.typesNamed(names, path)) this.#present(type, chain, session);
    for (const names of [...use.operators, ...implied.map((name) => [name])]) this.#operate(names, chain, { names: path, session });
    for (const relation of use.rebuilt) for (const found of this.#index.relationsNamed(relation, path)) this.#rebuild(found, chain, session);
  }

  #read(relation: CatalogueRelation, chain: Chain, session: SearchPath): void {
    this.#queue.once(`read ${relation.id} ${keyOf(session)}`, chain, async () => {
      if (chain.length > 0 && chain.every((link) => /^(?:view|part) /.test(link))) this.viewed.push({ relation, chain });
      for (const id of relation.types) this.#presentId(id, chain, session);
      for (const type of this.#index.typesNamed(namesOf(relation), undefined)) this.#present(type, chain, session);
      for (const id of relation.indexFunctions) this.#callId(id, [...chain, `an index of ${nameIn(relation)}`], session);
      for (const expression of relation.expressions) if (expression.on === 'touch') await this.#expression(expression, relation, chain, session);
      for (const child of this.#index.childrenOf(relation.id)) this.#read(child, [...chain, `part ${nameIn(child)}`], session);
      if (relation.kind === 'view') await this.#define('query', relation.query ?? '', [...chain, `view ${nameIn(relation)}`], session);
      if (relation.kind === 'foreign')
        this.#emit({ kind: 'foreign-table', relation: nameable(relation), server: relation.server ?? '' }, [...chain, `foreign table ${nameIn(relation)}`]);
    });
  }

  /** `named`: by the text itself, where it was judged already. */
  #write(
    relation: CatalogueRelation,
    event: RowEvent,
    columns: readonly string[] | undefined,
    before: Chain,
    session: SearchPath,
    { cascade = false, named = false, direction = 'both' }: { readonly cascade?: boolean; readonly named?: boolean; readonly direction?: Direction } = {},
  ): void {
    const chain = [...before, `${event} ${nameIn(relation)}`];
    const part = direction === 'both' ? {} : { part: true };
    for (const written of [...(named ? [] : [relation]), ...this.#index.aliasesOf(relation)])
      this.#emit({ kind: 'write', verb: event, relation: nameable(written), columns: [], cascade: false, ...part }, [...before, `${event} ${nameIn(written)}`]);
    this.#read(relation, before, session);
    this.#queue.once(`write ${relation.id} ${event} ${columns?.join(' ')} ${direction} ${cascade} ${keyOf(session)}`, chain, async () => {
      for (const { target, events, direction: way } of writtenThrough(relation, event, columns, direction, this.#index))
        for (const inner of events) this.#write(target, inner, columns, chain, session, { direction: way });
      // A table that others inherit from hears nothing of what is done to them.
      if (direction === 'up' && relation.kind !== 'partitioned') return;
      await this.#actOn(relation, event, columns, chain, session);
      if (event === 'insert' || event === 'update') await this.#evaluate(relation, chain, session);
      if (relation.kind === 'view') await this.#writeView(relation, event, chain, session);
      for (const { key, event: action, from } of keyEffects(this.#index.keysTo(relation.id), event, columns, cascade))
        this.#write(from, action, action === 'truncate' ? undefined : key.columns, [...chain, `foreign key ${key.name}`], session, { cascade });
    });
  }

  #writeUnknown(relation: Relation, event: RowEvent, chain: Chain): void {
    if (chain.length > 0) this.#emit({ kind: 'write', verb: event, relation, columns: [], cascade: false }, [...chain, `${event} ${nameIn(relation)}`]);
    if (!isSystemCatalog(relation)) this.#unknown.push({ relation, event, chain });
  }

  /** Its triggers and rules. */
  async #actOn(relation: CatalogueRelation, event: RowEvent, columns: readonly string[] | undefined, chain: Chain, session: SearchPath): Promise<void> {
    for (const trigger of relation.triggers) {
      const concerned = trigger.columns.length === 0 || event !== 'update' || (columns?.some((column) => trigger.columns.includes(column)) ?? true);
      if (!trigger.events.includes(event) || !concerned) continue;
      const label = [...chain, `trigger ${trigger.name}`];
      if (trigger.definition !== undefined) await this.#define('trigger', trigger.definition, label, session);
      this.#callId(trigger.function, label, session);
    }
    for (const rule of relation.rules) if (rule.event === event) await this.#define('rule', rule.definition, [...chain, `rule ${rule.name}`], session);
  }

  async #writeView(view: CatalogueRelation, event: RowEvent, chain: Chain, session: SearchPath): Promise<void> {
    const replaced =
      view.triggers.some(({ instead, events }) => instead && events.includes(event)) || view.rules.some((rule) => rule.instead && rule.event === event);
    if (replaced) return;
    const target = (await this.#fact('query', view.query ?? ''))?.target;
    if (target)
      for (const found of this.#index.relationsNamed(target, lookupIn('query', view.query ?? '', session).names))
        this.#write(found, event, undefined, chain, session);
  }

  /** What is evaluated for each new row. */
  async #evaluate(relation: CatalogueRelation, chain: Chain, session: SearchPath): Promise<void> {
    for (const expression of relation.expressions) if (expression.on === 'write') await this.#expression(expression, relation, chain, session);
    if (relation.statement !== undefined) await this.#define('statement', relation.statement, chain, session);
  }

  #rebuild(relation: CatalogueRelation, chain: Chain, session: SearchPath): void {
    this.#queue.once(`rebuild ${relation.id} ${keyOf(session)}`, chain, async () => {
      const label = [...chain, `${relation.kind === 'materialized' ? 'materialized view' : 'rows of'} ${nameIn(relation)}`];
      await this.#evaluate(relation, label, session);
      if (relation.kind === 'materialized') await this.#define('query', relation.query ?? '', label, session);
    });
  }

  async #expression(
    { what, text }: { readonly what: string; readonly text: string },
    relation: CatalogueRelation,
    chain: Chain,
    session: SearchPath,
  ): Promise<void> {
    await this.#define('expression', text, [...chain, `${what} of ${nameIn(relation)}`], session);
  }

  #callId(id: number, chain: Chain, session: SearchPath): void {
    const called = this.#index.functionOfId(id);
    if (called) this.#call(called, chain, session);
  }

  #call(called: CatalogueFunction, before: Chain, caller: SearchPath): void {
    if (isHarmlessFunction(called, this.#scope.harmless)) return;
    // A built-in one that the text itself calls was judged with the text: `set_config` by what it sets.
    if (before.length === 0 && called.schema === 'pg_catalog') return;
    const chain = [...before, `function ${nameIn(called)}()`];
    // What it names is looked for where its caller's names are, unless it says otherwise.
    const session = pathOf(called, caller, this.#scope.catalogue);
    this.#queue.once(`call ${called.id} ${keyOf(session)}`, chain, async () => {
      for (const id of called.types) this.#presentId(id, chain, session);
      if (called.defaults !== undefined) await this.#define('expression', called.defaults, chain, caller);
      for (const effect of settingsOf(called)) this.#emit(effect, chain);
      for (const id of called.parts) this.#callId(id, chain, session);
      if (called.parts.length > 0) return;
      const text = functionText(called);
      const opacity = text === undefined ? functionOpacity(called) : undefined;
      if (opacity) this.#emit(opacity, chain);
      if (text) await this.#define(text.kind, text.text, chain, session);
    });
  }

  #operate(names: readonly string[], chain: Chain, { names: path, session }: Lookup): void {
    for (const operator of this.#index.operatorsNamed(names, path))
      this.#queue.when(
        () => operator.types.length === 0 || !operator.alsoBuiltIn || operator.types.some((type) => this.#types.has(type)),
        () => {
          for (const id of operator.functions) this.#callId(id, [...chain, `operator ${operator.name}`], session);
        },
      );
  }

  #presentId(id: number, chain: Chain, session: SearchPath): void {
    const type = this.#index.typeOfId(id);
    if (type) this.#present(type, chain, session);
  }

  #present(type: CatalogueType, chain: Chain, session: SearchPath): void {
    this.#types.add(type.id);
    const label = [...chain, `type ${nameIn(type)}`];
    this.#queue.once(`type ${type.id} ${keyOf(session)}`, label, async () => {
      for (const id of type.parts) this.#presentId(id, chain, session);
      for (const id of type.functions) this.#callId(id, label, session);
      for (const { what, text } of type.expressions) await this.#define('expression', text, [...label, what], session);
      for (const cast of this.#index.castsOf(type.id))
        this.#queue.when(
          () => cast.types.every((id) => this.#types.has(id)),
          () => this.#callId(cast.function, [...chain, `cast ${cast.name}`], session),
        );
    });
  }

  #hearSchema(chain: Chain, session: SearchPath): void {
    for (const { name, function: id } of this.#scope.catalogue.eventTriggers) this.#callId(id, [...chain, `event trigger ${name}`], session);
  }

  /** Follows what a definition does. */
  async #define(kind: DefinitionKind, text: string, chain: Chain, session: SearchPath): Promise<void> {
    const fact = await this.#fact(kind, text);
    if (!fact) return this.#emit({ kind: 'opaque', what: `${chain.at(-1) ?? 'definition'} whose text cannot be read`, known: false }, chain);
    if (fact.dynamic) this.#emit({ kind: 'opaque', what: `${chain.at(-1) ?? 'definition'} that makes its SQL as it runs`, known: false }, chain);
    for (const effect of fact.effects) {
      if (effect.kind === 'ddl' || effect.kind === 'create') {
        this.#hearSchema(chain, session);
        for (const { name } of effect.kind === 'ddl' ? effect.relations : [effect.relation]) this.#made.add(name);
      }
      // Writes and names of the database's own are followed instead; a call is judged by what is called.
      const followed = effect.kind === 'write' || effect.kind === 'foreign-name' || (effect.kind === 'opaque' && effect.known);
      if (!followed && !(effect.kind === 'function' && ['unknown', 'reading'].includes(classifyFunction(effect.names)))) this.#emit(effect, chain);
    }
    const lookup = lookupIn(kind, text, session);
    this.#touch(fact.use, chain, lookup);
    if (fact.words) this.#touch(wordUse(fact.words), chain, lookup, false);
  }

  #fact(kind: DefinitionKind, text: string): Promise<DefinitionFact | undefined> {
    this.#definitions.add(text);
    if (this.#definitions.size > mostDefinitions) return Promise.resolve(undefined);
    return readDefinition(this.#parser, kind, text);
  }

  #emit(effect: SqlEffect, chain: Chain): void {
    this.effects.push({ effect, chain: effect.kind === 'function' && effect.names.length > 0 ? [...chain, `function ${effect.names.join('.')}()`] : chain });
  }
}

function nameable({ schema, name }: CatalogueRelation): Relation {
  return { schema, name };
}
