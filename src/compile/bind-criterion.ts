/** Each clause of an acceptance criterion finds its witnesses: by the values and names it mentions, by what it says, or by the addendum. */
import type { Criterion, Witness } from '../model/plan.ts';
import type { AddendumWitness } from './addendum-shape.ts';
import { attachText, latest, literalsIn, namesIn, wordsOf } from './bind-expectation.ts';
import { expectOnce, namesOf, numberedExpectation, oneOf, overlaps, placesOf, span, suppliersOf, type Binder } from './bind.ts';
import type { Claim } from '../model/claim.ts';
import { compileClaim, splitTerms } from './claim.ts';
import type { ExpectationDraft, StepDraft, TextDraft } from './draft.ts';
import { indexExpectations, type ExpectationIndex } from './expectation-index.ts';
import { literalOf } from './claim.ts';
import { fold } from './prose.ts';

type WitnessDraft = () => Witness;

const testsPass = /\btests?\b.*\bpass(?:es|ed)?\b|\bpass(?:es|ed|ing)? (?:all )?(?:the )?tests?\b/;

export function bindCriteria(binder: Binder, inputs: readonly string[]): readonly (() => Criterion)[] {
  const entries = (binder.addendum?.criteria ?? []).map((entry) => ({ entry, places: placesOf(binder, entry) }));
  const index = indexExpectations(binder.draft.steps);
  return binder.draft.criteria.map((criterion, at) => {
    const bound = entries.filter(({ places }) => places.some((place) => overlaps(place, criterion)));
    const clauses = (criterion.clauses ?? splitTerms(criterion.text.replace(/\.$/, ''))).map((text, place) => ({ text, place }));
    const results = clauses.map(({ text, place }) => {
      const own = bound.filter(
        ({ entry }) => entry.clause === undefined || fold(text).includes(fold(entry.clause.text)) || fold(entry.clause.text).includes(fold(text)),
      );
      const witnesses: WitnessDraft[] = own.flatMap(({ entry }) => {
        binder.used.add(entry);
        if (testsPass.test(fold(text)) && entry.witnesses.every((witness) => witness.kind !== 'step' && witness.kind !== 'expectation')) {
          binder.diagnostics.push({
            severity: 'error',
            code: 'compile/addendum-weakens',
            message: `\`${text.replace(/`/g, '')}\` speaks of tests, and its witness is none of a test run`,
            span: entry.span,
            help: 'let the witness be the step that runs the tests: { step: … }',
          });
        }
        return entry.witnesses.flatMap((witness) => boundWitness(binder, witness, criterion, inputs, index));
      });
      const found = foundWitnesses(binder, criterion, text, place === 0, inputs, index);
      index.add(found);
      witnesses.push(...asWitnesses(found));
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
      id: `C${at + 1}`,
      text: criterion.text,
      span: span(binder, criterion),
      clauses: results.map((clause) => ({ text: clause.text, witnesses: unique(clause.witnesses.map((witness) => witness())) })),
      ...(bound.length > 0 ? { boundBy: 'addendum' as const } : {}),
    });
  });
}

