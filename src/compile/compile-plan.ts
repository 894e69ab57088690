/** Document and addendum in, frozen plan out. Pure: what was read, bound, refused or left open is all in the answer. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { BaselineSentence } from '../model/environment.ts';
import type { Criterion, Plan, Precondition, ReportField, Task } from '../model/plan.ts';
import type { PlacedDecision } from '../model/policy.ts';
import type { Access, Step } from '../model/step.ts';
import { parseMarkdown, spanOf } from '../parse/markdown-document.ts';
import { parseText } from '../parse/text-document.ts';
import { parseYaml } from '../parse/yaml-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { acceptBlocks, acceptDecisions, blocksOf, markBound, reportUnused } from './account.ts';
import { compileAddendum } from './addendum.ts';
import { validate } from './generated/plan-validator.js';
import type { Addendum } from './addendum-shape.ts';
import { span, type Binder } from './bind.ts';
import { accessOf } from './bind-access.ts';
import { bindCaptures } from './bind-capture.ts';
import { bindClaimHoles } from './bind-claim-hole.ts';
import { bindCriteria } from './bind-criterion.ts';
import { bindExpectations, implyExpectations } from './bind-expectation.ts';
import { inputsOf, reportUnbound, spliceSteps, type InputDemand } from './bind-input.ts';
import { bindPolicies } from './bind-policy.ts';
import { bindReport } from './bind-report.ts';
import { bindSearches } from './bind-search.ts';
import { bindPreconditions, bindProbes, bindSteps } from './bind-step.ts';
import { bindTasks } from './bind-task.ts';
import { compileConduct, onceOf, teardownWitnesses, timeoutOf, type Conducted } from './compile-conduct.ts';
import { damagedText } from './damaged-text.ts';
import type { Draft, StepDraft } from './draft.ts';
import { unreadSections } from './foreign-prose.ts';
import { judgeStatically } from './judge-static.ts';
import { reportVariables } from './open-value.ts';
import { collectBindings } from './own-binding.ts';
import { readDocument } from './read-document.ts';
import { readYamlPlan } from './read-yaml-plan.ts';
import { reportSameObjects } from './same-object.ts';
import { schemaDiagnostics } from './schema-diagnostic.ts';
import { accountForShortfall, decisionsOf } from './shortfall.ts';
import { byRole } from './step-order.ts';
import { forgetSupplies } from './supply.ts';
import { reportUnfailable } from './unfailable-claim.ts';

export interface CompileOptions extends InputDemand {
  /** The file as the user named it; it stands in every message. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly addendum?: { readonly path: string; readonly bytes: Uint8Array };
  /** The organisation's sentences, with their places in the configuration. */
  readonly baseline?: readonly BaselineSentence[];
  /** Names supplied from outside: `--set`, `--params`, the environment's `provides`. */
  readonly given?: readonly string[];
  readonly parser: SqlParser;
  readonly sha256: (bytes: Uint8Array) => string;
}

/** The plan is absent when the document could not be read at all; with errors in `diagnostics` it must not be executed. */
export interface CompiledPlan {
  readonly plan: Plan | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What the texts of steps do not show: permitted, and for the record. */
  readonly decisions?: readonly PlacedDecision[];
}

export async function compilePlan(options: CompileOptions): Promise<CompiledPlan> {
  const text = parseText(options.bytes, options.path);
  if (!text.value) return { plan: undefined, diagnostics: text.diagnostics };
  const addendum = readAddendum(options);
  if (/\.ya?ml$/i.test(options.path)) return compileYamlPlan(options, text.value.text, [...text.diagnostics, ...strayAddendum(options, addendum.value)]);
  const markdown = parseMarkdown(text.value);
  if (!markdown.value) return { plan: undefined, diagnostics: [...text.diagnostics, ...markdown.diagnostics, ...addendum.diagnostics] };
  const draft = await readDocument(markdown.value, options.parser);
  const bindings = collectBindings(draft, addendum.value);
  const diagnostics: Diagnostic[] = [...text.diagnostics, ...markdown.diagnostics, ...addendum.diagnostics, ...draft.diagnostics, ...damagedText(draft)];
  if (draft.steps.length === 0 && draft.searches.length === 0) {
    diagnostics.push({
      severity: 'error',
      code: 'compile/no-step',
      message: 'this document has nothing to execute',
      span: spanOf(markdown.value, 0, Math.min(1, text.value.text.length)),
      help: 'write at least one ```bash or ```sql block',
    });
  }
  const binder: Binder = {
    draft,
    ...bindings,
    planPath: options.path,
    parser: options.parser,
    given: new Set(options.given ?? []),
    inherited: new Set(options.inherited ?? []),
    diagnostics,
    decisions: [],
    used: new Set(),
  };
  const plan = await bind(binder, options, 'markdown');
  diagnostics.push(...decisionsOf(draft));
  // With an addendum, or bindings in the document, the author is at work on it, and wants each message.
  return {
    plan,
    diagnostics: sorted(options.addendum || bindings.addendum ? diagnostics : accountForShortfall(draft, diagnostics)),
    decisions: binder.decisions,
  };
}

