/** Attempts after the first, and steps that clean up: only where the plan says so, all kept, and nothing of it lifts a verdict. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inReverseSections } from '../../src/execute/execute-sequence.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Repetition, Step } from '../../src/model/step.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { cutRecord, linesOf, resumptionOf } from './cut-record.ts';
import { ask, createSample, environmentFor, execute, pgScript, type Sample } from './run-sample.ts';
import { capture, exitsWithZero, plan, policy, search, shell, spanAt } from './sample-plan.ts';

let sample: Sample;
beforeEach(async () => {
  sample = await createSample();
});
afterEach(() => sample.close());

const outside = (name: string): string => join(sample.workspace, '..', name);
const marked = (): readonly string[] => (existsSync(outside('marks')) ? readFileSync(outside('marks'), 'utf8').split('\n').filter(Boolean) : []);
const mark = (text: string): string => `echo '${text}' >> '${outside('marks')}'`;

function repeated(step: Step, repeat: Partial<Repetition> = {}): Step {
  return { ...step, repeat: { kind: 'retry', attempts: 3, withinMs: 60_000, pauseMs: 0, span: spanAt(50), ...repeat } };
}

/** Fails until it was attempted `times` times. */
const until = (times: number, more = ''): string =>
  `${mark('x')}; echo "tries: $(wc -l < '${outside('marks')}')"; ${more} test $(wc -l < '${outside('marks')}') -ge ${times}`;

describe('a step that the plan repeats', () => {
  it('passes on the attempt that holds; every attempt is kept, and that it took several is told', async () => {
    const step = repeated(shell('1.1', until(3), { captures: [capture('tries', { type: 'integer' })] }));
    const done = await execute(sample, plan([step]), undefined);
    expect(done.end).toMatchObject({ verdict: 'passed', exitCode: 0 });
    expect(done.of('step-ended').map(({ attempt, verdict, again }) => [attempt, verdict, again])).toEqual([
      [1, 'failed', true],
      [2, 'failed', true],
      [3, 'passed', undefined],
    ]);
    expect(done.end.diagnostics).toMatchObject([{ code: 'execute/repeated', severity: 'warning', message: 'step 1.1 passed on attempt 3' }]);
    // The names of attempts that failed hold for nothing.
    expect(await done.verdictFile()).toMatchObject({
      steps: [{ attempts: 3, verdict: 'passed' }],
      captures: { tries: { value: '3' } },
      expectations: [{ verdict: 'passed' }],
    });
    expect(await done.audit()).toEqual([]);
    expect(done.verifyByPython()).toContain(': ok ');
  });
  it('without a word of the plan there is one attempt', async () => {
    expect((await execute(sample, plan([shell('1.1', until(2))]), undefined)).end).toMatchObject({ verdict: 'failed' });
    expect(marked()).toEqual(['x']);
  });
  it.each<readonly [string, Partial<Repetition>, string, number]>([
    ['all attempts are used', { attempts: 2 }, 'the plan asks for no more', 2],
    ['the time is over', { kind: 'eventually', withinMs: 1, pauseMs: 5 }, 'the time that the plan gives them is over', 1],
    [
      'it is in vain',
      { giveUpWhen: { text: 'exit code is 3', span: spanAt(51), claim: { kind: 'exit-code', code: 3 } } },
      'what the plan calls in vain showed',
      1,
    ],
  ])('fails when %s', async (_, repeat, note, attempts) => {
    const done = await execute(sample, plan([repeated(shell('1.1', `${mark('x')}; exit 3`), repeat), shell('2.1', mark('later'))]), undefined);
    expect(done.end).toMatchObject({ verdict: 'failed', exitCode: 1 });
    expect(marked()).toEqual(Array(attempts).fill('x'));
    expect(done.end.diagnostics.find(({ code }) => code === 'execute/repeated')).toMatchObject({ notes: expect.arrayContaining([note]) });
    expect(done.notRun).toEqual(['2.1']);
  });
  it('ends with the execution: no attempt after a signal, also in a pause', async () => {
    const ending = new AbortController();
    const step = repeated(shell('1.1', `${mark('x')}; exit 1`), { attempts: 1000, pauseMs: 30_000 });
    const onEvent = ({ kind }: { readonly kind: string }): void => {
      if (kind === 'step-ended') setTimeout(() => ending.abort('SIGINT'), 50);
    };
    const done = await execute(sample, plan([step]), undefined, { signal: ending.signal, onEvent });
    expect(done.end).toMatchObject({ verdict: 'error', exitCode: 130 });
    expect(marked()).toEqual(['x']);
  });
  it('goes on counting when the runner was killed between two attempts', async () => {
    const steps = plan([repeated(shell('1.1', until(99)), { attempts: 3 })]);
    const whole = await execute(sample, steps, undefined);
    const lines = linesOf(whole.folder).findIndex((line) => line.includes('"kind":"step-ended"')) + 1;
    const folder = cutRecord(whole.folder, outside('cut'), { lines });
    const again = await execute({ ...sample, out: outside('cut') }, steps, undefined, { resume: await resumptionOf(folder) });
    expect(again.end).toMatchObject({ verdict: 'failed' });
    expect(again.of('step-ended').map(({ attempt }) => attempt)).toEqual([2, 3]);
    expect(await again.audit()).toEqual([]);
  });
});

