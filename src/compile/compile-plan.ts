/** Document and addendum in, frozen plan out. Pure: what was read, bound, refused or left open is all in the answer. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Block, Criterion, Input, Plan, Precondition, ReportField, Task } from '../model/plan.ts';
import type { Policy } from '../model/policy.ts';
import type { Access, Step } from '../model/step.ts';
import { parseMarkdown, spanOf } from '../parse/markdown-document.ts';
import { parseText } from '../parse/text-document.ts';
import { parseYaml } from '../parse/yaml-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { compileAddendum } from './addendum.ts';
import { validate } from './generated/plan-validator.js';
import type { Addendum } from './addendum-shape.ts';
import { overlaps, placesOf, span, type Binder } from './bind.ts';
import { bindCaptures } from './bind-capture.ts';
import { bindCriteria } from './bind-criterion.ts';
import { bindExpectations, implyExpectations } from './bind-expectation.ts';
import { bindPolicies } from './bind-policy.ts';
import { bindReport } from './bind-report.ts';
import { bindSearches } from './bind-search.ts';
import { bindPreconditions, bindProbes, bindSteps, defaultTimeoutMs } from './bind-step.ts';
import { bindTasks } from './bind-task.ts';
import { note, type BlockNote, type Draft, type StepDraft } from './draft.ts';
import { markUnread, unreadSections } from './foreign-prose.ts';
import { inScope, judgeStatically } from './judge-static.ts';
import { reportBlanks, reportVariables } from './open-value.ts';
import { applySplices, shellSplices } from './placeholder.ts';
import { shorten, indexQuotations } from './quotation.ts';
import { readDocument } from './read-document.ts';
import { readYamlPlan } from './read-yaml-plan.ts';
import { schemaDiagnostics } from './schema-diagnostic.ts';

export interface CompileOptions {
  /** The file as the user named it; it stands in every message. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly addendum?: { readonly path: string; readonly bytes: Uint8Array };
  /** The organisation's sentences from the configuration at `configPath`. */
  readonly baseline?: readonly string[];
  readonly configPath?: string;
  /** Names supplied from outside: `--set`, `--params`, the environment's `provides`. */
  readonly given?: readonly string[];
  /** A database is there, so that a placeholder for its address is filled by the guard. */
  readonly hasDatabase?: boolean;
  /** `run` demands a value for each input; `check` treats declared inputs as filled. */
  readonly demandValues?: boolean;
  readonly parser: SqlParser;
  readonly sha256: (bytes: Uint8Array) => string;
}

