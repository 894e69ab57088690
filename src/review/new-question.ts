/** What a plan leaves open, as questions that an addendum answers: a table from the code of a message to what is asked. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { Plan } from '../model/plan.ts';
import { quoteOf, yamlText } from './new-quotation.ts';

/** Sections of an addendum, in the order in which they are written. */
export const questionSections = [
  'defaults',
  'inputs',
  'preconditions',
  'searches',
  'probes',
  'steps',
  'captures',
  'policies',
  'tasks',
  'criteria',
  'report',
  'accept',
] as const;

export interface Question {
  readonly section: (typeof questionSections)[number];
  /** Of the document, from 1. */
  readonly lineNumber: number;
  /** The words of the document that it is about, on one line. */
  readonly quotation: string;
  /** What is asked, with answers that could be given. */
  readonly ask: readonly string[];
  /** Lines of YAML under the section's key; what stands behind a bare colon is to be answered. */
  readonly answer: readonly string[];
}

interface Subject {
  readonly plan: Plan;
  readonly diagnostic: Diagnostic;
  readonly source: string;
  readonly quotation: string;
}

type Ask = (subject: Subject) => Omit<Question, 'lineNumber' | 'quotation'> | undefined;

const valueTypes = 'uuid, integer, number, boolean, text, timestamp, duration, size, database';

/** The last resort of every block that is not understood: somebody answers for it by name. */
const acceptance: Ask = ({ quotation }) => ({
  section: 'accept',
  ask: ['Does it tell nothing to do and to show? Then say so by name; else reword it in the document.', 'as: narrative, reference or unread'],
  answer: [`- at: ${yamlText(quotation)}`, '  by:', '  as: narrative', '  reason:'],
});

