/** The two documents that the product exists for are kept as their authors left them, byte for byte (v4's title came damaged). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test.each([
  ['run-proof-v2.md', 'e1ad87bfaa8dc4fbe1d347d609a9c8101c5841120036edebe2d52174d401e470'],
  ['run-proof-v4.md', 'e15b018c05e14ce1d587890cd3aad6eb993d74f838209aef37ee5d59a0417039'],
])('plans/%s is unchanged', (name, sha256) => {
  const bytes = readFileSync(join(import.meta.dirname, '..', 'plans', name));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});
