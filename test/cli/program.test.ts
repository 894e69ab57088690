/** The program as it is built and shipped: start-up, streams, signals, exit codes. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { builtProgram, root, startProgram } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function shellPlan(script: string): string {
  return `# A plan\n\n## 1. Greeting\n\n\`\`\`bash\n${script}\n\`\`\`\n`;
}

function workspace(script: string): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'plan.md'), shellPlan(script));
  return cwd;
}

beforeAll(() => void builtProgram());

/** What a run of the program loaded, by the sources of each chunk (the bundler writes their names into it). */
async function loadedSources(argv: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  await startProgram(argv, { environment: { NODE_V8_COVERAGE: folder } }).ended;
  const urls = readdirSync(folder).flatMap((name) =>
    (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
  const chunks = urls.filter((url) => url.startsWith('file:')).map((url) => new URL(url).pathname);
  return chunks
    .map((path) => `${path}\n${[...readFileSync(path, 'utf8').matchAll(/^\/\/(?:#region)? ?(?:src|node_modules)\/.*$/gm)].map((match) => match[0]).join('\n')}`)
    .join('\n');
}

test('--version says the version and loads nothing but the entry', async () => {
  expect(await startProgram(['--version']).ended).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  expect((await loadedSources(['--version'])).match(/\/dist\/.*/g)).toEqual(['/dist/proofplan.js']);
});

test('check loads no database driver, no process library, and no SQL parser for a plan without SQL', async () => {
  const cwd = workspace('true');
  const sources = await loadedSources(['check', join(cwd, 'plan.md')]);
  expect(sources).toContain('src/compile/compile-plan.ts');
  expect(sources).not.toMatch(/node_modules\/(pg|execa|libpg-query)\/|src\/(execute|guard\/(?!home-folder)|engine|environment)\//);
});

test('a plan whose steps hold passes: exit code 0, AUDIT last, the record intact', async () => {
  const cwd = workspace('echo hello');
  const end = await startProgram(['run', 'plan.md'], { cwd }).ended;
  expect(end.stdout).toMatch(/✓ passed {2}1 of 1 step run/);
  expect(end.stdout.trimEnd().split('\n').at(-1)).toMatch(/^AUDIT root=[0-9a-f]{64} size=\d+ execution=\S+ attempt=1$/);
  expect(end.stderr).toMatch(/^✓ 1\.1 shell {2}Greeting/m);
  expect(end.stderr + end.stdout).not.toContain('\u001b');
  expect(end.exitCode).toBe(0);
  expect(existsSync(join(cwd, '.proofplan/latest/report.md'))).toBe(true);
  const [, rootDigest = ''] = /root=([0-9a-f]{64})/.exec(end.stdout) ?? [];
  expect(await startProgram(['audit', 'verify', '.proofplan', '--expect-root', rootDigest], { cwd }).ended).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await startProgram(['audit', 'verify', '.proofplan', '--expect-root', 'ab'.repeat(32)], { cwd }).ended).exitCode).toBe(1);
});

test('one that does not hold fails: exit code 1, the reason, the failing step as next command', async () => {
  const cwd = workspace('echo before; exit 3');
  const end = await startProgram(['run', 'plan.md', '--out', 'records'], { cwd }).ended;
  expect(end.exitCode).toBe(1);
  expect(end.stdout).toContain('✗ failed');
  expect(end.stdout).toMatch(/next {4}proofplan show records\/executions\/\S+ 1\.1/);
  expect(end.stderr).toContain('failed[execute/');
});

test('--json: one line of JSON on stdout, AUDIT on stderr; --quiet: no progress', async () => {
  const cwd = workspace('echo hello');
  const end = await startProgram(['run', 'plan.md', '--json', '--quiet'], { cwd }).ended;
  expect(end.stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(end.stdout)).toMatchObject({
    verdict: 'passed',
    exitCode: 0,
    plan: { path: 'plan.md' },
    steps: [{ id: '1.1' }],
    folder: expect.stringContaining('.proofplan/executions/'),
  });
  expect(end.stderr).toMatch(/^AUDIT root=.*\n$/);
  const quiet = await startProgram(['run', 'plan.md', '--quiet'], { cwd }).ended;
  expect(quiet.stdout.split('\n')).toEqual([expect.stringMatching(/^passed: /), expect.stringMatching(/^AUDIT .* attempt=2$/), '']);
  expect(quiet.stderr).toBe('');
});

test('a plan from standard input, and several plans: the worst verdict is the exit code', async () => {
  const cwd = workspace('true');
  expect((await startProgram(['run', '-', '--quiet'], { cwd, stdin: shellPlan('true') }).ended).exitCode).toBe(0);
  writeFileSync(join(cwd, 'bad.md'), shellPlan('false'));
  const end = await startProgram(['run', 'bad.md', 'plan.md', '--quiet'], { cwd }).ended;
  expect(end.stdout.split('\n').map((line) => line.split(/[: ]/)[0])).toEqual(['failed', 'AUDIT', 'passed', 'AUDIT', '']);
  expect(end.exitCode).toBe(1);
});

test('one plan that does not compile: none of them is executed', async () => {
  const cwd = workspace('touch done');
  writeFileSync(join(cwd, 'bad.md'), '# Nothing\n');
  expect((await startProgram(['run', 'plan.md', 'bad.md'], { cwd }).ended).exitCode).toBe(2);
  expect(readdirSync(cwd).toSorted()).toEqual(['bad.md', 'plan.md']);
});

test('an output folder that cannot be written is said before anything runs', async () => {
  const cwd = workspace('touch done');
  writeFileSync(join(cwd, 'file'), '');
  const end = await startProgram(['run', 'plan.md', '--out', 'file'], { cwd }).ended;
  expect([2, 5]).toContain(end.exitCode);
  expect(end.stderr).toContain('[journal/output-unusable]');
  expect(existsSync(join(cwd, 'done'))).toBe(false);
});

test('a reader that goes away changes no verdict', async () => {
  builtProgram();
  const cwd = workspace('echo hello; exit 3');
  const shell = `"${process.execPath}" "${join(root, 'dist/proofplan.js')}" run plan.md 2>&1 >/dev/full | head -c 1 >/dev/null; exit "\${PIPESTATUS[0]}"`;
  expect(spawnSync('bash', ['-c', shell], { cwd }).status).toBe(1);
  expect(
    spawnSync('bash', ['-c', `"${process.execPath}" "${join(root, 'dist/proofplan.js')}" explain "${join(root, 'plans/run-proof-v4.md')}" | head -n 1`], {
      cwd,
      encoding: 'utf8',
    }),
  ).toMatchObject({ status: 0, stderr: expect.not.stringContaining('EPIPE') });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends the step, closes the journal and gives exit code %i', async (signal, exitCode) => {
  const cwd = workspace('touch started; sleep 600');
  const { child, ended } = startProgram(['run', 'plan.md'], { cwd });
  await until(() => existsSync(join(cwd, 'started')));
  child.kill(signal);
  const end = await ended;
  expect(end.exitCode).toBe(exitCode);
  expect(end.stdout.trimEnd().split('\n').at(-1)).toMatch(/^AUDIT /);
  expect((await startProgram(['audit', 'verify', '.proofplan'], { cwd }).ended).exitCode).toBe(0);
});

test('a second signal ends the process at once, and no process of the step stays', async () => {
  // A step in a sandbox knows only its own process ids: what it does shows whether it lives.
  const cwd = workspace("trap '' TERM; touch started; while :; do touch beat; sleep 0.05; done");
  const { child, ended } = startProgram(['run', 'plan.md'], { cwd });
  await until(() => existsSync(join(cwd, 'started')));
  child.kill('SIGINT');
  child.kill('SIGTERM');
  const end = await ended;
  expect([130, 143]).toContain(end.exitCode);
  expect(end.stdout).not.toContain('AUDIT');
  await vi.waitFor(
    async () => {
      rmSync(join(cwd, 'beat'), { force: true });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(existsSync(join(cwd, 'beat'))).toBe(false);
    },
    { timeout: 30_000, interval: 50 },
  );
});

test('colour follows FORCE_COLOR and NO_COLOR', async () => {
  expect((await startProgram(['chekc'], { environment: { FORCE_COLOR: '1' } }).ended).stderr).toContain('\u001b[');
  expect((await startProgram(['chekc'], { environment: { FORCE_COLOR: '1', NO_COLOR: '1' } }).ended).stderr).not.toContain('\u001b[');
});

test('the packed package runs in an empty folder', () => {
  const cwd = temporaryFolder();
  const packed = spawnSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', cwd], { cwd: root, encoding: 'utf8' });
  expect(packed.status, packed.stderr).toBe(0);
  mkdirSync(join(cwd, 'node_modules'));
  expect(spawnSync('tar', ['-xzf', packed.stdout.trim().split('\n').at(-1) ?? '', '-C', 'node_modules'], { cwd }).status).toBe(0);
  // What the package names as dependencies and cannot be bundled; npm would put them there.
  for (const name of ['libpg-query', '@vscode/ripgrep', `@vscode/ripgrep-${process.platform}-${process.arch}`]) {
    cpSync(join(root, 'node_modules', name), join(cwd, 'node_modules', name), { recursive: true });
  }
  writeFileSync(join(cwd, 'plan.md'), shellPlan('echo hello'));
  const end = spawnSync(process.execPath, ['node_modules/package/dist/proofplan.js', 'run', 'plan.md', '--quiet'], { cwd, encoding: 'utf8' });
  expect(end, end.stderr).toMatchObject({ status: 0, stdout: expect.stringMatching(/^passed: /) });
});

async function until(condition: () => boolean): Promise<void> {
  for (let left = 600; !condition(); left -= 1) {
    if (left === 0) throw new Error('it did not happen within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
