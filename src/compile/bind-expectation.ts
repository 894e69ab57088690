/** Claims get the step whose evidence they are about; general rules add what every step of a kind must show. */
import type { Claim } from '../model/claim.ts';
import { renderClaim } from '../model/render-claim.ts';
import { concealedFailures } from '../policy/concealed-failure.ts';
import type { PlacedText } from './addendum-shape.ts';
import { expect, expectOnce, namesOf, oneOf, span, suppliersOf, type Binder } from './bind.ts';
import { oppositeOf } from './claim-phrase.ts';
import { unreadDiagnostics } from './claim-diagnostic.ts';
import { bareClaim } from './bare-value.ts';
import { repeat, repeatAt } from './bind-conduct.ts';
import { compileClaim } from './claim.ts';
import { unsoundness } from './claim-soundness.ts';
import { isExecuted, note, type ClaimDraft, type ExpectationDraft, type StepDraft } from './draft.ts';
import { eventuallyIn } from './eventual-claim.ts';
import { fold } from './prose.ts';

export function bindExpectations(
  binder: Binder,
  inputs: readonly string[],
  probes: ReadonlyMap<StepDraft, { readonly start: number; readonly end: number }>,
): void {
  const probed = new Set([...probes.values()].map((place) => place.start));
  for (const claim of binder.draft.claims) {
    const entry = binder.addendum?.probes.find((probe) => [...probes].some(([step, place]) => step.grantedAt === probe.span && place.start === claim.start));
    if (entry) continue;
    attach(binder, claim, claim.origin ?? 'text', inputs);
  }
  for (const claim of binder.draft.acceptance) if (!probed.has(claim.start)) attachAcceptance(binder, claim, inputs);
  for (const [step, place] of probes) {
    const entry = binder.addendum?.probes.find((probe) => probe.span === step.grantedAt);
    const original = [...binder.draft.acceptance, ...binder.draft.claims, ...binder.draft.criteria].find((claim) => claim.start === place.start);
    for (const text of entry?.expect ?? []) attachText(binder, text, step, 'text', original?.text, inputs);
    if (original) note(binder.draft, original.block, 'expectation', () => `probe ${step.id}`).boundBy = 'addendum';
  }
  for (const entry of binder.addendum?.steps ?? []) {
    if (entry.expect.length === 0) continue;
    const step = oneOf(binder, { text: entry.at, span: entry.atSpan }, binder.draft.steps, 'step');
    if (step) for (const text of entry.expect) attachText(binder, text, step, 'addendum', undefined, inputs);
  }
  for (const entry of binder.addendum?.expectations ?? []) {
    const step = entry.step ? oneOf(binder, entry.step, binder.draft.steps, 'step') : stepNear(binder, entry.at, entry.atSpan);
    binder.used.add(entry);
    for (const text of entry.expect) attachText(binder, text, step, 'addendum', undefined, inputs);
  }
}

/** What every step of a kind must show, whether the text says it or not. Always marked as implied. */
export function implyExpectations(binder: Binder, inputs: readonly string[], guarded: boolean): void {
  for (const step of binder.draft.steps) {
    const has = (kind: Claim['kind']): boolean => step.expectations.some((expectation) => expectation.claim.kind === kind);
    const imply = (text: string, claim: Claim): void => void expectOnce(step, { text, span: span(binder, step), claim, origin: 'implied' });
    const concealed = step.script !== undefined && concealedFailures(step.script).length > 0;
    if ((step.kind === 'shell' || step.kind === 'coordinator-call') && !has('exit-code') && !has('exit-codes') && !has('fails') && !concealed)
      imply('exit code is 0', { kind: 'exit-code', code: 0 });
    // A summary that is printed without an exit code behind it proves nothing.
    if (step.testRunner && !concealed) imply('at least one test ran and none failed', { kind: 'tests-pass' });
    if (step.kind === 'rg-check' && !has('found') && !has('match-count') && step.search)
      imply(
        step.search.quantity === 'each' && step.search.patterns.length > 1
          ? `each of the ${step.search.patterns.length} alternatives is found`
          : 'the pattern is found',
        { kind: 'found', quantity: step.search.quantity },
      );
    if (step.sql && step.sql.mode === 'read') implyByTitle(step, has, imply);
    for (const column of step.sql?.mode === 'read' ? step.sql.columns : []) {
      if (!inputs.includes(column.column) || column.name === column.column) continue;
      imply(`${column.name} == ${column.column}`, {
        kind: 'compare',
        left: { kind: 'name', name: column.name },
        operator: '==',
        right: { kind: 'name', name: column.column },
      });
    }
  }
  if (guarded) implyFreshness(binder);
}

