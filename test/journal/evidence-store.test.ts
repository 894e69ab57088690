import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDigest, readEvidence, verifyEvidence } from '../../src/journal/evidence-store.ts';
import { evidencePath } from '../../src/model/journal-entry.ts';
import { scratch } from './scratch.ts';

function stored(content: string | Buffer): { readonly folder: string; readonly sha256: string; readonly path: string } {
  const folder = scratch();
  const sha256 = createHash('sha256').update(content).digest('hex');
  mkdirSync(join(folder, 'evidence', 'sha256'), { recursive: true });
  writeFileSync(join(folder, evidencePath(sha256)), content);
  return { folder, sha256, path: join(folder, evidencePath(sha256)) };
}

describe('evidence', () => {
  test('is given out only when it is what its name says', async () => {
    const { folder, sha256, path } = stored('Run ID: 7\n');
    expect(await verifyEvidence(folder, sha256)).toBeUndefined();
    expect(await readEvidence(folder, sha256)).toEqual({ value: { bytes: Buffer.from('Run ID: 7\n'), whole: true }, diagnostics: [] });
    writeFileSync(path, 'Run ID: 8\n');
    expect(await verifyEvidence(folder, sha256)).toMatchObject({ code: 'journal/evidence-changed' });
    expect(await readEvidence(folder, sha256)).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/evidence-changed' }] });
  });

  test('of any size is checked whole and given out as far as asked for', async () => {
    const { folder, sha256, path } = stored(Buffer.alloc(5 << 20, 'x'));
    const read = await readEvidence(folder, sha256, 100);
    expect(read.value).toEqual({ bytes: Buffer.alloc(100, 'x'), whole: false });
    truncateSync(path, (5 << 20) - 1);
    expect((await readEvidence(folder, sha256, 100)).value).toBeUndefined();
  });

  test('that is not there, or whose digest is none', async () => {
    const { folder } = stored('x');
    for (const digest of ['0'.repeat(64), '../../journal.jsonl', ''])
      expect(await verifyEvidence(folder, digest)).toMatchObject({ code: 'journal/evidence-missing' });
  });

  test('is a regular file: no link, folder or named pipe, which would wait for ever', async () => {
    const { folder, path } = stored('x');
    symlinkSync(path, join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const name of ['link', 'pipe', 'evidence']) expect(await readDigest(join(folder, name))).toMatchObject({ kind: 'unreadable' });
    expect(await readDigest(join(folder, 'missing'))).toEqual({ kind: 'missing' });
    appendFileSync(path, 'y');
    expect(await readDigest(path)).toEqual({ kind: 'file', sha256: createHash('sha256').update('xy').digest('hex'), bytes: 2 });
  });
});
