/** Looks up what a claim needs beyond the step's own evidence, so that the judges can be pure. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Expectation } from '../model/claim.ts';
import type { Guard, HeldSnapshot } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { HashChainWitness } from '../model/environment.ts';
import type { SearchHit, StepEvidence } from '../model/evidence.ts';
import { hitsOf, placeOf } from './judge-search.ts';
import type { ChainReading, ClaimOf, Gathered, KnownNames } from './judgement.ts';
import { matchPattern } from './pattern.ts';
import { findPattern, findText } from './search-output.ts';

export interface FactSources {
  readonly workspace: string;
  readonly evidenceFolder: string;
  readonly guard?: Guard;
  readonly snapshot?: HeldSnapshot;
  readonly names: KnownNames;
  /** The witness for a root's name with what it read after the production path and now. */
  readonly chainOf: (root: string) => { readonly witness: HashChainWitness; readonly first?: ChainReading; readonly now?: ChainReading } | undefined;
}

/** Undefined for claims that the step's evidence answers alone. */
export async function gatherFact(expectation: Expectation, evidence: StepEvidence, sources: FactSources): Promise<Gathered | undefined> {
  const { claim } = expectation;
  switch (claim.kind) {
    case 'output':
      return searchOutputs(evidence, sources, claim.text, claim.operator);
    case 'fails':
      return claim.pattern === undefined ? undefined : searchOutputs(evidence, sources, claim.pattern, 'contains');
    case 'each-hit':
      return readNeighbourhoods(claim, hitsOf(evidence.searches ?? []), sources.workspace);
    case 'fresh':
      return askSnapshot(claim, sources);
    case 'hash-chain': {
      const chain = sources.chainOf(claim.root);
      return (
        chain && { kind: 'hash-chain', witness: chain.witness.name, ...(chain.first ? { first: chain.first } : {}), ...(chain.now ? { now: chain.now } : {}) }
      );
    }
    default:
      return undefined;
  }
}

const lookupTimeoutMs = 60_000;

async function searchOutputs(evidence: StepEvidence, sources: FactSources, text: string, operator: 'contains' | 'matches'): Promise<Gathered> {
  const server = evidence.sqlFailure?.message;
  if (server !== undefined)
    return {
      kind: 'output',
      found: operator === 'contains' ? server.includes(text) : matchPattern(text, server).kind === 'held',
      place: "the server's message",
    };
  for (const output of evidence.outputs ?? []) {
    const path = join(sources.evidenceFolder, 'sha256', output.sha256);
    try {
      const found = await (operator === 'contains' ? findText(path, text) : findPattern(path, text));
      if (found && 'problem' in found) return { kind: 'output', found: false, problem: found.problem };
      if (found) return { kind: 'output', found: true, place: `${output.stream}, line ${found.lineNumber}` };
    } catch (error) {
      return { kind: 'output', found: false, problem: `${output.stream} cannot be read again: ${messageOf(error)}` };
    }
  }
  return { kind: 'output', found: false };
}

/** From the hit on, so many lines further, but not past the next hit: what stands there belongs to that one. */
async function readNeighbourhoods(claim: ClaimOf<'each-hit'>, hits: readonly SearchHit[], workspace: string): Promise<Gathered> {
  const linesOf = new Map<string, readonly string[]>();
  try {
    for (const path of new Set(hits.map((hit) => hit.path))) {
      const lines = (await readFile(resolve(workspace, path), 'utf8')).split(/\r?\n/);
      const own = hits.filter((hit) => hit.path === path).toSorted((a, b) => a.lineNumber - b.lineNumber);
      for (const [index, hit] of own.entries()) {
        const next = own[index + 1]?.lineNumber ?? Number.POSITIVE_INFINITY;
        linesOf.set(placeOf(hit), lines.slice(hit.lineNumber - 1, Math.min(hit.lineNumber + claim.withinLines, next - 1)));
      }
    }
    return { kind: 'neighbourhood', linesOf };
  } catch (error) {
    return { kind: 'neighbourhood', linesOf, problem: messageOf(error) };
  }
}

async function askSnapshot(claim: ClaimOf<'fresh'>, { guard, snapshot, names }: FactSources): Promise<Gathered> {
  const key = names.get(claim.name)?.value.text;
  if (!guard || !snapshot || key === undefined || key === null) return { kind: 'freshness' };
  try {
    const before = await snapshot.had(claim.relation, claim.column, key);
    const sql = `SELECT count(*) AS found FROM ${quoteRelation(claim.relation)} WHERE ${quoteIdentifier(claim.column)}::text = $1`;
    const answer = await guard.assertion({ sql, parameters: [key], mode: 'read', timeoutMs: lookupTimeoutMs });
    if (answer.kind === 'rows') return { kind: 'freshness', before, now: answer.rows[0]?.[0] !== '0' };
    const problem = answer.kind === 'refused' ? answer.decision.reason : answer.message;
    return { kind: 'freshness', before, problem };
  } catch (error) {
    return { kind: 'freshness', problem: messageOf(error) };
  }
}

function quoteRelation(relation: string): string {
  return relation.split('.').map(quoteIdentifier).join('.');
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
