/**
 * An execution whose process was killed. Each step writes a line into a file outside of the workspace, so that what was done twice
 * shows, whatever the record says.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { ExecuteOptions } from '../../src/execute/execution-option.ts';
import type { Claim } from '../../src/model/claim.ts';
import { readBegunJournal } from '../../src/journal/journal-begun.ts';
import { holdLock } from '../../src/journal/ledger-lock.ts';
import type { Plan } from '../../src/model/plan.ts';
import { cutRecord, linesOf, resumptionOf, stateOf, type Cut } from './cut-record.ts';
import { createSample, environmentFor, execute, type Executed, type Sample } from './run-sample.ts';
import { capture, exitsWithZero, plan, shell } from './sample-plan.ts';

let sample: Sample;
beforeEach(async () => {
  sample = await createSample();
});
afterEach(() => sample.close());

const marks = (): string => join(sample.workspace, '..', 'marks');
const marked = (): readonly string[] => (existsSync(marks()) ? readFileSync(marks(), 'utf8').split('\n').filter(Boolean) : []);

const seven = { kind: 'literal', value: { type: 'integer', text: '7' } } as const;
const holdsSeven: Claim = { kind: 'compare', left: { kind: 'name', name: 'number' }, operator: '==', right: seven };

/** Three steps, of which the second may be done only once; the third needs a value of the first. */
function threeSteps(): Plan {
  return plan([
    shell('1.1', `echo 1.1 >> '${marks()}'; echo "number: 7"`, { captures: [capture('number', { type: 'integer' })] }),
    { ...shell('2.1', `echo 2.1 >> '${marks()}'; echo two`), once: true },
    shell('3.1', `echo 3.1 >> '${marks()}'`, { claims: [exitsWithZero, holdsSeven] }),
  ]);
}

const away = (): string => join(sample.workspace, '..', 'cut');

async function resumed(
  whole: Executed,
  cut: Cut,
  sampled: Plan,
  options: Partial<ExecuteOptions> = {},
  answers?: Parameters<typeof resumptionOf>[1],
): Promise<Executed> {
  const folder = cutRecord(whole.folder, away(), cut);
  const resume = await resumptionOf(folder, answers);
  return execute({ ...sample, out: away() }, sampled, undefined, { ...options, resume });
}

