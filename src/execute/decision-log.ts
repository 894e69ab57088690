/**
 * Every answer of a guard, in the record: refusals and writes one by one, reads counted. Equal statements of a step are one
 * entry with a count, so that a pool's thousand housekeeping statements are seen, and can be read.
 */
import type { StatementRecord } from '../model/contract.ts';
import type { DecisionData } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import type { ExecutionRecord } from './execution-record.ts';
import { policiesFor } from './policy-scope.ts';

/** What is kept of a decision beside the record: its text is there, under the entry's number. */
export type RecordedDecision = Pick<DecisionData, 'step' | 'source' | 'effect' | 'policies' | 'policy' | 'reason' | 'count'> & { readonly entry: number };

export interface DecisionLog {
  readonly note: (data: DecisionData) => Promise<RecordedDecision>;
  /** Records what came through a step's door; answers with the refusals. */
  readonly noteStatements: (step: Step, source: 'gateway' | 'session', statements: readonly StatementRecord[]) => Promise<readonly RecordedDecision[]>;
  readonly all: () => readonly RecordedDecision[];
  /** Of an earlier process of this execution: it is in the record already. */
  readonly restore: (data: DecisionData, entry: number) => void;
}

const mostReads = 100;
const longestText = 8_192;

export function createDecisionLog(plan: Plan, { record }: ExecutionRecord): DecisionLog {
  const decisions: RecordedDecision[] = [];

  const note = async (data: DecisionData): Promise<RecordedDecision> => {
    const recorded = recordedOf(data, await record('decision', data));
    decisions.push(recorded);
    return recorded;
  };

  return {
    note,
    noteStatements: async (step, source, statements) => {
      const noted: RecordedDecision[] = [];
      for (const data of groupStatements(plan, step, source, statements)) noted.push(await note(data));
      return noted.filter((decision) => decision.effect === 'refuse');
    },
    all: () => decisions,
    restore: (data, entry) => void decisions.push(recordedOf(data, entry)),
  };
}

function recordedOf({ step, source, effect, policies, policy, reason, count }: DecisionData, entry: number): RecordedDecision {
  return { step, source, effect, policies, ...(policy === undefined ? {} : { policy }), reason, count, entry };
}

/** One decision for each kind of statement, in the order of their first arrival. */
export function groupStatements(plan: Plan, step: Step, source: 'gateway' | 'session', statements: readonly StatementRecord[]): readonly DecisionData[] {
  const groups = new Map<string, { readonly first: StatementRecord; readonly members: StatementRecord[] }>();
  const rest: StatementRecord[] = [];
  let reads = 0;
  for (const statement of statements) {
    const { decision, text } = statement;
    const key = JSON.stringify([decision.effect, decision.rule, statement.sqlstate ?? null, text]);
    const group = groups.get(key);
    if (group) group.members.push(statement);
    else if (decision.effect === 'permit' && statement.writes.length === 0 && ++reads > mostReads) rest.push(statement);
    else groups.set(key, { first: statement, members: [statement] });
  }
  const data = [...groups.values()].map(({ first, members }) => decisionOf(plan, step, source, first, members));
  const [other] = rest;
  if (other) data.push({ ...decisionOf(plan, step, source, other, rest), text: `(${rest.length} more statements that only read)`, rule: 'not-listed' });
  return data;
}

function decisionOf(plan: Plan, step: Step, source: 'gateway' | 'session', first: StatementRecord, members: readonly StatementRecord[]): DecisionData {
  const { decision } = first;
  const counts = members.flatMap((member) => member.rowCount ?? []);
  // A permitted statement was put before every policy about writes; a refused one answers for the kind that refused it.
  const policies = policiesFor(plan, step, decision.effect === 'permit' ? 'no-manual-writes' : decision.policy);
  const sqlstate = decision.effect === 'refuse' ? decision.sqlstate : first.sqlstate;
  const span = decision.effect === 'refuse' ? (policies[0]?.span ?? step.span) : undefined;
  return {
    step: step.id,
    source,
    effect: decision.effect,
    rule: decision.rule,
    reason: decision.reason,
    policies: policies.map((policy) => policy.id),
    ...(decision.policy === undefined ? {} : { policy: decision.policy }),
    text: first.text.length > longestText ? `${first.text.slice(0, longestText)}…` : first.text,
    ...(decision.matched === undefined ? {} : { matched: decision.matched }),
    ...(sqlstate === undefined ? {} : { sqlstate }),
    count: members.length,
    ...(counts.length === 0 ? {} : { rowCount: counts.reduce((sum, count) => sum + count, 0) }),
    fates: [...new Set(members.map((member) => member.fate))],
    ...(span ? { span } : {}),
  };
}
