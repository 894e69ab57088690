/** What was said of a step's conduct becomes what is executed: every bound has its number, every claim and query is compiled, nothing contradicts. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Criterion } from '../model/plan.ts';
import type { Policy } from '../model/policy.ts';
import type { Access, DoneProbe, Repetition } from '../model/step.ts';
import { decideSql } from '../policy/decide-sql.ts';
import { namesIn } from './bind-expectation.ts';
import { namesOf, suppliersOf, type Binder } from './bind.ts';
import { unreadDiagnostics } from './claim-diagnostic.ts';
import { compileClaim } from './claim.ts';
import { millisecondsOf } from './conduct-term.ts';
import { repetitionProblems } from './conduct-conflict.ts';
import type { StepDraft } from './draft.ts';
import { compileQuery } from './query.ts';
import { isBefore } from './step-order.ts';

/** A step has this much time where nobody says otherwise. */
const defaultTimeoutMs = 600_000;

/** Between two attempts where nobody says otherwise. */
const defaultPauseMs = 1_000;

export interface Conducted {
  readonly repeats: ReadonlyMap<StepDraft, Repetition>;
  readonly probes: ReadonlyMap<StepDraft, DoneProbe>;
}

export async function compileConduct(
  binder: Binder,
  inputs: readonly string[],
  policies: readonly Policy[],
  protectedTables: readonly string[],
  permitted: (step: StepDraft) => Access,
): Promise<Conducted> {
  const repeats = new Map<StepDraft, Repetition>();
  const probes = new Map<StepDraft, DoneProbe>();
  for (const step of binder.draft.steps) {
    const repetition = compileRepetition(binder, step, inputs);
    if (repetition) repeats.set(step, repetition);
    binder.diagnostics.push(...repetitionProblems(binder, step, policies, permitted(step)));
    const probe = await compileProbe(binder, step, inputs, protectedTables);
    if (probe) probes.set(step, probe);
    if (probe && !onceOf(step, permitted(step)))
      binder.diagnostics.push({
        severity: 'warning',
        code: 'compile/entry-binds-nothing',
        message: `step ${step.id} is repeated when an execution is resumed, so nobody asks whether it was done`,
        span: probe.span,
        help: 'remove `doneWhen`, or write `once: true`',
      });
  }
  return { repeats, probes };
}

/** Never repeated on resume: as it is said, else where it may write. */
export function onceOf(step: StepDraft, { capability }: Access): boolean {
  return step.once ?? (capability === 'production' || capability === 'write');
}

/** A claim that grants more time than every step has grants it to its step: it could not be met otherwise. */
export function timeoutOf(step: StepDraft): number {
  const granted = step.expectations.flatMap(({ claim }) =>
    claim.kind === 'duration' && (claim.operator === '<' || claim.operator === '<=') ? [millisecondsOf(claim.limit.text ?? '') ?? 0] : [],
  );
  return step.timeoutMs ?? Math.max(defaultTimeoutMs, ...granted);
}

function compileRepetition(binder: Binder, step: StepDraft, inputs: readonly string[]): Repetition | undefined {
  const { repeat } = step;
  if (repeat === undefined) return undefined;
  const { kind, attempts, pauseMs = defaultPauseMs } = repeat;
  const withinMs = repeat.withinMs ?? (attempts === undefined ? undefined : attempts * timeoutOf(step) + (attempts - 1) * pauseMs);
  if (withinMs === undefined) {
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/unbounded-repetition',
      message: `step ${step.id} is repeated without any bound`,
      span: repeat.span,
      help: kind === 'retry' ? 'say how often or for how long: `up to 3 times`, `for up to 1 minute`' : 'say for how long: `for up to 1 minute`, `within 30 s`',
    });
    return undefined;
  }
  const giveUpWhen = compileGiveUp(binder, step, inputs);
  return { kind, ...(attempts === undefined ? {} : { attempts }), withinMs, pauseMs, ...(giveUpWhen ? { giveUpWhen } : {}), span: repeat.span };
}

