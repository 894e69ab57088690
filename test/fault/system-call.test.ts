import { expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import { listPoints, renderPoint, sweepPoint } from './fault-sweep.ts';

test('explore', async () => {
  const points = await listPoints(undefined);
  const out: string[] = [`${points.length} points`];
  const stride = Number(process.env['STRIDE'] ?? 1);
  let n = 0;
  for (const [i, point] of points.entries()) {
    if (i % stride !== 0) continue;
    if (point.fault === 'slow' && i % 3 !== 0) continue;
    const s = await sweepPoint(undefined, point);
    n++;
    out.push(`${renderPoint(point)}: fired ${s.fired} exit ${s.exitCode} ${s.codes.join(',')} ${s.problems.length ? 'PROBLEM ' + s.problems.join(' | ') : ''}`);
    writeFileSync('/tmp/s6/sweep.txt', out.join('\n'));
  }
  expect(n).toBeGreaterThan(0);
}, 3_000_000);
