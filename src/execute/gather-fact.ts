/** Looks up what a claim needs beyond the step's own evidence, so that the judges can be pure. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Expectation } from '../model/claim.ts';
import type { Guard, HeldSnapshot } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { FreshnessData } from '../model/event.ts';
import type { HashChainWitness } from '../model/environment.ts';
import type { OutputEvidence, SearchHit, StepEvidence } from '../model/evidence.ts';
import { fillClaim } from './fill-claim.ts';
import { readHttpStatus, type HttpAnswer } from './http-status.ts';
import { hitsOf, placeOf } from './judge-search.ts';
import type { ChainReading, ClaimOf, Gathered, KnownNames } from './judgement.ts';
import { matchPattern } from './pattern.ts';
import type { PrintedFile } from './printed-text.ts';
import { findAtEdge, findLine, findPattern, findText, linesOf, readEdges, type OutputSearch } from './search-output.ts';

export interface FactSources {
  readonly workspace: string;
  readonly evidenceFolder: string;
  readonly guard?: Guard;
  readonly snapshot?: HeldSnapshot;
  /** What was asked of the snapshot while it was there. */
  readonly freshness?: readonly FreshnessData[];
  readonly names: KnownNames;
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
  const outputs = (evidence.outputs ?? []).filter((output) => stream === undefined || output.stream === stream);
  if (outputs.length === 0) return { kind: 'output', found: false, problem: `no ${stream ?? 'output'} of this step was kept` };
  for (const output of outputs) {
    try {
      const file = printedFile(output, evidence, sources);
      if (file === undefined) return { kind: 'output', found: false, problem: unremembered(output) };
      const found = await searchOutput(output, file, wanted);
      if (found && 'problem' in found) return { kind: 'output', found: false, problem: found.problem };
      if (found) return { kind: 'output', found: true, place: `${output.stream}, line ${found.lineNumber}` };
    } catch (error) {
      return { kind: 'output', found: false, problem: `${output.stream} cannot be read again: ${messageOf(error)}` };
    }
  }
  return { kind: 'output', found: false };
}

async function searchOutput(output: OutputEvidence, file: PrintedFile, { text, operator }: Wanted): Promise<OutputSearch> {
  switch (operator) {
    case 'contains':
      return findText(file, text);
    case 'matches':
      return findPattern(file, text);
    case 'line':
      return findLine(file, text);
    case 'is':
    case 'starts with':
    case 'ends with':
      return findAtEdge(file.parts.length === 0 ? output : await readEdges(file), operator, text);
  }
}

/** Undefined where more was masked than is remembered: what is kept would answer for what was printed. */
function printedFile({ stream, sha256 }: OutputEvidence, { hidden = [] }: StepEvidence, { evidenceFolder }: FactSources): PrintedFile | undefined {
  const masked = hidden.find((candidate) => candidate.stream === stream);
  const parts = masked === undefined ? [] : masked.parts;
  return parts && { path: join(evidenceFolder, 'sha256', sha256), parts };
}

function unremembered({ stream }: OutputEvidence): string {
  return `so much of ${stream} is secret that it cannot be judged on what is kept of it`;
}

async function readStatus(evidence: StepEvidence, sources: FactSources): Promise<Gathered> {
  const outputs = evidence.outputs ?? [];
  if (outputs.length === 0) return { kind: 'http-status', problem: 'no output of this step was kept' };
  try {
    const answers = await Promise.all(
      outputs.map(async (output): Promise<HttpAnswer> => {
        const file = printedFile(output, evidence, sources);
        return file === undefined ? { problem: unremembered(output) } : readHttpStatus(linesOf(file), output.stream);
      }),
    );
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

async function askSnapshot(claim: ClaimOf<'fresh'>, { guard, snapshot, names, freshness = [] }: FactSources): Promise<Gathered> {
  const { name, relation, column } = claim;
  const key = names.get(name)?.value.text;
  const asked = freshness.find((answer) => answer.name === name && answer.relation === relation && answer.column === column);
  if (!guard || !(snapshot ?? asked) || key === undefined || key === null) return { kind: 'freshness' };
  try {
    const before = snapshot ? await snapshot.had(relation, column, key) : asked?.before === true;
    const sql = `SELECT count(*) AS found FROM ${quoteRelation(relation)} WHERE ${quoteIdentifier(column)}::text = $1`;
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
