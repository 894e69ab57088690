/** A machine that does not give what is needed: room on the disk, size of files, descriptors, processes, memory, a clock that goes on. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, type TestContext } from 'vitest';
import { openScene, type Scene, type SceneEnd, sceneContradictions, scenePlan, waiting } from './fault-scene.ts';
import { needPrefix } from '../support/machine-need.ts';
import { sampled } from '../support/sampled.ts';

let scene: Scene;
const undo: (() => void)[] = [];
afterEach(() => {
  for (const act of undo.splice(0).toReversed()) act();
  scene.close();
});

const isRoot = process.getuid?.() === 0;

/** A small file system in memory at the output folder; only root may mount one. */
function mountAt(folder: string, options: string, context: TestContext): void {
  if (!isRoot) context.skip(`${needPrefix}the right to mount a file system (run as root)`);
  mkdirSync(folder, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'proofplan-fault', folder]).status !== 0) context.skip(`${needPrefix}a way to mount a file system`);
  undo.push(() => spawnSync('umount', ['-l', folder]));
}

/** The exit code, what is said, and that nothing contradicts it. */
function expectError(end: SceneEnd, says: RegExp): void {
  expect(end.stderr.replaceAll(/\n {10}/g, ' ')).toMatch(says);
  expect(end.exitCode).toBe(5);
  expect(sceneContradictions(scene, end)).toEqual([]);
}

describe('a full disk', () => {
  test.for([
    ['at the first output', 90, /error\[engine\/evidence-unwritable\]|error\[journal\/write-failed\]/],
    ['in the middle', 160, /error\[(?:engine\/evidence-unwritable|journal\/write-failed)\]/],
  ] as const)('%s: exit 5, and it says what to do', async ([, kilobytes, says], context) => {
    scene = openScene({ middle: 'seq 100000' });
    mountAt(scene.out, `size=${kilobytes}k`, context);
    expectError(await scene.run(), says);
    expect(scene.marked(4)).toBe(false);
  });
});

test.each(sampled([1, 8, 64], 2))('no file may have more than %d blocks of 512 bytes (a quota): exit 5', async (blocks) => {
  scene = openScene({ middle: 'seq 100000' });
  expectError(
    await scene.run({ limits: `ulimit -f ${blocks}` }),
    /error\[(?:engine\/evidence-unwritable|journal\/(?:write-failed|ledger-unusable|output-unusable))\]/,
  );
  expect(scene.marked(4)).toBe(false);
});

describe('a folder that cannot be written', () => {
  test('from the beginning: nothing is executed', async () => {
    scene = openScene();
    mkdirSync(scene.out);
    chmodSync(scene.out, 0o500);
    const limits = isRoot ? asNobody(scene) : ':';
    const end = await scene.run({ limits });
    expect(end).toMatchObject({ exitCode: 5, stderr: expect.stringMatching(/error\[journal\/output-unusable\][^]*EACCES/) });
    expect(scene.marked(1)).toBe(false);
  });

  test('from the middle on: the execution stops', async (context) => {
    scene = openScene({ middle: waiting });
    mountAt(scene.out, 'size=4m', context);
    const { ended } = scene.start();
    await scene.middle(ended);
    // A descriptor that is open for writing keeps a remount away: then the disk is made full instead.
    if (spawnSync('mount', ['-o', 'remount,ro', scene.out]).status !== 0) spawnSync('dd', ['if=/dev/zero', `of=${join(scene.out, 'filler')}`, 'bs=64k']);
    scene.go();
    const end = await ended;
    expect(end.stderr).toMatch(/error\[journal\/write-failed\][^]*(?:ENOSPC|EROFS)|error\[engine\/evidence-unwritable\]/);
    expect(end.exitCode).toBe(5);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.marked(4)).toBe(false);
  });
});

/** Of this file alone, so that no other process counts against the limits. */
const nobodysId = 100_000 + process.pid;

/** Shell text that goes on as a user without rights; the scene's folders become his. */
function asNobody({ folder, tool }: Scene, limit = '--core=0'): string {
  const uid = nobodysId;
  for (const path of [dirname(folder), dirname(tool)]) chmodSync(path, 0o755);
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))]) chownSync(path, uid, uid);
  return `[ "$(id -u)" -ne 0 ] || exec setpriv --reuid=${uid} --regid=${uid} --clear-groups prlimit ${limit} "$@"`;
}

