/** One step of a plan as the data of a YAML plan: what general rules give it again is left out. */
import { parseSearch } from '../compile/search-command.ts';
import type { Plan } from '../model/plan.ts';
import type { Capture, CaptureSource, RgCheckStep, Step } from '../model/step.ts';
import { convertExpectation } from './convert-claim.ts';
import { filled, oneOrMany, present, type Wording, type YamlData } from './convert-shape.ts';

/** A step has this much time where nobody says otherwise. */
const defaultTimeoutMs = 600_000;

export function convertStep(plan: Plan, step: Step, wording: Wording): YamlData {
  const { capability } = step.access;
  const asked = step.expectations.filter(({ origin }) => origin === 'text' || origin === 'addendum');
  return present({
    kind: step.kind,
    id: step.id,
    title: step.title === '' ? undefined : step.title,
    section: sectionOf(step.id) === step.section ? undefined : step.section,
    role: step.role === 'step' || step.role === 'teardown' ? undefined : step.role,
    onlyIf: step.condition === undefined ? undefined : { notCaptured: step.condition.name },
    ...bodyOf(plan, step),
    timeoutMs: step.timeoutMs === defaultTimeoutMs ? undefined : step.timeoutMs,
    once: step.once === (capability === 'production' || capability === 'write') ? undefined : step.once,
    ...convertConduct(step),
    captures: filled(convertCaptures(step.captures)),
    expect: oneOrMany(asked.map((expectation) => convertExpectation(plan, expectation, wording))),
  });
}

/** Numbers that were left open are written out: they hang on the time of the step. */
function convertConduct({ repeat, doneWhen }: Step): YamlData {
  const giveUpWhen = repeat?.giveUpWhen?.text;
  return present({
    retry: repeat?.kind === 'retry' ? present({ attempts: repeat.attempts, withinMs: repeat.withinMs, pauseMs: repeat.pauseMs, giveUpWhen }) : undefined,
    eventually:
      repeat?.kind === 'eventually' ? present({ attempts: repeat.attempts, withinMs: repeat.withinMs, everyMs: repeat.pauseMs, giveUpWhen }) : undefined,
    doneWhen: doneWhen?.parameters.reduceRight((sql, name, index) => sql.replaceAll(`$${index + 1}`, () => `'<${name}>'`), doneWhen.sql),
  });
}

/** The section that an id stands for by itself. */
function sectionOf(id: string): string {
  return /^(.+)\.[^.]+$/.exec(id)?.[1] ?? '1';
}

function bodyOf(plan: Plan, step: Step): YamlData {
  switch (step.kind) {
    case 'sql-assert':
      return { sql: step.text, ...(step.mode === 'probe' ? { probe: true } : {}) };
    case 'rg-check':
      return searchOf(step);
    case 'shell':
      return {
        run: step.text,
        ...whereOf(step.workingDirectory, step.environment),
        ...present({
          productionPath: isProductionPath(plan, step) || undefined,
          writes: filled(step.access.writes),
          testRunner: step.testRunner,
        }),
      };
    case 'coordinator-call':
      return { run: step.text, ...whereOf(step.workingDirectory, step.environment), ...present({ fields: filled(step.fields) }) };
  }
}

function whereOf(workingDirectory: string, environment: Readonly<Record<string, string>>): YamlData {
  return present({ workingDirectory: workingDirectory === '.' ? undefined : workingDirectory, environment: filled(environment) });
}

/** Any step may write where nothing restricts it; the production path is the one that something of the plan says so of. */
function isProductionPath(plan: Plan, step: Step): boolean {
  if (step.access.capability !== 'production') return false;
  const rules = plan.policies.map(({ rule }) => rule);
  const restricted = rules.some(({ kind }) => kind === 'no-manual-writes' || kind === 'read-only');
  const named = rules.some((rule) => rule.kind === 'no-manual-writes' && rule.writer === step.id);
  return restricted || named || step.access.writes.length > 0 || step.expectations.some(({ claim }) => claim.kind === 'fresh' || claim.kind === 'write-order');
}

/** The command where a command was taken apart, else its patterns with the sentence that they show. */
function searchOf(step: RgCheckStep): YamlData {
  const found = step.expectations.find(({ claim }) => claim.kind === 'found')?.claim;
  const quantity = found?.kind === 'found' ? found.quantity : 'each';
  const how = present({ found: quantity === 'any' ? 'any' : undefined, absent: quantity === 'none' || undefined });
  if (JSON.stringify(parseSearch(step.text)?.arguments) === JSON.stringify(step.arguments)) return { run: step.text, ...how };
  const [only] = step.patterns;
  const text = step.text === only && step.patterns.length === 1 ? undefined : step.text;
  return present({ text, patterns: oneOrMany(step.patterns), in: step.paths, fixed: step.fixedStrings || undefined, ...how });
}

/** Several ways to one name stand in one entry. */
function convertCaptures(captures: readonly Capture[]): readonly YamlData[] {
  const names = [...new Set(captures.map(({ name }) => name))];
  return names.map((name) => {
    const own = captures.filter((capture) => capture.name === name);
    const [first] = own;
    const sources = own.map(({ source }) => convertSource(source));
    return present({
      name,
      type: first?.type === 'text' ? undefined : first?.type,
      optional: first?.optional || undefined,
      secret: first?.secret || undefined,
      ...(sources.length === 1 ? sources[0] : { from: sources }),
    });
  });
}

function convertSource(source: CaptureSource): YamlData {
  switch (source.kind) {
    case 'label':
      return { label: source.label };
    case 'pattern':
      return present({ line: source.pattern, take: source.take, first: source.first || undefined });
    case 'column':
      return { column: source.column };
    case 'stdout':
      return { stdout: true };
    case 'variable':
      return { variable: source.variable };
  }
}
