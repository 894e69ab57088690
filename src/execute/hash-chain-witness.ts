import { createHash } from 'node:crypto';
import type { AssertionAnswer, AssertionQuery } from '../model/contract.ts';
import type { HashChainWitness } from '../model/environment.ts';
import type { ChainReading } from './judgement.ts';

const witnessTimeoutMs = 60_000;

/** A row of the witness's query by column name, all values as text. */
export type ChainRow = Readonly<Record<string, string | null>>;

/**
 * The root of a chain: SHA-256, lower hex, over the UTF-8 of the seed and then of each row's text, without separators.
 * `row` is the template (`{step_index}:{skill_name}:{status}`); null is written as nothing, an unknown column is an error.
 * Undefined without rows: a chain of nothing has no root.
 */
export function computeChainRoot(seed: string, template: string, rows: readonly ChainRow[]): { readonly root: string | null } | { readonly problem: string } {
  const hash = createHash('sha256').update(seed, 'utf8');
  const unknown = [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? '').find((column) => rows[0] && !Object.hasOwn(rows[0], column));
  if (unknown !== undefined) return { problem: `the witness's query has no column \`${unknown}\`` };
  for (const row of rows)
    hash.update(
      template.replace(/\{([^{}]+)\}/g, (_, column: string) => row[column] ?? ''),
      'utf8',
    );
  return { root: rows.length === 0 ? null : hash.digest('hex') };
}

type Ask = (query: AssertionQuery) => Promise<AssertionAnswer>;

/** Contradictions that are told by their content; the others are counted. */
const mostTold = 5;

/** Reads the stored rows through the guarded session and recomputes the chain. What went wrong is in `problem`. */
export async function readChain(witness: HashChainWitness, seed: string | undefined, step: string, assertion: Ask): Promise<ChainReading> {
  const reading = await readRows(witness, seed, step, assertion);
  if (witness.contradiction === undefined || seed === undefined) return reading;
  const contradictions = await readContradictions(witness.contradiction, seed, assertion);
  return contradictions.length === 0 ? reading : { ...reading, contradictions };
}

/** Each row in words (`step_index 0, status failure`). A query that gives no answer is told as one: what was not asked is not excluded. */
async function readContradictions(sql: string, seed: string, assertion: Ask): Promise<readonly string[]> {
  const answer = await assertion({ sql, parameters: [seed], mode: 'read', timeoutMs: witnessTimeoutMs });
  switch (answer.kind) {
    case 'rows': {
      const told = answer.rows.slice(0, mostTold).map((row) => answer.columns.map(({ name }, index) => `${name} ${row[index] ?? 'null'}`).join(', '));
      return answer.rowCount > told.length ? [...told, `${answer.rowCount - told.length} more`] : told;
    }
    case 'refused':
      return [`the guard refused the query for contradictions: ${answer.decision.reason}`];
    case 'failure':
    case 'lost':
      return [`the query for contradictions was not answered: ${answer.message}`];
  }
}

async function readRows(witness: HashChainWitness, seed: string | undefined, step: string, assertion: Ask): Promise<ChainReading> {
  const nothing = { step, root: null, rows: 0 };
  if (seed === undefined) return { ...nothing, problem: `\`${witness.seed}\` has no value to start the chain with` };
  const answer = await assertion({ sql: witness.query, parameters: [seed], mode: 'read', timeoutMs: witnessTimeoutMs });
  switch (answer.kind) {
    case 'rows': {
      // A cut chain would be another chain: better none than the root of half the rows.
      if (answer.rowCount > answer.rows.length)
        return { step, root: null, rows: answer.rowCount, problem: `the chain has ${answer.rowCount} rows, of which only ${answer.rows.length} were read` };
      const rows = answer.rows.map((row) => Object.fromEntries(answer.columns.map((column, index) => [column.name, row[index] ?? null])));
      return { step, root: null, rows: rows.length, ...computeChainRoot(seed, witness.row, rows) };
    }
    case 'failure':
      return { ...nothing, problem: `the server rejected the witness's query: ${answer.message}` };
    case 'refused':
      return { ...nothing, problem: `the guard refused the witness's query: ${answer.decision.reason}` };
    case 'lost':
      return { ...nothing, problem: `the connection was lost: ${answer.message}` };
  }
}