describe('descriptors', () => {
  test.each(sampled([20, 28, 32, 36, 40, 48], 2))('at most %d open files: no pass that is not one, and a message', async (files) => {
    scene = openScene();
    const end = await scene.run({ limits: `ulimit -n ${files}` });
    expect([0, 5]).toContain(end.exitCode);
    if (end.exitCode !== 0) expect(end.stderr).toMatch(/error\[[\w/-]+\]: /);
    expect(end.stderr).not.toMatch(/mistake in proofplan/);
    expect(sceneContradictions(scene, end)).toEqual([]);
  });
});

/** The commands of a user's processes. */
function processesOf(userId: number): readonly string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'uid=,stat=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.trim().startsWith(`${userId} `) && !line.includes(' Z'));
}

describe('processes and memory', () => {
  // How many threads a Node.js starts differs from machine to machine, and so does the limit that is too small.
  test.for([18, 24])('at most %d processes and threads', async (processes, context) => {
    scene = openScene();
    if (!isRoot) context.skip(`${needPrefix}a user without other processes (run as root)`);
    const end = await scene.run({ limits: asNobody(scene, `--nproc=${processes}:${processes}`) });
    if (end.exitCode !== 0) expectError(end, /error\[engine\/cannot-start\]/);
    else expect(sceneContradictions(scene, end)).toEqual([]);
    expect(end.stderr).not.toMatch(/mistake in proofplan/);
    expect(processesOf(nobodysId)).toEqual([]);
  });

  test('a user whom the system does not know, and no HOME', async (context) => {
    scene = openScene();
    if (!isRoot) context.skip(`${needPrefix}the right to be another user (run as root)`);
    const end = await scene.run({ limits: `unset HOME XDG_CACHE_HOME; ${asNobody(scene)}` });
    expect(end).toMatchObject({ exitCode: 0 });
    expect(sceneContradictions(scene, end)).toEqual([]);
  });

  test('a child that gets no memory fails its step, and the runner lives', async () => {
    scene = openScene({ middle: "ulimit -v 200000; exec python3 -c 'bytearray(10**9)'" });
    const end = await scene.run();
    expect(end.exitCode).toBe(1);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });

  test.each(sampled(['KILL', 'SEGV', 'TERM'], 2))('a shell that is ended by SIG%s: the step fails, with the signal named', async (signal) => {
    scene = openScene({ plan: scenePlan.replace('; seq 20000', () => `; kill -${signal} $$; echo "survived: 1"`) });
    const end = await scene.run();
    expect(end.exitCode).toBe(1);
    expect(end.stderr + end.stdout).toContain(`SIG${signal}`);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(existsSync(join(scene.folder, 'mark-4'))).toBe(false);
  });
});

test.each([-3_600_000, -4_000, 86_400_000 * 400])(
  'a clock that jumps by %d ms in the middle: back, and nothing passes; never a time before the one before',
  async (jumpMs) => {
    scene = openScene({ middle: waiting });
    const preload = join(scene.folder, '..', 'clock.mjs');
    writeFileSync(preload, clockModule(join(scene.folder, 'go'), jumpMs));
    const { ended } = scene.start({ preload });
    await scene.middle(ended);
    scene.go();
    const end = await ended;
    expect(end.exitCode).toBe(jumpMs < 0 ? 5 : 0);
    if (jumpMs < 0) expect(end.stderr).toMatch(/error\[execute\/clock-set-back\]/);
    const journal = readFileSync(join(scene.execution(), 'journal.jsonl'), 'utf8');
    expect(journal.includes('"kind":"clock-set-back"')).toBe(jumpMs < 0);
    const times = [...journal.matchAll(/"ts":"([^"]+)"/g)].map(([, time]) => time as string);
    expect(times).toEqual(times.toSorted());
    expect(sceneContradictions(scene, end)).toEqual([]);
  },
);

/** The machine's clock is another one from the moment on that a file is there. */
function clockModule(path: string, jumpMs: number): string {
  return `import { existsSync } from 'node:fs';
const Real = Date;
const now = () => Real.now() + (existsSync(${JSON.stringify(path)}) ? ${jumpMs} : 0);
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) super(now()); else super(...given); }
  static now() { return now(); }
};
`;
}