/** A YAML plan says itself what a document leaves to its addendum; both become the same draft and are bound alike. */
async function compileYamlPlan(options: CompileOptions, text: string, read: readonly Diagnostic[]): Promise<CompiledPlan> {
  const yaml = parseYaml(text, options.path);
  if (!yaml.value) return { plan: undefined, diagnostics: [...read, ...yaml.diagnostics] };
  const wrong = schemaDiagnostics(validate, yaml.value);
  if (wrong.length > 0) return { plan: undefined, diagnostics: sorted([...read, ...yaml.diagnostics, ...wrong]) };
  const { draft, addendum, quotations } = await readYamlPlan(yaml.value, options.parser);
  const diagnostics: Diagnostic[] = [...read, ...yaml.diagnostics, ...draft.diagnostics];
  const binder: Binder = {
    draft,
    addendum,
    quotations,
    planPath: options.path,
    parser: options.parser,
    given: new Set(options.given ?? []),
    inherited: new Set(options.inherited ?? []),
    diagnostics,
    decisions: [],
    used: new Set(),
  };
  const plan = await bind(binder, options, 'yaml');
  return { plan, diagnostics: sorted(diagnostics.map(ownPlace)), decisions: binder.decisions };
}

/** A YAML plan has no addendum: what is missing is written into it. */
function ownPlace(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.help === undefined || !diagnostic.help.includes('addendum')) return diagnostic;
  return {
    ...diagnostic,
    help: diagnostic.help.replace(/\bin the addendum, under (`\w+:`)/g, 'in this plan, under $1').replace(/\bof the addendum\b/g, 'of this plan'),
  };
}

/** What a YAML plan binds stands in it: a file beside it would be read by nobody. That of a Markdown plan of the same name is not meant. */
function strayAddendum(options: CompileOptions, addendum: Addendum | undefined): readonly Diagnostic[] {
  if (addendum === undefined || addendum.plan.text !== options.path.split(/[/\\]/).at(-1)) return [];
  return [
    {
      severity: 'error',
      code: 'compile/entry-binds-nothing',
      message: 'a YAML plan binds everything itself, so this file has no effect',
      span: addendum.plan.span,
      help: `write its entries into \`${options.path}\`, and remove this file`,
    },
  ];
}

function readAddendum(options: CompileOptions): { readonly value: Addendum | undefined; readonly diagnostics: readonly Diagnostic[] } {
  if (!options.addendum) return { value: undefined, diagnostics: [] };
  const text = parseText(options.addendum.bytes, options.addendum.path);
  if (!text.value) return { value: undefined, diagnostics: text.diagnostics };
  const yaml = parseYaml(text.value.text, options.addendum.path);
  if (!yaml.value) return { value: undefined, diagnostics: yaml.diagnostics };
  const addendum = compileAddendum(yaml.value);
  return { value: addendum.value, diagnostics: [...yaml.diagnostics, ...addendum.diagnostics] };
}

async function bind(binder: Binder, options: CompileOptions, form: Plan['form']): Promise<Plan> {
  const { draft } = binder;
  const searches = bindSearches(binder);
  bindSteps(binder);
  const probes = await bindProbes(binder);
  const preconditions = await bindPreconditions(binder, searches);
  bindCaptures(binder);
  spliceSteps(binder);
  const inputs = inputsOf(binder, options);
  const names = inputs.map((input) => input.name);
  bindExpectations(binder, names, probes);
  // The writer of a policy is the production path, whose number must be known by then.
  const report = await bindReport(binder, names);
  acceptDecisions(binder);
  const tasks = bindTasks(binder);
  order(draft);
  number(draft);
  binder.diagnostics.push(...duplicateIds(binder));
  const { policies, protectedTables, starts } = bindPolicies(binder, options.baseline ?? []);
  const guarded = policies.some((policy) => policy.rule.kind === 'no-manual-writes' || policy.rule.kind === 'fresh-evidence');
  implyExpectations(binder, names, guarded);
  reportSameObjects(binder);
  const criteria = bindCriteria(binder, names);
  reportUnfailable(binder);
  for (const step of draft.steps) for (const [index, expectation] of step.expectations.entries()) expectation.id = `${step.id}/${index + 1}`;
  const expected = bindClaimHoles(binder, inputs);
  reportUnbound(binder, inputs, options);
  reportVariables(binder);
  const permitted = (step: StepDraft): Access => accessOf(step, policies);
  const conducted = await compileConduct(binder, names, policies, protectedTables, permitted);
  await judgeStatically(binder, policies, protectedTables, permitted);
  acceptBlocks(binder);
  if (form === 'markdown') binder.diagnostics.push(...unreadSections(draft));
  markBound(binder);
  reportUnused(binder);
  const blocks = blocksOf(draft);
  const neededBy = firstNeeds(draft);
  const policyIds = new Map([...starts].map(([id, start]) => [`at ${start}`, id]));
  const built = criteria.map((build): Criterion => withPolicyIds(build(), policyIds));
  binder.diagnostics.push(...teardownWitnesses(binder, built));
  const plan: Plan = {
    path: options.path,
    form,
    title: draft.title,
    sha256: options.sha256(options.bytes),
    ...(options.addendum && binder.addendum && form === 'markdown'
      ? { addendum: { path: options.addendum.path, sha256: options.sha256(options.addendum.bytes) } }
      : {}),
    metadata: draft.metadata,
    inputs: [...inputs.map((input) => ({ ...input, neededBy: neededBy.get(input.name) ?? '' })), ...expected],
    preconditions: preconditions.map((build): Precondition => build()),
    tasks: tasks.map((build): Task => build()),
    policies,
    steps: draft.steps.map((step) => stepOf(binder, step, permitted(step), conducted)),
    criteria: built,
    report: report.map((build): ReportField => build()),
    blocks,
    protectedTables,
  };
  return deepFreeze(plan);
}

