/** Looks up what a claim needs beyond the step's own evidence, so that the judges can be pure. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Expectation } from '../model/claim.ts';
import type { Guard, HeldSnapshot } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { HashChainWitness } from '../model/environment.ts';
import type { OutputEvidence, SearchHit, StepEvidence } from '../model/evidence.ts';
import { fillClaim } from './fill-claim.ts';
import { readHttpStatus } from './http-status.ts';
import { hitsOf, placeOf } from './judge-search.ts';
import type { ChainReading, ClaimOf, Gathered, KnownNames } from './judgement.ts';
import { matchPattern } from './pattern.ts';
import { findAtEdge, findLine, findPattern, findText, linesOf, type OutputSearch } from './search-output.ts';

export interface FactSources {
  readonly workspace: string;
  readonly evidenceFolder: string;
  readonly guard?: Guard;
  readonly snapshot?: HeldSnapshot;
  readonly names: KnownNames;
  /** Masks secrets, as the kept outputs have them. */
  readonly redact?: (text: string) => string;
  /** The witness for a root's name with what it read after the production path and now. */
  readonly chainOf: (root: string) => { readonly witness: HashChainWitness; readonly first?: ChainReading; readonly now?: ChainReading } | undefined;
}

/** Undefined for claims that the step's evidence answers alone. */
export async function gatherFact(expectation: Expectation, evidence: StepEvidence, sources: FactSources): Promise<Gathered | undefined> {
  const { claim } = expectation;
  switch (claim.kind) {
    case 'output': {
      const filled = fillClaim(claim, sources.names);
      return 'problem' in filled ? { kind: 'output', found: false, problem: filled.problem } : searchOutputs(evidence, sources, filled);
    }
    case 'fails':
      return claim.pattern === undefined ? undefined : searchOutputs(evidence, sources, { text: claim.pattern, operator: 'contains' });
    case 'http-status':
      return readStatus(evidence, sources);
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

type Wanted = Pick<ClaimOf<'output'>, 'text' | 'operator' | 'stream'>;

async function searchOutputs(evidence: StepEvidence, sources: FactSources, wanted: Wanted): Promise<Gathered> {
  const { text, operator, stream } = wanted;
  const server = evidence.sqlFailure?.message;
  if (server !== undefined)
    return {
      kind: 'output',
      found: operator === 'matches' ? matchPattern(text, server).kind === 'held' : server.includes(text),
      place: "the server's message",
    };
  // What is kept has its secrets masked: whether one was printed cannot be seen there.
  if (sources.redact?.(text) !== undefined && sources.redact(text) !== text)
    return { kind: 'output', found: false, problem: 'the claim holds a secret, and secrets are masked in what is kept' };
  const outputs = (evidence.outputs ?? []).filter((output) => stream === undefined || output.stream === stream);
  if (outputs.length === 0) return { kind: 'output', found: false, problem: `no ${stream ?? 'output'} of this step was kept` };
  for (const output of outputs) {
    try {
      const found = await searchOutput(output, sources.evidenceFolder, wanted);
      if (found && 'problem' in found) return { kind: 'output', found: false, problem: found.problem };
      if (found) return { kind: 'output', found: true, place: `${output.stream}, line ${found.lineNumber}` };
    } catch (error) {
      return { kind: 'output', found: false, problem: `${output.stream} cannot be read again: ${messageOf(error)}` };
    }
  }
  return { kind: 'output', found: false };
}

async function searchOutput(output: OutputEvidence, evidenceFolder: string, { text, operator }: Wanted): Promise<OutputSearch> {
  const path = pathOf(output, evidenceFolder);
  switch (operator) {
    case 'contains':
      return findText(path, text);
    case 'matches':
      return findPattern(path, text);
    case 'line':
      return findLine(path, text);
    case 'is':
    case 'starts with':
    case 'ends with':
      return findAtEdge(output, operator, text);
  }
}

function pathOf(output: OutputEvidence, evidenceFolder: string): string {
  return join(evidenceFolder, 'sha256', output.sha256);
}

async function readStatus(evidence: StepEvidence, { evidenceFolder }: FactSources): Promise<Gathered> {
  const outputs = evidence.outputs ?? [];
  if (outputs.length === 0) return { kind: 'http-status', problem: 'no output of this step was kept' };
  try {
    const answers = await Promise.all(outputs.map((output) => readHttpStatus(linesOf(pathOf(output, evidenceFolder)), output.stream)));
    const problem = answers.find((answer) => answer.problem !== undefined);
    const [status, ...others] = new Set(answers.flatMap((answer) => answer.status ?? []));
    if (problem) return { kind: 'http-status', ...problem };
    if (others.length > 0) return { kind: 'http-status', problem: 'stdout and stderr show different HTTP answers' };
    return { kind: 'http-status', ...(status === undefined ? {} : { status }) };
  } catch (error) {
    return { kind: 'http-status', problem: `the output cannot be read again: ${messageOf(error)}` };
  }
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
