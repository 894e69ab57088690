import { describe, expect, test } from 'vitest';
import { phrasesOf } from '../../src/compile/reading.ts';
import { compileLabel } from '../../src/compile/label.ts';
import { compileHeading } from '../../src/compile/section.ts';

describe('headings by meaning', () => {
  test.each([
    ['0. Scope and Preconditions', '0', 'preconditions'],
    ['0. Non\u2011Negotiables', '0', 'policy'],
    ['Prerequisites', undefined, 'preconditions'],
    ['1. Design Fixes (Required Before Testing)', '1', 'tasks'],
    ['1. Static Verification (No Execution Yet)', '1', 'search'],
    ['2. Customer CLI Run (Production Path)', '2', 'steps'],
    ['Section 3: Deploy', '3', 'steps'],
    ['6. Acceptance Criteria', '6', 'criteria'],
    ['Pass/Fail Criteria', undefined, 'criteria'],
    ['7. Output Report Template (Fill In)', '7', 'report'],
    ['Appendix B: Acceptance Criteria of v1', undefined, 'reference'],
    ['Rollback Procedure', undefined, 'reference'],
    ['Background', undefined, 'narrative'],
    ['Smoke', undefined, 'steps'],
    ['3b. Pause', '3b', 'steps'],
    ['5G rollout', undefined, 'steps'],
  ])('%s', (text, number, meaning) => expect(compileHeading(text)).toMatchObject({ number, meaning }));

  test('words in brackets are kept', () => expect(compileHeading('3. Verify (DB Read\u2011Only)').brackets).toEqual(['db read-only']));
});

test.each([
  ['Expected', 'expectation'],
  ['Expected result', 'expectation'],
  ['Record', 'capture'],
  ['Acceptance for Fix A', 'acceptance'],
  ['Required Fix (No Workaround)', 'tasks'],
  ['Verification step', 'command'],
  ['File checks', 'search'],
  ['Steps exist', 'title'],
])('label %s', (text, meaning) => expect(compileLabel(text)).toBe(meaning));

describe('policy sentences', () => {
  test.each([
    ['No manual DB inserts.', ['no-manual-writes']],
    ['Never write to the database by hand', ['no-manual-writes']],
    ['Do not insert into `runs` directly.', ['no-manual-writes']],
    ['You must not seed rows manually', ['no-manual-writes']],
    ['No SQLite fallback.', ['no-sqlite-fallback']],
    ['Do not use `SQLiteTraceStore` or local trace files.', ['no-sqlite-fallback']],
    ['Stop on failure and report evidence.', ['stop-on-failure']],
    ['Abort at the first error', ['stop-on-failure']],
    ['Fix the default before attempting any test run.', ['order']],
    ['No schema changes.', ['no-ddl']],
    ['No network access', ['no-network']],
    ['No workarounds', ['no-substitution']],
    ['a real run, not DB seed', ['fresh-evidence']],
  ])('%s', (text, kinds) => expect([...new Set(phrasesOf(text).map((phrase) => phrase.kind))]).toEqual(kinds));

  test.each(['The only customer is in Berlin.', 'Run this before lunch.', 'Insert the coin.', 'There is no known issue.', 'This database is large.'])(
    '%s is no policy',
    (text) => expect(phrasesOf(text)).toEqual([]),
  );
});