function withPolicyIds(criterion: Criterion, ids: ReadonlyMap<string, string>): Criterion {
  return {
    ...criterion,
    clauses: criterion.clauses.map((clause) => ({
      ...clause,
      witnesses: clause.witnesses.map((witness) => (witness.kind === 'policy' ? { kind: 'policy', id: ids.get(witness.id) ?? witness.id } : witness)),
    })),
  };
}

/** The first step that needs a value, by the value's name. */
function firstNeeds(draft: Draft): ReadonlyMap<string, string> {
  return new Map(draft.steps.toReversed().flatMap((step) => step.splices.map((splice): readonly [string, string] => [splice.name, step.id])));
}

/** Preconditions first, then the order of the text, then what only fills the report, then teardown. */
function order(draft: Draft): void {
  draft.steps.sort(byRole);
  forgetSupplies(draft);
}

function number(draft: Draft): void {
  const counts = new Map<string, number>();
  for (const step of draft.steps) {
    const count = (counts.get(step.section.number) ?? 0) + 1;
    counts.set(step.section.number, count);
    step.id = step.fixedId ?? `${step.section.number}.${count}`;
  }
}

/** An id that an author gives can be the number of another step: what quotes it could mean both. */
function duplicateIds(binder: Binder): readonly Diagnostic[] {
  const ids = new Set<string>();
  return binder.draft.steps
    .filter((step) => ids.size === ids.add(step.id).size)
    .map((step) => ({
      severity: 'error',
      code: 'compile/duplicate-entry',
      message: `two steps are called \`${step.id}\``,
      span: span(binder, step),
      help: 'give one of them another id',
    }));
}

function stepOf(binder: Binder, step: StepDraft, permitted: Access, { repeats, probes }: Conducted): Step {
  const [repeat, doneWhen] = [repeats.get(step), probes.get(step)];
  const base = {
    id: step.id,
    title: step.title,
    section: step.section.number,
    text: step.text,
    span: span(binder, step),
    access: permitted,
    captures: step.captures,
    expectations: step.expectations.map((expectation) => ({
      id: expectation.id,
      step: step.id,
      text: expectation.text,
      span: expectation.span,
      claim: expectation.claim,
      origin: expectation.origin,
    })),
    ...(step.condition ? { condition: step.condition } : {}),
    timeoutMs: timeoutOf(step),
    role: step.role,
    once: onceOf(step, permitted),
    ...(repeat ? { repeat } : {}),
    ...(doneWhen ? { doneWhen } : {}),
    ...(step.boundBy ? { boundBy: step.boundBy } : {}),
  };
  const process = { command: step.command, splices: step.splices, workingDirectory: step.workingDirectory ?? '.', environment: step.environment };
  switch (step.kind) {
    case 'shell':
      return { ...base, kind: 'shell', ...process, ...(step.testRunner ? { testRunner: step.testRunner } : {}) };
    case 'coordinator-call':
      return { ...base, kind: 'coordinator-call', ...process, fields: step.fields };
    case 'sql-assert':
      return {
        ...base,
        kind: 'sql-assert',
        sql: step.sql?.text ?? step.text,
        splices: step.splices,
        parameters: step.sql?.parameters ?? [],
        columns: step.sql?.columns ?? [],
        mode: step.sql?.mode ?? 'read',
      };
    case 'rg-check':
      return {
        ...base,
        kind: 'rg-check',
        arguments: step.search?.arguments ?? [],
        patterns: step.search?.patterns ?? [],
        paths: step.search?.paths ?? [],
        fixedStrings: step.search?.fixedStrings ?? false,
      };
  }
}

function sorted(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort(
    (a, b) =>
      (a.span?.path ?? '').localeCompare(b.span?.path ?? '') || (a.span?.start.offset ?? -1) - (b.span?.start.offset ?? -1) || a.code.localeCompare(b.code),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
