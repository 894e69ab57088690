/** An execution that was killed, with its database: what a step has done there is neither done again nor believed without a look. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import type { Claim } from '../../src/model/claim.ts';
import type { Plan } from '../../src/model/plan.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { cutRecord, linesOf, resumptionOf } from './cut-record.ts';
import { ask, createSample, environmentFor, execute, pgScript, type Executed, type Sample } from './run-sample.ts';
import { capture, exitsWithZero, plan, policy, shell, spanAt, sql } from './sample-plan.ts';

let server: TestServer;
let sample: Sample;
beforeAll(async () => {
  server = await startTestServer();
  await ask(server.owner, 'CREATE TABLE runs (id text PRIMARY KEY)');
});
afterAll(() => server.close());
beforeEach(async () => {
  sample = await createSample();
  await ask(server.owner, 'TRUNCATE runs');
});
afterEach(() => sample.close());

const fresh: Claim = { kind: 'fresh', name: 'run_id', relation: 'runs', column: 'id' };
const probe = { sql: 'SELECT 1 FROM runs', parameters: [], span: spanAt(60) };

/** The production path writes a row, and a later step says that it was not there before. */
function writing(doneWhen = false): Plan {
  const write = shell('1.1', `node ${pgScript} "insert into runs values ('r1')" && echo 'run_id: r1'`, {
    capability: 'production',
    captures: [capture('run_id')],
  });
  const steps = [
    { ...write, once: true, ...(doneWhen ? { doneWhen: probe } : {}) },
    sql('2.1', 'SELECT id FROM runs', { claims: [{ kind: 'rows', bound: 'exactly', count: 1, noun: 'row' }, fresh] }),
  ];
  return plan(steps, { policies: [policy('P1', { kind: 'no-manual-writes', tables: ['runs'], writer: '1.1' })], protectedTables: ['runs'] });
}

async function wholeOf(steps: Plan): Promise<Executed> {
  const whole = await execute(sample, steps, environmentFor(sample, server.owner));
  expect(whole.end).toMatchObject({ verdict: 'passed' });
  return whole;
}

async function resume(whole: Executed, steps: Plan, isLast: (line: string) => boolean, answers?: Parameters<typeof resumptionOf>[1]): Promise<Executed> {
  const out = join(sample.workspace, '..', 'cut');
  const folder = cutRecord(whole.folder, out, { lines: linesOf(whole.folder).findIndex(isLast) + 1 });
  return execute({ ...sample, out }, steps, environmentFor(sample, server.owner), { resume: await resumptionOf(folder, answers) });
}

const isKind = (kind: string) => (line: string) => line.includes(`"kind":"${kind}"`);

describe('cut after the production path', () => {
  it('what it wrote is not written again, and that it was fresh is known from the record', async () => {
    const whole = await wholeOf(writing());
    const again = await resume(whole, writing(), isKind('step-ended'));
    expect(again.end).toMatchObject({ verdict: 'passed', exitCode: 0 });
    expect(again.steps).toEqual(['2.1: completed passed']);
    expect(await ask(server.owner, 'SELECT count(*)::int AS n FROM runs')).toEqual([{ n: 1 }]);
    expect(await again.audit()).toEqual([]);
  });
  it.each([
    ['a row was added', "INSERT INTO runs VALUES ('by hand')", "DELETE FROM runs WHERE id = 'by hand'"],
    ['a row was changed', "UPDATE runs SET id = 'r2'", "UPDATE runs SET id = 'r1'"],
    ['all rows were removed', 'DELETE FROM runs', "INSERT INTO runs VALUES ('r1')"],
    ['the schema was changed', 'ALTER TABLE runs ADD COLUMN note text', 'ALTER TABLE runs DROP COLUMN note'],
    [
      'a trigger was put there',
      'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER t BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION f()',
      'DROP TRIGGER t ON runs; DROP FUNCTION f()',
    ],
  ])('while nothing was executed, %s: nobody goes on', async (_, change, back) => {
    const whole = await wholeOf(writing());
    await ask(server.owner, change);
    const again = await resume(whole, writing(), isKind('step-ended'));
    expect(again.end).toMatchObject({ opened: false, exitCode: 5, reason: expect.stringContaining('the database is not as the last step left it') });
    await ask(server.owner, back);
  });
});

describe('cut in the middle of the production path', () => {
  it('is in doubt, whatever a person says against the rows', async () => {
    const whole = await wholeOf(writing());
    for (const answers of [undefined, { done: [], notDone: ['1.1'], by: 'Ada' }]) {
      const again = await resume(whole, writing(), isKind('step-started'), answers);
      expect(again.end).toMatchObject({ verdict: 'error', exitCode: 5, reason: expect.stringContaining('in doubt') });
      expect(await again.audit()).toEqual([]);
    }
    expect(await ask(server.owner, 'SELECT count(*)::int AS n FROM runs')).toEqual([{ n: 1 }]);
  });
  it('its own query finds the row: done, and what it showed is lost', async () => {
    const again = await resume(await wholeOf(writing(true)), writing(true), isKind('step-started'));
    expect(again.of('step-ended')[0]).toMatchObject({ outcome: 'in doubt', cut: { so: 'done' } });
    expect(again.end).toMatchObject({ verdict: expect.stringMatching(/unproven|failed/) });
    expect(await ask(server.owner, 'SELECT count(*)::int AS n FROM runs')).toEqual([{ n: 1 }]);
  });
  it('its own query finds nothing, and nothing changed: it is attempted again, and passes', async () => {
    const whole = await wholeOf(writing(true));
    await ask(server.owner, 'TRUNCATE runs');
    const again = await resume(whole, writing(true), isKind('step-started'));
    expect(again.end).toMatchObject({ verdict: 'passed' });
    expect(await ask(server.owner, 'SELECT count(*)::int AS n FROM runs')).toEqual([{ n: 1 }]);
    expect(again.of('step-ended').map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
  });
  it('a step that only reads is attempted again', async () => {
    const reading = plan([shell('1.1', `node ${pgScript} "select 1"`, { claims: [exitsWithZero] })]);
    const again = await resume(await wholeOf(reading), reading, isKind('step-started'));
    expect(again.end).toMatchObject({ verdict: 'passed' });
  });
});
