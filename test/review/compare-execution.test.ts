/** Two executions beside each other, from events made by hand: each kind of difference, with its weight. */
import { describe, expect, test } from 'vitest';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { compareExecutions, renderComparison, type ExecutionComparison } from '../../src/review/compare-execution.ts';
import { sampleEvents } from '../support/sample-execution.ts';

type Edit = (event: ExecutionEvent) => ExecutionEvent | undefined;

function compare(edit: Edit): ExecutionComparison {
  const events = sampleEvents();
  const changed = events.map((event) => edit(structuredClone(event))).filter((event) => event !== undefined);
  return compareExecutions({ execution: 'a', events, unknown: 0 }, { execution: 'b', events: changed, unknown: 0 });
}

/** Changes the data of all events of a kind. */
function inKind(kind: ExecutionEvent['kind'], change: (data: Record<string, unknown>) => Record<string, unknown> | undefined): Edit {
  return (event) => {
    if (event.kind !== kind) return event;
    const data = change({ ...event.data });
    return data && ({ ...event, data } as unknown as ExecutionEvent);
  };
}

test('an execution is like itself', () => {
  expect(compare((event) => event)).toEqual({ schemaVersion: 1, a: 'a', b: 'b', samePlan: true, same: true, differences: [] });
});

describe('what makes them differ', () => {
  test.each<readonly [string, Edit, string, string]>([
    [
      'a verdict of a step',
      inKind('step-ended', (data) => ({ ...data, verdict: data['step'] === '1.2' ? 'passed' : data['verdict'] })),
      'verdict',
      'step 1.2: verdict',
    ],
    ['a step that was not run', (event) => (event.kind === 'step-ended' && event.data.step === '1.2' ? undefined : event), 'verdict', 'step 1.2: verdict'],
    ['an expectation', inKind('expectation', (data) => ({ ...data, verdict: 'passed' })), 'verdict', 'step 1.2, `m == 2`'],
    ['an expectation that is gone', (event) => (event.kind === 'expectation' && event.data.id === 'E2' ? undefined : event), 'verdict', 'step 1.2, `m == 2`'],
    ['a criterion', inKind('criterion', (data) => ({ ...data, verdict: 'passed' })), 'verdict', 'C1 It works.'],
    ['the verdict', inKind('verdict', (data) => ({ ...data, verdict: 'passed' })), 'verdict', 'verdict'],
    [
      'the strength of a policy',
      inKind('policy-enforced', (data) => ({ ...data, strength: 'DETECTED' })),
      'enforcement',
      'P1 no-manual-writes (No manual DB inserts.): strength',
    ],
    ['its canaries', inKind('policy-enforced', (data) => ({ ...data, canary: null })), 'enforcement', 'P1 no-manual-writes (No manual DB inserts.): canaries'],
    ['its refusals', inKind('policy-enforced', (data) => ({ ...data, refused: 1 })), 'verdict', 'P1 no-manual-writes (No manual DB inserts.): refused'],
    [
      'a policy that is gone',
      (event) => (event.kind === 'policy-enforced' ? undefined : event),
      'enforcement',
      'P1 no-manual-writes (No manual DB inserts.): strength',
    ],
    ['the reading of the plan', inKind('opened', (data) => ({ ...data, readingSha256: 'f'.repeat(64) })), 'plan', 'reading'],
  ])('%s', (_, edit, weight, name) => {
    const { same, samePlan, differences } = compare(edit);
    expect(same).toBe(false);
    expect(samePlan).toBe(weight !== 'plan');
    expect(differences.filter((difference) => difference.weight === weight).map((difference) => difference.name)).toContain(name);
  });
});

describe('what is only told', () => {
  test.each<readonly [string, Edit, string]>([
    ['a value', inKind('capture', (data) => ({ ...data, text: '8' })), 'run_id'],
    ['an actual value', inKind('expectation', (data) => ({ ...data, actual: 'm is 4' })), 'step 1.2, `m == 2`: actual'],
    ['the document, read the same', inKind('opened', (data) => ({ ...data, plan: { ...(data['plan'] as object), sha256: 'e'.repeat(64) } })), 'document'],
    ['the version of the tool', inKind('opened', (data) => ({ ...data, tool: { ...(data['tool'] as object), version: '9' } })), 'version'],
    ['the machine', inKind('opened', (data) => ({ ...data, host: { ...(data['host'] as object), platform: 'plan9' } })), 'platform'],
    ['the commit', inKind('opened', (data) => ({ ...data, workspace: { ...(data['workspace'] as object), commit: 'c0ffee' } })), 'commit'],
    ['a duration', inKind('step-ended', (data) => ({ ...data, durationMs: 5_000 })), 'step 1.2: milliseconds'],
  ])('%s', (_, edit, name) => {
    const comparison = compare(edit);
    expect(comparison.same).toBe(true);
    expect(comparison.differences.map((difference) => difference.name)).toContain(name);
    expect(renderComparison(comparison)).toContain(`    ${name}`);
  });

  test('a duration that hardly differs is in the data and not in the text', () => {
    const comparison = compare(inKind('step-ended', (data) => ({ ...data, durationMs: Number(data['durationMs']) + 50 })));
    expect(comparison.differences).not.toEqual([]);
    expect(renderComparison(comparison).split('\n')).toEqual(['a: a', 'b: b', '', 'both say the same: verdicts and what was enforced are alike']);
  });

  test('a second attempt', () => {
    const events = sampleEvents();
    const again = events.find((event) => event.kind === 'step-started') as ExecutionEvent;
    const { differences, same } = compareExecutions({ execution: 'a', events, unknown: 0 }, { execution: 'b', events: [...events, again], unknown: 0 });
    expect(same).toBe(true);
    expect(differences).toEqual([{ part: 'steps', name: expect.stringMatching(/^step 1\.\d: attempts$/), weight: 'fact', a: '1', b: '2' }]);
  });
});

test('no control character of a record reaches the terminal', () => {
  const comparison = compare(inKind('capture', (data) => ({ ...data, name: 'x\u001b[2J', text: '\u001b]0;passed\u0007\u202e' })));
  expect(renderComparison(comparison)).not.toMatch(/[^\n\P{Cc}]|\u202e/u);
});
