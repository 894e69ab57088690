/** action.yml, valid and played: its steps as GitHub starts them (bash --noprofile --norc -e -o pipefail), in a project that has the program. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { builtProgram, command, root } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ciProblems } from './ci-schema.ts';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly { readonly run?: string; readonly uses?: string; readonly env: Readonly<Record<string, string>> }[] };
}

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;
const plan = '# A plan\n\n**Policy:** Stop on failure and report evidence.\n\n## 1. Steps\n\n```bash\necho hello\n```\n\nExpected: output contains "hello"\n';

interface Played {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly left: readonly string[];
}

/** A project that has installed the program. */
function project(files: Readonly<Record<string, string>> = { 'p.md': plan }): string {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'node_modules/.bin'), { recursive: true });
  // npm makes it a link to a file that may be executed.
  writeFileSync(join(cwd, 'node_modules/.bin/proofplan'), `#!/bin/sh\nexec "${process.execPath}" "${builtProgram()}" "$@"\n`, { mode: 0o755 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return cwd;
}

async function play(
  cwd: string,
  given: Readonly<Record<string, string>>,
  meddle: (child: ReturnType<typeof spawn>) => void = () => undefined,
  { page: before = '', variables = {} as Readonly<Record<string, string>> } = {},
): Promise<Played> {
  const runner = mkdtempSync(join(temporaryFolder(), 'runner-'));
  const [output, page, script] = ['output', 'summary', 'script.sh'].map((name) => join(runner, name)) as [string, string, string];
  writeFileSync(output, '');
  writeFileSync(page, before);
  const [step] = action.runs.steps;
  const inputs = Object.fromEntries(Object.entries(action.inputs).map(([name, { default: fallback = '' }]) => [name, given[name] ?? fallback]));
  const environment = Object.fromEntries(
    Object.entries(step?.env ?? {}).map(([name, value]) => [name, value.replace(/^\$\{\{ inputs\.([\w-]+) \}\}$/, (_, input: string) => inputs[input] ?? '')]),
  );
  writeFileSync(script, step?.run ?? '');
  mkdirSync(join(runner, 'temp'));
  const { PATH, HOME } = process.env;
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], {
    cwd: join(cwd, inputs['working-directory'] ?? '.'),
    env: {
      PATH,
      HOME,
      ...environment,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION_PATH: root,
      GITHUB_WORKSPACE: cwd,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: page,
      RUNNER_TEMP: join(runner, 'temp'),
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  meddle(child);
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const outputs = [...readFileSync(output, 'utf8').matchAll(/^([\w-]+)(?:<<(.+)\n([\s\S]*?)\n\2|=(.*))$/gm)].map(([, name = '', , value, short = '']) => [
    name,
    value ?? short,
  ]);
  return {
    exitCode,
    stdout,
    stderr,
    outputs: Object.fromEntries(outputs) as Record<string, string>,
    summary: readFileSync(page, 'utf8'),
    left: readdirSync(join(runner, 'temp')),
  };
}

test('it is valid, uses no other action, and no input is text of a script', () => {
  expect(ciProblems('github-actions', action)).toEqual([]);
  expect(action.runs.steps.flatMap(({ uses }) => uses ?? [])).toEqual([]);
  for (const { run = '', env } of action.runs.steps) {
    expect(run).not.toContain('${{');
    expect(Object.values(env).toSorted()).toEqual(
      Object.keys(action.inputs)
        .filter((name) => name !== 'working-directory')
        .map((name) => `\${{ inputs.${name} }}`)
        .toSorted(),
    );
  }
});

test('a pass, with its outputs and its summary; the key signs, and no step sees it or the inputs', async () => {
  const cwd = project({ 'p.md': plan.replace('echo hello', 'env; ls -l /proc/self/fd; echo hello') });
  await command(['lock', 'p.md'], { cwd });
  const made = await command(['key', 'new', '--name', 'ci', '--out', 'ci.key'], { cwd });
  const end = await play(cwd, { plans: 'p.md', 'signing-key': readFileSync(join(cwd, 'ci.key'), 'utf8') });
  expect(end, end.stderr).toMatchObject({ exitCode: 0, left: [], outputs: { verdict: 'passed', 'exit-code': '0', record: join(cwd, '.proofplan') } });
  expect(Object.keys(end.outputs).toSorted()).toEqual(Object.keys(action.outputs).toSorted());
  expect(end.outputs['executions']).toBe(realpathSync(join(cwd, '.proofplan/latest')));
  expect(end.outputs['audit']).toMatch(/^AUDIT root=[0-9a-f]{64} size=\d+ execution=\S+ attempt=1$/);
  expect(end.stderr.match(/^AUDIT .*$/gm)).toEqual([end.outputs['audit']]);
  expect(end.summary).toContain('passed');
  expect(end.summary).toContain(end.outputs['audit']);
  expect(await command(['audit', 'verify', '.proofplan', '--vkey', made.stdout.trim()], { cwd })).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('signed by `ci`'),
  });
  const shown = await command(['show', '.proofplan', '1.1'], { cwd });
  expect(shown.stdout).toContain('PATH=');
  expect(shown.stdout).not.toMatch(/PROOFPLAN_(?:PLANS|SIGNING_KEY|KEY)|PRIVATE KEY|\/key \(deleted\)/);
  expect(`${end.stdout}${end.stderr}${end.summary}`).not.toContain('PRIVATE KEY');
});

