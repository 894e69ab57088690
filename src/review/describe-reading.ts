/** What a block became, in words: a step with what it may do and must show, a criterion with its witnesses, a policy with its scope and strength. */
import type { ExplainedCriterion, ExplainedPolicy, ExplainedRepetition, ExplainedStep, Explanation } from './explanation.ts';

export interface Detail {
  readonly text: string;
  readonly mark: '→ ' | '  ' | '  · ' | '+ ' | '! ';
}

/** Every step has this unless something else is said. */
const usualTimeoutMs = 600_000;

/** Witnesses of a clause that are shown; more are counted. */
const mostWitnesses = 6;

export function describe(became: string, explanation: Explanation): readonly Detail[] {
  const [, noun, id] = /^(step|probe|policy|criterion|expectation|capture|precondition|task) (\S+)(?: \(.*\))?$/.exec(became) ?? [];
  const numbered = <T extends { readonly id: string }>(all: readonly T[], kind: string): T | undefined =>
    noun === kind ? all.find((each) => each.id === id || each.id.replace(/^\D+/, '') === id) : undefined;
  const step = noun === 'step' || noun === 'probe' ? explanation.steps.find((each) => each.id === id) : undefined;
  if (step !== undefined) return describeStep(step, explanation);
  const criterion = numbered(explanation.criteria, 'criterion');
  if (criterion !== undefined) return describeCriterion(criterion, explanation);
  const policy = numbered(explanation.policies, 'policy');
  if (policy !== undefined) return [main(describePolicy(policy))];
  const precondition = numbered(explanation.preconditions, 'precondition');
  if (precondition !== undefined) return [main(became), ...precondition.checks.flatMap((check) => describeCheck(check, explanation))];
  const task = numbered(explanation.tasks, 'task');
  if (task !== undefined) {
    const attested = task.verifiedBy.length === 0 ? 'passes only when attested by name' : `verified by ${task.verifiedBy.join(', ')}`;
    return [
      main(
        `${became}, ${task.condition === 'failure' ? 'done by a person, only if something fails' : task.condition === 'choice' ? `a decision of a person: ${attested}` : `done by a person: ${attested}`}`,
      ),
    ];
  }
  const field = /^report field "(.*)"$/.exec(became)?.[1];
  const source = explanation.report.find((each) => each.label === field)?.from;
  if (source !== undefined) return [main(`${became} from ${source}`)];
  const owner = explanation.steps.find((each) => each.expectations.some((expectation) => expectation.id === id));
  const expectation = owner?.expectations.find((each) => each.id === id);
  if (noun === 'expectation' && owner !== undefined && expectation !== undefined) return [main(`expectation ${id} of step ${owner.id}: ${expectation.claim}`)];
  const captured =
    noun === 'capture'
      ? explanation.steps.flatMap((each) => each.captures.map((capture) => ({ ...capture, step: each.id }))).find((each) => each.name === id)
      : undefined;
  if (captured !== undefined)
    return [main(`capture ${id} (${captured.type}${captured.optional ? ', optional' : ''}) of step ${captured.step}: ${captured.from}`)];
  return [main(became)];
}

const origins: Readonly<Record<ExplainedPolicy['origin'], string>> = {
  text: '',
  heading: ', by its heading',
  addendum: ', by the addendum',
  baseline: ", by the project's baseline",
};

function describePolicy({ id, kind, scope, origin, strength, acceptedBy }: ExplainedPolicy): string {
  return `policy ${id}: ${kind}${acceptedBy === undefined ? '' : ` by ${acceptedBy}`}, in ${scope}${origins[origin]}, ${strength}`;
}

/** A step that an addendum made for a precondition stands in no block: it is described where the precondition is. */
function describeCheck(check: string, explanation: Explanation): readonly Detail[] {
  const name = /^(step \S+) holds$/.exec(check)?.[1];
  const step = explanation.steps.find((each) => `step ${each.id}` === name);
  if (step === undefined || explanation.blocks.some((block) => block.becomes.includes(`step ${step.id}`))) return [below(check)];
  return describeStep(step, explanation).map((line) => below(line.text));
}