/** The plan is absent when the document could not be read at all; with errors in `diagnostics` it must not be executed. */
export interface CompiledPlan {
  readonly plan: Plan | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export async function compilePlan(options: CompileOptions): Promise<CompiledPlan> {
  const text = parseText(options.bytes, options.path);
  if (!text.value) return { plan: undefined, diagnostics: text.diagnostics };
  const addendum = readAddendum(options);
  if (/\.ya?ml$/i.test(options.path)) return compileYamlPlan(options, text.value.text, text.diagnostics);
  const markdown = parseMarkdown(text.value);
  if (!markdown.value) return { plan: undefined, diagnostics: [...text.diagnostics, ...markdown.diagnostics, ...addendum.diagnostics] };
  const draft = await readDocument(markdown.value, options.parser);
  const diagnostics: Diagnostic[] = [...text.diagnostics, ...markdown.diagnostics, ...addendum.diagnostics, ...draft.diagnostics, ...damagedText(draft)];
  if (draft.steps.length === 0 && draft.searches.length === 0) {
    diagnostics.push({ severity: 'error', code: 'compile/no-step', message: 'this document has nothing to execute', span: spanOf(markdown.value, 0, Math.min(1, text.value.text.length)), help: 'write at least one ```bash or ```sql block' });
  }
  const binder: Binder = { draft, addendum: addendum.value, quotations: indexQuotations(markdown.value), planPath: options.path, parser: options.parser, given: new Set(options.given ?? []), diagnostics, used: new Set() };
  const plan = await bind(binder, options, 'markdown');
  return { plan, diagnostics: sorted(diagnostics) };
}

/** A YAML plan says itself what a document leaves to its addendum; both become the same draft and are bound alike. */
async function compileYamlPlan(options: CompileOptions, text: string, read: readonly Diagnostic[]): Promise<CompiledPlan> {
  const yaml = parseYaml(text, options.path);
  if (!yaml.value) return { plan: undefined, diagnostics: [...read, ...yaml.diagnostics] };
  const wrong = schemaDiagnostics(validate, yaml.value);
  if (wrong.length > 0) return { plan: undefined, diagnostics: sorted([...read, ...yaml.diagnostics, ...wrong]) };
  const { draft, addendum, quotations } = await readYamlPlan(yaml.value, options.parser);
  const diagnostics: Diagnostic[] = [...read, ...yaml.diagnostics, ...draft.diagnostics];
  const binder: Binder = { draft, addendum, quotations, planPath: options.path, parser: options.parser, given: new Set(options.given ?? []), diagnostics, used: new Set() };
  const plan = await bind(binder, options, 'yaml');
  return { plan, diagnostics: sorted(diagnostics) };
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
  const tasks = bindTasks(binder);
  order(draft);
  number(draft);
  const baseline = (options.baseline ?? []).map((sentence) => ({ text: sentence, path: options.configPath ?? options.path }));
  const { policies, protectedTables, starts } = bindPolicies(binder, baseline);
  const guarded = policies.some((policy) => policy.rule.kind === 'no-manual-writes' || policy.rule.kind === 'fresh-evidence');
  implyExpectations(binder, names, guarded);
  const criteria = bindCriteria(binder, names);
  for (const step of draft.steps) for (const [index, expectation] of step.expectations.entries()) expectation.id = `${step.id}/${index + 1}`;
  reportUnbound(binder, inputs, options);
  reportVariables(binder);
  const accessOf = (step: StepDraft): Access => access(step, policies);
  await judgeStatically(binder, policies, protectedTables, accessOf);
  if (form === 'markdown') markUnread(draft);
  acceptBlocks(binder);
  if (form === 'markdown') binder.diagnostics.push(...unreadSections(draft));
  markBound(binder);
  reportUnused(binder);
  const blocks = blocksOf(draft);
  const policyIds = new Map([...starts].map(([id, start]) => [`at ${start}`, id]));
  const plan: Plan = {
    path: options.path,
    form,
    title: draft.title,
    sha256: options.sha256(options.bytes),
    ...(options.addendum && binder.addendum && form === 'markdown' ? { addendum: { path: options.addendum.path, sha256: options.sha256(options.addendum.bytes) } } : {}),
    metadata: draft.metadata,
    inputs: inputs.map((input) => ({ ...input, neededBy: draft.steps.find((step) => step.splices.some((splice) => splice.name === input.name))?.id ?? '' })),
    preconditions: preconditions.map((build): Precondition => build()),
    tasks: tasks.map((build): Task => build()),
    policies,
    steps: draft.steps.map((step) => stepOf(binder, step, accessOf(step))),
    criteria: criteria.map((build): Criterion => withPolicyIds(build(), policyIds)),
    report: report.map((build): ReportField => build()),
    blocks,
    protectedTables,
  };
  return deepFreeze(plan);
}

function withPolicyIds(criterion: Criterion, ids: ReadonlyMap<string, string>): Criterion {
  return { ...criterion, clauses: criterion.clauses.map((clause) => ({ ...clause, witnesses: clause.witnesses.map((witness) => (witness.kind === 'policy' ? { kind: 'policy', id: ids.get(witness.id) ?? witness.id } : witness)) })) };
}

/** Preconditions first, then the order of the text, then what only fills the report. */
function order(draft: Draft): void {
  const rank = { precondition: 0, step: 1, report: 2 } as const;
  draft.steps.sort((a, b) => rank[a.role] - rank[b.role] || a.start - b.start);
}

function number(draft: Draft): void {
  const counts = new Map<string, number>();
  for (const step of draft.steps) {
    const count = (counts.get(step.section.number) ?? 0) + 1;
    counts.set(step.section.number, count);
    step.id = step.fixedId ?? `${step.section.number}.${count}`;
  }
}

function spliceSteps(binder: Binder): void {
  const captured = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  const declared = new Set((binder.addendum?.inputs ?? []).map((input) => input.name));
  const elsewhere = new Set(binder.draft.steps.flatMap((step) => (step.sql ? step.splices.map((splice) => splice.name) : [])));
  for (const step of binder.draft.steps) {
    if (step.role === 'step') reportBlanks(binder, step);
    if (!step.script || step.kind === 'rg-check') continue;
    const known = (name: string): boolean => captured.has(name) || declared.has(name) || binder.given.has(name) || elsewhere.has(name);
    const { splices, problems } = shellSplices(step.script, known);
    step.splices = splices;
    step.command = applySplices(step.text, splices);
    for (const problem of problems) {
      const at = span(binder, { start: step.place(problem.hole.offset), end: step.place(problem.hole.offset + problem.hole.length) });
      binder.diagnostics.push(
        problem.kind === 'unquoted'
          ? { severity: 'error', code: 'compile/unquoted-placeholder', message: `the shell reads \`${problem.hole.written}\` as a redirection, not as a placeholder`, span: at, help: `put it in quotes: '${problem.hole.written}'` }
          : { severity: 'error', code: 'compile/placeholder-never-expands', message: `nothing expands here, so \`${problem.hole.written}\` would reach the program as it stands`, span: at, help: `pass it through the environment: ${problem.hole.name.toUpperCase()}='${problem.hole.written}' before the command, and read that variable in the program` },
      );
    }
  }
}

function inputsOf(binder: Binder, options: CompileOptions): readonly Input[] {
  const captured = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  const inputs = new Map<string, Input>();
  for (const step of binder.draft.steps) {
    for (const splice of step.splices) {
      if (captured.has(splice.name) || inputs.has(splice.name)) continue;
      const declared = binder.addendum?.inputs.find((input) => input.name === splice.name);
      const isDatabase = /^(?:db|database|postgres(?:ql)?|pg)_?(?:url|uri|dsn)$/.test(splice.name);
      inputs.set(splice.name, {
        name: splice.name,
        type: declared?.type ?? (isDatabase && options.hasDatabase === true ? 'database' : 'text'),
        span: span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) }),
        neededBy: '',
        secret: declared?.secret ?? false,
      });
    }
  }
  for (const declared of binder.addendum?.inputs ?? []) if (inputs.has(declared.name)) binder.used.add(declared);
  return [...inputs.values()];
}

