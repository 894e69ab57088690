import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { rgEngine } from '../../src/engine/rg-engine.ts';
import type { RgCheckStep } from '../../src/model/step.ts';
import { type ContextOptions, makeContext, makeFolder, readEvidence, rgStep } from './fixture.ts';

const cli = 'import RunRunner\nfrom x import generate_plan_for_run\nadd("--tenant-id")\nadd("--origin-system-id", default="cus-cli")\nRunRunner()\n';

function makeWorkspace(files: Readonly<Record<string, string | Uint8Array>>): string {
  const workspace = makeFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  return workspace;
}

async function search(files: Readonly<Record<string, string | Uint8Array>>, step: RgCheckStep, options: ContextOptions = {}) {
  const context = makeContext({ workspace: makeWorkspace(files), ...options });
  const evidence = await rgEngine.run(step, context);
  return { evidence, context, counts: evidence.searches?.map(({ pattern, matches, hidden }) => [pattern, matches, hidden]) };
}

describe('what is found', () => {
  test('the command as written is evidence, and each alternative is counted alone', async () => {
    const patterns = ['generate_plan_for_run', 'RunRunner', 'tenant-id', 'origin-system-id', 'no-such-thing'];
    const { evidence, context, counts } = await search(
      { 'backend/cli.py': cli },
      rgStep(['-n', patterns.join('|'), 'backend/cli.py'], patterns, ['backend/cli.py']),
    );
    expect(evidence).toMatchObject({ outcome: 'completed', exitCode: 0, observations: [] });
    expect(evidence.problem).toBeUndefined();
    expect(counts).toEqual([
      ['generate_plan_for_run', 1, 0],
      ['RunRunner', 2, 0],
      ['tenant-id', 1, 0],
      ['origin-system-id', 1, 0],
      ['no-such-thing', 0, 0],
    ]);
    expect(evidence.searches?.[1]?.hits).toEqual([
      { path: 'backend/cli.py', lineNumber: 1, text: 'import RunRunner' },
      { path: 'backend/cli.py', lineNumber: 5, text: 'RunRunner()' },
    ]);
    expect(readEvidence(context, evidence.outputs?.[0]?.sha256 ?? '').toString()).toContain('3:add("--tenant-id")');
    const { path = '', sha256 } = evidence.program ?? {};
    expect(path).toMatch(/^\/.*\/rg$/);
    expect(sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
  });

  test('nothing is exit code 1 and no problem', async () => {
    const { evidence, counts } = await search({ 'a.py': 'x\n' }, rgStep(['absent', 'a.py'], ['absent'], ['a.py']));
    expect(evidence).toMatchObject({ outcome: 'completed', exitCode: 1 });
    expect(counts).toEqual([['absent', 0, 0]]);
  });

  test("the author's options hold for each pattern, and those that only shape the output do not", async () => {
    const files = { 'a.py': 'RUN\nrun\nrunner\n', 'a.md': 'run\n' };
    expect((await search(files, rgStep(['-l', '-i', '-w', '-g', '*.py', '-m1', 'run'], ['run'], []))).counts).toEqual([['run', 2, 0]]);
    expect((await search(files, rgStep(['-qF', '--type', 'md', 'run', '.'], ['run'], ['.']))).counts).toEqual([['run', 1, 0]]);
    expect((await search({ 'a.py': 'a.b\naxb\n' }, rgStep(['-F', 'a.b'], ['a.b'], ['a.py']))).counts).toEqual([['a.b', 1, 0]]);
  });

  test('a pattern that begins with a dash, and a path that does', async () => {
    const { evidence } = await search({ '-x.py': '--tenant-id\n' }, rgStep(['-e', '--tenant-id', './-x.py'], ['--tenant-id'], ['-x.py']));
    expect(evidence.searches).toEqual([{ pattern: '--tenant-id', matches: 1, hits: [{ path: '-x.py', lineNumber: 1, text: '--tenant-id' }], hidden: 0 }]);
  });

  test('more than a thousand hits are counted, and a thousand kept, in order of path', async () => {
    const { evidence } = await search({ 'b.txt': 'x\n'.repeat(3_000), 'a.txt': 'x\n' }, rgStep(['x'], ['x'], []));
    expect(evidence.searches?.[0]?.matches).toBe(3_001);
    expect(evidence.searches?.[0]?.hits).toHaveLength(1_000);
    expect(evidence.searches?.[0]?.hits[0]?.path).toBe('a.txt');
  });

  test('a hit on an endless line is counted, its text is cut', async () => {
    const { evidence } = await search({ 'a.min.js': `x${'y'.repeat(500_000)}\nx\n` }, rgStep(['x'], ['x'], ['a.min.js']));
    expect(evidence.searches?.[0]).toMatchObject({ matches: 2, hits: [{ lineNumber: 1 }, { lineNumber: 2, text: 'x' }] });
    expect(evidence.searches?.[0]?.hits[0]?.text.length).toBeLessThan(5_000);
  });

  test('a file name with a newline makes no hits of its own', async () => {
    const { counts } = await search({ 'a\nb:1:x.txt': 'x\n' }, rgStep(['x'], ['x'], []));
    expect(counts?.[0]?.[1]).toBeLessThanOrEqual(1);
  });
});

describe('what the command leaves out is reported', () => {
  test('hits in ignored, hidden and binary files', async () => {
    const files = { 'seen.py': 'x\n', '.hidden.py': 'x\nx\n', 'ignored.py': 'x\n', '.ignore': 'ignored.py\n', 'binary.bin': Buffer.from('\0\nx\n') };
    expect((await search(files, rgStep(['-n', 'x'], ['x'], []))).counts).toEqual([['x', 1, 4]]);
  });

  test('a configuration file changes nothing', async () => {
    const config = join(makeFolder(), 'ripgreprc');
    writeFileSync(config, '--glob=!*.py\n');
    vi.stubEnv('RIPGREP_CONFIG_PATH', config);
    const { counts, evidence } = await search({ 'a.py': 'x\n' }, rgStep(['x'], ['x'], []), { environment: { RIPGREP_CONFIG_PATH: config } });
    vi.unstubAllEnvs();
    expect(evidence.exitCode).toBe(0);
    expect(counts).toEqual([['x', 1, 0]]);
  });
});

describe('a search that proves nothing is a problem', () => {
  test('a path that does not exist is not absence', async () => {
    const { evidence } = await search({ 'a.py': 'x\n' }, rgStep(['x', 'a.py', 'b.py'], ['x'], ['a.py', 'b.py']));
    expect(evidence).toMatchObject({ outcome: 'not run', problem: { code: 'engine/no-such-path', message: expect.stringContaining('`b.py`') } });
  });

  test('exit code 2, even with matches', async () => {
    const workspace = makeWorkspace({ 'a.py': 'x\n' });
    symlinkSync('gone', join(workspace, 'link'));
    const { evidence } = await search({}, rgStep(['x', 'a.py', 'link'], ['x'], ['a.py']), { workspace });
    expect(evidence).toMatchObject({ exitCode: 2, problem: { code: 'engine/search-incomplete', notes: [expect.stringContaining('link')] } });
    expect(evidence.outputs?.[0]?.bytes).toBeGreaterThan(0);
  });

  test.each([
    ['a broken pattern', ['(', 'a.py']],
    ['an unknown option', ['--no-such-option', 'x', 'a.py']],
  ])('%s', async (_name, rgArguments) => {
    const { evidence } = await search({ 'a.py': 'x\n' }, rgStep(rgArguments, ['x'], ['a.py']));
    expect(evidence.problem).toMatchObject({ code: 'engine/search-incomplete' });
  });

  test('a broken pattern among the alternatives', async () => {
    const { evidence } = await search({ 'a.py': 'x\n' }, rgStep(['x', 'a.py'], ['x', '('], ['a.py']));
    expect(evidence.problem).toMatchObject({ code: 'engine/search-incomplete' });
  });

  test('standard input is closed: without a path it searches the workspace', async () => {
    expect((await search({ 'deep/a.py': 'x\n' }, rgStep(['x'], ['x'], []))).counts).toEqual([['x', 1, 0]]);
  });

  test('the deadline is that of the whole step', async () => {
    const workspace = makeWorkspace({});
    // Nobody writes into it: a search of it does not end by itself.
    execFileSync('mkfifo', [join(workspace, 'silent')]);
    const evidence = await rgEngine.run(rgStep(['x', 'silent'], ['x'], ['silent'], { timeoutMs: 300 }), makeContext({ workspace }));
    expect(evidence.outcome).toBe('timed out');
  });

  test('an abort', async () => {
    expect((await search({ 'a.py': 'x\n' }, rgStep(['x'], ['x'], []), { signal: AbortSignal.abort() })).evidence.outcome).toBe('interrupted');
  });
});

test('a secret in a file that is searched is in no evidence', async () => {
  const { evidence, context } = await search({ 'a.py': 'key = "s3cret-s3cret"\n' }, rgStep(['key'], ['key'], []), { secrets: ['s3cret-s3cret'] });
  expect(evidence.searches?.[0]?.hits[0]?.text).toBe('key = "***"');
  expect(readEvidence(context, evidence.outputs?.[0]?.sha256 ?? '').toString()).not.toContain('s3cret');
});
