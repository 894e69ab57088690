/**
 * Not every document is a plan. One that asks for no evidence and is mainly decisions, holes and rules for people gets one
 * honest account with the lines to add, instead of a message for each of its sentences.
 */
import { spanOf } from '../parse/markdown-document.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { isExecuted, type Draft } from './draft.ts';

/**
 * Messages that an account stands for, in its words; what is wrong with the text itself or with an addendum is always said. That there
 * is no step stands in the account's first line.
 */
const folded: ReadonlyMap<string, string> = new Map([
  ['compile/empty-block', 'an empty block of commands'],
  ['compile/expectation-without-step', 'an expectation without a step before it'],
  ['compile/open-value', 'a value that is still to be written'],
  ['compile/no-step', ''],
  ['compile/table-of-checks', 'a table of checks that is not read as steps'],
  ['compile/unbound-condition', 'a condition that is not measured'],
  ['compile/unbound-pattern', 'a claim about a file without a pattern'],
  ['compile/unbound-placeholder', 'a hole that nothing fills'],
  ['compile/unbound-precondition', 'a precondition that nothing checks'],
  ['compile/unclear-capture', 'a value to be recorded that has no name'],
  ['compile/unclear-expectation', 'an expectation that cannot be judged'],
  ['compile/undecided-command', 'a command that is left to a person'],
  ['compile/unenforced-policy', 'a rule that no guard keeps'],
  ['compile/unknown-block', 'a block that may be commands or text'],
  ['compile/unknown-name', 'a claim about a name that nothing supplies'],
  ['compile/unquoted-placeholder', 'an unquoted hole'],
  ['compile/unset-variable', 'a variable that nothing sets'],
  ['compile/unsupported-language', 'a block in a language that nothing runs'],
  ['compile/unwitnessed-clause', 'a criterion that nothing shows'],
  ['compile/unbound-report-field', 'a report field that nothing fills'],
  ['compile/concealed-failure', 'a command that hides its exit code'],
  ['compile/capture-without-step', 'a value to be recorded without a step before it'],
]);

/** So many messages are still read one by one. */
const few = 3;

/** The diagnostics, with those of an incomplete plan replaced by one account of it. */
export function accountForShortfall(draft: Draft, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  // What could not be read as a claim was asked for all the same: then each of its messages is wanted.
  const expectations = draft.claims.length + draft.acceptance.length;
  const asked = expectations + draft.criteria.length;
  const open = diagnostics.filter((diagnostic) => diagnostic.severity === 'error' && folded.has(diagnostic.code));
  const decisions = draft.tasks.filter((task) => task.condition !== undefined).length;
  const steps = draft.steps.filter(isExecuted).length;
  const incomplete = steps === 0 || asked === 0 || decisions > steps;
  // Without a step there is nothing that any message could be about.
  if (!incomplete || (steps === 0 ? diagnostics.filter((diagnostic) => folded.has(diagnostic.code)).length <= few : open.length < few)) return diagnostics;
  const holes = new Set(draft.steps.flatMap((step) => step.splices.map((splice) => splice.name))).size;
  const counts = [
    plural(steps, 'step'),
    plural(expectations, 'expectation'),
    plural(decisions, 'decision'),
    plural(draft.tasks.length - decisions, 'task'),
    plural(holes, 'hole'),
  ];
  const kinds = new Map<string, number[]>();
  for (const diagnostic of open) {
    const lines = kinds.get(diagnostic.code) ?? [];
    lines.push(diagnostic.span?.start.line ?? 0);
    kinds.set(diagnostic.code, lines);
  }
  const account: Diagnostic = {
    severity: 'error',
    code: 'compile/not-a-plan',
    message: `this document is not a complete plan: ${counts.slice(0, 2).join(', ')}, ${counts[2]} and ${counts[3]} for people, ${counts[4]}`,
    span: spanOf(draft.document, 0, Math.min(1, draft.document.text.text.length)),
    notes: [...kinds]
      .filter(([code]) => folded.get(code) !== '')
      .map(
        ([code, lines]) =>
          `${folded.get(code)} (${code}): ${lines.length === 1 ? 'line' : `${lines.length} times, lines`} ${lines.slice(0, 8).join(', ')}${lines.length > 8 ? ', …' : ''}`,
      ),
    help: `${steps === 0 ? 'write what is to be run into ```bash or ```sql blocks' : 'write an **Expected:** line below each command'}${holes > 0 ? ', and declare the holes in an addendum (`proofplan new --addendum-for PLAN` writes it)' : ''}; \`proofplan explain\` shows how each line is read`,
  };
  return [account, ...diagnostics.filter((diagnostic) => !folded.has(diagnostic.code))];
}

/** Commands that people decide about, as one message: the plan never runs them, and says so once. */
export function decisionsOf(draft: Draft): readonly Diagnostic[] {
  const open = draft.tasks.filter((task) => task.condition === 'choice' && draft.notes.get(task.block)?.reason?.startsWith('a decision for a person') === true);
  const [first] = open;
  if (!first) return [];
  const lines = open.map((task) => spanOf(draft.document, task.start, task.end).start.line);
  return [
    {
      severity: 'warning',
      code: 'compile/undecided-command',
      message:
        open.length === 1
          ? 'this command is left to a person: the plan does not say when it runs'
          : `${open.length} commands are left to a person: the plan does not say when they run`,
      span: spanOf(draft.document, first.start, first.end),
      notes: [
        ...(open.length > 1 ? [`lines ${lines.slice(0, 12).join(', ')}${lines.length > 12 ? ', …' : ''}`] : []),
        'they are tasks: an execution passes only when each is attested by name',
      ],
      help: 'take the condition away, or accept them in the addendum, under `accept:`, as reference',
    },
  ];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
