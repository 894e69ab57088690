import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeParts } from '../../src/execute/execution-part.ts';
import { judgeCriterion, judgeTask, verdictOfWitnesses } from '../../src/execute/judge-criterion.ts';
import { judgePrecondition } from '../../src/execute/judge-precondition.ts';
import { fillReportField } from '../../src/execute/report-field.ts';
import { createBindingStore } from '../../src/execute/binding-store.ts';
import type { ReportSource, Witness } from '../../src/model/plan.ts';
import { verdictOrder, type Verdict } from '../../src/model/verdict.ts';
import { spanAt } from './sample-plan.ts';

const verdict = fc.constantFrom(...verdictOrder);
const rank = (value: Verdict): number => verdictOrder.indexOf(value);

describe('judgeParts', () => {
  it('passes nothing that is empty', () => {
    expect(judgeParts([]).verdict).toBe('unproven');
    expect(judgeParts([{ verdict: 'none', reason: '' }]).verdict).toBe('unproven');
  });

  it('never gets better by more parts, in any order', () => {
    fc.assert(
      fc.property(fc.array(verdict), fc.array(verdict), (some, more) => {
        const parts = (verdicts: readonly Verdict[]) => verdicts.map((each) => ({ verdict: each, reason: each }));
        const alone = judgeParts(parts(some));
        const both = judgeParts(parts([...more, ...some]));
        if (some.some((each) => each !== 'none')) expect(rank(both.verdict)).toBeGreaterThanOrEqual(rank(alone.verdict));
        expect(judgeParts(parts([...some, ...more])).verdict).toBe(both.verdict);
      }),
    );
  });

  it('gives the first reason of the worst', () => {
    expect(
      judgeParts([
        { verdict: 'unproven', reason: 'a' },
        { verdict: 'failed', reason: 'b' },
        { verdict: 'failed', reason: 'c' },
      ]),
    ).toEqual({ verdict: 'failed', reason: 'b' });
  });
});

describe('criteria', () => {
  const witness = (id: string): Witness => ({ kind: 'step', id });
  const criterion = (...clauses: readonly (readonly Witness[])[]) => ({
    id: 'A1',
    text: 't',
    span: spanAt(1),
    clauses: clauses.map((witnesses) => ({ text: 'c', witnesses })),
  });
  const verdicts: Readonly<Record<string, Verdict>> = { good: 'passed', bad: 'failed', vague: 'unproven', unheard: 'none', caught: 'refused' };
  const verdictOf = ({ id }: Witness): Verdict => verdicts[id] ?? 'none';
  it.each([
    ['all clauses have passing witnesses', criterion([witness('good')], [witness('good'), witness('good')]), 'passed'],
    ['a clause without a witness', criterion([witness('good')], []), 'unproven'],
    ['no clause', criterion(), 'unproven'],
    ['a witness that was not run', criterion([witness('good'), witness('unheard')]), 'unproven'],
    ['an unproven witness', criterion([witness('vague')]), 'unproven'],
    ['a failed witness', criterion([witness('good')], [witness('bad')]), 'failed'],
    ['a refused witness', criterion([witness('bad'), witness('caught')]), 'refused'],
  ] as const)('%s', (_, given, expected) => {
    expect(judgeCriterion(given, verdictOf).verdict).toBe(expected);
  });

  it('no witnesses are better than their worst', () => {
    fc.assert(
      fc.property(fc.array(verdict), (heard) => {
        expect(rank(verdictOfWitnesses(heard))).toBeGreaterThanOrEqual(Math.max(rank('passed'), ...heard.map(rank)));
      }),
    );
  });

  it('a task with claims is not attested away', () => {
    const task = { id: 'T1', text: 't', span: spanAt(1), verifiedBy: ['bad'] };
    expect(judgeTask(task, verdictOf, 'Ada').verdict).toBe('failed');
    expect(judgeTask({ ...task, verifiedBy: [] }, verdictOf, undefined).verdict).toBe('unproven');
    expect(judgeTask({ ...task, verifiedBy: [] }, verdictOf, 'Ada').verdict).toBe('passed');
  });
});

