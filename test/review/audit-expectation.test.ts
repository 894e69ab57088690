/** What an auditor demands of policies: declared, and kept by a guard. */
import { describe, expect, test } from 'vitest';
import type { Journal } from '../../src/journal/journal-writer.ts';
import type { PolicyRule, PolicyScope, Strength } from '../../src/model/policy.ts';
import { digestPolicies, expectationProblem } from '../../src/review/audit-expectation.ts';
import { verifyExecution } from '../../src/review/audit-verify.ts';
import { makeSample, type Sample } from './audit-sample.ts';

interface Declared {
  readonly rule: PolicyRule;
  readonly text?: string;
  readonly scope?: PolicyScope;
  /** Absent: not judged. */
  readonly strengths: readonly Strength[];
}

const writes = { kind: 'no-manual-writes', tables: ['runs'] } as const;

function record(policies: readonly Declared[]): Promise<Sample> {
  const during = async (journal: Journal): Promise<void> => {
    for (const [index, { rule, text = 'No manual DB inserts.', scope = { kind: 'document' }, strengths }] of policies.entries()) {
      const id = `P${index + 1}`;
      await journal.record('policy-declared', { id, text, scope: { ...scope }, rule: { ...rule } });
      for (const strength of strengths) await journal.record('policy-enforced', { id, text, rule: { ...rule }, strength, by: 'gateway' });
    }
  };
  return makeSample({ during });
}

async function problems(policies: readonly Declared[], ...expectPolicies: readonly string[]): Promise<readonly string[]> {
  const findings = await verifyExecution((await record(policies)).folder, { expectPolicies });
  for (const { code } of findings) expect(code).toBe('review/unexpected-policy');
  return findings.map(({ message }) => message);
}

describe('a kind', () => {
  test.each<readonly [Strength, boolean]>([
    ['PREVENTED', true],
    ['DETECTED', true],
    ['ATTESTED', false],
    ['UNENFORCED', false],
  ])('no-manual-writes, %s', async (strength, enough) => {
    expect(await problems([{ rule: writes, strengths: [strength] }], 'no-manual-writes')).toEqual(
      enough ? [] : [`policy P1 (no-manual-writes: No manual DB inserts.) was not enforced: ${strength} by gateway`],
    );
  });

  test('that no guard can keep is attested at best', async () => {
    const rule = { kind: 'no-substitution' } as const;
    expect(await problems([{ rule, strengths: ['ATTESTED'] }], 'no-substitution')).toEqual([]);
    expect(await problems([{ rule, strengths: ['UNENFORCED'] }], 'no-substitution')).toHaveLength(1);
    expect(await problems([{ rule: { kind: 'accepted', by: 'me' }, strengths: ['UNENFORCED'] }], 'accepted')).toHaveLength(1);
  });

  test('not declared, not judged, or enforced in one place and not in another', async () => {
    expect(await problems([], 'no-ddl')).toEqual(['no policy `no-ddl` was declared; there are: none']);
    expect(await problems([{ rule: writes, strengths: [] }], 'no-manual-writes')).toEqual([expect.stringContaining('does not say how it was enforced')]);
    const both: readonly Declared[] = [
      { rule: writes, strengths: ['PREVENTED'] },
      { rule: { ...writes, tables: ['steps'] }, strengths: ['UNENFORCED'] },
    ];
    expect(await problems(both, 'no-manual-writes')).toEqual([expect.stringContaining('policy P2')]);
    // Judged twice, as a resumed execution may be: the weaker counts.
    expect(await problems([{ rule: writes, strengths: ['PREVENTED', 'UNENFORCED'] }], 'no-manual-writes')).toHaveLength(1);
    expect(await problems([{ rule: writes, strengths: ['UNENFORCED', 'PREVENTED'] }], 'no-manual-writes')).toHaveLength(1);
  });
});

test('a sentence, whatever its capitals and spaces; no part of it', async () => {
  const policies: readonly Declared[] = [{ rule: writes, strengths: ['PREVENTED'] }];
  expect(await problems(policies, 'no manual   DB inserts')).toEqual([]);
  expect(await problems(policies, 'manual DB inserts.')).toHaveLength(1);
});

describe('the digest of all', () => {
  test('fixes rules and scopes, and neither order nor wording', async () => {
    const one = { rule: writes, scope: { kind: 'document' }, text: 'a', id: 'P1' };
    const other = { rule: { kind: 'no-ddl' }, scope: { kind: 'section', section: '2' }, text: 'b', id: 'P2' };
    const digest = digestPolicies([one, other]);
    const worded = { ...other, text: 'c', id: 'P1' };
    expect(digestPolicies([worded, one])).toBe(digest);
    expect(digestPolicies([one, one, other])).toBe(digest);
    for (const different of [[one], [], [one, { ...other, scope: { kind: 'document' } }], [{ ...one, rule: { ...writes, tables: [] } }, other]])
      expect(digestPolicies(different)).not.toBe(digest);
  });

  test('each of them must have been kept, but for what its author accepted', async () => {
    const accepted = { rule: { kind: 'accepted', by: 'me' }, text: 'Be careful.', strengths: ['UNENFORCED'] } as const;
    const digest = digestPolicies([writes, accepted.rule].map((rule) => ({ rule, scope: { kind: 'document' } })));
    expect(await problems([{ rule: writes, strengths: ['DETECTED'] }, accepted], digest.toUpperCase())).toEqual([]);
    expect(await problems([{ rule: writes, strengths: ['UNENFORCED'] }, accepted], digest)).toHaveLength(1);
    expect(await problems([{ rule: writes, strengths: ['DETECTED'] }], digest)).toEqual([
      expect.stringMatching(/^the policies that were declared have digest [0-9a-f]{64}, not /),
    ]);
  });
});

test('the forms of expectations', () => {
  for (const [form, good, bad] of [
    ['digest', ['a'.repeat(64), 'A'.repeat(64)], ['', 'a'.repeat(63), `${'a'.repeat(64)}\n`, 'g'.repeat(64)]],
    ['execution', ['2026-02-09T12-00-00Z-abcdef', 'renamed'], ['', '../x', 'a/b', 'a b', '.x', 'x'.repeat(200)]],
    ['policy', ['no-ddl', 'two words', 'a'.repeat(64)], ['', 'no-dd', 'word', ' ', 'constructor']],
    [
      'verifier key',
      ['PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
      ['', 'x', 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T='],
    ],
  ] as const) {
    for (const text of good) expect(expectationProblem(form, text), text).toBeUndefined();
    for (const text of bad) expect(expectationProblem(form, text), text).toBeDefined();
  }
});
