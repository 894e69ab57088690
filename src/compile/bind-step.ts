/** Steps get what the prose leaves open: directories, permissions, the production path, probes, the checks of preconditions. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Precondition, PreconditionCheck } from '../model/plan.ts';
import type { AddendumStep } from './addendum-shape.ts';
import { oneOf, overlaps, placesOf, span, type Binder } from './bind.ts';
import { bindConduct, contradiction, isSame } from './bind-conduct.ts';
import { isExecuted, type PreconditionCheckDraft, type PreconditionDraft, type SearchDraft, type StepDraft } from './draft.ts';
import { fold } from './prose.ts';
import { newStep, readShell } from './read-code.ts';
import { compileQuery } from './query.ts';

/** Applies `steps:` and `defaults:` of the addendum and finds the production path. */
export function bindSteps(binder: Binder): void {
  const applied = new Map<StepDraft, AddendumStep[]>();
  for (const entry of binder.addendum?.steps ?? []) {
    const step = oneOf(binder, { text: entry.at, span: entry.atSpan }, binder.draft.steps, 'step');
    if (!step) continue;
    binder.used.add(entry);
    binder.diagnostics.push(...(applied.get(step) ?? []).flatMap((other) => contradictions(entry, other)));
    applied.set(step, [...(applied.get(step) ?? []), entry]);
    applyEntry(binder, step, entry);
  }
  bindConduct(binder);
  for (const step of binder.draft.steps) {
    const preset = binder.addendum?.defaults.find((entry) => entry.kind === step.kind);
    step.workingDirectory ??= preset?.workingDirectory;
    step.timeoutMs ??= preset?.timeoutMs;
  }
  if (!binder.draft.steps.some((step) => step.productionPath)) markProductionPath(binder);
  const files = [...new Set(binder.draft.document.text.text.match(/(?<![\w./-])[\w./-]+\.py\b/g) ?? [])].join('\n');
  for (const step of binder.draft.steps) if (step.workingDirectory === undefined) reportOpenDirectory(binder, step, files);
}

/** An addendum, the front matter and the fence itself may each say something of a step, but not two things. */
function contradictions(entry: AddendumStep, other: AddendumStep): readonly Diagnostic[] {
  const said = (from: AddendumStep): Readonly<Record<string, unknown>> => ({
    workingDirectory: from.workingDirectory,
    timeoutMs: from.timeoutMs,
    once: from.once,
    role: from.role,
    doneWhen: from.doneWhen?.text,
    title: from.title,
    kind: from.kind,
    writes: from.writes.length === 0 ? undefined : JSON.stringify(from.writes.map(({ text }) => text).toSorted()),
    ...Object.fromEntries(Object.entries(from.environment).map(([name, value]) => [`environment.${name}`, value])),
  });
  const [one, two] = [said(entry), said(other)];
  return Object.keys(one)
    .filter((key) => one[key] !== undefined && two[key] !== undefined && one[key] !== two[key])
    .map((key) => ({
      severity: 'error',
      code: 'compile/duplicate-entry',
      message: `\`${key}\` of this step is given twice, with different values`,
      span: entry.atSpan,
      notes: [`also given in \`${other.span.path}\`, line ${other.span.start.line}`],
      help: 'keep one of the two',
    }));
}

function applyEntry(binder: Binder, step: StepDraft, entry: AddendumStep): void {
  if (entry.productionPath) step.productionPath = true;
  if (entry.workingDirectory !== undefined) step.workingDirectory = entry.workingDirectory;
  if (entry.timeoutMs !== undefined) step.timeoutMs = entry.timeoutMs;
  applyConduct(binder, step, entry);
  if (entry.carries.length > 0) step.carries = entry.carries.map((variable) => variable.text);
  if (entry.title !== undefined) step.title = entry.title;
  step.writes.push(...entry.writes.map((table) => table.text));
  if (entry.writes.length > 0 || entry.productionPath) step.grantedAt = entry.span;
  const assigned = new Set(step.script?.commands.flatMap((command) => command.assignments.map((assignment) => assignment.name)) ?? []);
  for (const [name, value] of Object.entries(entry.environment)) {
    if (assigned.has(name))
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/addendum-weakens',
        message: `the text already gives \`${name}\` to this step`,
        span: entry.span,
        help: `remove \`${name}\` from the addendum`,
      });
    else step.environment[name] = value;
  }
  step.boundBy = 'addendum';
}