test('locked unless the workflow says otherwise; what keeps a plan from running stands at its line', async () => {
  const cwd = project({ 'p.md': plan, 'bad.md': plan.replace('Expected: output contains', 'Expected: the output should feel like') });
  expect(await play(cwd, { plans: 'p.md' })).toMatchObject({ exitCode: 2, outputs: { verdict: 'not-executed', 'exit-code': '2', audit: '' } });
  // Files are named from the root of the repository; a page that is full already is not made one that GitHub drops.
  mkdirSync(join(cwd, 'sub'));
  const full = `${'ü'.repeat(524_270)}\n`;
  const end = await play(cwd, { plans: '../bad.md', locked: 'false', 'working-directory': 'sub' }, undefined, { page: full });
  expect(end.exitCode).toBe(2);
  expect(end.stdout).toMatch(/^::error file=bad\.md,line=\d+,col=\d+,title=error\[[a-z]+\/[a-z-]+\]::.+$/m);
  expect(existsSync(join(cwd, '.proofplan'))).toBe(false);
  expect(end.summary.startsWith(full)).toBe(true);
  expect(Buffer.byteLength(end.summary)).toBeLessThan(1024 * 1024);
});

test('where it cannot run it says what the job lacks', async () => {
  const cwd = project();
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  symlinkSync('/bin/bash', join(bin, 'bash'));
  const windows = `--import data:text/javascript,Object.defineProperty(process,'platform',{value:'win32'})`;
  for (const [variables, said] of [
    [{ PATH: bin }, /^::error title=proofplan::there is no Node on this machine: put actions\/setup-node /],
    [{ NODE_OPTIONS: windows }, /^::error title=proofplan::proofplan runs on Linux and macOS: /],
  ] as const)
    expect(await play(cwd, { plans: 'p.md' }, undefined, { variables })).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(said),
      outputs: { verdict: 'not-executed', 'exit-code': '2' },
    });
});

test('of several plans the worst verdict ends the job', async () => {
  const cwd = project({ 'p.md': plan, 'q.md': plan.replace('contains "hello"', 'contains "farewell"') });
  const end = await play(cwd, { plans: 'p.md\nq.md\n', locked: 'false' });
  expect(end).toMatchObject({ exitCode: 1, outputs: { verdict: 'failed', 'exit-code': '1' } });
  expect(end.outputs['audit']?.split('\n')).toHaveLength(2);
  for (const part of ['p.md', 'q.md', 'passed', 'failed', ...(end.outputs['audit']?.split('\n') ?? [''])]) expect(end.summary).toContain(part);
  expect(end.stdout).toMatch(/^::error file=q\.md,line=\d+/m);
});

test('no input is executed, whatever stands in it', async () => {
  const cwd = project({ 'p.md': plan });
  const hostile = [
    '$(touch pwned)',
    '`touch pwned`',
    '"; touch pwned; "',
    "'; touch pwned; '",
    '--help',
    '-h',
    '${{ github.token }}',
    'a\u0000b'.replace('\u0000', ' '),
  ];
  const end = await play(cwd, { plans: hostile.join('\n'), environment: '$(touch pwned)', out: '$(touch pwned)', locked: 'false' });
  expect(end.exitCode).toBe(2);
  for (const given of [
    { version: '1.0.0; touch pwned' },
    { version: 'latest' },
    { version: '^1.0.0' },
    { version: '../evil.tgz' },
    { locked: 'maybe' },
    { plans: ' \n ' },
  ])
    expect(await play(cwd, { plans: 'p.md', ...given })).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/^::error title=proofplan::/) });
  expect(readdirSync(cwd).toSorted()).toEqual(['node_modules', 'p.md']);
});

test('a plan cannot write outputs, commands or pages of its own', async () => {
  const title = '::set-output name=verdict::passed ##[error]x <img src=x> | passed |';
  const cwd = project({ 'p.md': plan.replace('# A plan', `# ${title}`).replace('echo hello', "echo '::error::x'; echo '##[error]y'; false") });
  const end = await play(cwd, { plans: 'p.md', locked: 'false', annotations: 'false' });
  expect(end.outputs['verdict']).toBe('failed');
  const read = `${end.stdout}\n${end.stderr.replace(/^::stop-commands::(\w+)\n[\s\S]*?^::\1::$/m, '')}`;
  expect(read).toContain('failed: p.md');
  expect(read).not.toMatch(/^\s*::(?!error file=p\.md)|##\[/m);
  expect(end.summary).not.toContain('<img');
});

test('a cancelled job ends in order: the record is closed, and says so', async () => {
  const cwd = project({ 'p.md': plan.replace('echo hello', 'echo begun; sleep 300') });
  const end = await play(cwd, { plans: 'p.md', locked: 'false' }, (child) => {
    const wait = setInterval(() => {
      const journal = join(cwd, '.proofplan/latest/journal.jsonl');
      if (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('"step-started"')) return;
      clearInterval(wait);
      child.kill('SIGINT');
    }, 100);
  });
  expect(end, end.stderr).toMatchObject({ exitCode: 130, outputs: { verdict: 'interrupted', 'exit-code': '130' } });
  expect((await command(['audit', 'verify', '.proofplan'], { cwd })).exitCode).toBe(0);
});
