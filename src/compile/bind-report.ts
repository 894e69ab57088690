/** The plan's own report template: each `<…>` gets a source, by the name in the hole, by the label's words, or by the addendum. */
import type { ReportField, ReportSource } from '../model/plan.ts';
import { wordsOf } from './bind-expectation.ts';
import { namesOf, oneOf, overlaps, placesOf, span, type Binder } from './bind.ts';
import type { ReportDraft, StepDraft } from './draft.ts';
import { holeName } from './placeholder.ts';
import { newStep } from './read-code.ts';
import { compileQuery } from './query.ts';
import { captureName } from './reading.ts';
import { forgetSupplies } from './supply.ts';

export async function bindReport(binder: Binder, inputs: readonly string[]): Promise<readonly (() => ReportField)[]> {
  const entries = (binder.addendum?.report ?? []).map((entry) => ({ entry, places: placesOf(binder, entry) }));
  const fields: (() => ReportField)[] = [];
  for (const draft of binder.draft.report) {
    const bound = entries.find(({ places }) => places.some((place) => overlaps(place, draft)))?.entry;
    let source: (() => ReportSource) | undefined;
    if (bound) {
      binder.used.add(bound);
      source = await boundSource(binder, draft, bound.source, inputs);
    }
    source ??= foundSource(binder, draft, inputs);
    if (!source) {
      binder.diagnostics.push({
        severity: 'warning',
        code: 'compile/unbound-report-field',
        message: `nothing fills the report field \`${draft.label}\``,
        span: span(binder, draft.hole),
        help: `in the addendum, under \`report:\`, write { at: '${draft.label.replace(/'/g, "''")}', name: … }`,
      });
    }
    fields.push(() => ({ label: draft.label, span: span(binder, draft), hole: span(binder, draft.hole), source: source?.() ?? { kind: 'none' } }));
  }
  return fields;
}

async function boundSource(
  binder: Binder,
  draft: ReportDraft,
  source: NonNullable<Binder['addendum']>['report'][number]['source'],
  inputs: readonly string[],
): Promise<(() => ReportSource) | undefined> {
  switch (source.kind) {
    case 'name': {
      const name = namesOf(binder, inputs).resolve(source.name.text);
      if (name === undefined)
        binder.diagnostics.push({
          severity: 'error',
          code: 'compile/unknown-name',
          message: `nothing supplies \`${source.name.text}\``,
          span: source.name.span,
          help: 'name a column, a printed field, a recorded name or an input',
        });
      return name === undefined ? undefined : () => ({ kind: 'name', name });
    }
    case 'sql': {
      const step = newStep(binder.draft, draft.section, source.sql.text, {
        start: draft.start,
        end: draft.end,
        place: () => draft.start,
        title: draft.label,
        role: 'report',
      });
      const query = await compileQuery(source.sql.text, binder.parser);
      step.kind = 'sql-assert';
      step.splices = query.splices;
      step.command = query.sql.text;
      step.sql = { ...query.sql, columns: query.sql.columns.map((column) => ({ column: column.column, name: `report.${captureName(draft.label)}` })) };
      step.boundBy = 'addendum';
      const name = step.sql.columns[0]?.name;
      if (name === undefined) return undefined;
      step.supplies.push(name);
      forgetSupplies(binder.draft);
      return () => ({ kind: 'name', name });
    }
    case 'word': {
      const words = source.words ?? enumeration(draft.hole.written) ?? ['yes', 'no'];
      const steps = source.of.flatMap((quoted) => oneOf(binder, quoted, binder.draft.steps, 'step') ?? []);
      return () => ({ kind: 'word', of: steps.map((step) => ({ kind: 'step', id: step.id })), yes: words[0] ?? 'yes', no: words[1] ?? 'no' });
    }
    case 'row-count': {
      const step = oneOf(
        binder,
        source.query,
        binder.draft.steps.filter((candidate) => candidate.sql !== undefined),
        'query',
      );
      return step ? () => ({ kind: 'row-count', step: step.id }) : undefined;
    }
    case 'files': {
      const step = oneOf(
        binder,
        source.search,
        binder.draft.steps.filter((candidate) => candidate.kind === 'rg-check'),
        'search',
      );
      return step ? () => ({ kind: 'files', step: step.id, ...(source.except === undefined ? {} : { except: source.except }) }) : undefined;
    }
  }
}

function foundSource(binder: Binder, draft: ReportDraft, inputs: readonly string[]): (() => ReportSource) | undefined {
  const names = namesOf(binder, inputs);
  const hole = holeName(draft.hole.written.slice(1, -1));
  const label = draft.label.trim();
  const words = enumeration(draft.hole.written);
  for (const candidate of [hole, captureName(label), label, ...label.split(/\s+/).filter((word) => word.includes('_'))]) {
    const name = names.resolve(candidate);
    if (name !== undefined) return () => ({ kind: 'name', name });
  }
  const wanted = wordsOf(label);
  const passFail = words !== undefined && /^(pass|passed|ok|yes)$/.test(words[0]);
  if (passFail) {
    const runner = binder.draft.steps.find(
      (step) => step.testRunner !== undefined && wanted.some((word) => [step.testRunner ?? '', 'test', ...wordsOf(step.title)].includes(word)),
    );
    if (runner) return () => ({ kind: 'word', of: [{ kind: 'step', id: runner.id }], yes: words[0], no: words[1] });
  }
  if (/\brows?\b/i.test(label)) {
    const nouns = wanted.filter((word) => word !== 'row');
    const query = queriesOf(binder).find((step) =>
      step.sql?.relations.some((relation) => nouns.length > 0 && nouns.every((noun) => wordsOf(relation).includes(noun))),
    );
    if (query) return () => ({ kind: 'row-count', step: query.id });
  }
  if (words !== undefined) {
    const flag = best(binder, wanted);
    if (flag !== undefined) return () => ({ kind: 'name', name: flag });
  }
  return undefined;
}

/** The computed column whose name and whose expression share most words with the label; at least two. */
function best(binder: Binder, wanted: readonly string[]): string | undefined {
  const scored = queriesOf(binder).flatMap((step) =>
    (step.sql?.columns ?? []).map((column) => {
      const words = new Set([column.name, ...(step.sql?.mentions.get(column.name) ?? [])].flatMap((text) => wordsOf(text)));
      return { name: column.name, score: wanted.filter((word) => words.has(word)).length };
    }),
  );
  const top = scored.sort((a, b) => b.score - a.score)[0];
  return top && top.score >= 2 ? top.name : undefined;
}

function queriesOf(binder: Binder): readonly StepDraft[] {
  return binder.draft.steps.filter((step) => step.sql?.mode === 'read' && step.role === 'step' && !step.sql.aggregate);
}

/** `<pass/fail>` → its words. */
function enumeration(written: string): readonly [string, string] | undefined {
  const match = written.match(/^<\s*([\w-]+)\s*\/\s*([\w-]+)\s*>$/);
  return match ? [match[1] ?? '', match[2] ?? ''] : undefined;
}