function applyConduct(binder: Binder, step: StepDraft, { once, role, repeat, doneWhen, span: at }: AddendumStep): void {
  if (once !== undefined) step.once = once;
  if (once === false) step.loosenedAt = at;
  if (role !== undefined && (step.role === 'step' || step.role === 'teardown')) step.role = role;
  if (doneWhen !== undefined) step.doneWhen = doneWhen;
  if (repeat === undefined) return;
  if (step.repeat !== undefined && !isSame(step.repeat, repeat)) binder.diagnostics.push(contradiction(repeat.span, 'repetition', step.repeat));
  step.repeat = repeat;
}

/** A section that calls itself the production path names its only shell command so. */
function markProductionPath(binder: Binder): void {
  for (const section of binder.draft.sections) {
    if (!/\b(?:production|canonical) path\b/.test(fold(section.title))) continue;
    const steps = binder.draft.steps.filter(
      (step) => step.section === section && step.kind === 'shell' && step.role === 'step' && step.testRunner === undefined,
    );
    const [only] = steps;
    if (only && steps.length === 1) {
      only.productionPath = true;
      return;
    }
    if (steps.length > 1) {
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unbound-production-path',
        message: `section ${section.number} has ${steps.length} commands, and the text does not say which one is the production path`,
        span: span(binder, { start: section.start, end: section.start + section.title.length }),
        help: "in the addendum, under `steps:`, write { at: '…', productionPath: true } for the one that may write",
      });
      return;
    }
  }
}

/**
 * A command that names a module `a.b.c` which the plan elsewhere calls `dir/a/b/c.py` runs from `dir`, and when nothing
 * says so the step would fail, or find another module.
 */
function reportOpenDirectory(binder: Binder, step: StepDraft, files: string): void {
  if (step.kind !== 'shell' && step.kind !== 'coordinator-call') return;
  for (const match of step.text.matchAll(/(?:\s-m\s+|^\s*(?:from|import)\s+)([A-Za-z_]\w*(?:\.\w+)+)/gm)) {
    const path = (match[1] ?? '').replaceAll('.', '/');
    const place = modulePlace(files, path);
    if (place === undefined) continue;
    const { directory } = place;
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/unbound-working-directory',
      message: `nothing says where this command runs: its module \`${match[1] ?? ''}\` lies in \`${directory}/\``,
      span: span(binder, { start: step.place(match.index), end: step.place(match.index + match[0].length) }),
      notes: [`the plan names \`${place.written}\``],
      help: `in the addendum, under \`defaults:\`, write ${step.kind}: { workingDirectory: ${directory} }`,
    });
    return;
  }
}

/** `files`: what the plan names, each on a line. */
function modulePlace(files: string, path: string): { readonly directory: string; readonly written: string } | undefined {
  const found =
    files.match(new RegExp(String.raw`(?<![\w.-])([\w.-]+(?:/[\w.-]+){0,40})/${path}\.py\b`)) ??
    files.match(new RegExp(String.raw`(?<![\w.-])([\w.-]+)/${path.split('/')[0] ?? ''}/[\w./-]{1,400}\.py\b`));
  const directory = found?.[1];
  return found === null || directory === undefined ? undefined : { directory, written: found[0] };
}