describe('judgePrecondition', () => {
  const facts = { databaseProblem: undefined, verdictOfStep: (): Verdict => 'passed' };
  const precondition = (...checks: Parameters<typeof judgePrecondition>[0]['checks']) => ({ id: 'C1', text: 't', span: spanAt(1), checks });
  it('is unproven when nothing checks it', () => {
    expect(judgePrecondition(precondition(), facts).verdict).toBe('unproven');
  });
  it.each(['failed', 'unproven', 'none', 'error', 'refused'] as const)('does not hold when its step is %s', (verdictOfIt) => {
    expect(judgePrecondition(precondition({ kind: 'step', step: '0.1' }), { ...facts, verdictOfStep: () => verdictOfIt }).verdict).toBe('unproven');
  });
  it('says which step sets another value', () => {
    const check = { kind: 'environment', variable: 'USE', value: 'true', unmetBy: [{ step: '2.1', span: spanAt(20), found: 'false' }] } as const;
    expect(judgePrecondition(precondition(check), facts).notes).toEqual(['step 2.1 (line 20) sets `USE=false`']);
  });
});

describe('fillReportField', () => {
  const names = createBindingStore([{ name: 'run_id', value: { type: 'text', text: 'r1' }, origin: { kind: 'input', source: '--set' } }]);
  names.observe({ name: 'n', value: { type: 'integer', text: '1' }, origin: { kind: 'input', source: '--set' } });
  names.observe({ name: 'n', value: { type: 'integer', text: '2' }, origin: { kind: 'input', source: 'runner' } });
  const hits = [
    { path: 'b.py', lineNumber: 1, text: 'Run(' },
    { path: 'a.py', lineNumber: 1, text: 'Run(' },
    { path: 'c.py', lineNumber: 1, text: 'class Run(' },
  ];
  const of = (id: string): readonly Witness[] => [{ kind: 'step', id }];
  const verdicts: Readonly<Record<string, Verdict>> = { good: 'passed', bad: 'failed', vague: 'unproven' };
  const fill = (source: ReportSource) =>
    fillReportField(
      { label: 'l', span: spanAt(1), hole: spanAt(2), source },
      {
        names,
        verdictOf: ({ id }) => verdicts[id] ?? 'none',
        hitsOf: (step) => (step === '1.1' ? hits : undefined),
        rowCountOf: (step) => (step === '3.1' ? 0 : undefined),
      },
    ).value;
  it.each([
    ['a name', { kind: 'name', name: 'run_id' }, 'r1'],
    ['a name that nobody supplied', { kind: 'name', name: 'nobody' }, undefined],
    ['a name in dispute', { kind: 'name', name: 'n' }, undefined],
    ['a word for a pass', { kind: 'word', of: of('good'), yes: 'pass', no: 'fail' }, 'pass'],
    ['a word for a failure', { kind: 'word', of: of('bad'), yes: 'pass', no: 'fail' }, 'fail'],
    ['no word for what is unproven', { kind: 'word', of: of('vague'), yes: 'pass', no: 'fail' }, undefined],
    ['no word without witnesses', { kind: 'word', of: [], yes: 'pass', no: 'fail' }, undefined],
    ['files', { kind: 'files', step: '1.1', except: 'class ' }, 'a.py, b.py'],
    ['files of a search that was not run', { kind: 'files', step: '9.9' }, undefined],
    ['a count of 0 rows', { kind: 'row-count', step: '3.1' }, '0'],
    ['a count of no query', { kind: 'row-count', step: '9.9' }, undefined],
    ['nothing', { kind: 'none' }, undefined],
  ] as const)('%s', (_, source, value) => {
    expect(fill(source)).toBe(value);
  });
});
