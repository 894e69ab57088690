/** Decides whether a step may send a text of SQL: every statement of it, on PostgreSQL's own parse tree. Sends nothing itself. */
import type { Decision } from '../model/policy.ts';
import type { Capability } from '../model/step.ts';
import { judgeEffect, mostTelling, nameOf, type SqlPolicy } from './judge-effect.ts';
import { factOfBody, wordUse } from './catalogue-fact.ts';
import { judgeClosure } from './judge-closure.ts';
import { readPlpgsqlBody } from './plpgsql-body.ts';
import { classifyFunction } from './sql-function.ts';
import type { SqlEffect } from './sql-effect.ts';
import { constantIn, listIn, nodeIn, type SqlNode, type SqlStatement, taggedIn } from './sql-node.ts';
import type { SqlParser } from './sql-parser.ts';
import { statementEffects, statementKind } from './sql-statement.ts';
import { joinUses, nothingUsed, statementUse, type SqlUse } from './sql-use.ts';

export type { SqlPolicy } from './judge-effect.ts';

export interface StatementJudgement {
  readonly text: string;
  /** UTF-16 units into the whole text. */
  readonly offset: number;
  /** `select`, `insert`, `create table`, `begin`, … */
  readonly kind: string;
  /** Tables that it writes by its own text, refused or not; `columns` are the named ones. */
  readonly writes: readonly { readonly relation: string; readonly columns: readonly string[] }[];
  /** What a `CREATE … IF NOT EXISTS` names: nothing happens where it exists, which only the catalogue knows. */
  readonly creates: readonly string[];
  /** Permitted, it may leave another catalogue behind. */
  readonly changesSchema?: true;
  readonly decision: Decision;
}

export interface SqlJudgement {
  /** The worst of the statements' decisions; for an empty text a permission. */
  readonly decision: Decision;
  readonly statements: readonly StatementJudgement[];
}

const noProbe: Decision = { effect: 'refuse', rule: 'no-probe', reason: 'a probe that is no single INSERT, UPDATE or DELETE', sqlstate: '42501' };

/** Same text, same access, same decision. Never rejects for what a text holds; what cannot be read is refused. */
export async function decideSql(parser: SqlParser, text: string, policy: SqlPolicy): Promise<SqlJudgement> {
  const parsed = await parser.parse(text);
  switch (parsed.kind) {
    case 'refused':
      return { decision: { effect: 'refuse', rule: 'unparsable', reason: parsed.reason, sqlstate: '42601' }, statements: [] };
    case 'syntax-error':
      return {
        decision: { effect: 'refuse', rule: 'unparsable', reason: parsed.message, matched: text.slice(parsed.offset, parsed.offset + 40), sqlstate: '42601' },
        statements: [],
      };
    case 'statements': {
      if (parsed.statements.length === 0 && policy.access.capability === 'probe') return { decision: noProbe, statements: [] };
      const statements: StatementJudgement[] = [];
      for (const statement of parsed.statements) {
        const earlier = statements.filter(({ changesSchema }) => changesSchema).map(({ text: made }) => made);
        statements.push(await judgeStatement(parser, statement, { count: parsed.statements.length, earlier }, policy));
      }
      return { decision: worstOf(statements.map(({ decision }) => decision)), statements };
    }
  }
}

function worstOf(decisions: readonly Decision[]): Decision {
  const order = ['full-write', 'production-write', 'unprotected-write', 'declared-write', 'probe', 'schema-change', 'unseen', 'side-effect'];
  const permitted = [...decisions].sort((a, b) => (order.indexOf(a.rule) + 1 || order.length + 1) - (order.indexOf(b.rule) + 1 || order.length + 1))[0];
  return mostTelling(decisions.filter(({ effect }) => effect === 'refuse')) ?? permitted ?? { effect: 'permit', rule: 'empty', reason: 'no statement' };
}

/** The text that a statement stands in. */
interface Surroundings {
  readonly count: number;
  /** Changes of the schema that come before it. */
  readonly earlier: readonly string[];
}

