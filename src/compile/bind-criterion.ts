/** Each clause of an acceptance criterion finds its witnesses: by the values and names it mentions, by what it says, or by the addendum. */
import type { Criterion, Witness } from '../model/plan.ts';
import type { AddendumWitness } from './addendum-shape.ts';
import { attachText, latest, namesIn, wordsOf } from './bind-expectation.ts';
import { expectOnce, oneOf, overlaps, placesOf, span, suppliersOf, type Binder } from './bind.ts';
import { splitTerms } from './claim.ts';
import type { ExpectationDraft, StepDraft, TextDraft } from './draft.ts';
import { literalOf } from './claim.ts';
import { fold } from './prose.ts';

type WitnessDraft = () => Witness;

export function bindCriteria(binder: Binder, inputs: readonly string[]): readonly (() => Criterion)[] {
  const entries = (binder.addendum?.criteria ?? []).map((entry) => ({ entry, places: placesOf(binder, entry) }));
  return binder.draft.criteria.map((criterion, index) => {
    const bound = entries.filter(({ places }) => places.some((place) => overlaps(place, criterion)));
    const clauses = (criterion.clauses ?? splitTerms(criterion.text.replace(/\.$/, ''))).map((text, place) => ({ text, place }));
    const results = clauses.map(({ text, place }) => {
      const own = bound.filter(({ entry }) => entry.clause === undefined || fold(text).includes(fold(entry.clause.text)) || fold(entry.clause.text).includes(fold(text)));
      const witnesses: WitnessDraft[] = own.flatMap(({ entry }) => {
        binder.used.add(entry);
        return entry.witnesses.flatMap((witness) => boundWitness(binder, witness, criterion, inputs));
      });
      witnesses.push(...foundWitnesses(binder, criterion, text, place === 0));
      if (witnesses.length === 0) {
        binder.diagnostics.push({
          severity: 'warning',
          code: 'compile/unwitnessed-clause',
          message: `nothing in this plan shows \`${text.replace(/`/g, '')}\`: the criterion stays unproven and the plan cannot pass`,
          span: span(binder, criterion),
          help: `in the addendum, under \`criteria:\`, write { at: '${criterion.text.replace(/'/g, "''")}', clause: '${text.replace(/'/g, "''")}', witness: … }`,
        });
      }
      return { text, witnesses };
    });
    return () => ({
      id: `C${index + 1}`,
      text: criterion.text,
      span: span(binder, criterion),
      clauses: results.map((clause) => ({ text: clause.text, witnesses: unique(clause.witnesses.map((witness) => witness())) })),
      ...(bound.length > 0 ? { boundBy: 'addendum' as const } : {}),
    });
  });
}

