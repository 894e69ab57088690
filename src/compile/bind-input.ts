/** Holes of the steps get what fills them: inputs from outside or captures of earlier steps. What nothing fills is reported. */
import type { Input } from '../model/plan.ts';
import type { Splice } from '../model/step.ts';
import { bindCarries, isShell, referenceAt } from './bind-carry.ts';
import { span, type Binder } from './bind.ts';
import { isExecuted, type StepDraft } from './draft.ts';
import { inOrderOfExecution } from './step-order.ts';
import { reportProblems } from './open-value.ts';
import { applySplices, holeName } from './placeholder.ts';
import { replacedTokens } from './replaced-token.ts';
import { shellHoles, type HoleFilling } from './shell-hole.ts';
import { neededVariables } from './shell-setting.ts';

/** What the caller of a compilation says about values from outside. */
export interface InputDemand {
  /** A database is there, so that a placeholder for its address is filled by the guard. */
  readonly hasDatabase?: boolean;
  /** Variables that steps inherit, by the configuration. */
  readonly inherited?: readonly string[];
  /** `run` demands a value for each input; `check` treats declared inputs as filled. */
  readonly demandValues?: boolean;
}

const databaseName = /^(?:db|database|postgres(?:ql)?|pg)_?(?:url|uri|dsn)$/;
const exactTypes: ReadonlySet<string> = new Set(['integer', 'number', 'boolean']);

export function spliceSteps(binder: Binder): void {
  const carried = bindCarries(binder);
  const filling = fillingOf(binder);
  const open = [];
  for (const step of binder.draft.steps) {
    if (!isShell(step)) {
      if (isExecuted(step)) open.push({ step, blanks: [], problems: [] });
      continue;
    }
    const { splices, problems, blanks } = shellHoles(step.script, filling);
    const own = [...(carried.get(step) ?? []), ...variableSplices(step, carried.get(step) ?? [], filling, binder.inherited)];
    step.splices = placed([...splices, ...own]);
    step.command = applySplices(step.text, step.splices);
    open.push({ step, blanks: isExecuted(step) ? blanks : [], problems });
  }
  reportProblems(binder, open, filling);
}

/** In order. A variable whose place is another's (in backticks it is not known) stands in the environment without one. */
function placed(splices: readonly Splice[]): readonly Splice[] {
  const sorted = splices.toSorted((a, b) => a.offset - b.offset || b.length - a.length);
  let end = 0;
  const kept = sorted.map((splice) => {
    if (splice.length > 0 && splice.offset < end) return { ...splice, offset: 0, length: 0, replacement: '' };
    end = Math.max(end, splice.offset + splice.length);
    return splice;
  });
  return kept.sort((a, b) => a.offset - b.offset || a.length - b.length);
}

/** What something supplies: captures, inputs of the addendum, values given from outside, and what a query of the plan asks for as well. */
function fillingOf(binder: Binder): HoleFilling {
  const captures = new Map(binder.draft.steps.flatMap((step) => step.captures.map((capture) => [capture.name, capture.type])));
  const declared = new Map((binder.addendum?.inputs ?? []).map((input) => [input.name, input.type]));
  const elsewhere = new Set(binder.draft.steps.flatMap((step) => (step.sql ? step.splices.map((splice) => splice.name) : [])));
  return {
    known: (name) => captures.has(name) || declared.has(name) || binder.given.has(name) || elsewhere.has(name),
    isNumber: (name) => exactTypes.has(captures.get(name) ?? declared.get(name) ?? 'text'),
    tokens: replacedTokens(binder.draft.document.text.text),
  };
}

/** `$NAME` that no block sets and something supplies: the value stands in the environment under the author's own name. */
function variableSplices(step: StepDraft, carried: readonly Splice[], { known }: HoleFilling, inherited: ReadonlySet<string>): readonly Splice[] {
  if (!step.script) return [];
  return neededVariables(step.script, step.environment, inherited).flatMap((use): readonly Splice[] => {
    const name = holeName(use.name);
    if (use.hasDefault || carried.some((splice) => splice.carrier === use.name) || !(known(name) || databaseName.test(name))) return [];
    const { offset, length } = referenceAt(step.text, use);
    return [{ name, offset, length, replacement: step.text.slice(offset, offset + length), format: 'plain', carrier: use.name }];
  });
}

export function inputsOf(binder: Binder, options: InputDemand): readonly Input[] {
  const captured = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  const inputs = new Map<string, Input>();
  for (const step of binder.draft.steps) {
    for (const splice of step.splices) {
      if (captured.has(splice.name) || inputs.has(splice.name)) continue;
      const declared = binder.addendum?.inputs.find((input) => input.name === splice.name);
      inputs.set(splice.name, {
        name: splice.name,
        type: declared?.type ?? (databaseName.test(splice.name) && options.hasDatabase === true ? 'database' : 'text'),
        span: span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) }),
        neededBy: '',
        secret: declared?.secret ?? false,
      });
    }
  }
  for (const declared of binder.addendum?.inputs ?? []) if (inputs.has(declared.name)) binder.used.add(declared);
  return [...inputs.values()];
}