/** Witnesses that a clause finds by itself. */
function foundWitnesses(
  binder: Binder,
  criterion: TextDraft,
  clause: string,
  first: boolean,
  inputs: readonly string[],
  index: ExpectationIndex,
): readonly ExpectationDraft[] {
  const whole = fold(criterion.text);
  const folded = fold(clause);
  const codes = [...clause.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  const found: ExpectationDraft[] = [];

  // What is denied is shown by a claim that says so, never by one that happens to use the same names.
  if (
    /\b(?:no|not|never|without|none|nothing|neither|nor|cannot|can't|don't|doesn't|isn't|aren't|fails?|failed|missing|absent)\b/.test(
      folded.replace(/\breal ([a-z ]+)\(not [^()]*\)/, '$1'),
    )
  )
    return stated(binder, clause, inputs);

  if (testsPass.test(folded)) {
    const tests = index.testsPass();
    const words = wordsOf(folded.replace(/\b(?:all|tests?|pass(?:es|ed|ing)?|suite|still|successfully|are|is|green)\b/g, ''));
    // Words that no test step knows mean other tests than those of this plan.
    return words.length === 0
      ? tests
      : tests.filter((expectation) => words.every((word) => wordsOf(`${expectation.step.title} ${expectation.step.text}`).includes(word)));
  }
  const said = stated(binder, clause, inputs);
  if (said.length > 0) return said;

  // "returns `HASH_CHAIN` and `VERIFIED`": the second clause shares the first one's verb.
  if (/\b(?:returns?|reports?|prints?|shows?|answers?|yields?)\b/.test(whole)) {
    for (const value of codes.filter((code) => /^[A-Z][A-Z0-9_]*$/.test(code))) {
      const shown = index.with(value).filter(({ claim }) => claim.kind === 'compare' && claim.operator === '==');
      found.push(...(shown.length > 0 ? shown : returned(binder, criterion, value)));
    }
  }

  const production = binder.draft.steps.find((step) => step.productionPath);
  if (production && /\bexplicit(?:ly)?\b/.test(whole)) for (const code of codes) found.push(...explicitly(binder, criterion, production, code));
  if (production && first && (/\bcreates? an?\b/.test(folded) || /\breal (?:run|execution)\b/.test(folded)))
    found.push(...production.expectations.filter((expectation) => expectation.claim.kind === 'fresh' && makes(folded, expectation.claim.relation)));

  const shows = shownBy(clause, whole);
  for (const code of codes) found.push(...index.about(code).filter(shows));

  const noun = folded.match(/\b((?:[a-z_]+ ){1,3})rows?\b(?:.*\bexists?\b)?/)?.[1];
  if (noun !== undefined && /\b(?:exists?|produces?|has|have|written|stored)\b/.test(folded)) {
    const words = wordsOf(noun.replace(/\b(?:produces?|has|have|exists?)\b/g, ''));
    const queries = binder.draft.steps.filter(
      (step) => step.sql?.mode === 'read' && words.length > 0 && step.sql.relations.some((relation) => words.every((word) => wordsOf(relation).includes(word))),
    );
    const exact = queries.filter((step) => step.sql?.relations.some((relation) => wordsOf(relation).length === words.length));
    found.push(...(exact.length > 0 ? exact : queries).flatMap((step) => step.expectations.filter((expectation) => showsRows(expectation.claim, step))));
  }
  return found;
}

function asWitnesses(found: readonly ExpectationDraft[]): readonly WitnessDraft[] {
  return [...new Set(found)].map((expectation) => () => ({ kind: 'expectation', id: expectation.id }));
}

/** A criterion that is itself a claim (`step_count >= 1`) is judged as one, by the step that supplies its names. */
function stated(binder: Binder, clause: string, inputs: readonly string[]): readonly ExpectationDraft[] {
  const reading = compileClaim(clause, namesOf(binder, inputs));
  if (reading.kind !== 'claims' || reading.claims.some((claim) => namesIn(claim).length === 0)) return [];
  return attachText(
    binder,
    { text: clause, span: binder.draft.steps[0] ? span(binder, binder.draft.steps[0]) : span(binder, { start: 0, end: 0 }) },
    undefined,
    'criterion',
    undefined,
    inputs,
  );
}

/**
 * Does a claim on a name show what a clause says of it? Where the clause says that something is there, a claim that could not
 * hold without it; where it names values, only a claim with these values.
 */
function shownBy(clause: string, whole: string): (expectation: ExpectationDraft) => boolean {
  const values = [...clause.replace(/`[a-z_][\w.]*`/g, '').matchAll(/\b\d+(?:\.\d+)?\b|\b[A-Z][A-Z0-9_]{2,}\b/g)].map((match) => match[0]);
  const present = /\b(?:stored|set|present|exists?|recorded|persisted|populated|saved|written|returned|shown|explicit(?:ly)?|match(?:es)?|equals?)\b/.test(
    whole,
  );
  const folded = fold(clause);
  return ({ claim }) => {
    const literals = literalsIn(claim);
    if (values.some((value) => !literals.includes(value))) return false;
    if (values.length > 0) return true;
    if (claim.kind === 'compare' && claim.operator === '!=') return false;
    return present || literals.some((literal) => literal.length > 1 && folded.includes(fold(literal)));
  };
}

/** A claim that fails where there is no row. */
function showsRows(claim: Claim, step: StepDraft): boolean {
  if (claim.kind === 'rows') return claim.bound !== 'at-most' && claim.count > 0;
  if (claim.kind !== 'compare' || !step.sql?.aggregate || claim.right.kind !== 'literal') return false;
  const count = Number(claim.right.value.text);
  return claim.operator === '==' || claim.operator === '>=' ? count > 0 : claim.operator === '>' && count >= 0;
}

/** "creates a run": the thing made must be what the table holds. */
function makes(folded: string, relation: string): boolean {
  const noun = /\bcreates? an? ((?:[\w-]+ ){0,2}?[\w-]+)\b/.exec(folded)?.[1] ?? /\breal (run|execution)\b/.exec(folded)?.[1] ?? '';
  const words = wordsOf(noun);
  return words.length > 0 && words.every((word) => word === 'real' || wordsOf(relation).includes(word));
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
  const shown = binder.draft.steps
    .filter((step) => step.sql?.mode === 'read')
    .flatMap((step) => (step.sql?.columns ?? []).filter((column) => column.column === name && column.name !== name).map((column) => ({ step, column })));
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
        claim: {
          kind: 'compare',
          left: { kind: 'name', name: first.column.name },
          operator: '==',
          right: hole === undefined ? { kind: 'literal', value: { ...literalOf(given), type: 'text' } } : { kind: 'name', name: hole },
        },
        origin: 'criterion',
      }),
    ];
  }
  return [];
}