function implyByTitle(step: StepDraft, has: (kind: Claim['kind']) => boolean, imply: (text: string, claim: Claim) => void): void {
  const title = fold(step.title);
  const property = title.match(/^.+? has (?:an? |the )?([a-z_]\w*)$/)?.[1];
  const flag = step.sql?.columns.find((column) => column.column === `has_${property}`);
  if (flag) {
    if (!has('rows')) imply('at least 1 row', { kind: 'rows', bound: 'at-least', count: 1, noun: '' });
    imply(`${flag.name} is true`, {
      kind: 'compare',
      left: { kind: 'name', name: flag.name },
      operator: '==',
      right: { kind: 'literal', value: { type: 'boolean', text: 'true' } },
    });
    return;
  }
  if (!/\bexists?$/.test(title)) return;
  const [count] = step.sql?.columns ?? [];
  if (count && step.sql?.ranges.get(count.name)?.boolean)
    imply(`${count.name} is true`, {
      kind: 'compare',
      left: { kind: 'name', name: count.name },
      operator: '==',
      right: { kind: 'literal', value: { type: 'boolean', text: 'true' } },
    });
  else if ((step.sql?.aggregate || step.sql?.oneRow) && count)
    imply(`${count.name} >= 1`, {
      kind: 'compare',
      left: { kind: 'name', name: count.name },
      operator: '>=',
      right: { kind: 'literal', value: { type: 'integer', text: '1' } },
    });
  else if (!has('rows')) imply('at least 1 row', { kind: 'rows', bound: 'at-least', count: 1, noun: '' });
}

/** What the production path says it made must be new: each captured name that is later the key of a query. */
function implyFreshness(binder: Binder): void {
  for (const step of binder.draft.steps.filter((candidate) => candidate.productionPath)) {
    for (const name of new Set(step.captures.map((capture) => capture.name))) {
      const key = binder.draft.steps
        .filter((other) => other.start > step.start)
        .flatMap((other) => other.sql?.keys ?? [])
        .find((candidate) => candidate.name === name);
      if (!key) continue;
      expectOnce(step, {
        text: `${name} is new: no row of ${key.relation} had it before this step`,
        span: span(binder, step),
        claim: { kind: 'fresh', name, relation: key.relation, column: key.column },
        origin: 'implied',
      });
    }
  }
}

/** A local acceptance list: "… fails with …" needs a probe; "normal creation … succeeds" is the production path's own success. */
function attachAcceptance(binder: Binder, claim: ClaimDraft, inputs: readonly string[]): void {
  const folded = fold(claim.text);
  const production = binder.draft.steps.find((step) => step.productionPath);
  if (/\b(?:creation|run|execution|insert)\b.*\bsucceeds?\b/.test(folded)) {
    if (!production) {
      note(binder.draft, claim.block, 'expectation');
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/expectation-without-step',
        message: 'this is shown by the production path, and the plan has none',
        span: span(binder, claim),
        help: "in the addendum, under `steps:`, write { at: '…', productionPath: true } for the command that is meant",
      });
      return;
    }
    expect(production, { text: claim.text, span: span(binder, claim), claim: { kind: 'exit-code', code: 0 }, origin: 'text' });
    note(binder.draft, claim.block, 'expectation', () => `expectation of step ${production.id}`);
    return;
  }
  if (/\b(?:insert|update|delete|write)\b.*\b(?:fails?|is rejected|is refused)\b/.test(folded)) {
    const policy = binder.draft.policies.find((candidate) => /\b(?:insert|write)/.test(fold(candidate.text)));
    note(binder.draft, claim.block, 'expectation');
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/policy-conflict',
      message: `this claim needs a statement that ${policy ? 'a policy forbids' : 'no step sends'}`,
      span: span(binder, claim),
      ...(policy ? { notes: [`line ${span(binder, policy).start.line} forbids it: ${policy.text}`] } : {}),
      help: `in the addendum, under \`probes:\`, write { at: '${claim.text.replace(/'/g, "''")}', sql: 'insert …', expect: 'fails with … on column …' }: the runner sends it and rolls it back`,
    });
    return;
  }
  attach(binder, claim, 'text', inputs);
}

