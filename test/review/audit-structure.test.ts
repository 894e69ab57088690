/** Whatever value stands in whatever field of a record, both verifiers answer alike, and neither crashes. */
import { expect, test } from 'vitest';
import { verifyAll } from './audit-both.ts';
import { temporary } from './audit-sample.ts';
import { copyStructures } from './audit-structure.ts';

test('law: a value of any type in any place of a real record', async () => {
  const folders = copyStructures(200, 6, temporary());
  expect(folders.size).toBeGreaterThan(150);
  expect((await verifyAll(folders)).disagreed).toEqual([]);
});