/** Witnesses that a clause finds by itself. */
function foundWitnesses(binder: Binder, criterion: TextDraft, clause: string, first: boolean): readonly WitnessDraft[] {
  const whole = fold(criterion.text);
  const folded = fold(clause);
  const codes = [...clause.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  const found: ExpectationDraft[] = [];
  const all = binder.draft.steps.flatMap((step) => step.expectations);

  if (/\btests?\b.*\bpass(?:es|ed)?\b|\bpass(?:es|ed|ing)? (?:all )?(?:the )?tests?\b/.test(folded)) {
    const tests = all.filter((expectation) => expectation.claim.kind === 'tests-pass');
    const words = wordsOf(folded.replace(/\b(?:all|tests?|pass(?:es|ed)?|unit|integration)\b/g, ''));
    const named = tests.filter((expectation) => words.length > 0 && words.every((word) => wordsOf(`${expectation.step.title} ${expectation.step.text}`).includes(word)));
    found.push(...(named.length > 0 ? named : tests));
  }

  // "returns `HASH_CHAIN` and `VERIFIED`": the second clause shares the first one's verb.
  if (/\b(?:returns?|reports?|prints?|shows?|answers?|yields?)\b/.test(whole)) {
    for (const value of codes.filter((code) => /^[A-Z][A-Z0-9_]*$/.test(code))) {
      const stated = all.filter((expectation) => expectation.claim.kind === 'compare' && [expectation.claim.left, expectation.claim.right].some((side) => side.kind === 'literal' && side.value.text === value));
      found.push(...(stated.length > 0 ? stated : returned(binder, criterion, value)));
    }
  }

  const production = binder.draft.steps.find((step) => step.productionPath);
  if (production && /\bexplicit(?:ly)?\b/.test(whole)) for (const code of codes) found.push(...explicitly(binder, criterion, production, code));
  if (production && first && (/\bcreates? an?\b/.test(folded) || /\breal (?:run|execution)\b/.test(folded))) found.push(...production.expectations.filter((expectation) => expectation.claim.kind === 'fresh'));

  for (const code of codes) {
    found.push(
      ...all.filter((expectation) =>
        namesIn(expectation.claim).some((name) => name === code || name.endsWith(`.${code}`) || (expectation.step.sql?.mentions.get(name) ?? []).includes(code)),
      ),
    );
  }

  const noun = folded.match(/\b((?:[a-z_]+ ){1,3})rows?\b(?:.*\bexists?\b)?/)?.[1];
  if (noun !== undefined && /\b(?:exists?|produces?|has|have|written|stored)\b/.test(folded)) {
    const words = wordsOf(noun.replace(/\b(?:produces?|has|have|exists?)\b/g, ''));
    const queries = binder.draft.steps.filter((step) => step.sql?.mode === 'read' && words.length > 0 && step.sql.relations.some((relation) => words.every((word) => wordsOf(relation).includes(word))));
    found.push(...queries.flatMap((step) => step.expectations.filter((expectation) => expectation.claim.kind === 'rows' || (step.sql?.aggregate && expectation.claim.kind === 'compare'))));
  }
  return [...new Set(found)].map((expectation) => () => ({ kind: 'expectation', id: expectation.id }));
}

/** A value that no expectation states: the coordinator-call must print it in exactly one of its fields. */
function returned(binder: Binder, criterion: TextDraft, value: string): readonly ExpectationDraft[] {
  const calls = binder.draft.steps.filter((step) => step.kind === 'coordinator-call');
  const [call] = calls;
  if (!call || calls.length > 1) return [];
  return [expectOnce(call, { text: `returns ${value}`, span: span(binder, criterion), claim: { kind: 'returns', value }, origin: 'criterion' })];
}

/** "with explicit `tenant_id`": the row shows what the command was given as `--tenant-id`. */
function explicitly(binder: Binder, criterion: TextDraft, production: StepDraft, name: string): readonly ExpectationDraft[] {
  const option = `--${name.replaceAll('_', '-')}`;
  const shown = binder.draft.steps.filter((step) => step.sql?.mode === 'read').flatMap((step) => (step.sql?.columns ?? []).filter((column) => column.column === name && column.name !== name).map((column) => ({ step, column })));
  const [first] = shown;
  if (!first) return [];
  for (const command of production.script?.commands ?? []) {
    const index = command.words.findIndex((word) => word.value === option || word.value?.startsWith(`${option}=`) === true);
    if (index === -1) continue;
    const word = command.words[index + 1];
    const inline = command.words[index]?.value?.slice(option.length + 1);
    const given = command.words[index]?.value === option ? word?.value : inline;
    const hole = given?.match(/^<([^<>]+)>$/)?.[1];
    if (given === undefined) return [];
    return [
      expectOnce(first.step, {
        text: `${first.column.name} == ${hole === undefined ? given : name}`,
        span: span(binder, criterion),
        claim: { kind: 'compare', left: { kind: 'name', name: first.column.name }, operator: '==', right: hole === undefined ? { kind: 'literal', value: { ...literalOf(given), type: 'text' } } : { kind: 'name', name: hole } },
        origin: 'criterion',
      }),
    ];
  }
  return [];
}

function boundWitness(binder: Binder, witness: AddendumWitness, criterion: TextDraft, inputs: readonly string[]): readonly WitnessDraft[] {
  const asWitness = (expectation: ExpectationDraft): WitnessDraft => () => ({ kind: 'expectation', id: expectation.id });
  switch (witness.kind) {
    case 'claim': {
      const step = witness.step ? oneOf(binder, witness.step, binder.draft.steps, 'step') : undefined;
      return attachText(binder, witness.claim, step ?? binder.draft.steps.at(-1), 'criterion', undefined, inputs).map(asWitness);
    }
    case 'expectation': {
      const all = binder.draft.steps.flatMap((step) => step.expectations.map((expectation) => ({ expectation, start: expectation.span.start.offset, end: expectation.span.end.offset, path: expectation.span.path })));
      const places = placesOf(binder, { at: witness.quotation.text, atSpan: witness.quotation.span, span: witness.span });
      const hits = all.filter((candidate) => candidate.path === binder.planPath && places.some((place) => overlaps(place, candidate)));
      const quoted = hits.length > 0 ? hits.map((hit) => hit.expectation) : binder.draft.steps.filter((step) => step.sql?.mode === 'probe' && places.some((place) => overlaps(place, step))).flatMap((step) => step.expectations);
      if (places.length > 0 && quoted.length === 0) oneOf(binder, witness.quotation, [], 'expectation');
      return quoted.map(asWitness);
    }
    case 'step': {
      const step = oneOf(binder, witness.quotation, binder.draft.steps, 'step');
      return step ? [() => ({ kind: 'step', id: step.id })] : [];
    }
    case 'policy': {
      const policy = oneOf(binder, witness.quotation, binder.draft.policies, 'policy');
      return policy ? [() => ({ kind: 'policy', id: `at ${policy.start}` })] : [];
    }
    case 'write-order': {
      const production = binder.draft.steps.find((step) => step.productionPath);
      if (!production) return [];
      return [asWitness(expectOnce(production, { text: `${witness.first.relation}.${witness.first.column} is written and committed before the first row of ${witness.then.relation}`, span: span(binder, criterion), claim: { kind: 'write-order', first: witness.first, then: witness.then }, origin: 'criterion' }))];
    }
    case 'fresh': {
      const step = latest(suppliersOf(binder, witness.name).filter((supplier) => supplier.productionPath)) ?? suppliersOf(binder, witness.name)[0];
      return step ? [asWitness(expectOnce(step, { text: `${witness.name} is new in ${witness.relation}`, span: span(binder, criterion), claim: { kind: 'fresh', name: witness.name, relation: witness.relation, column: witness.column }, origin: 'criterion' }))] : [];
    }
    case 'each-hit': {
      const step = oneOf(binder, witness.search, binder.draft.steps.filter((candidate) => candidate.kind === 'rg-check'), 'search');
      return step ? [asWitness(expectOnce(step, { text: `each hit has \`${witness.contains}\` within ${witness.withinLines} lines`, span: span(binder, criterion), claim: { kind: 'each-hit', contains: witness.contains, withinLines: witness.withinLines, ...(witness.except === undefined ? {} : { except: witness.except }) }, origin: 'criterion' }))] : [];
    }
  }
}

function unique(witnesses: readonly Witness[]): readonly Witness[] {
  return witnesses.filter((witness, index) => witnesses.findIndex((other) => other.kind === witness.kind && other.id === witness.id) === index);
}