function boundWitness(
  binder: Binder,
  witness: AddendumWitness,
  criterion: TextDraft,
  inputs: readonly string[],
  index: ExpectationIndex,
): readonly WitnessDraft[] {
  const asWitness = (expectation: ExpectationDraft): WitnessDraft => {
    index.add([expectation]);
    return () => ({ kind: 'expectation', id: expectation.id });
  };
  switch (witness.kind) {
    case 'claim': {
      const step = witness.step ? oneOf(binder, witness.step, binder.draft.steps, 'step') : undefined;
      return attachText(binder, witness.claim, step ?? binder.draft.steps.at(-1), 'criterion', undefined, inputs).map(asWitness);
    }
    case 'judged': {
      const step = oneOf(binder, witness.step, binder.draft.steps, 'step');
      return step ? [asWitness(expectOnce(step, { text: witness.text, span: span(binder, criterion), claim: witness.claim, origin: 'criterion' }))] : [];
    }
    case 'expectation': {
      const numbered = numberedExpectation(binder, witness.quotation);
      if (numbered) return [() => ({ kind: 'expectation', id: numbered() })];
      const all = binder.draft.steps.flatMap((step) =>
        step.expectations.map((expectation) => ({
          expectation,
          start: expectation.span.start.offset,
          end: expectation.span.end.offset,
          path: expectation.span.path,
        })),
      );
      const places = placesOf(binder, { at: witness.quotation.text, atSpan: witness.quotation.span, span: witness.span });
      const hits = all.filter((candidate) => candidate.path === binder.planPath && places.some((place) => overlaps(place, candidate)));
      const quoted =
        hits.length > 0
          ? hits.map((hit) => hit.expectation)
          : binder.draft.steps
              .filter((step) => step.sql?.mode === 'probe' && places.some((place) => overlaps(place, step)))
              .flatMap((step) => step.expectations);
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
      return [
        asWitness(
          expectOnce(production, {
            text: `${witness.first.relation}.${witness.first.column} is written and committed before the first row of ${witness.then.relation}`,
            span: span(binder, criterion),
            claim: { kind: 'write-order', first: witness.first, then: witness.then },
            origin: 'criterion',
          }),
        ),
      ];
    }
    case 'fresh': {
      const step = latest(suppliersOf(binder, witness.name).filter((supplier) => supplier.productionPath)) ?? suppliersOf(binder, witness.name)[0];
      return step
        ? [
            asWitness(
              expectOnce(step, {
                text: `${witness.name} is new in ${witness.relation}`,
                span: span(binder, criterion),
                claim: { kind: 'fresh', name: witness.name, relation: witness.relation, column: witness.column },
                origin: 'criterion',
              }),
            ),
          ]
        : [];
    }
    case 'each-hit': {
      const step = oneOf(
        binder,
        witness.search,
        binder.draft.steps.filter((candidate) => candidate.kind === 'rg-check'),
        'search',
      );
      return step
        ? [
            asWitness(
              expectOnce(step, {
                text: `each hit has \`${witness.contains}\` within ${witness.withinLines} lines`,
                span: span(binder, criterion),
                claim: {
                  kind: 'each-hit',
                  contains: witness.contains,
                  withinLines: witness.withinLines,
                  ...(witness.except === undefined ? {} : { except: witness.except }),
                },
                origin: 'criterion',
              }),
            ),
          ]
        : [];
    }
  }
}

function unique(witnesses: readonly Witness[]): readonly Witness[] {
  return [...new Map(witnesses.map((witness) => [`${witness.kind} ${witness.id}`, witness])).values()];
}