/** Probes: forbidden statements that a claim needs, sent by the runner itself and rolled back. */
export async function bindProbes(binder: Binder): Promise<ReadonlyMap<StepDraft, { readonly start: number; readonly end: number }>> {
  const probes = new Map<StepDraft, { start: number; end: number }>();
  for (const entry of binder.addendum?.probes ?? []) {
    const claim = oneOf(
      binder,
      { text: entry.at, span: entry.atSpan },
      [...binder.draft.acceptance, ...binder.draft.claims, ...binder.draft.criteria],
      'expectation',
    );
    if (!claim) continue;
    binder.used.add(entry);
    const step = newStep(binder.draft, claim.section, entry.sql.text, {
      start: claim.start,
      end: claim.end,
      place: () => claim.start,
      title: claim.text.replace(/`/g, ''),
      role: 'step',
    });
    const query = await compileQuery(entry.sql.text, binder.parser, 'probe');
    step.kind = 'sql-assert';
    step.splices = query.splices;
    step.command = query.sql.text;
    step.sql = query.sql;
    step.grantedAt = entry.span;
    step.boundBy = 'addendum';
    probes.set(step, claim);
  }
  return probes;
}

/** Preconditions: what the text itself says how to check, and what the addendum binds. */
export async function bindPreconditions(binder: Binder, searches: ReadonlyMap<SearchDraft, StepDraft>): Promise<readonly (() => Precondition)[]> {
  const entries = (binder.addendum?.preconditions ?? []).map((entry) => ({ entry, places: placesOf(binder, entry) }));
  const results: (() => Precondition)[] = [];
  for (const [index, precondition] of binder.draft.preconditions.entries()) {
    const checks: (() => PreconditionCheck)[] = [];
    const bound = entries.filter(({ places }) => places.some((place) => overlaps(place, precondition)));
    if (precondition.checks) {
      results.push(statedChecks(binder, precondition, precondition.checks, `Q${index + 1}`));
      continue;
    }
    for (const { entry } of bound) {
      binder.used.add(entry);
      const { check } = entry;
      if (check.kind === 'database-reachable') {
        checks.push(() => ({ kind: 'database-reachable' }));
        continue;
      }
      const step = await preconditionStep(binder, precondition, check.kind === 'run' ? check.run.text : check.sql.text, check.kind);
      step.boundBy = 'addendum';
      if (check.kind === 'run') {
        if (check.workingDirectory !== undefined) step.workingDirectory = check.workingDirectory;
        if (check.timeoutMs !== undefined) step.timeoutMs = check.timeoutMs;
        step.environment = { ...check.environment };
      }
      for (const text of check.expect)
        binder.draft.claims.push({
          text: text.text,
          start: precondition.start,
          end: precondition.end,
          section: precondition.section,
          steps: [step],
          block: precondition.block,
          origin: 'addendum',
        });
      checks.push(() => ({ kind: 'step', step: step.id }));
    }
    for (const search of precondition.searches) {
      const step = searches.get(search);
      if (step) checks.push(() => ({ kind: 'step', step: step.id }));
    }
    // What the addendum says shows it another way.
    const plans = bound.length === 0 ? (precondition.plans ?? []) : [];
    for (const link of plans) checks.push(() => ({ kind: 'plan', link }));
    const assignment = fold(precondition.text).startsWith('`') ? precondition.text.match(/^`([A-Za-z_]\w*)=([^`]*)`\.?$/) : null;
    const variable = precondition.variable ?? (assignment ? { name: assignment[1] ?? '', value: assignment[2] ?? '' } : undefined);
    if (variable) checks.push(() => environmentCheck(binder, variable.name, variable.value));
    const clauses = precondition.text.split(/\s+and\s+|[;,]\s+/);
    const reachable = clauses.filter(
      (clause) =>
        !/\b(?:not|no|never|cannot|unless|only)\b/i.test(clause) &&
        /\b(?:db|database|postgres\w*)\b.*\b(?:reachable|running|up|available|accessible|online)\b/i.test(clause),
    );
    if (reachable.length > 0) checks.push(() => ({ kind: 'database-reachable' }));
    const open =
      bound.length === 0 && plans.length === 0 && !variable && precondition.searches.length === 0
        ? clauses.filter((clause) => !reachable.includes(clause))
        : [];
    if (open.length > 0) {
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unbound-precondition',
        message: `nothing says how to check the precondition \`${(open.length === clauses.length ? precondition.text : open.join(' and ')).replace(/`/g, '').replace(/\.$/, '')}\``,
        span: span(binder, precondition),
        help: `in the addendum, under \`preconditions:\`, write { at: '${precondition.text.replace(/'/g, "''")}', run: '…' } or { at: …, sql: '…', expect: '…' }`,
      });
    }
    results.push(() => ({ id: `Q${index + 1}`, text: precondition.text, span: span(binder, precondition), checks: checks.map((check) => check()) }));
  }
  return results;
}

