/**
 * Each call by which a record is written, disturbed once: the execution ends in a verdict that its record bears out, or in an error that
 * says so. Here one point of each second call; `npm run soak` takes all of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFaultPreload, openScene, sceneContradictions } from './fault-scene.ts';
import type { FaultPoint } from './fault-injector.ts';
import { listPoints, renderPoint, sweepPoint } from './fault-sweep.ts';
import { chanceOf } from './seeded.ts';
import { sampled } from '../support/sampled.ts';

test('one fault for each call on each kind of file', { timeout: 180_000 }, async () => {
  const chance = chanceOf(20_260_209);
  const all = await listPoints(undefined);
  const byCall = new Map(all.map(({ file, call }) => [`${file} ${call}`, all.filter((point) => point.file === file && point.call === call)]));
  expect(byCall.size).toBeGreaterThan(40);
  for (const points of sampled([...byCall.values()], 4)) {
    const point = chance.pick(points.filter(({ fault }) => fault !== 'slow'));
    const swept = await sweepPoint(undefined, point);
    expect({ point: renderPoint(point), problems: swept.problems }).toEqual({ point: renderPoint(point), problems: [] });
    expect(swept.fired).toBe(true);
  }
});

describe('by the command line as people start it', () => {
  let remove: () => void;
  beforeAll(async () => {
    remove = await buildFaultPreload();
  });
  afterAll(() => remove());

  const mustNotice: readonly FaultPoint[] = [
    { file: 'journal', call: 'writeSync', nth: 3, fault: 'EIO' },
    { file: 'journal', call: 'writeSync', nth: 6, fault: 'short' },
    { file: 'journal', call: 'fdatasync', nth: 2, fault: 'ENOSPC' },
    { file: 'journal', call: 'writeSync', nth: 5, fault: 'lost' },
    { file: 'ledger', call: 'writeSync', nth: 1, fault: 'flipped' },
    { file: 'ledger', call: 'fsyncSync', nth: 2, fault: 'EIO' },
    { file: 'checkpoint', call: 'writeSync', nth: 1, fault: 'lost' },
    { file: 'verdict', call: 'promises.writeFile', nth: 1, fault: 'short' },
    { file: 'evidence', call: 'renameSync', nth: 2, fault: 'EIO' },
  ];
  test.each(sampled(mustNotice, 4).map((point) => [renderPoint(point), point] as const))('%s: exit 5', async (_, point) => {
    const scene = openScene();
    try {
      const end = await scene.run({ fault: point });
      expect(end.stderr).toMatch(/error\[(?:journal|engine|execute)\//);
      expect(end.exitCode).toBe(5);
      expect(sceneContradictions(scene, end)).toEqual([]);
    } finally {
      scene.close();
    }
  });

  test('a report that the disk does not take leaves the verdict alone', async () => {
    const scene = openScene();
    try {
      const end = await scene.run({ fault: { file: 'report', call: 'promises.writeFile', nth: 1, fault: 'short' } });
      expect(end).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('warning[execute/report-failed]') });
      expect(sceneContradictions(scene, end)).toEqual([]);
    } finally {
      scene.close();
    }
  });

  test('a disk that is slow is waited for', async () => {
    const scene = openScene();
    try {
      const end = await scene.run({ fault: { file: 'journal', call: 'fdatasync', nth: 2, fault: 'slow' } });
      expect(end.exitCode).toBe(0);
      expect(sceneContradictions(scene, end)).toEqual([]);
    } finally {
      scene.close();
    }
  });
});