describe('cut at every entry of its journal', () => {
  test('it comes to the same verdict or to in doubt; nothing is done twice that may be done once; the record is whole', async () => {
    const whole = await execute(sample, threeSteps(), undefined);
    expect(whole.end).toMatchObject({ verdict: 'passed' });
    const lines = linesOf(whole.folder);
    const kinds = lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
    const verdicts: string[] = [];
    for (let count = 1; count < lines.length; count += 1) {
      rmSync(marks(), { force: true });
      // Half a line behind it, every other time.
      const torn = count % 2 === 0 ? (lines[count] ?? '').slice(0, 1 + count * 7) : '';
      const again = await resumed(
        whole,
        { lines: count, torn, keep: kinds[count - 1] === 'files' || kinds[count] === 'closed' ? ['verdict.json', 'report.md'] : [] },
        threeSteps(),
      );
      expect(again.end.opened, `${count} lines: ${again.end.reason}`).toBe(true);
      const done = kinds.slice(0, count);
      const ended = done.filter((kind) => kind === 'step-ended').length;
      const started = done.filter((kind) => kind === 'step-started').length;
      const inDoubt = started === 2 && ended === 1;
      verdicts.push(again.end.verdict);
      expect([count, again.end.verdict]).toEqual([count, inDoubt ? 'error' : 'passed']);
      expect(await again.audit(), `${count} lines`).toEqual([]);
      expect(again.verifyByPython(), `${count} lines`).toContain(': ok ');
      // What was ended before is not done again; 2.1 never a second time.
      expect(marked(), `${count} lines`).toEqual(inDoubt ? [] : ['1.1', '2.1', '3.1'].slice(ended));
      const file = (await again.verdictFile()) as { readonly verdict: string; readonly captures: object };
      expect(file).toMatchObject({ verdict: inDoubt ? 'error' : 'passed', captures: { number: { value: '7' } } });
    }
    expect(new Set(verdicts)).toEqual(new Set(['passed', 'error']));
  });

  test('closed, and killed before the checkpoint or the ledger: only these are written', async () => {
    const whole = await execute(sample, threeSteps(), undefined);
    const lines = linesOf(whole.folder).length;
    for (const keep of [[], ['checkpoint']] as const) {
      const again = await resumed(whole, { lines, keep: ['verdict.json', ...keep] }, threeSteps());
      expect(again.end).toMatchObject({ verdict: 'passed', exitCode: 0 });
      expect(linesOf(again.folder)).toHaveLength(lines);
      expect(await again.audit()).toEqual([]);
    }
  });

  test('cut again and again: each resumption is in the record, and attempts are counted', async () => {
    const whole = await execute(sample, plan([shell('1.1', `echo 1.1 >> '${marks()}'`), shell('2.1', 'true')]), undefined);
    const started = linesOf(whole.folder).findIndex((line) => line.includes('"kind":"step-started"')) + 1;
    let last = whole;
    let lines = started;
    for (const attempt of [2, 3]) {
      last = await resumed(last, { lines }, plan([shell('1.1', `echo 1.1 >> '${marks()}'`), shell('2.1', 'true')]));
      expect(last.end).toMatchObject({ verdict: 'passed' });
      const all = linesOf(last.folder);
      lines = all.findLastIndex((line) => line.includes('"kind":"step-started"') && line.includes('"step":"1.1"')) + 1;
      expect(all[lines - 1]).toContain(`"attempt":${attempt}`);
      // `away` is where it stands, and is made anew.
      const moved = {
        ...last,
        folder: cutRecord(last.folder, join(sample.workspace, '..', `kept-${attempt}`), {
          lines: all.length,
          keep: ['verdict.json', 'checkpoint'],
          ledgerEnded: true,
        }),
      };
      last = moved;
    }
    // What has ended the runner three times is not tried a fourth time without a person's word.
    const poison = await resumed(last, { lines }, plan([shell('1.1', `echo 1.1 >> '${marks()}'`), shell('2.1', 'true')]));
    expect(poison.end).toMatchObject({ verdict: 'error', reason: expect.stringContaining('at each of 3 cuts') });
    expect(await poison.audit()).toEqual([]);
  });
});

describe('a step that may be done only once', () => {
  const cutIn = async (answers?: Parameters<typeof resumptionOf>[1]): Promise<Executed> => {
    const whole = await execute(sample, threeSteps(), undefined);
    rmSync(marks());
    const lines = linesOf(whole.folder).findIndex((line) => line.includes('"kind":"step-started"') && line.includes('"step":"2.1"')) + 1;
    return resumed(whole, { lines }, threeSteps(), {}, answers);
  };
  it('is in doubt when nobody knows', async () => {
    const { end, notRun, steps } = await cutIn();
    expect(end).toMatchObject({ verdict: 'error', exitCode: 5 });
    expect(steps).toEqual(['2.1: in doubt error']);
    expect(notRun).toEqual(['3.1']);
    expect(marked()).toEqual([]);
  });
  it('is attempted again when a named person says that it was not done', async () => {
    const again = await cutIn({ done: [], notDone: ['2.1'], by: 'Ada' });
    expect(again.end).toMatchObject({ verdict: 'passed' });
    expect(marked()).toEqual(['2.1', '3.1']);
    expect(again.of('step-ended')[0]).toMatchObject({ attempt: 1, outcome: 'interrupted', cut: { so: 'again', by: 'Ada' } });
    expect(((await again.verdictFile()) as { steps: { attempts: number }[] }).steps.map(({ attempts }) => attempts)).toEqual([1, 2, 1]);
  });
  it('is unproven when a named person says that it was done: what it showed is lost, and no pass comes of it', async () => {
    const again = await cutIn({ done: ['2.1'], notDone: [], by: 'Ada' });
    expect(again.end).toMatchObject({ verdict: 'unproven', exitCode: 4 });
    expect(marked()).toEqual(['3.1']);
  });
});

