/** One effect of a statement against what a step may do: the table of capabilities, in one exhaustive switch. */
import type { Catalogue } from '../model/catalogue.ts';
import type { Decision, PolicyKind } from '../model/policy.ts';
import type { Access, Capability } from '../model/step.ts';
import { capabilityRules } from './capability-rule.ts';
import { classifyFunction } from './sql-function.ts';
import type { Relation, SqlEffect, WriteVerb } from './sql-effect.ts';
import { judgeSetting } from './sql-setting.ts';

/** What a step may do, and with what. `harmless`: functions, types and operators of the project's own that change nothing, as `name` or `schema.name`. */
export interface SqlPolicy {
  readonly access: Access;
  /** As `name` (in any schema) or `schema.name`. */
  readonly protectedTables: readonly string[];
  readonly harmless?: readonly string[];
  /** What the database holds, so that effects are followed that stand in no text; without it only the text is judged. */
  readonly catalogue?: Catalogue;
  /** Tables of other servers that may be used, named as protected ones are. */
  readonly foreignTables?: readonly string[];
}

const readOnlySqlState = '25006';
const insufficientPrivilege = '42501';

/** Refusals from the most telling to the least: of several that a text earns, the first is shown. */
const telling = [
  'protected-relation',
  'system-catalog',
  'guard-setting',
  'write-in-read-step',
  'undeclared-write',
  'ddl',
  'schema-change',
  'server-file',
  'foreign-table',
  'guard-function',
  'volatile-function',
  'unknown-function',
  'opaque',
];

/** The refusal that says most; undefined for an empty list. */
export function mostTelling(refusals: readonly Decision[]): Decision | undefined {
  const rank = (decision: Decision): number => (telling.includes(decision.rule) ? telling.indexOf(decision.rule) : telling.length);
  return [...refusals].sort((a, b) => rank(a) - rank(b))[0];
}

