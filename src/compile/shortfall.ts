/**
 * Not every document is a plan. One that asks for no evidence and is mainly decisions, holes and rules for people gets one
 * honest account with the lines to add, instead of a message for each of its sentences.
 */
import { spanOf } from '../parse/markdown-document.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Draft } from './draft.ts';

/** Messages that an account stands for; what is wrong with the text itself or with an addendum is always said. */
const folded: ReadonlySet<string> = new Set([
  'compile/empty-block',
  'compile/expectation-without-step',
  'compile/open-value',
  'compile/no-step',
  'compile/table-of-checks',
  'compile/unbound-condition',
  'compile/unbound-pattern',
  'compile/unbound-placeholder',
  'compile/unbound-precondition',
  'compile/unclear-capture',
  'compile/unclear-expectation',
  'compile/undecided-command',
  'compile/unenforced-policy',
  'compile/unknown-block',
  'compile/unknown-name',
  'compile/unquoted-placeholder',
  'compile/unset-variable',
  'compile/unsupported-language',
  'compile/unwitnessed-clause',
  'compile/unbound-report-field',
  'compile/concealed-failure',
  'compile/capture-without-step',
]);

/** So many messages are still read one by one. */
const few = 3;

/** The diagnostics, with those of an incomplete plan replaced by one account of it. */
export function accountForShortfall(draft: Draft, diagnostics: readonly Diagnostic[], asked: number): readonly Diagnostic[] {
  const open = diagnostics.filter((diagnostic) => diagnostic.severity === 'error' && folded.has(diagnostic.code));
  const decisions = draft.tasks.filter((task) => task.condition !== undefined).length;
  const steps = draft.steps.filter((step) => step.role === 'step').length;
  const incomplete = steps === 0 || asked === 0 || decisions > steps;
  // Without a step there is nothing that any message could be about.
  if (!incomplete || (steps === 0 ? diagnostics.filter((diagnostic) => folded.has(diagnostic.code)).length < 2 : open.length < few)) return diagnostics;
  const holes = new Set(draft.steps.flatMap((step) => step.splices.map((splice) => splice.name))).size;
  const counts = [
    plural(steps, 'step'),
    plural(asked, 'expectation'),
    plural(decisions, 'decision'),
    plural(draft.tasks.length - decisions, 'task'),
    plural(holes, 'hole'),
  ];
  const kinds = new Map<string, number[]>();
  for (const diagnostic of open) kinds.set(diagnostic.code, [...(kinds.get(diagnostic.code) ?? []), diagnostic.span?.start.line ?? 0]);
  const account: Diagnostic = {
    severity: 'error',
    code: 'compile/not-a-plan',
    message: `this document is not a complete plan: ${counts.slice(0, 2).join(', ')}, ${counts[2]} and ${counts[3]} for people, ${counts[4]}`,
    span: spanOf(draft.document, 0, Math.min(1, draft.document.text.text.length)),
    notes: [...kinds].map(
      ([code, lines]) =>
        `${code}: ${lines.length === 1 ? 'line' : `${lines.length} times, lines`} ${lines.slice(0, 8).join(', ')}${lines.length > 8 ? ', …' : ''}`,
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