describe('what an execution rests on must be as it was', () => {
  const cutAfterFirst = async (): Promise<Cut & { readonly whole: Executed }> => {
    const whole = await execute(sample, threeSteps(), undefined);
    rmSync(marks());
    return { whole, lines: linesOf(whole.folder).findIndex((line) => line.includes('"kind":"step-ended"')) + 1 };
  };
  const refused = async (change: (plan: Plan) => Partial<ExecuteOptions> & { readonly plan?: Plan }): Promise<string> => {
    const { whole, ...cut } = await cutAfterFirst();
    const folder = cutRecord(whole.folder, away(), cut);
    const before = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
    const { plan: other = threeSteps(), ...options } = change(threeSteps());
    const again = await execute({ ...sample, out: away() }, other, undefined, { ...options, resume: await resumptionOf(folder) });
    expect(again.end).toMatchObject({ opened: false });
    expect(again.end.exitCode).toBeGreaterThan(0);
    expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toBe(before);
    expect(marked()).toEqual([]);
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    return again.end.diagnostics.map(({ message, notes = [] }) => [message, ...notes].join('; ')).join('\n');
  };
  it.each<readonly [string, RegExp, (plan: Plan) => Partial<ExecuteOptions> & { readonly plan?: Plan }]>([
    ['the plan', /the plan is not the one that was executed/, (whole) => ({ plan: { ...whole, sha256: 'a'.repeat(64) } })],
    [
      'an addendum that was not there',
      /the addendum is not the one/,
      (whole) => ({ plan: { ...whole, addendum: { path: 'a.yaml', sha256: 'b'.repeat(64) } } }),
    ],
    ['the reading of it', /read in another way/, (whole) => ({ plan: { ...whole, steps: whole.steps.slice(0, 2) } })],
    ['the tool', /another version of proofplan/, () => ({ toolVersion: '9.9.9' })],
    [
      'a value that was not given',
      /was not given at the beginning/,
      () => ({ values: [{ name: 'x', value: { type: 'text', text: 'y' }, origin: { kind: 'input', source: '--set' } }] }),
    ],
  ])('%s', async (_, message, change) => {
    expect(await refused(change)).toMatch(message);
  });
  it('the environment', async () => {
    const { whole, ...cut } = await cutAfterFirst();
    const folder = cutRecord(whole.folder, away(), cut);
    const environment = { ...environmentFor(sample, 'embedded'), path: [] };
    const again = await execute({ ...sample, out: away() }, threeSteps(), environment, { resume: await resumptionOf(folder) });
    expect(again.end).toMatchObject({ opened: false, exitCode: 5, reason: expect.stringContaining('its environment is another one') });
  });
  it('the tested source', async () => {
    writeFileSync(join(sample.workspace, 'source.py'), 'one\n');
    expect(
      await refused(() => {
        appendFileSync(join(sample.workspace, 'source.py'), 'two\n');
        return {};
      }),
    ).toMatch(/the workspace is not as it was; `source.py` was edited/);
  });
  it('the journal itself', async () => {
    const { whole, ...cut } = await cutAfterFirst();
    const folder = cutRecord(whole.folder, away(), cut);
    const path = join(folder, 'journal.jsonl');
    const good = readFileSync(path, 'utf8');
    for (const bad of [
      good.replace('"text":"7"', '"text":"8"'),
      good.replace('"verdict":"passed"', '"verdict":"failed"'),
      good.slice(0, good.lastIndexOf('\n', good.length - 2) + 1),
      good.split('\n').slice(1).join('\n'),
      'x\n',
      '',
    ]) {
      writeFileSync(path, bad);
      expect(await readBegunJournal(folder, stateOf(away()))).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/not-resumable' }] });
    }
  });
  it('a journal that somebody wrote to its end, closed and chained, is not taken for one that lacks only its checkpoint', async () => {
    const { whole, ...cut } = await cutAfterFirst();
    const folder = cutRecord(whole.folder, away(), cut);
    writeFileSync(join(folder, 'journal.jsonl'), linesOf(whole.folder).join(''));
    for (const laid of [undefined, 'checkpoint']) {
      if (laid !== undefined) writeFileSync(join(folder, laid), readFileSync(join(whole.folder, laid)));
      expect(await readBegunJournal(folder, stateOf(away()))).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/not-resumable' }] });
    }
  });
  it('evidence that was changed after the verdict was recorded: nobody closes the record as passed', async () => {
    const whole = await execute(sample, threeSteps(), undefined);
    const lines = linesOf(whole.folder).findIndex((line) => line.includes('"kind":"verdict"')) + 1;
    const folder = cutRecord(whole.folder, away(), { lines });
    const [output] = whole.of('step-ended')[1]?.outputs ?? [];
    writeFileSync(join(folder, 'evidence/sha256', output?.sha256 ?? ''), 'forged');
    const again = await execute({ ...sample, out: away() }, threeSteps(), undefined, { resume: await resumptionOf(folder) });
    expect(again.end).toMatchObject({ opened: false, exitCode: 5, diagnostics: [{ code: 'journal/evidence-changed' }] });
    expect(linesOf(folder)).toHaveLength(lines);
  });
  it('nobody else writes the record', async () => {
    const { whole, ...cut } = await cutAfterFirst();
    const folder = cutRecord(whole.folder, away(), cut);
    const held = holdLock(join(folder, 'lock'));
    const again = await execute({ ...sample, out: away() }, threeSteps(), undefined, { resume: await resumptionOf(folder) });
    expect(again.end).toMatchObject({ opened: false, exitCode: 5, diagnostics: [{ code: 'execute/still-running' }] });
    if ('release' in held) held.release();
    expect((await execute({ ...sample, out: away() }, threeSteps(), undefined, { resume: await resumptionOf(folder) })).end).toMatchObject({
      verdict: 'passed',
    });
  });
  it('a secret is given again, and is the same', async () => {
    const secret = (text: string) =>
      ({ values: [{ name: 'token', value: { type: 'text', text }, origin: { kind: 'input', source: '--set-secret' }, secret: true }] }) as const;
    const needsToken = { ...threeSteps(), inputs: [{ name: 'token', type: 'text', secret: true, uses: [] }] } as unknown as Plan;
    const whole = await execute(sample, needsToken, undefined, secret('hunter2-hunter2'));
    expect(whole.end).toMatchObject({ verdict: 'passed' });
    const lines = linesOf(whole.folder).findIndex((line) => line.includes('"kind":"step-ended"')) + 1;
    for (const [options, reason] of [
      [{}, /has to be given again/],
      [secret('another-secret'), /is another one/],
    ] as const) {
      const again = await resumed(whole, { lines }, needsToken, options);
      expect(again.end).toMatchObject({ opened: false, exitCode: 2, reason: expect.stringMatching(reason) });
    }
    expect((await resumed(whole, { lines }, needsToken, secret('hunter2-hunter2'))).end).toMatchObject({ verdict: 'passed' });
  });
});