/** A claim of the document: compiled with the names near it, and given to the step that supplies them. */
function attach(binder: Binder, claim: ClaimDraft, origin: ExpectationDraft['origin'], inputs: readonly string[]): readonly ExpectationDraft[] {
  const late = eventuallyOf(claim);
  if (late) return attachEventually(binder, claim, late, origin, inputs);
  const near = claim.steps.length > 0 ? claim : { ...claim, steps: onlyStepOf(binder, claim) };
  const names = namesOf(binder, inputs, near.steps);
  const read = readingOf(claim, names);
  const bare = read.kind === 'none' && claim.opposite === undefined ? bareClaim(claim.text, near.steps.at(-1)) : undefined;
  const reading = bare === undefined ? read : (unsoundness(bare) ?? ({ kind: 'claims', claims: [bare] } as const));
  if (reading.kind !== 'claims') {
    // Words that the language cannot express are unclaimed; a claim that is understood, and lacks a name or a meaning, stays one.
    note(binder.draft, claim.block, reading.kind === 'none' ? 'unclaimed' : 'expectation');
    const unread = unreadDiagnostics(claim.text, span(binder, claim), reading, names.all);
    const query = near.steps.at(-1)?.sql;
    const unnamed = reading.kind === 'none' && reading.suggestion === undefined && query?.columns.length === 0 && query.mode === 'read';
    binder.diagnostics.push(
      ...(unnamed
        ? unread.map((each) => ({ ...each, help: 'name the column in the query, as in `count(*) - 5 AS missing`, and claim `missing = 0`' }))
        : unread),
    );
    return [];
  }
  // "`make build` must exit with 0" is about that command, not about the last one.
  const subject = 'subject' in reading ? reading.subject : undefined;
  const about = subject === undefined ? near : { ...near, steps: near.steps.filter((step) => step.text.includes(subject)) };
  let reported = false;
  return reading.claims.flatMap((compiled) => {
    const step = claim.own ? claim.steps[0] : stepOf(binder, compiled, about);
    if (!step) {
      note(binder.draft, claim.block, 'expectation');
      if (reported) return [];
      reported = true;
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/expectation-without-step',
        message:
          claim.far && near.steps.length > 1 ? 'several steps could show what this line claims, or none' : 'no step before this line shows what it claims',
        span: span(binder, claim),
        help: 'put the expectation below the step whose evidence is meant',
      });
      return [];
    }
    const expectation = expect(step, {
      text: claim.own ? claim.text : reading.claims.length > 1 ? renderClaim(compiled) : claim.text.replace(/\.$/, ''),
      span: span(binder, claim),
      claim: compiled,
      origin,
    });
    // What the addendum asks of a precondition leaves that block what it is.
    if (origin !== 'addendum') note(binder.draft, claim.block, 'expectation', () => `expectation ${expectation.id}`);
    return [expectation];
  });
}

/** "Eventually …": read out of its words, unless the sentence was taken apart before. */
function eventuallyOf(claim: ClaimDraft): ReturnType<typeof eventuallyIn> {
  if (claim.claim !== undefined || claim.opposite) return undefined;
  return claim.eventually ? { claim: claim.text, repetition: claim.eventually } : eventuallyIn(claim.source ?? claim.text);
}

