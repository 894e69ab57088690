// Between two steps a guard can lose its judgement without anybody noticing: a parser that hangs, or one that lets everything
// through. So before each step it is asked about the forbidden act, in a text it has never seen, and must refuse it in time.
import { randomBytes } from 'node:crypto';
import type { Access } from '../model/step.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';

const reading: Access = { capability: 'read', writes: [] };
const patienceMs = 10_000;

/** Rejects with the reason when the judge is gone, slow or blind. `tables` are quoted names; the first is the one that is tried. */
export async function feelPulse(decide: (text: string, access: Access) => Promise<SqlJudgement>, tables: readonly string[]): Promise<void> {
  const [table] = tables;
  // The nonce keeps every memory of earlier answers out of it.
  const nonce = randomBytes(8).toString('hex');
  const act = table === undefined ? `CREATE TABLE proofplan_pulse_${nonce} (id integer)` : `INSERT INTO ${table} /* ${nonce} */ DEFAULT VALUES`;
  const { decision } = await within(patienceMs, decide(act, reading));
  if (decision.effect !== 'refuse') throw new Error(`the judge of statements let through what it must refuse: ${act}`);
  if (decision.rule === 'unparsable') throw new Error(`the judge of statements cannot read any more: ${decision.reason}`);
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the judge of statements did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