/** Holes that nothing fills by the time their step needs them. */
function reportUnbound(binder: Binder, inputs: readonly Input[], options: CompileOptions): void {
  const captured = new Map<string, StepDraft>();
  const reported = new Set<string>();
  const all = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  for (const step of binder.draft.steps) {
    for (const splice of step.splices) {
      if (reported.has(splice.name) || captured.has(splice.name)) continue;
      const input = inputs.find((candidate) => candidate.name === splice.name);
      const declared = binder.addendum?.inputs.some((candidate) => candidate.name === splice.name) === true;
      const filled = binder.given.has(splice.name) || (input?.type === 'database' && (options.hasDatabase === true || options.demandValues !== true));
      if (input && (filled || (declared && options.demandValues !== true))) continue;
      reported.add(splice.name);
      const at = span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) });
      const supplied = [...binder.given].concat([...captured.keys()]);
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unbound-placeholder',
        message: all.has(splice.name) ? `\`<${splice.name}>\` is recorded only after this step needs it` : `nothing supplies \`<${splice.name}>\` before this step needs it`,
        span: at,
        label: `needed by step ${step.id} (${step.kind})`,
        notes: [`supplied so far: ${supplied.length > 0 ? supplied.map((name) => `\`${name}\``).join(', ') : 'nothing'}`],
        help: input?.type === 'database' || /^(?:db|database)_/.test(splice.name) ? `in the addendum, under \`inputs:\`, write ${splice.name}: { type: database }, and name a database` : declared ? `pass --set ${splice.name}=<value>` : `in the addendum, under \`inputs:\`, write ${splice.name}: { type: … }, or record \`${splice.name}\` in an earlier step, or pass --set ${splice.name}=<value>`,
      });
    }
    for (const capture of step.captures) captured.set(capture.name, step);
  }
}

