/** The index saves reading and decides nothing: with it, without it, or with a wrong one, a registration says the same. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRegistered, isSamePlan, ledgerPath, readLedger, registerEnd, registerExecution, type LedgerPlan } from '../../src/journal/ledger.ts';
import { execution, scratch, steadyClock } from './scratch.ts';

const plan = { path: 'plans/a.md', sha256: 'a'.repeat(64) };
const state = { entries: 3, head: 'b'.repeat(64), root: 'c'.repeat(64) };
const indexOf = (output: string): string => join(output, 'ledger-index.json');

async function register(output: string, of: LedgerPlan = plan, name = execution) {
  const { value, diagnostics } = await registerExecution({ output, execution: name, plan: of, clock: steadyClock() });
  return { attempt: value?.attempt, codes: diagnostics.map(({ code }) => code) };
}

const end = (output: string, name = execution) =>
  registerEnd({ output, execution: name, plan, clock: steadyClock(), attempt: 1, verdict: 'failed', journal: state });

/** Changes the ledger's text, its length kept or not. */
function edit(output: string, change: (text: string) => string): void {
  writeFileSync(ledgerPath(output), change(readFileSync(ledgerPath(output), 'utf8')));
}

describe('an index', () => {
  test('is what a second registration reads instead of the ledger', async () => {
    const output = scratch();
    await register(output);
    const kept = JSON.parse(readFileSync(indexOf(output), 'utf8')) as object;
    expect(kept).toMatchObject({ bytes: statSync(ledgerPath(output)).size, next: { seq: 2 }, damage: null, plans: [{ ...plan, count: 1 }] });
    expect(statSync(indexOf(output)).mode & 0o777).toBe(0o600);
    expect(await register(output)).toEqual({ attempt: 2, codes: [] });
  });

  test.each<readonly [string, (path: string) => void]>([
    ['is gone', (path) => rmSync(path)],
    ['is empty', (path) => writeFileSync(path, '')],
    ['is no JSON', (path) => writeFileSync(path, '{"v":1')],
    ['has another form', (path) => writeFileSync(path, '{"v":1,"mark":"","bytes":0,"next":null,"plans":{},"damage":null}')],
    ['is a folder', (path) => (rmSync(path), mkdirSync(path))],
    [
      'is a symbolic link',
      (path) => {
        const text = readFileSync(path, 'utf8').replace('"count":2', '"count":0');
        rmSync(path);
        writeFileSync(`${path}.there`, text);
        symlinkSync(`${path}.there`, path);
      },
    ],
    [
      'is of another ledger',
      (path) =>
        writeFileSync(
          path,
          readFileSync(path, 'utf8')
            .replace(/"mark":"\d+/, '"mark":"77')
            .replace('"count":2', '"count":0'),
        ),
    ],
  ])('that %s changes nothing', async (_, damage) => {
    const output = scratch();
    await register(output);
    await register(output);
    damage(indexOf(output));
    expect(await register(output)).toEqual({ attempt: 3, codes: [] });
    expect((await readLedger(ledgerPath(output))).problems).toEqual([]);
  });
});

describe('a ledger that somebody touches is read again', () => {
  test('an edit that keeps the size and sets the times back', async () => {
    const output = scratch();
    for (let count = 0; count < 3; count += 1) await register(output);
    const { atime, mtime } = statSync(ledgerPath(output));
    edit(output, (text) => text.replace(plan.path, 'plans/z.md').replace(plan.sha256, 'f'.repeat(64)));
    utimesSync(ledgerPath(output), atime, mtime);
    // One of three is another plan's now, and the chain says that somebody did it: each time.
    expect(await register(output)).toEqual({ attempt: 3, codes: ['journal/ledger-damaged'] });
    expect(await register(output)).toEqual({ attempt: 4, codes: ['journal/ledger-damaged'] });
  });

  test('a line that was taken out', async () => {
    const output = scratch();
    for (let count = 0; count < 3; count += 1) await register(output);
    edit(output, (text) =>
      text
        .split(/(?<=\n)/)
        .toSpliced(1, 1)
        .join(''),
    );
    expect(await register(output)).toEqual({ attempt: 3, codes: ['journal/ledger-damaged'] });
  });

  test('a line that was added without the lock', async () => {
    const output = scratch();
    await register(output);
    appendFileSync(ledgerPath(output), 'garbage\n');
    expect(await register(output)).toEqual({ attempt: 2, codes: ['journal/ledger-damaged'] });
    expect((await readLedger(ledgerPath(output))).entries.map(({ seq }) => seq)).toEqual([1, 3]);
  });

  test('a torn end is ended by the next writer, with the index as without', async () => {
    const output = scratch();
    await register(output);
    appendFileSync(ledgerPath(output), '{"attempt":2,"exec');
    expect(await register(output)).toEqual({ attempt: 2, codes: [] });
    expect(await register(output)).toEqual({ attempt: 3, codes: [] });
    expect((await readLedger(ledgerPath(output))).problems).toEqual([]);
  });

  test('a ledger that was removed, and one that was put in its place', async () => {
    const output = scratch();
    const elsewhere = scratch();
    for (let count = 0; count < 3; count += 1) await register(output);
    await register(elsewhere);
    rmSync(ledgerPath(output));
    expect(await isRegistered(output, execution)).toBe(false);
    expect((await end(output)).value).toBeUndefined();
    expect(existsSync(ledgerPath(output))).toBe(false);
    writeFileSync(ledgerPath(output), readFileSync(ledgerPath(elsewhere)));
    expect(await register(output)).toEqual({ attempt: 2, codes: [] });
  });
});

describe('looking for one execution', () => {
  test('finds it behind thousands of others, and no other that is named like it', async () => {
    const output = scratch();
    await register(output, plan, 'wanted');
    const [line = ''] = readFileSync(ledgerPath(output), 'utf8').split('\n');
    appendFileSync(ledgerPath(output), `${line.replace('"wanted"', '"another"')}\n`.repeat(2_000));
    expect(await isRegistered(output, 'wanted')).toBe(true);
    for (const name of ['want', 'wanted2', 'registered', '', '"', plan.path]) expect(await isRegistered(output, name)).toBe(false);
  });

  test('does not take a name in a plan for a registration, nor an end, nor a torn line', async () => {
    const output = scratch();
    await register(output, { path: '"execution":"wanted","kind":"registered"', sha256: 'd' }, 'first');
    expect(await isRegistered(output, 'wanted')).toBe(false);
    await register(output, plan, 'wanted');
    edit(output, (text) => text.slice(0, -1));
    expect(await isRegistered(output, 'wanted')).toBe(false);
    edit(output, (text) => `${text}\n`);
    expect(await isRegistered(output, 'wanted')).toBe(true);
    await end(output, 'wanted');
    edit(output, (text) =>
      text
        .split(/(?<=\n)/)
        .toSpliced(1, 1)
        .join(''),
    );
    expect(await isRegistered(output, 'wanted')).toBe(false);
  });
});

test('the number of an attempt is the one that counting all lines gives, whatever happens to the index between', async () => {
  const move = fc.record({
    path: fc.constantFrom('a.md', './a.md', 'b.md', 'x/../b.md'),
    sha256: fc.constantFrom('1', '2', '3'),
    before: fc.constantFrom('nothing', 'nothing', 'index lost', 'ledger touched', 'ended'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 12 }), async (moves) => {
      const output = scratch();
      for (const { path, sha256, before } of moves) {
        if (before === 'index lost') rmSync(indexOf(output), { force: true });
        if (before === 'ledger touched' && existsSync(ledgerPath(output))) utimesSync(ledgerPath(output), 1, 1);
        if (before === 'ended') await end(output);
        const { entries } = await readLedger(ledgerPath(output));
        const expected = entries.filter((entry) => entry.kind === 'registered' && isSamePlan(entry.plan, { path, sha256 })).length + 1;
        expect((await register(output, { path, sha256 })).attempt).toBe(expected);
      }
      expect((await readLedger(ledgerPath(output))).problems).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