function describeStep(step: ExplainedStep, explanation: Explanation): readonly Detail[] {
  const process = step.kind === 'shell' || step.kind === 'coordinator-call';
  const folder = step.workingDirectory === undefined || step.workingDirectory === '.' ? '' : `, in ${step.workingDirectory}`;
  return [
    main(`step ${step.id} (${step.kind}${step.role === 'step' ? '' : `, ${step.role}`}): ${step.title}`),
    below(`${accessOf(step, explanation)}${folder}${step.timeoutMs === usualTimeoutMs ? '' : `, ${step.timeoutMs / 1000} s at most`}`),
    ...(process && step.access.capability !== 'none' ? [below('given by the runner: DATABASE_URL')] : []),
    ...(step.opaque ?? []).map(({ line, reason }) => below(`opaque (line ${line}): ${reason}; the guard sees what it sends`)),
    ...(step.condition === undefined ? [] : [below(step.condition)]),
    ...describeConduct(step),
    ...step.captures.map((capture) => below(`records ${capture.name} (${capture.type}${capture.optional ? ', optional' : ''}) from ${capture.from}`)),
    ...step.expectations.map((expectation) =>
      below(`${{ text: 'expects', implied: 'implied', addendum: 'addendum', criterion: 'criterion' }[expectation.origin]}: ${expectation.claim}`),
    ),
    ...(step.expectations.length === 0 && step.role !== 'report' ? [below('expects nothing: it proves nothing')] : []),
  ];
}

/** What differs from one go at a step in its turn: attempts, teardown, and what becomes of it when the execution was cut in it. */
function describeConduct({ role, repeat, once, doneWhen, access }: ExplainedStep): readonly Detail[] {
  const mayWrite = access.capability === 'production' || access.capability === 'write';
  const usualOnce = once === mayWrite;
  return [
    ...(role === 'teardown' ? [below('runs at the end in any case, and can only worsen the verdict')] : []),
    ...(repeat === undefined ? [] : [below(describeRepetition(repeat))]),
    ...(repeat?.giveUpWhen === undefined ? [] : [below(`gives up when: ${repeat.giveUpWhen}`)]),
    ...(usualOnce ? [] : [below(once ? 'never repeated after a cut' : 'may write, and is repeated after a cut')]),
    ...(doneWhen === undefined ? [] : [below(`after a cut, done when a row answers: ${doneWhen}`)]),
  ];
}

function describeRepetition({ kind, attempts, withinMs, pauseMs }: ExplainedRepetition): string {
  const often = attempts === undefined ? 'as often as the time allows' : `at most ${attempts} attempts`;
  const why = kind === 'retry' ? 'again after a failure' : 'again until what it expects holds';
  return `${why}: ${often}, within ${spoken(withinMs)}, ${spoken(pauseMs)} apart; every attempt is kept`;
}

function spoken(ms: number): string {
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000} min`;
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}

function accessOf({ access }: ExplainedStep, { protectedTables }: Explanation): string {
  const tables = (access.writes.length > 0 ? access.writes : protectedTables).join(', ');
  switch (access.capability) {
    case 'none':
      return 'no database';
    case 'read':
      return 'may read';
    case 'write':
      return `may write ${tables}`;
    case 'write-except-protected':
      return protectedTables.length === 0 ? 'may write any table' : `may write any table but ${protectedTables.join(', ')}`;
    case 'ddl':
      return protectedTables.length === 0 ? 'may write and change any table' : `may write and change any table but ${protectedTables.join(', ')}`;
    case 'full':
      return 'may do everything but blind the guard';
    case 'production':
      return `${tables === '' ? 'no policy restricts what it writes' : `production path: may write ${tables}`}${access.fixedSchema ? ', not change the schema' : ''}`;
    case 'probe':
      return 'probe: sent by the runner and rolled back';
  }
}

function describeCriterion(criterion: ExplainedCriterion, explanation: Explanation): readonly Detail[] {
  const claims: ReadonlyMap<string, string> = new Map(
    explanation.steps.flatMap((step) => step.expectations.map((each) => [`expectation ${each.id}`, `${each.claim} (step ${step.id})`] as const)),
  );
  const [clause] = criterion.clauses;
  const witnessed = (witnesses: readonly string[]): readonly Detail[] => {
    const shown = witnesses.length > mostWitnesses + 1 ? witnesses.slice(0, mostWitnesses) : witnesses;
    const lines = shown.map((witness) => `${witness}${claims.has(witness) ? `: ${claims.get(witness)}` : ''}`);
    const left = witnesses.length - shown.length;
    return [...lines, ...(left === 0 ? [] : [`${left} more witnesses`])].map((text) => ({ text, mark: '  · ' }));
  };
  // One clause is the criterion itself, whose words stand above.
  if (clause !== undefined && criterion.clauses.length === 1)
    return clause.witnesses.length === 0
      ? [main(`criterion ${criterion.id}`), { text: 'no witness: unproven', mark: '! ' }]
      : [main(`criterion ${criterion.id}, by`), ...witnessed(clause.witnesses)];
  return [
    main(`criterion ${criterion.id}`),
    ...criterion.clauses.flatMap(({ text, witnesses }) =>
      witnesses.length === 0 ? [{ text: `${text}: no witness: unproven`, mark: '! ' } as const] : [below(`${text}, by`), ...witnessed(witnesses)],
    ),
  ];
}

function main(text: string): Detail {
  return { text, mark: '→ ' };
}

function below(text: string): Detail {
  return { text, mark: '  ' };
}