/** Holes that nothing fills by the time their step needs them: one message a name, with every place. */
export function reportUnbound(binder: Binder, inputs: readonly Input[], options: InputDemand): void {
  const captured = new Map<string, StepDraft>();
  const reported = new Set<string>();
  const places = linesByName(binder);
  const all = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  for (const step of inOrderOfExecution(binder.draft)) {
    for (const splice of step.splices) {
      if (reported.has(splice.name) || captured.has(splice.name)) continue;
      const input = inputs.find((candidate) => candidate.name === splice.name);
      const declared = binder.addendum?.inputs.some((candidate) => candidate.name === splice.name) === true;
      const filled = binder.given.has(splice.name) || (input?.type === 'database' && (options.hasDatabase === true || options.demandValues !== true));
      if (input && (filled || (declared && options.demandValues !== true))) continue;
      reported.add(splice.name);
      const written = writtenOf(step, splice);
      const at = span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) });
      const supplied = [...binder.given].concat([...captured.keys()]);
      const others = otherLines(places, binder, step, splice);
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unbound-placeholder',
        message: all.has(splice.name)
          ? `\`${written}\` is recorded only after this step needs it`
          : `nothing supplies \`${written}\` before this step needs it`,
        span: at,
        label: `needed by step ${step.id} (${step.kind})`,
        notes: [
          ...(others.length > 0 ? [`needed as well at line ${others.join(', ')}`] : []),
          `supplied so far: ${supplied.length > 0 ? supplied.map((name) => `\`${name}\``).join(', ') : 'nothing'}`,
        ],
        help:
          input?.type === 'database' || /^(?:db|database)_/.test(splice.name)
            ? `in the addendum, under \`inputs:\`, write ${splice.name}: { type: database }, and name a database`
            : declared
              ? `pass --set ${splice.name}=<value>`
              : `in the addendum, under \`inputs:\`, write ${splice.name}: { type: … }, or record \`${splice.name}\` in an earlier step, or pass --set ${splice.name}=<value>`,
      });
    }
    for (const capture of step.captures) captured.set(capture.name, step);
  }
  reportUnquoted(binder, reported, places);
  reportFolded(binder);
}

/** `<a.b>` and `<a b>` are one name, and get one value. In case, blanks, `-` and `_` people do not mean a difference. */
function reportFolded(binder: Binder): void {
  const first = new Map<string, { readonly written: string; readonly line: number }>();
  for (const step of binder.draft.steps) {
    for (const splice of step.splices) {
      const written = writtenOf(step, splice);
      if (!written.startsWith('<')) continue;
      const place = span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) });
      const known = first.get(splice.name);
      if (!known) first.set(splice.name, { written, line: place.start.line });
      else if (alike(known.written) !== alike(written)) {
        first.set(splice.name, { written, line: place.start.line });
        binder.diagnostics.push({
          severity: 'warning',
          code: 'compile/folded-name',
          message: `\`${written}\` and \`${known.written}\` are one name, \`${splice.name}\`, and get one value`,
          span: place,
          notes: [`\`${known.written}\` stands at line ${known.line}`],
          help: 'write both alike, or give one of them another name',
        });
      }
    }
  }
}

function alike(written: string): string {
  return written.toLowerCase().replace(/[\s_-]+/g, '_');
}

/** A hole outside quotes is filled all the same; who copies the command into a terminal overwrites a file. One message a name. */
function reportUnquoted(binder: Binder, unfilled: ReadonlySet<string>, places: ReturnType<typeof linesByName>): void {
  const reported = new Set<string>();
  for (const step of binder.draft.steps) {
    if (!isShell(step)) continue;
    for (const splice of step.splices) {
      const written = step.text.slice(splice.offset, splice.offset + splice.length);
      if (!written.startsWith('<') || !splice.replacement.startsWith('"') || unfilled.has(splice.name) || reported.has(splice.name)) continue;
      reported.add(splice.name);
      const others = otherLines(places, binder, step, splice);
      binder.diagnostics.push({
        severity: 'warning',
        code: 'compile/unquoted-placeholder',
        message: `\`${written}\` is read as a placeholder; in a terminal the shell would take it for a redirection`,
        span: span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) }),
        ...(others.length > 0 ? { notes: [`written as well at line ${others.join(', ')}`] } : {}),
        help: `put it in quotes: '${written}'`,
      });
    }
  }
}

function writtenOf(step: StepDraft, splice: Splice): string {
  const text = step.text.slice(splice.offset, splice.offset + splice.length);
  return /<[^<>]*>/.exec(text)?.[0] ?? (text === '' ? splice.name : text.replace(/^'(.*)'$/s, '$1'));
}

/** The lines in which each name is written. */
function linesByName(binder: Binder): ReadonlyMap<string, ReadonlySet<number>> {
  const lines = new Map<string, Set<number>>();
  for (const step of binder.draft.steps) {
    for (const splice of step.splices) {
      if (splice.length === 0) continue;
      const own = lines.get(splice.name) ?? new Set();
      lines.set(splice.name, own.add(lineOf(binder, step, splice)));
    }
  }
  return lines;
}

function lineOf(binder: Binder, step: StepDraft, splice: Splice): number {
  const start = step.place(splice.offset);
  return span(binder, { start, end: start }).start.line;
}

function otherLines(places: ReturnType<typeof linesByName>, binder: Binder, step: StepDraft, splice: Splice): readonly number[] {
  const own = lineOf(binder, step, splice);
  return [...(places.get(splice.name) ?? [])].filter((line) => line !== own).sort((a, b) => a - b);
}