describe('a refusal is never tried again', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await ask(server.owner, 'CREATE TABLE runs (id text)');
  });
  afterAll(() => server.close());
  it('whatever the plan says', async () => {
    const step = repeated(shell('1.1', `${mark('x')}; node ${pgScript} "insert into runs values ('by hand')"`));
    const guarded = { policies: [policy('P1', { kind: 'no-manual-writes', tables: ['runs'] })], protectedTables: ['runs'] } as const;
    const done = await execute(sample, plan([step], guarded), environmentFor(sample, server.owner));
    expect(done.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(marked()).toEqual(['x']);
    expect(await ask(server.owner, 'SELECT * FROM runs')).toEqual([]);
  });
});

describe('with a database', () => {
  it('attempts and teardown after a failure: the runner takes none of its own questions for a stranger', async () => {
    const step = repeated(shell('1.1', until(3)), { attempts: 2 });
    const cleaning = shell('2.1', `node ${pgScript} "select 1"; ${mark('2.1')}`, { role: 'teardown' });
    const guarded = { policies: [policy('P1', { kind: 'no-manual-writes', tables: ['runs'] })], protectedTables: [] } as const;
    const done = await execute(sample, plan([step, cleaning], guarded), environmentFor(sample, 'embedded'));
    expect(done.end).toMatchObject({ verdict: 'failed', exitCode: 1 });
    expect(done.of('tripwire').filter(({ explained }) => !explained)).toEqual([]);
    expect(marked()).toEqual(['x', 'x', '2.1']);
  });
});

describe('teardown', () => {
  const teardown = (id: string, command: string): Step => shell(id, command, { role: 'teardown' });
  const withTeardown = (first: string): Plan =>
    plan([shell('1.1', first), shell('2.1', mark('2.1')), teardown('3.1', mark('3.1')), teardown('3.2', mark('3.2')), teardown('4.1', mark('4.1'))]);

  it('runs at the end, sections in reverse order, inside of a section as written', async () => {
    const done = await execute(sample, withTeardown(mark('1.1')), undefined);
    expect(done.end).toMatchObject({ verdict: 'passed' });
    expect(marked()).toEqual(['1.1', '2.1', '4.1', '3.1', '3.2']);
    expect(inReverseSections(withTeardown('').steps.slice(2)).map(({ id }) => id)).toEqual(['4.1', '3.1', '3.2']);
  });
  it('runs after a failure, and lifts no verdict', async () => {
    const done = await execute(sample, withTeardown('exit 1'), undefined);
    expect(done.end).toMatchObject({ verdict: 'failed', exitCode: 1 });
    expect(done.notRun).toEqual(['2.1']);
    expect(marked()).toEqual(['4.1', '3.1', '3.2']);
  });
  it('that fails keeps no other from running, and the execution does not pass', async () => {
    const done = await execute(sample, plan([shell('1.1', mark('1.1')), teardown('3.1', mark('3.1')), teardown('4.1', 'exit 7')]), undefined);
    expect(done.end).toMatchObject({ verdict: 'failed' });
    expect(marked()).toEqual(['1.1', '3.1']);
  });
  it('runs after the first signal', async () => {
    const ending = new AbortController();
    const onEvent = ({ kind }: { readonly kind: string }): void => {
      if (kind === 'step-started') setTimeout(() => ending.abort('SIGTERM'), 100);
    };
    const done = await execute(sample, withTeardown('sleep 30'), undefined, { signal: ending.signal, onEvent });
    expect(done.end).toMatchObject({ verdict: 'error', exitCode: 143 });
    expect(marked()).toEqual(['4.1', '3.1', '3.2']);
    expect(await done.audit()).toEqual([]);
  });
  it('has nothing to clean up where nothing was executed', async () => {
    const blocked = { ...search('0.1', ['missing'], ['.'], [{ kind: 'found', quantity: 'each' }]), role: 'precondition' } as Step;
    const done = await execute(sample, plan([blocked, shell('1.1', mark('1.1'), { claims: [exitsWithZero] }), teardown('3.1', mark('3.1'))]), undefined);
    expect(done.end).toMatchObject({ verdict: 'unproven', exitCode: 4 });
    expect(marked()).toEqual([]);
    expect(done.notRun).toEqual(['1.1', '3.1']);
  });
  it('is done once, also when the execution was cut in the middle of it', async () => {
    const whole = await execute(sample, withTeardown(mark('1.1')), undefined);
    const lines = linesOf(whole.folder).findIndex((line) => line.includes('"kind":"step-ended"') && line.includes('"step":"4.1"')) + 1;
    const folder = cutRecord(whole.folder, outside('cut'), { lines });
    const again = await execute({ ...sample, out: outside('cut') }, withTeardown(mark('1.1')), undefined, { resume: await resumptionOf(folder) });
    expect(again.end).toMatchObject({ verdict: 'passed' });
    expect(marked().slice(5)).toEqual(['3.1', '3.2']);
  });
});
