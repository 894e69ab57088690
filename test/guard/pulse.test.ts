import { afterEach, describe, expect, it, vi } from 'vitest';
import { feelPulse } from '../../src/guard/pulse.ts';
import { decideSql, type SqlJudgement } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const permits: SqlJudgement = { decision: { effect: 'permit', rule: 'read', reason: 'changes nothing' }, statements: [] };

describe('feelPulse', () => {
  afterEach(() => vi.useRealTimers());

  it('is felt with the real judge, with and without a table to protect', async () => {
    const parser = createSqlParser();
    const asked: string[] = [];
    const decide = (text: string, access: Parameters<typeof decideSql>[2]['access']) => {
      asked.push(text);
      return decideSql(parser, text, { access, protectedTables: ['runs'] });
    };
    await feelPulse(decide, ['public.runs']);
    await feelPulse(decide, ['public.runs']);
    await feelPulse(decide, []);
    // Never the same text twice: a remembered answer proves nothing.
    expect(new Set(asked).size).toBe(3);
    await parser.close();
    await expect(feelPulse(decide, ['public.runs'])).rejects.toThrow('cannot read any more');
  });

  it('is not felt in a judge that lets through what it must refuse', async () => {
    await expect(feelPulse(() => Promise.resolve(permits), ['runs'])).rejects.toThrow('let through');
  });

  it('is not felt in a judge that is too slow', async () => {
    vi.useFakeTimers();
    const felt = feelPulse(() => new Promise(() => undefined), ['runs']).then(
      () => 'felt',
      (error: Error) => error.message,
    );
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await felt).toContain('did not answer within 10000 ms');
  });
});