/** The step that shows the claim is repeated until it holds. */
function attachEventually(
  binder: Binder,
  claim: ClaimDraft,
  { claim: text, repetition }: NonNullable<ReturnType<typeof eventuallyIn>>,
  origin: ExpectationDraft['origin'],
  inputs: readonly string[],
): readonly ExpectationDraft[] {
  const { eventually: _eventually, source: _source, ...rest } = claim;
  const made = attach(binder, { ...rest, ...(claim.source === undefined ? { text } : { source: text }) }, origin, inputs);
  for (const { step } of made) repeat(binder, step, repetition, claim, 'step');
  for (const { step } of made) note(binder.draft, claim.block, 'expectation', () => `repetition of step ${step.id}`);
  return made;
}

function readingOf(claim: ClaimDraft, names: ReturnType<typeof namesOf>): ReturnType<typeof compileClaim> {
  if (claim.claim) {
    const unknown = namesIn(claim.claim).filter((name) => names.resolve(name) === undefined);
    return unknown.length > 0 ? { kind: 'unknown-name', names: unknown } : { kind: 'claims', claims: [claim.claim] };
  }
  if (claim.source !== undefined) return compileClaim(claim.source, names);
  if (claim.opposite === undefined) return compileClaim(claim.text.replace(/:$/, ''), names);
  const opposite = oppositeOf(claim.text);
  return opposite === undefined ? { kind: 'none' } : compileClaim(opposite, names);
}

/** An expectation may stand above the command that it is about, where its section has just one. */
function onlyStepOf(binder: Binder, claim: ClaimDraft): readonly StepDraft[] {
  const own = binder.draft.steps.filter((step) => step.section === claim.section && isExecuted(step));
  return own.length === 1 ? own : [];
}

/** A claim of the addendum, for a given step (or the step that supplies its names). `text` is the plan's own words for it. */
export function attachText(
  binder: Binder,
  claim: PlacedText,
  step: StepDraft | undefined,
  origin: ExpectationDraft['origin'],
  text: string | undefined,
  inputs: readonly string[],
): readonly ExpectationDraft[] {
  const late = eventuallyIn(claim.text);
  if (late) {
    const made = attachText(binder, { ...claim, text: late.claim }, step, origin, text ?? claim.text, inputs);
    for (const expectation of made) repeatAt(binder, expectation.step, late.repetition, claim.span, 'step');
    return made;
  }
  const names = namesOf(binder, inputs, step ? [step] : []);
  const reading = compileClaim(claim.text, names);
  if (reading.kind !== 'claims') {
    binder.diagnostics.push(...unreadDiagnostics(claim.text, claim.span, reading, names.all));
    return [];
  }
  return reading.claims.flatMap((compiled) => {
    const target =
      step &&
      (namesIn(compiled).length === 0 || namesIn(compiled).every((name) => suppliersOf(binder, name).includes(step) || suppliersOf(binder, name).length === 0))
        ? step
        : (latest(
            namesIn(compiled)
              .map((name) => suppliersOf(binder, name).findLast(({ role }) => role !== 'teardown') ?? suppliersOf(binder, name).at(-1))
              .filter((found) => found !== undefined),
          ) ?? step);
    return target
      ? [expectOnce(target, { text: text ?? claim.text, span: text === undefined ? claim.span : span(binder, target), claim: compiled, origin })]
      : [];
  });
}

/** The step whose evidence a claim is about: near the claim first, then the last before it. */
function stepOf(binder: Binder, claim: Claim, near: ClaimDraft): StepDraft | undefined {
  const names = namesIn(claim);
  if (names.length > 0) {
    const own = new Set(near.steps);
    const steps = names.flatMap((name) => {
      // What is cleaned up behind a step does not show what that step did.
      const suppliers = suppliersOf(binder, name).filter((step) => step.role !== 'teardown' || own.has(step) || near.section.teardown === true);
      const found = suppliers.findLast((step) => own.has(step)) ?? suppliers.findLast((step) => step.start < near.start) ?? suppliers[0];
      return found ? [found] : [];
    });
    return latest(steps) ?? near.steps.at(-1);
  }
  if (claim.kind === 'rows') return rowsStep(near.steps, claim.noun);
  const able = near.steps.filter((step) => canShow(step, claim.kind));
  // What a query is said to print is not what a command before it printed.
  if (speaksOfOutput(claim) && near.steps.at(-1)?.kind === 'sql-assert') return undefined;
  return near.far && able.length > 1 ? undefined : able.at(-1);
}

