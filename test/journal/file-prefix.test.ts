import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasPrefix, readPrefix } from '../../src/journal/file-prefix.ts';
import { scratch } from './scratch.ts';

test.each([0, 1, 1_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])('a file of %d bytes may grow, and nothing else', (bytes) => {
  const path = join(scratch(), 'file');
  writeFileSync(path, Buffer.alloc(bytes, 7));
  const prefix = readPrefix(path);
  expect(prefix.bytes).toBe(bytes);
  expect(hasPrefix(path, prefix)).toBe(true);
  appendFileSync(path, 'more');
  expect(hasPrefix(path, prefix)).toBe(true);
  if (bytes === 0) return;
  truncateSync(path, bytes - 1);
  expect(hasPrefix(path, prefix)).toBe(false);
  appendFileSync(path, Buffer.alloc(1, 8));
  expect(hasPrefix(path, prefix)).toBe(false);
});

test('what is gone, a folder or a link does not begin with it', () => {
  const folder = scratch();
  const path = join(folder, 'file');
  writeFileSync(path, 'text');
  const prefix = readPrefix(path);
  rmSync(path);
  expect(hasPrefix(path, prefix)).toBe(false);
  writeFileSync(join(folder, 'other'), 'text');
  symlinkSync('other', path);
  expect(hasPrefix(path, prefix)).toBe(false);
  rmSync(path);
  mkdirSync(path);
  expect(hasPrefix(path, prefix)).toBe(false);
});
