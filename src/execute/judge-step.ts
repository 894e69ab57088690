/** Judges every claim of a step, into the record. */
import type { Claim, Expectation } from '../model/claim.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { HashChainWitness } from '../model/environment.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { StatementRecord } from '../model/contract.ts';
import type { Plan } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import type { Verdict } from '../model/verdict.ts';
import { concealedFailures } from '../policy/concealed-failure.ts';
import { doubtfulTestRun } from '../policy/doubtful-test-run.ts';
import { heedlessPsql } from '../policy/heedless-psql.ts';
import { printedAnyway } from '../policy/printed-anyway.ts';
import { parseShell, type ShellScript } from '../policy/shell-syntax.ts';
import type { ExecutionContext } from './execution-context.ts';
import { emptyTestRun } from './empty-test-run.ts';
import { gatherFact } from './gather-fact.ts';
import { judgeExpectation } from './judge-expectation.ts';
import type { Judgement } from './judgement.ts';
import { judgementDiagnostic, statementRejected } from './step-diagnostic.ts';

/**
 * A step's expectations, and those that the environment implies: a coordinator that prints the root of a declared chain is
 * compared with the runner's own witness, whether the plan says so or not.
 */
export function expectationsFor(step: Step, witnesses: readonly HashChainWitness[]): readonly Expectation[] {
  if (step.kind !== 'coordinator-call') return step.expectations;
  const asked = new Set(step.expectations.flatMap(({ claim }) => (claim.kind === 'hash-chain' ? [claim.root] : [])));
  const implied = witnesses.filter(({ root }) => step.fields.includes(root) && !asked.has(root));
  return [
    ...step.expectations,
    ...implied.map(
      ({ name, root }): Expectation => ({
        id: `${step.id}/${name}`,
        step: step.id,
        text: `${root} is the root of the stored rows`,
        span: step.span,
        claim: { kind: 'hash-chain', root },
        origin: 'implied',
      }),
    ),
  ];
}