/** One claim, on what is known by the end of an attempt. */
function compileGiveUp(binder: Binder, step: StepDraft, inputs: readonly string[]): Repetition['giveUpWhen'] {
  const said = step.repeat?.giveUpWhen;
  if (said === undefined) return undefined;
  const names = namesOf(binder, inputs, [step]);
  const reading = compileClaim(said.text, names);
  if (reading.kind !== 'claims') {
    binder.diagnostics.push(...unreadDiagnostics(said.text, said.span, reading, names.all));
    return undefined;
  }
  const [claim, ...others] = reading.claims;
  const late =
    claim === undefined
      ? undefined
      : namesIn(claim).find(
          (name) => !inputs.includes(name) && !suppliersOf(binder, name).some((other) => other === step || isBefore(binder.draft, other, step)),
        );
  if (claim === undefined || others.length > 0 || late !== undefined) {
    binder.diagnostics.push({
      severity: 'error',
      code: late === undefined ? 'compile/unclear-expectation' : 'compile/unknown-name',
      message: late === undefined ? `\`${said.text}\` is more than one claim, and one ends the attempts` : `\`${late}\` is only known after step ${step.id}`,
      span: said.span,
      help: late === undefined ? 'keep the claim that shows that another attempt is in vain' : 'use a name that this step or an earlier one shows',
    });
    return undefined;
  }
  return { text: said.text, span: said.span, claim };
}

async function compileProbe(binder: Binder, step: StepDraft, inputs: readonly string[], protectedTables: readonly string[]): Promise<DoneProbe | undefined> {
  const said = step.doneWhen;
  if (said === undefined) return undefined;
  const problem = (code: Diagnostic['code'], message: string, help: string, severity: 'error' | 'refused' = 'error'): undefined =>
    void binder.diagnostics.push({ severity, code, message, span: said.span, help });
  const query = await compileQuery(said.text, binder.parser);
  const { decision } = await decideSql(binder.parser, query.sql.text, { access: { capability: 'read', writes: [] }, protectedTables });
  if (decision.effect === 'refuse') {
    return decision.rule === 'unparsable'
      ? problem('compile/unparsable-sql', `the database would not understand this statement: ${decision.reason}`, 'mend the statement')
      : problem('policy/forbidden-write', `what tells whether step ${step.id} was done must only read: ${decision.reason}`, 'write one query', 'refused');
  }
  if (await alwaysAnswers(binder, query.sql.text, query.sql.aggregate || query.sql.oneRow))
    return problem('compile/vacuous-claim', 'this query answers a row whether the step was done or not', 'select the rows that only the finished step leaves');
  const open = query.sql.parameters.find((name) => !inputs.includes(name) && !suppliersOf(binder, name).some((other) => isBefore(binder.draft, other, step)));
  if (open !== undefined)
    return problem(
      'compile/unbound-placeholder',
      `nothing supplies \`<${open}>\` before step ${step.id}`,
      'use names that an input or an earlier step supplies: what a cut step would have shown is not known',
    );
  return { sql: query.sql.text, parameters: query.sql.parameters, span: said.span };
}

/** `SELECT count(*) …` and `SELECT 1` have a row in any case. */
async function alwaysAnswers(binder: Binder, sql: string, aggregate: boolean): Promise<boolean> {
  const parsed = await binder.parser.parse(sql);
  const tree = parsed.kind === 'statements' ? (parsed.statements[0]?.tree as Readonly<Record<string, unknown>> | undefined) : undefined;
  const select = tree?.['SelectStmt'] as Readonly<Record<string, unknown>> | undefined;
  // What is no plain SELECT (SHOW, EXPLAIN, VALUES) always answers.
  if (select === undefined || select['valuesLists'] !== undefined) return true;
  if (select['op'] !== undefined && select['op'] !== 'SETOP_NONE') return false;
  if (aggregate) return select['havingClause'] === undefined;
  return select['fromClause'] === undefined && select['whereClause'] === undefined;
}

/** A criterion that only teardown shows: it runs also where nothing else did. */
export function teardownWitnesses(binder: Binder, criteria: readonly Criterion[]): readonly Diagnostic[] {
  const late = binder.draft.steps.filter(({ role }) => role === 'teardown');
  if (late.length === 0) return [];
  const ids = new Set(late.flatMap((step) => [step.id, ...step.expectations.map(({ id }) => id)]));
  return criteria.flatMap((criterion) =>
    criterion.clauses
      .filter(({ witnesses }) => witnesses.length > 0 && witnesses.every(({ kind, id }) => kind !== 'policy' && ids.has(id)))
      .map(
        (clause): Diagnostic => ({
          severity: 'warning',
          code: 'compile/teardown-witness',
          message: `nothing but teardown shows \`${clause.text.replaceAll('`', '')}\``,
          span: criterion.span,
          notes: [`shown by ${clause.witnesses.map(({ kind, id }) => `${kind} ${id}`).join(', ')}`],
          help: 'let a step before it show the criterion, or give that step `role: step` in the addendum',
        }),
      ),
  );
}