function speaksOfOutput(claim: Claim): boolean {
  return claim.kind === 'output' || claim.kind === 'output-empty' || claim.kind === 'output-lines' || claim.kind === 'http-status';
}

/** Can the evidence of such a step hold what such a claim is about? */
function canShow(step: StepDraft, kind: Claim['kind']): boolean {
  switch (kind) {
    case 'found':
    case 'match-count':
      return step.kind === 'rg-check';
    case 'sql-fails':
      return step.sql !== undefined;
    case 'tests-pass':
      return step.testRunner !== undefined;
    case 'duration':
      return true;
    case 'http-status':
      return step.kind === 'shell';
    default:
      return step.kind !== 'sql-assert';
  }
}

/** "1 trace row": the query whose table's name holds the noun's words. */
export function rowsStep(steps: readonly StepDraft[], noun: string): StepDraft | undefined {
  const reading = steps.filter((step) => step.sql?.mode === 'read');
  const queries = reading.filter((step) => !step.sql?.oneRow);
  const words = wordsOf(noun);
  // "no rows" right below a count speaks of that count, wrongly; it says nothing of the query before.
  const last = reading.at(-1);
  if (words.length === 0 && last?.sql?.oneRow) return last;
  const named = queries.filter((step) => step.sql?.relations.some((relation) => words.length > 0 && words.every((word) => wordsOf(relation).includes(word))));
  if (named.length > 0 || words.length === 0) return named.at(0) ?? queries.at(-1);
  // The only query is meant where its text knows at least one of the words; else the claim may be about something else.
  const [only] = queries;
  return only && queries.length === 1 && words.some((word) => wordsOf(only.text).includes(word)) ? only : undefined;
}

/** Words of a noun or a table's name, in the singular. */
export function wordsOf(text: string): readonly string[] {
  return fold(text)
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !/^(the|a|an|for|of|db|postgres|postgresql|database|new)$/.test(word))
    .map((word) => (word.length > 3 ? word.replace(/ies$/, 'y').replace(/(?<=[^s])s$/, '') : word));
}

export function namesIn(claim: Claim): readonly string[] {
  switch (claim.kind) {
    case 'compare':
      return [claim.left, claim.right].flatMap((side) => (side.kind === 'name' ? [side.name] : []));
    case 'member':
    case 'null':
    case 'each-row':
    case 'unique':
    case 'fresh':
      return [claim.name];
    case 'hash-chain':
      return [claim.root];
    default:
      return [];
  }
}

/** The values that a comparison or a membership names. */
export function literalsIn(claim: Claim): readonly string[] {
  if (claim.kind === 'compare') return [claim.left, claim.right].flatMap((side) => (side.kind === 'literal' ? [side.value.text ?? ''] : []));
  return claim.kind === 'member' ? claim.values.map((value) => value.text ?? '') : [];
}

/** The step that stands last in the document among these. */
export function latest(steps: readonly StepDraft[]): StepDraft | undefined {
  return steps.reduce<StepDraft | undefined>((last, step) => (last === undefined || step.start >= last.start ? step : last), undefined);
}

function stepNear(binder: Binder, at: string, atSpan: PlacedText['span']): StepDraft | undefined {
  const places = binder.quotations.find(at);
  const inside = binder.draft.steps.filter((step) => places.some((place) => place.start < step.end && step.start < place.end));
  if (inside.length === 1) return inside[0];
  const captured = binder.draft.captures.filter((capture) => places.some((place) => place.start < capture.end && capture.start < place.end));
  if (captured.length === 1) return captured[0]?.step;
  if (places.length === 0) oneOf(binder, { text: at, span: atSpan }, [], 'step');
  const before = binder.draft.steps.filter((step) => places.length === 1 && step.start <= (places[0]?.start ?? 0));
  return before.at(-1);
}