/** A refusal, or undefined where the effect is permitted. */
export function judgeEffect(effect: SqlEffect, policy: SqlPolicy): Decision | undefined {
  const { capability } = policy.access;
  const rule = capabilityRules[capability];
  switch (effect.kind) {
    case 'write':
      return judgeWrite(effect, policy);
    case 'function':
      return judgeFunction(effect.names, policy);
    case 'foreign-name':
      if (rule.calls || policy.harmless?.includes(effect.names.join('.'))) return undefined;
      return refuse(
        capability,
        'opaque',
        `the ${effect.what} \`${effect.names.join('.')}\`, of which nobody knows here what it runs`,
        effect.names.join('.'),
        'no-manual-writes',
      );
    case 'foreign-table':
      if (rule.calls || isListed(effect.relation, policy.foreignTables ?? [])) return undefined;
      return refuse(
        capability,
        'foreign-table',
        `the table \`${nameOf(effect.relation)}\` of the other server \`${effect.server}\`, where no guard stands`,
        nameOf(effect.relation),
        'no-manual-writes',
      );
    case 'setting': {
      const { change } = effect;
      const schemas = [...policy.protectedTables, ...policy.access.writes].flatMap((name) => parseRelation(name).schema ?? []);
      const problem = judgeSetting(change, { schemas, writing: rule.writes !== 'none', owner: rule.settings });
      if (problem === undefined) return undefined;
      if (change.kind === 'two-phase') return refuse(undefined, problem, 'a two-phase commit, whose end the guard could not see', 'PREPARE TRANSACTION');
      const name = change.name ?? 'a computed name';
      return refuse(
        undefined,
        problem,
        problem === 'guard-setting'
          ? `a change of \`${name}\`, on which the guard rests`
          : `a change of \`${name}\`, a setting that is not known to be harmless`,
        name,
      );
    }
    case 'create':
      if (rule.schema === 'none')
        return refuse(
          capability,
          'schema-change',
          `a CREATE ${effect.what.toUpperCase()} IF NOT EXISTS of \`${nameOf(effect.relation)}\` in a step that only reads`,
          nameOf(effect.relation),
          'no-manual-writes',
        );
      // `shadow.runs` would stand before the real one in a search path.
      if (
        effect.what !== 'index' &&
        effect.relation.schema !== undefined &&
        effect.relation.schema !== 'public' &&
        !isNamed(effect.relation, policy) &&
        isProtected({ name: effect.relation.name }, policy)
      ) {
        return refuse(
          capability,
          'protected-relation',
          `a CREATE TABLE of \`${nameOf(effect.relation)}\`, which would shadow a protected table`,
          nameOf(effect.relation),
          'no-manual-writes',
        );
      }
      return undefined;
    case 'ddl': {
      if (effect.nature === 'blinding' && rule.schema !== 'none')
        return refuse(undefined, 'guard-ddl', `${anyOf(effect.what)}, which leads round the guard or changes what it rests on`, effect.what);
      const schema = policy.access.fixedSchema && rule.schema !== 'none' ? 'absent' : rule.schema;
      if (schema === 'all') return undefined;
      const hit = [...effect.relations, ...effect.sources].find((relation) => isProtected(relation, policy));
      if (hit)
        return refuse(capability, 'protected-relation', `${anyOf(effect.what)} on the protected table \`${nameOf(hit)}\``, nameOf(hit), 'no-manual-writes');
      if (schema !== 'unprotected') return refuse(capability, 'ddl', `${anyOf(effect.what)}, a change of the schema`, effect.what, 'no-ddl');
      if (policy.protectedTables.length === 0 || effect.nature === 'data') return undefined;
      return refuse(
        capability,
        'ddl',
        effect.nature === 'cascade'
          ? `${anyOf(effect.what)} CASCADE, which may reach a protected table`
          : `${anyOf(effect.what)}, which could reach a protected table later by itself`,
        effect.what,
        'no-ddl',
      );
    }
    case 'lock':
      return rule.side === 'none'
        ? refuse(
            capability,
            'lock',
            effect.what === 'rows' ? 'a SELECT that locks its rows, in a step that only reads' : 'a LOCK TABLE in a step that only reads',
            effect.what,
            'no-manual-writes',
          )
        : undefined;
    case 'side':
      if (rule.side === 'upkeep' || (rule.side === 'ordinary' && effect.what === 'notify')) return undefined;
      return refuse(capability, 'side-effect', `${anyOf(effect.name)}, which does more than read`, effect.name, 'no-manual-writes');
    case 'outside':
      return refuse(undefined, 'server-file', `${anyOf(effect.what)}, which reaches outside the database`, effect.what);
    case 'opaque':
      if (rule.unseen === 'all' || (rule.unseen === 'known' && effect.known)) return undefined;
      return refuse(capability, 'opaque', `${anyOf(effect.what)}, of which nobody knows here what it writes`, effect.what, 'no-manual-writes');
    case 'unknown':
      return refuse(undefined, 'unknown-statement', `a part that is not known here (${effect.what})`, effect.what);
  }
}

function judgeWrite(effect: Extract<SqlEffect, { kind: 'write' }>, policy: SqlPolicy): Decision | undefined {
  const { relation, verb } = effect;
  const { capability } = policy.access;
  const { writes } = capabilityRules[capability];
  const name = nameOf(relation);
  const act = actOf(verb, name);
  if (isSystemCatalog(relation)) return refuse(undefined, 'system-catalog', `${act}, a table of the system itself`, name);
  const guarded = isProtected(relation, policy);
  if (capability === 'probe' || capability === 'full') return undefined;
  if (capability === 'production') {
    if (verb === 'truncate' && (guarded || effect.cascade))
      return refuse(capability, 'protected-relation', `${act}, which would end what the plan is to prove`, name, 'no-manual-writes');
    return undefined;
  }
  if (guarded) return refuse(capability, 'protected-relation', `${act}, which only the production path may write`, name, 'no-manual-writes');
  if (writes === 'none') return refuse(capability, 'write-in-read-step', `${act}, in a step that only reads`, name, 'no-manual-writes');
  if (effect.cascade) return refuse(capability, 'undeclared-write', `${act} CASCADE, which reaches tables that are not named`, name, 'no-manual-writes');
  if (writes !== 'declared' || effect.part === true || isNamed(relation, policy)) return undefined;
  return refuse(capability, 'undeclared-write', `${act}, which this step does not declare to write`, name, 'no-manual-writes');
}