describe('the clock', () => {
  const jumping = (backMs: number): (() => number) => {
    return () => Date.now() - (marked().length > 0 ? backMs : 0);
  };
  it('set back in the middle: the execution stops, cannot pass, and says why', async () => {
    const { end, notRun, audit } = await execute(sample, threeSteps(), undefined, { clock: jumping(3_600_000) });
    expect(end).toMatchObject({ verdict: 'error', exitCode: 5, reason: "the machine's clock was set back during the execution" });
    expect(notRun).toEqual(['2.1', '3.1']);
    expect(await audit()).toEqual([]);
  });
  it('corrected by a time server: no harm, and it is in the record', async () => {
    const { end, folder } = await execute(sample, threeSteps(), undefined, { clock: jumping(500) });
    expect(end).toMatchObject({ verdict: 'passed' });
    expect(linesOf(folder).join('')).toContain('clock-set-back');
  });
  it('set back by less than the time that a step takes: it never goes backwards, and is found all the same', async () => {
    const slow = plan([shell('1.1', `sleep 4; echo 1.1 >> '${marks()}'`), shell('2.1', 'true')]);
    const { end } = await execute(sample, slow, undefined, { clock: jumping(3_000) });
    expect(end).toMatchObject({ verdict: 'error', reason: "the machine's clock was set back during the execution" });
  });
  it('set back while nothing was executed, before a resumption', async () => {
    const whole = await execute(sample, threeSteps(), undefined);
    const lines = linesOf(whole.folder).findIndex((line) => line.includes('"kind":"step-ended"')) + 1;
    const { end } = await resumed(whole, { lines }, threeSteps(), { clock: () => Date.now() - 86_400_000 });
    expect(end).toMatchObject({ verdict: 'error', diagnostics: expect.arrayContaining([expect.objectContaining({ code: 'execute/clock-set-back' })]) });
  });
});