function access(step: StepDraft, policies: readonly Policy[]): Access {
  const granted = step.grantedAt ? { grantedAt: step.grantedAt } : {};
  if (step.kind === 'rg-check') return { capability: 'none', writes: [] };
  if (step.sql?.mode === 'probe') return { capability: 'probe', writes: [], ...granted };
  if (step.productionPath) return { capability: 'production', writes: step.writes, ...granted };
  if (step.kind !== 'shell' || step.testRunner || step.role !== 'step') return { capability: 'read', writes: [] };
  if (step.writes.length > 0) return { capability: 'write', writes: step.writes, ...granted };
  const restricted = policies.some((policy) => (policy.rule.kind === 'no-manual-writes' || policy.rule.kind === 'read-only') && inScope(policy, step));
  return restricted ? { capability: 'read', writes: [] } : { capability: 'production', writes: [] };
}

function stepOf(binder: Binder, step: StepDraft, permitted: Access): Step {
  const base = {
    id: step.id,
    title: step.title,
    section: step.section.number,
    text: step.text,
    span: span(binder, step),
    access: permitted,
    captures: step.captures,
    expectations: step.expectations.map((expectation) => ({ id: expectation.id, step: step.id, text: expectation.text, span: expectation.span, claim: expectation.claim, origin: expectation.origin })),
    ...(step.condition ? { condition: step.condition } : {}),
    timeoutMs: step.timeoutMs ?? defaultTimeoutMs,
    role: step.role,
    once: step.once ?? (permitted.capability === 'production' || permitted.capability === 'write'),
    ...(step.boundBy ? { boundBy: step.boundBy } : {}),
  };
  const process = { command: step.command, splices: step.splices, workingDirectory: step.workingDirectory ?? '.', environment: step.environment };
  switch (step.kind) {
    case 'shell':
      return { ...base, kind: 'shell', ...process, ...(step.testRunner ? { testRunner: step.testRunner } : {}) };
    case 'coordinator-call':
      return { ...base, kind: 'coordinator-call', ...process, fields: step.fields };
    case 'sql-assert':
      return { ...base, kind: 'sql-assert', sql: step.sql?.text ?? step.text, splices: step.splices, parameters: step.sql?.parameters ?? [], columns: step.sql?.columns ?? [], mode: step.sql?.mode ?? 'read' };
    case 'rg-check':
      return { ...base, kind: 'rg-check', arguments: step.search?.arguments ?? [], patterns: step.search?.patterns ?? [], paths: step.search?.paths ?? [], fixedStrings: step.search?.fixedStrings ?? false };
  }
}

/** Blocks that the addendum accepts by name as what they are not read as. */
function acceptBlocks(binder: Binder): void {
  for (const entry of binder.addendum?.accept ?? []) {
    const places = placesOf(binder, entry);
    const blocks = binder.draft.document.blocks.filter((block) => block.children.length === 0 && places.some((place) => overlaps(place, block)));
    for (const block of blocks) {
      const existing = binder.draft.notes.get(block.index);
      if (existing && existing.disposition !== 'unclaimed' && existing.disposition !== 'unread') continue;
      binder.used.add(entry);
      binder.draft.notes.set(block.index, { disposition: entry.as, becomes: [], reason: `accepted by ${entry.by}: ${entry.reason}`, boundBy: 'addendum' });
      for (let index = binder.diagnostics.length - 1; index >= 0; index -= 1) {
        const at = binder.diagnostics[index]?.span;
        if (at?.path === binder.planPath && at.start.offset >= block.start && at.end.offset <= block.end && binder.diagnostics[index]?.code.startsWith('compile/un')) binder.diagnostics.splice(index, 1);
      }
    }
  }
}