function judgeFunction(names: readonly string[], policy: SqlPolicy): Decision | undefined {
  const { capability } = policy.access;
  const rule = capabilityRules[capability];
  const name = names.join('.');
  const known = classifyFunction(names);
  switch (known) {
    case 'reading':
      return undefined;
    case 'guard':
      return refuse(undefined, 'guard-function', `a call of \`${name}\`, which reaches outside what the guard can see`, name);
    case 'effect':
      return rule.side === 'none'
        ? refuse(capability, 'volatile-function', `a call of \`${name}\`, which does more than read`, name, 'no-manual-writes')
        : undefined;
    case 'owner':
      return rule.side === 'upkeep'
        ? undefined
        : refuse(capability, 'volatile-function', `a call of \`${name}\`, which does more than read`, name, 'no-manual-writes');
    case 'unknown':
      if (rule.calls || policy.harmless?.includes(name)) return undefined;
      return refuse(
        capability,
        rule.readOnly ? 'unknown-function' : 'opaque',
        `a call of \`${name}\`, of which nobody knows here what it writes`,
        name,
        'no-manual-writes',
      );
  }
}

/** `capability` is given where a client of a read step is to see what PostgreSQL says in a read-only transaction. */
function refuse(capability: Capability | undefined, rule: string, reason: string, matched: string, policy?: PolicyKind): Decision {
  return {
    effect: 'refuse',
    rule,
    reason,
    matched,
    sqlstate: capability !== undefined && capabilityRules[capability].readOnly ? readOnlySqlState : insufficientPrivilege,
    ...(policy === undefined ? {} : { policy }),
  };
}

const acts: Readonly<Record<WriteVerb, string>> = {
  insert: 'an INSERT into',
  update: 'an UPDATE of',
  delete: 'a DELETE from',
  merge: 'a MERGE into',
  copy: 'a COPY into',
  truncate: 'a TRUNCATE of',
};

function actOf(verb: WriteVerb, name: string): string {
  return `${acts[verb]} \`${name}\``;
}

function anyOf(what: string): string {
  return `${/^[AEIOU]/.test(what) ? 'an' : 'a'} ${what}`;
}

/** As claims and reports name it: without the public schema. */
export function nameOf(relation: Relation): string {
  return relation.schema === undefined || relation.schema === 'public' ? relation.name : `${relation.schema}.${relation.name}`;
}

export function parseRelation(name: string): Relation {
  const point = name.lastIndexOf('.');
  return point < 0 ? { name } : { schema: name.slice(0, point), name: name.slice(point + 1) };
}

function isProtected(relation: Relation, policy: SqlPolicy): boolean {
  return isListed(relation, policy.protectedTables);
}

/** Widely: any case, and any schema that one of both leaves open. */
function isListed(relation: Relation, tables: readonly string[]): boolean {
  return tables.some((text) => {
    const table = parseRelation(text);
    return (
      table.name.toLowerCase() === relation.name.toLowerCase() &&
      (table.schema === undefined || relation.schema === undefined || table.schema.toLowerCase() === relation.schema.toLowerCase())
    );
  });
}

/** Narrowly: a declared name without a schema stands for the public one. */
function isNamed(relation: Relation, policy: SqlPolicy): boolean {
  return policy.access.writes.some((text) => {
    const table = parseRelation(text);
    return table.name === relation.name && (relation.schema === undefined || relation.schema === (table.schema ?? 'public'));
  });
}

export function isSystemCatalog(relation: Relation): boolean {
  if (relation.schema !== undefined)
    return relation.schema === 'pg_catalog' || relation.schema === 'information_schema' || relation.schema.startsWith('pg_toast');
  return relation.name.startsWith('pg_');
}