/** A YAML plan that lists its checks: these, and nothing that the words might say beside them. */
function statedChecks(binder: Binder, precondition: PreconditionDraft, stated: readonly PreconditionCheckDraft[], id: string): () => Precondition {
  const checks = stated.flatMap((check): readonly (() => PreconditionCheck)[] => {
    if (check.kind === 'database-reachable') return [() => ({ kind: 'database-reachable' })];
    if (check.kind === 'plan') return [() => ({ kind: 'plan', link: check.link })];
    if (check.kind === 'variable') return [() => environmentCheck(binder, check.name, check.value)];
    const steps = binder.draft.steps.filter((step) => step.role === 'precondition');
    const step = oneOf(binder, check.step, steps, 'step of role `precondition`');
    return step ? [() => ({ kind: 'step', step: step.id })] : [];
  });
  return () => ({ id, text: precondition.text, span: span(binder, precondition), checks: checks.map((check) => check()) });
}

async function preconditionStep(binder: Binder, precondition: PreconditionDraft, text: string, kind: 'run' | 'sql'): Promise<StepDraft> {
  const place = {
    start: precondition.start,
    end: precondition.end,
    place: () => precondition.start,
    title: precondition.text.replace(/`/g, ''),
    role: 'precondition' as const,
  };
  if (kind === 'run') {
    const step = readShell(binder.draft, precondition.section, text, place);
    const preset = binder.addendum?.defaults.find((entry) => entry.kind === step.kind);
    step.workingDirectory = preset?.workingDirectory;
    step.timeoutMs = preset?.timeoutMs;
    return step;
  }
  const step = newStep(binder.draft, precondition.section, text, place);
  const query = await compileQuery(text, binder.parser);
  step.kind = 'sql-assert';
  step.splices = query.splices;
  step.command = query.sql.text;
  step.sql = query.sql;
  step.supplies.push(...query.sql.columns.map((column) => column.name));
  return step;
}

/**
 * `NAME=value` as a precondition is judged on the text of the steps that touch what it is about: the production path and
 * the coordinator-calls, or every shell step where there are none. It never sets the variable. What the addendum gives to a
 * step counts as given: it is declared.
 */
function environmentCheck(binder: Binder, variable: string, value: string): PreconditionCheck {
  const candidates = binder.draft.steps.filter((step) => isExecuted(step) && (step.kind === 'shell' || step.kind === 'coordinator-call'));
  const touching = candidates.filter((step) => step.productionPath || step.kind === 'coordinator-call');
  const judged = touching.length > 0 ? touching : candidates;
  const unmetBy = judged.flatMap((step) => {
    const found = step.script?.commands.flatMap((command) => command.assignments).findLast((assignment) => assignment.name === variable);
    const given = found?.value?.value ?? exported(step, variable) ?? step.environment[variable];
    return given === value ? [] : [{ step: step.id, span: span(binder, step), ...(given === undefined ? {} : { found: given }) }];
  });
  return { kind: 'environment', variable, value, unmetBy };
}

function exported(step: StepDraft, variable: string): string | undefined {
  for (const command of step.script?.commands ?? []) {
    if (command.words[0]?.value !== 'export') continue;
    const word = command.words.map((candidate) => candidate.value ?? '').find((candidate) => candidate.startsWith(`${variable}=`));
    if (word !== undefined) return word.slice(variable.length + 1);
  }
  return undefined;
}