/** Blocks that an entry quotes are shown as bound by the addendum. */
function markBound(binder: Binder): void {
  const { addendum } = binder;
  if (!addendum) return;
  const entries = [...addendum.preconditions, ...addendum.searches, ...addendum.probes, ...addendum.steps, ...addendum.captures, ...addendum.expectations, ...addendum.policies, ...addendum.tasks, ...addendum.criteria, ...addendum.report];
  for (const place of entries.flatMap((entry) => (entry.at === undefined ? [] : binder.quotations.find(entry.at)))) {
    for (const block of binder.draft.document.blocks) if (block.children.length === 0 && overlaps(place, block)) note(binder.draft, block.index, 'narrative').boundBy = 'addendum';
    for (const line of binder.draft.lines) if (overlaps(place, line)) line.note.boundBy = 'addendum';
  }
}

/** An entry of the addendum that binds nothing is a mistake: a later reader would believe in it. */
function reportUnused(binder: Binder): void {
  const { addendum } = binder;
  if (!addendum) return;
  const entries = [...addendum.preconditions, ...addendum.searches, ...addendum.captures, ...addendum.policies, ...addendum.tasks, ...addendum.criteria, ...addendum.report, ...addendum.accept];
  for (const entry of entries) {
    if (binder.used.has(entry) || binder.diagnostics.some((diagnostic) => diagnostic.span?.path === entry.span.path && diagnostic.span.start.offset >= entry.span.start.offset && diagnostic.span.end.offset <= entry.span.end.offset)) continue;
    binder.diagnostics.push({ severity: 'error', code: 'compile/entry-binds-nothing', message: `this entry of the addendum binds nothing${entry.at === undefined ? '' : `: \`${shorten(entry.at)}\` stands in the plan, but not where such an entry applies`}`, span: entry.span, help: 'quote the sentence that it is about, or remove it' });
  }
}

/** UTF-8 that was once read as Windows-1252 ("â€”"): readable, and almost certainly not meant. */
function damagedText(draft: Draft): readonly Diagnostic[] {
  const { document } = draft;
  return [...document.text.text.matchAll(/(?:â€[\u0080-\u00bf\u201c\u201d\u2122\u0153\u02dc\u2018\u2019\u2026\u2013\u2014"]?|Ã[\u0080-\u00bf©¨¼¶¤Ÿ])/g)].slice(0, 20).map((match) => ({
    severity: 'warning',
    code: 'parse/damaged-text',
    message: `\`${match[0]}\` looks like a character that was decoded wrongly`,
    span: spanOf(document, match.index, match.index + match[0].length),
    help: match[0].startsWith('â€') ? 'write the dash or quotation mark that was meant, and save as UTF-8' : 'write the letter that was meant, and save as UTF-8',
  }));
}

function blocksOf(draft: Draft): readonly Block[] {
  const { document } = draft;
  const build = (start: number, end: number, type: string, read: BlockNote): Block => ({
    span: spanOf(document, start, end),
    type,
    disposition: read.disposition,
    text: document.text.text.slice(start, end).split('\n')[0]?.slice(0, 200) ?? '',
    becomes: [...new Set(read.becomes.map((became) => (typeof became === 'string' ? became : became())).filter((became) => became !== ''))],
    ...(read.reason === undefined ? {} : { reason: read.reason }),
    ...(read.boundBy ? { boundBy: read.boundBy } : {}),
  });
  const blocks = document.blocks.map((block) => build(block.start, block.end, block.type, draft.notes.get(block.index) ?? note(draft, block.index, 'narrative')));
  const lines = draft.lines.map((line) => build(line.start, line.end, line.type, line.note));
  return [...blocks, ...lines].sort((a, b) => a.span.start.offset - b.span.start.offset || b.span.end.offset - a.span.end.offset);
}

function sorted(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => (a.span?.path ?? '').localeCompare(b.span?.path ?? '') || (a.span?.start.offset ?? -1) - (b.span?.start.offset ?? -1) || a.code.localeCompare(b.code));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

