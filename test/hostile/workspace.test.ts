/** Tested source, configuration and scripts that change in the middle of an execution, with the real command line; each was a pass. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { proofplan } from '../support/run-proof.ts';
import { sampled } from '../support/sampled.ts';

const edit = "sed -i 's/total = 3/total = 4/' app/order.py";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'proofplan-edited-')));
  await put('app/order.py', 'total = 3\n');
  await put('check.sh', 'grep -q "total = 4" app/order.py && echo "1 passed"\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

interface Ran {
  readonly exitCode: number | null;
  readonly said: string;
  readonly verdict: { readonly verdict: string; readonly reason: string };
}

/** A plan of shell steps, each of which must exit with 0. */
async function run(...commands: readonly string[]): Promise<Ran> {
  const steps = commands.map((command, index) => `## ${index + 1}. Step\n\n\`\`\`bash\n${command}\n\`\`\`\n\n**Expected:** exit code 0\n`);
  await put('plan.md', `# Orders\n\n${steps.join('\n')}`);
  await put('plan.addendum.yaml', 'plan: plan.md\n');
  const ended = spawnSync(process.execPath, [proofplan, 'run', 'plan.md', '--out', '.proofplan'], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1' },
  });
  const text = await readFile(join(folder, '.proofplan/latest/verdict.json'), 'utf8').catch(
    () => `{"verdict":"not opened","reason":${JSON.stringify(ended.stderr)}}`,
  );
  return { exitCode: ended.status, said: `${ended.stdout}${ended.stderr}`, verdict: JSON.parse(text) as Ran['verdict'] };
}

describe.each([
  ['without version control', false],
  ['with git', true],
])('%s', (_name, tracked) => {
  beforeEach(() => {
    if (!tracked) return;
    execFileSync('git', ['init', '-q'], { cwd: folder });
    execFileSync('git', ['add', 'app', 'check.sh'], { cwd: folder });
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '-m', 'first'], { cwd: folder });
  });

  test('a plan that edits nothing passes, twice', async () => {
    for (let round = 0; round < 2; round += 1) {
      const ran = await run(
        'python3 -c "import app.order; print(app.order.total)"',
        'mkdir -p coverage .pytest_cache && echo x > coverage/lcov.info && echo x > .pytest_cache/x',
      );
      expect(ran.verdict, ran.said).toMatchObject({ verdict: 'passed' });
    }
  });

  test.each<readonly [string, readonly string[], string]>(
    sampled(
      [
        ['tested source', [edit, 'sh check.sh'], 'step 1.1: `app/order.py` was edited'],
        [
          'tested source that is put back at the end',
          ['cp app/order.py /tmp/order.$$ && echo kept', edit, 'sh check.sh', "sed -i 's/total = 4/total = 3/' app/order.py"],
          'step 2.1: `app/order.py` was edited',
        ],
        ["a later command's own script", ['echo "echo 1 passed" > check.sh', 'sh check.sh'], 'step 1.1: `check.sh` was edited'],
      ],
      2,
    ),
  )('%s, edited in the middle, is named with its step, and no pass', async (_what, commands, said) => {
    const ran = await run(...commands);
    expect(ran.verdict.verdict, ran.said).not.toBe('passed');
    expect(ran.exitCode).not.toBe(0);
    expect(ran.said).toContain(said);
  });

  // Where steps are isolated these files cannot be written at all.
  test.each(['plan.md', 'plan.addendum.yaml', 'proofplan.config.yaml'])('%s, edited in the middle, is named and no pass', async (name) => {
    if (name === 'proofplan.config.yaml') await put(name, 'default: here\nenvironments:\n  here:\n    workspace: .\n    database: embedded\n');
    const ran = await run(`echo >> ${name}`, 'echo done');
    expect(ran.verdict.verdict, ran.said).not.toBe('passed');
    const edited = (await readFile(join(folder, name), 'utf8')).endsWith('\n\n');
    expect(ran.said).toContain(edited ? `step 1.1: \`${name}\` was edited` : '`exit code 0` does not hold');
  });
});

test('a script outside the workspace that a later step calls, and one that is ignored', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'proofplan-outside-'));
  await writeFile(join(outside, 'check.sh'), 'false\n');
  const ran = await run(`echo 'echo 1 passed' > ${outside}/check.sh`, `sh ${outside}/check.sh`);
  expect(ran.verdict.verdict).toBe('unproven');
  expect(ran.said).toContain(`step 1.1: \`${outside}/check.sh\` was edited`);
  await rm(outside, { recursive: true });
  await put('.gitignore', 'tools/\n');
  await put('tools/check.sh', 'false\n');
  const ignored = await run("echo 'echo 1 passed' > tools/check.sh", 'bash tools/check.sh');
  expect(ignored.verdict.verdict).toBe('unproven');
  expect(ignored.said).toContain('step 1.1: `tools/check.sh` was edited');
});
