/** Repetitions that a policy forbids, and steps that would write twice. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Policy } from '../model/policy.ts';
import type { Access } from '../model/step.ts';
import { span, type Binder } from './bind.ts';
import type { StepDraft } from './draft.ts';
import { inScope } from './judge-static.ts';
import { fold } from './prose.ts';

/** Sentences that limit attempts at a step, not only at the plan as a whole. */
const ofSteps = /\b(?:re-?tr(?:y|ies|ied|ying)|re-?run\w*|repeat\w*|repetitions?|(?:try|tried) again|second (?:attempt|try))\b/;
const ofPolls = /\b(?:poll\w*|repetitions?)\b/;

export function repetitionProblems(binder: Binder, step: StepDraft, policies: readonly Policy[], access: Access): readonly Diagnostic[] {
  return [...forbidden(step, policies), ...writesTwice(binder, step, access), ...loosened(binder, step, access)];
}

function forbidden(step: StepDraft, policies: readonly Policy[]): readonly Diagnostic[] {
  const { repeat } = step;
  if (repeat === undefined) return [];
  const attempts = repeat.attempts ?? Number.POSITIVE_INFINITY;
  const words = repeat.kind === 'retry' ? ofSteps : ofPolls;
  return policies
    .filter((policy) => policy.rule.kind === 'attempt-limit' && policy.rule.attempts < attempts && words.test(fold(policy.text)) && inScope(policy, step))
    .map((policy) => ({
      severity: 'error',
      code: 'compile/policy-conflict',
      message: `step ${step.id} is to be repeated, and policy ${policy.id} forbids it`,
      span: repeat.span,
      notes: [`${policy.span.path}:${policy.span.start.line}:${policy.span.start.column} says: ${policy.text}`],
      help: 'take back one of the two',
    }));
}

function mayChange(step: StepDraft): string {
  if (isWriter(step)) return `step ${step.id} writes`;
  return step.once === true ? `step ${step.id} may change something, as \`once\` says` : `nothing keeps step ${step.id} from writing`;
}

/** Declared by the plan or its addendum, so that it is known to change something. */
function isWriter(step: StepDraft): boolean {
  return step.productionPath || step.writes.length > 0;
}

function mayWrite({ capability }: Access): boolean {
  return capability === 'production' || capability === 'write';
}

function writesTwice(binder: Binder, step: StepDraft, access: Access): readonly Diagnostic[] {
  const { repeat } = step;
  if (repeat === undefined) return [];
  if (step.onceAt !== undefined)
    return [
      {
        severity: 'error',
        code: 'compile/repeated-write',
        message: `step ${step.id} is to run once, and is to be repeated`,
        span: repeat.span,
        notes: [`line ${step.onceAt.start.line} says that it runs once`],
        help: 'take back one of the two sentences',
      },
    ];
  if (!isWriter(step) && !mayWrite(access) && step.once !== true) return [];
  const declared = isWriter(step) || step.once === true;
  const where = span(binder, step).start;
  if (declared && repeat.reach !== 'step')
    return [
      {
        severity: 'error',
        code: 'compile/repeated-write',
        message: `${mayChange(step)}, and a sentence about several steps would repeat it`,
        span: repeat.span,
        notes: [`step ${step.id} stands at line ${where.line}`],
        help: 'say it at that step itself, or of the other steps alone',
      },
    ];
  return [
    {
      severity: 'warning',
      code: 'compile/repeated-write',
      message: `${mayChange(step)}, and another attempt may do so again`,
      span: repeat.span,
      ...(repeat.reach === 'step' ? {} : { notes: [`step ${step.id} stands at line ${where.line}`] }),
      help: declared ? 'repeat a step that only reads, and let this one run once' : 'let a policy say that only one step writes, as in `No manual DB inserts.`',
    },
  ];
}

/** `once: false` of what may write: a cut step is carried out again when the execution is resumed. */
function loosened(binder: Binder, step: StepDraft, access: Access): readonly Diagnostic[] {
  const at = step.loosenedAt;
  if (at === undefined || !mayWrite(access)) return [];
  if (isWriter(step) && at.path !== binder.planPath)
    return [
      {
        severity: 'error',
        code: 'compile/addendum-weakens',
        message: `step ${step.id} writes, and an addendum cannot let it be repeated after a cut`,
        span: at,
        help: 'write `doneWhen` with a query that tells whether it was done, and leave `once` out',
      },
    ];
  return [
    {
      severity: 'warning',
      code: 'compile/repeated-write',
      message: `step ${step.id} may write, and is carried out again when an execution that was cut in it is resumed`,
      span: at,
      help: 'write `doneWhen` with a query that tells whether it was done, and leave `once` out',
    },
  ];
}