export interface JudgedClaims {
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** How the attempt ended, where that is not as expected: the cause of what it did not show. */
  readonly causes: readonly Diagnostic[];
  /** What else is wrong with them, the worst first. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Claims about how an attempt ended. Counted tests say more than the exit code that follows from them. */
const endings: readonly Claim['kind'][] = ['tests-pass', 'fails', 'sql-fails', 'exit-code', 'exit-codes'];

/** `statements` came through the step's door. */
export async function judgeStep(
  step: Step,
  evidence: StepEvidence,
  context: ExecutionContext,
  statements: readonly StatementRecord[] = [],
): Promise<JudgedClaims> {
  const verdicts = new Map<string, Verdict>();
  const wrong: { readonly kind: Claim['kind']; readonly diagnostic: Diagnostic }[] = [];
  let rejectionExpected = false;
  for (const expectation of expectationsFor(step, context.config?.witnesses ?? [])) {
    const judgement = await judgeClaim(expectation, step, evidence, context, statements);
    verdicts.set(expectation.id, judgement.verdict);
    const { id, text, span, origin, claim } = expectation;
    await context.record.record('expectation', { id, step: step.id, text, span, origin, claim: claim.kind, ...judgement });
    // Why an attempt did not complete is said once, not again by each of its claims.
    const diagnostic = evidence.outcome === 'completed' ? judgementDiagnostic(expectation, judgement) : undefined;
    if (diagnostic) wrong.push({ kind: claim.kind, diagnostic });
    // Words of the server's message that a claim about output happens to find are no demand for a failure.
    rejectionExpected ||= claim.kind === 'fails' || claim.kind === 'sql-fails';
  }
  const ended = ({ kind }: { readonly kind: Claim['kind'] }): boolean => endings.includes(kind) && (kind !== 'tests-pass' || evidence.tests !== undefined);
  const causes = wrong.filter(ended).toSorted((a, b) => endings.indexOf(a.kind) - endings.indexOf(b.kind));
  return {
    verdicts,
    causes: [
      ...(evidence.sqlFailure && evidence.outcome === 'completed' && !rejectionExpected ? [statementRejected(step, evidence.sqlFailure)] : []),
      ...causes.map(({ diagnostic }) => withoutNetwork(diagnostic, evidence)),
    ],
    diagnostics: wrong
      .filter((each) => !ended(each))
      .map(({ diagnostic }) => diagnostic)
      .toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning')),
  };
}

/** A host that is not found or does not answer looks like a fault of the machine, where it is the plan's own sentence that is kept. */
function withoutNetwork(diagnostic: Diagnostic, { isolation }: StepEvidence): Diagnostic {
  const note = 'a policy of the plan keeps its processes from every network: the gateway of the database is all that they reach';
  return isolation === 'network' ? { ...diagnostic, notes: [...(diagnostic.notes ?? []), note] } : diagnostic;
}

/** One claim on the evidence of an attempt, without a record of it. */
export async function judgeClaim(
  expectation: Expectation,
  step: Step,
  evidence: StepEvidence,
  context: ExecutionContext,
  sent: readonly StatementRecord[] = [],
): Promise<Judgement> {
  const { plan, store, statements, guarded, snapshot, freshness, chains, workspace, evidenceFolder } = context;
  const gathered = await gatherFact(expectation, evidence, {
    workspace,
    evidenceFolder,
    names: store,
    chainOf: chains.chainOf,
    freshness,
    ...(guarded ? { guard: guarded.guard } : {}),
    ...(snapshot.held ? { snapshot: snapshot.held } : {}),
  });
  const doubt = doubtOf(expectation, step, evidence, sent);
  const printed = evidence.outputs !== undefined && 'command' in step ? printedAnyway(parseShell(step.command)) : [];
  return judgeExpectation(expectation, {
    evidence,
    printed,
    names: store,
    statements,
    producers: producersOf(plan),
    ...(gathered ? { gathered } : {}),
    ...(doubt === undefined ? {} : { doubt }),
  });
}

/** Why the exit code of the step's block says nothing about what the claim is about. */
function doubtOf({ claim }: Expectation, step: Step, evidence: StepEvidence, sent: readonly StatementRecord[]): string | undefined {
  if (step.kind !== 'shell' && step.kind !== 'coordinator-call') return undefined;
  if (claim.kind === 'tests-pass') return step.kind === 'shell' && step.testRunner !== undefined ? doubtfulTestRun(parseShell(step.command)) : undefined;
  const script = parseShell(step.command);
  const concealed = concealedFailures(script)[0]?.what;
  if (showsAbsence(claim)) return concealed;
  const succeeds = (claim.kind === 'exit-code' && claim.code === 0) || (claim.kind === 'exit-codes' && claim.codes.includes(0));
  return succeeds ? (concealed ?? passedOver(script, sent) ?? emptyTestRun(evidence)) : undefined;
}

/** Met also by a program that did nothing. */
function showsAbsence(claim: Expectation['claim']): boolean {
  return (
    (claim.kind === 'output' && claim.negated) ||
    (claim.kind === 'output-empty' && !claim.negated) ||
    (claim.kind === 'output-lines' && claim.bound !== 'at-least' && claim.count === 0)
  );
}

/** A statement that the server rejected while psql went on to the next. */
function passedOver(script: ShellScript, sent: readonly StatementRecord[]): string | undefined {
  const rejected = sent.find(({ decision, sqlstate }) => decision.effect === 'permit' && sqlstate !== undefined);
  const psql = rejected && heedlessPsql(script);
  if (psql === undefined || rejected === undefined) return undefined;
  const text = rejected.text.trim().replace(/\s+/g, ' ');
  return `${psql} goes on after an error (without \`-v ON_ERROR_STOP=1\`), and \`${text.length > 80 ? `${text.slice(0, 79)}…` : text}\` was rejected (${rejected.sqlstate})`;
}

const producers = new WeakMap<Plan, readonly string[]>();

/** The steps on the production path. Kept: each claim asks for them, and a plan may have thousands of steps. */
function producersOf(plan: Plan): readonly string[] {
  const known = producers.get(plan);
  if (known !== undefined) return known;
  const found = plan.steps.filter((step) => step.access.capability === 'production').map((step) => step.id);
  producers.set(plan, found);
  return found;
}