/** A value from outside, by the name that the message says it would have. */
const input: Ask = ({ diagnostic }) => {
  const name = /under `inputs:`, write ([a-z_]\w*): \{/.exec(diagnostic.help ?? '')?.[1] ?? /<([a-z_]\w*)>/.exec(diagnostic.message)?.[1];
  if (name === undefined) return undefined;
  const database = /^(?:db|database|postgres(?:ql)?|pg)_?(?:url|uri|dsn)$/.test(name);
  const ask = database
    ? 'It reads as the address of the database, which the runner fills with that of its guard.'
    : `Of which type is \`${name}\`, which is given from outside? ${valueTypes}`;
  return { section: 'inputs', ask: [ask], answer: [database ? `${name}: { type: database }` : `${name}: { type: }`] };
};

const productionPath: Ask = ({ plan, diagnostic, source }) => {
  const line = diagnostic.span?.start.line ?? 0;
  const [first, ...others] = plan.steps.filter((step) => step.kind === 'shell' && step.span.start.line > line && step.span.path === diagnostic.span?.path);
  if (first === undefined) return undefined;
  const quote = (step: typeof first): string => yamlText(quoteOf(source, step.span));
  return {
    section: 'steps',
    ask: ['Which one may write? Only it is the production path.', ...others.slice(0, 5).map((step) => `or: at: ${quote(step)}`)],
    answer: [`- at: ${quote(first)}`, '  productionPath: true', '  writes:'],
  };
};

const questions: { readonly [Code in DiagnosticCode]?: Ask } = {
  'compile/unbound-placeholder': input,
  'compile/open-value': input,
  'compile/unbound-working-directory': ({ diagnostic }) => {
    const [, kind, folder] = /write ([a-z-]+): \{ workingDirectory: ([^ }]+) \}/.exec(diagnostic.help ?? '') ?? [];
    if (kind === undefined || folder === undefined) return undefined;
    return {
      section: 'defaults',
      ask: [`In which folder do steps of kind ${kind} run? The plan names files under \`${folder}\`.`],
      answer: [`${kind}: { workingDirectory: ${folder} }`],
    };
  },
  'compile/unbound-precondition': ({ quotation }) => ({
    section: 'preconditions',
    ask: ['How is it checked? A command that reads and what it must print, or `sql:` with `expect:`, or `holds: database-reachable`.'],
    answer: [`- at: ${yamlText(quotation)}`, '  run:', '  expect:'],
  }),
  'compile/unbound-pattern': ({ quotation, diagnostic }) => ({
    section: 'searches',
    ask: ['Which regular expression shows it, and in which files, where the text names none?'],
    answer: [`- at: ${yamlText(quotation)}`, '  pattern:', ...(diagnostic.help?.includes('absent: true') === true ? ['  absent: true'] : [])],
  }),
  'compile/policy-conflict': ({ quotation }) => ({
    section: 'probes',
    ask: ['Which statement shows it? The runner sends it itself and always rolls it back.', 'expect: such as `fails with 23502 on column …`'],
    answer: [`- at: ${yamlText(quotation)}`, '  sql:', '  expect:'],
  }),
  'compile/unbound-production-path': productionPath,
  // A claim about the production path waits for the same answer; any other is to be moved in the document.
  'compile/expectation-without-step': (subject) => (subject.diagnostic.help?.includes('productionPath') === true ? productionPath(subject) : undefined),
  'compile/unbound-condition': () => ({
    section: 'captures',
    ask: ['What is looked for? A line of the command before, or of this one where that finds none.'],
    answer: ['- name:', '  type:', '  from:', '    - { line: , first: true }', '    - { line: }'],
  }),
  'compile/unset-variable': (subject) => {
    const { plan, diagnostic, source } = subject;
    const name = /`\$?\{?([A-Za-z_]\w*)\}?`/.exec(diagnostic.message)?.[1];
    const setter = plan.steps.findLast(
      (step) => step.span.start.offset < (diagnostic.span?.start.offset ?? 0) && new RegExp(`\\b${name ?? ''}=`).test(step.text),
    );
    if (name === undefined || setter === undefined) return input(subject);
    return {
      section: 'steps',
      ask: [`Is the value of \`${name}\` at the end of this step the one that is meant?`],
      answer: [`- at: ${yamlText(quoteOf(source, setter.span))}`, `  carries: [${name}]`],
    };
  },
  'compile/unenforced-policy': ({ quotation }) => ({
    section: 'policies',
    ask: [
      'Which rule does it state? read-only, no-execution, no-ddl, no-undeclared-env, no-workspace-change, no-substitution, no-manual-writes, stop-on-failure, …',
      'or who accepts, by name, that nothing enforces it: accept: with reason:',
    ],
    answer: [`- at: ${yamlText(quotation)}`, '  rule: { kind: }'],
  }),
  'compile/unwitnessed-clause': ({ plan, diagnostic, quotation }) => {
    const criterion = plan.criteria.find(({ span }) => span.start.offset === diagnostic.span?.start.offset);
    const clause = criterion?.clauses.find(({ text, witnesses }) => witnesses.length === 0 && diagnostic.message.includes(text.replace(/`/g, '')))?.text;
    const steps = plan.steps.filter(({ role }) => role === 'step').slice(0, 6);
    return {
      section: 'criteria',
      ask: ['What shows it? { step: … }, { expectation: … } or { claim: … }', ...steps.map((step) => `step ${step.id}: ${step.title}`)],
      answer: [
        `- at: ${yamlText(quotation)}`,
        ...(clause === undefined || criterion?.clauses.length === 1 ? [] : [`  clause: ${yamlText(clause.replace(/\s+/g, ' '))}`]),
        '  witness:',
      ],
    };
  },
  'compile/unbound-report-field': ({ plan, diagnostic, quotation }) => {
    const field = plan.report.find(({ hole }) => hole.start.offset === diagnostic.span?.start.offset);
    if (field === undefined) return undefined;
    const names = [
      ...new Set(
        plan.steps.flatMap((step) => [...step.captures.map(({ name }) => name), ...(step.kind === 'sql-assert' ? step.columns.map(({ name }) => name) : [])]),
      ),
    ];
    return {
      section: 'report',
      ask: [
        'Where does its value come from? name: a captured or observed name; sql: a query; yes: what must have held; files: a search',
        ...(names.length === 0 ? [] : [`names: ${names.slice(0, 12).join(', ')}`]),
      ],
      answer: [`- at: ${yamlText(quotation)}`, '  name:'],
    };
  },
  'compile/unread-prose': ({ quotation }) => ({
    section: 'accept',
    ask: ['Who has read this part and answers for it that it demands nothing of the execution?'],
    answer: [`- at: ${yamlText(quotation)}`, '  by:', '  as: unread', '  reason:'],
  }),
  'compile/unclear-expectation': acceptance,
  'compile/unclear-capture': acceptance,
  'compile/unknown-block': acceptance,
  'compile/undecided-command': acceptance,
  'compile/unsupported-language': acceptance,
};

/** In the order of the document, each once; what no addendum can answer is not among them. */
export function questionsOf(plan: Plan, diagnostics: readonly Diagnostic[], source: string): readonly Question[] {
  const fromMessages = diagnostics.flatMap((diagnostic) => questionOf(plan, diagnostic, source) ?? []);
  const seen = new Set<string>();
  return [...fromMessages, ...taskQuestions(plan, source)].filter(({ section, answer }) => {
    const key = `${section} ${answer[0] ?? ''} ${answer[1] ?? ''}`;
    return seen.size !== seen.add(key).size;
  });
}

function questionOf(plan: Plan, diagnostic: Diagnostic, source: string): Question | undefined {
  const { span } = diagnostic;
  if (span === undefined || span.path !== plan.path) return undefined;
  const field = plan.report.find(({ hole }) => hole.start.offset === span.start.offset);
  const quotation = quoteOf(source, field?.span ?? span);
  const question = questions[diagnostic.code]?.({ plan, diagnostic, source, quotation });
  return question && { ...question, lineNumber: span.start.line, quotation };
}

/** Messages that no entry of an addendum answers: the document is to be mended there. */
export function unanswerable(plan: Plan, diagnostics: readonly Diagnostic[], source: string): readonly Diagnostic[] {
  return diagnostics.filter((diagnostic) => diagnostic.severity !== 'warning' && questionOf(plan, diagnostic, source) === undefined);
}

/** A task that nothing verifies can be attested by a person; an addendum may say better. What a person decides about may only be shown. */
function taskQuestions(plan: Plan, source: string): readonly Question[] {
  return plan.tasks
    .filter(({ verifiedBy, span }) => verifiedBy.length === 0 && span.path === plan.path)
    .map((task) => {
      const quotation = quoteOf(source, task.span);
      const place = { lineNumber: task.span.start.line, quotation };
      if (task.condition !== undefined)
        return {
          ...place,
          section: 'accept',
          ask: ['It is left to a person and never run. Who answers for it that it is only shown? Left out, a person attests it (`--attest`).'],
          answer: [`- at: ${yamlText(quotation)}`, '  by:', '  as: reference', '  reason:'],
        };
      const ask = ['What shows that it was done? A quotation of an expectation, or { rg: …, in: […] }. Left out, a person attests it (`--attest`).'];
      return { ...place, section: 'tasks', ask, answer: [`- at: ${yamlText(quotation)}`, '  verifiedBy:'] };
    });
}