async function judgeStatement(parser: SqlParser, statement: SqlStatement, { count, earlier }: Surroundings, policy: SqlPolicy): Promise<StatementJudgement> {
  const { tag, node } = taggedIn(statement.tree) ?? { tag: '', node: {} };
  const { effects, use } =
    tag === 'DoStmt' ? await factOfBlock(parser, statement.text, node) : { effects: statementEffects(tag, node), use: statementUse(tag, node) };
  const writes = effects.flatMap((effect) => (effect.kind === 'write' ? [{ relation: nameOf(effect.relation), columns: effect.columns }] : []));
  const creates = effects.flatMap((effect) => (effect.kind === 'create' ? [nameOf(effect.relation)] : []));
  const known = await judgeClosure(parser, effects, use, policy, earlier);
  const decision = decide(tag, known.effects, known.refusals, count, policy);
  const changes = effects.some(({ kind }) => kind === 'ddl' || kind === 'create' || kind === 'opaque');
  const changesSchema = changes && decision.effect === 'permit' ? { changesSchema: true as const } : {};
  return { text: statement.text, offset: statement.offset, kind: statementKind(tag, node), writes, creates, ...changesSchema, decision };
}

/** `refusals` are those that a catalogue gave reason for. */
function decide(tag: string, effects: readonly SqlEffect[], refusals: readonly Decision[], count: number, policy: SqlPolicy): Decision {
  const { capability } = policy.access;
  if (capability === 'none')
    return { effect: 'refuse', rule: 'no-database', reason: 'a statement, in a step that may not use the database', sqlstate: '42501', policy: 'no-execution' };
  if (capability === 'probe' && (count !== 1 || !['InsertStmt', 'UpdateStmt', 'DeleteStmt'].includes(tag))) return noProbe;
  const refusal = mostTelling([...effects.flatMap((effect) => judgeEffect(effect, policy) ?? []), ...refusals]);
  if (refusal) return refusal;
  if (capability === 'probe') return { effect: 'permit', rule: 'probe', reason: 'a probe, which is rolled back' };
  const written = effects.find((effect) => effect.kind === 'write');
  if (written?.kind === 'write') return { effect: 'permit', ...writeReason(capability), matched: nameOf(written.relation) };
  const changed = effects.find((effect) => effect.kind === 'ddl');
  if (changed?.kind === 'ddl') return { effect: 'permit', rule: 'schema-change', reason: 'this step may change the schema', matched: changed.what };
  const created = effects.find((effect) => effect.kind === 'create');
  if (created?.kind === 'create')
    return { effect: 'permit', rule: 'schema-change', reason: 'creates only what does not exist', matched: nameOf(created.relation) };
  if (effects.some(isUnseen)) return { effect: 'permit', rule: 'unseen', reason: 'what it does is not in its text, and this step may do it' };
  if (effects.some(isSideEffect)) return { effect: 'permit', rule: 'side-effect', reason: 'a side effect that this step may have' };
  return { effect: 'permit', rule: 'read', reason: 'changes nothing' };
}

function writeReason(capability: Capability): { readonly rule: string; readonly reason: string } {
  switch (capability) {
    case 'production':
      return { rule: 'production-write', reason: 'the production path writes' };
    case 'full':
      return { rule: 'full-write', reason: 'this step may write every table, the protected ones too' };
    case 'write-except-protected':
    case 'ddl':
      return { rule: 'unprotected-write', reason: 'this step may write every table that is not protected' };
    default:
      return { rule: 'declared-write', reason: 'this step declares that it writes this table' };
  }
}

function isUnseen(effect: SqlEffect): boolean {
  return effect.kind === 'opaque' || effect.kind === 'foreign-name' || (effect.kind === 'function' && classifyFunction(effect.names) === 'unknown');
}

function isSideEffect(effect: SqlEffect): boolean {
  return effect.kind === 'side' || effect.kind === 'lock' || (effect.kind === 'function' && classifyFunction(effect.names) !== 'reading');
}

/** A `DO` block is as opaque as its text; the writes that stand in it are named nevertheless. */
async function factOfBlock(parser: SqlParser, text: string, node: SqlNode): Promise<{ readonly effects: readonly SqlEffect[]; readonly use: SqlUse }> {
  const language = listIn(node['args'])
    .map((argument) => nodeIn(argument['DefElem']))
    .find((element) => element?.['defname'] === 'language');
  const opaque = (known: boolean): SqlEffect => ({ kind: 'opaque', what: 'DO', known });
  const unseen = { effects: [opaque(false)], use: nothingUsed };
  if (language && constantIn(language['arg'])?.toLowerCase() !== 'plpgsql') return unseen;
  const body = await readPlpgsqlBody(parser, text);
  if (!body) return unseen;
  const fact = await factOfBody(parser, body);
  return { effects: [...fact.effects, opaque(!fact.dynamic && fact.whole)], use: fact.words ? joinUses([fact.use, wordUse(fact.words)]) : fact.use };
}
