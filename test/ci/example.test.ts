/**
 * The examples of docs/ci.md: each is valid by the schema of its system, and its lines are executed, in a project where `npm ci` has
 * nothing to do and `npx --no-install` starts the program that was built here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { builtProgram, command, root } from '../support/command.ts';
import { readPage } from '../support/page.ts';
import { playsAll } from '../support/sampled.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ciProblems, type CiSchema } from './ci-schema.ts';
import { jenkinsProblems, readJenkinsfile, shellLines } from './jenkinsfile.ts';

const page = readPage('docs/ci.md');
const files = page.blocks.flatMap(({ file, text }) => (file === undefined ? [] : [{ file, text }]));
const textOf = (file: string): string => files.find((each) => each.file === file)?.text ?? '';
const plan = textOf('plans/release.md');

/** A shell with its variables, as the system starts it. */
interface Script {
  readonly lines: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

interface Job {
  readonly env?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly number[]>> };
  readonly steps: readonly { readonly run?: string; readonly uses?: string; readonly if?: string }[];
}

interface GitlabJob {
  readonly before_script?: readonly string[];
  readonly script: readonly string[];
  readonly after_script?: readonly string[];
  readonly parallel?: number;
}

/** The lines of a job; of a matrix once for each of its values. */
function githubScripts(text: string): readonly Script[] {
  const { jobs } = parse(text) as { readonly jobs: Readonly<Record<string, Job>> };
  return Object.values(jobs).flatMap(({ env = {}, strategy, steps }) => {
    const lines = steps.flatMap(({ run }) => run ?? []);
    const [[name, values] = ['', [0]]] = Object.entries(strategy?.matrix ?? {});
    return values.map((value) => ({
      lines,
      variables: Object.fromEntries(Object.entries(env).map(([key, each]) => [key, each.replace(`\${{ matrix.${name} }}`, String(value))])),
    }));
  });
}

function gitlabScripts(text: string): readonly Script[] {
  const { default: common, ...jobs } = parse(text) as Readonly<Record<string, GitlabJob>>;
  return Object.values(jobs).flatMap(({ script, after_script: after = [], parallel = 1 }) =>
    Array.from({ length: parallel }, (_, index) => ({
      lines: [...(common?.before_script ?? []), ...script, ...after],
      variables: { CI_NODE_INDEX: String(index + 1), CI_NODE_TOTAL: String(parallel) },
    })),
  );
}

const azureScripts = (text: string): readonly Script[] => [
  { lines: (parse(text) as { readonly steps: readonly { readonly script?: string }[] }).steps.flatMap(({ script }) => script ?? []) },
];

const examples: Readonly<Record<string, { readonly schema?: CiSchema; readonly scripts: (text: string) => readonly Script[] }>> = {
  '.github/workflows/plans.yml': { schema: 'github-workflows', scripts: () => [] },
  '.github/workflows/plans-by-hand.yml': { schema: 'github-workflows', scripts: githubScripts },
  '.github/workflows/check.yml': { schema: 'github-workflows', scripts: githubScripts },
  '.github/workflows/shards.yml': { schema: 'github-workflows', scripts: githubScripts },
  '.gitlab-ci.yml': { schema: 'gitlab-ci', scripts: gitlabScripts },
  '.gitlab-ci-shards.yml': { schema: 'gitlab-ci', scripts: gitlabScripts },
  'azure-pipelines.yml': { schema: 'azure-pipelines', scripts: azureScripts },
  Jenkinsfile: { scripts: (text) => [{ lines: shellLines(readJenkinsfile(text)) }] },
};

/** A project with so many plans, all of them locked. */
async function project(plans: number): Promise<{ readonly cwd: string; readonly bin: string }> {
  const cwd = temporaryFolder();
  const bin = join(temporaryFolder(), 'bin');
  mkdirSync(bin);
  mkdirSync(join(cwd, 'plans'));
  for (let number = 1; number <= plans; number += 1) writeFileSync(join(cwd, `plans/release-${number}.md`), plan.replace('# The', `# ${number}: the`));
  expect((await command(['lock', 'plans'], { cwd })).exitCode).toBe(0);
  const program = (name: string, text: string): void => writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('npm', '[ "$1" = ci ]');
  program('npx', `[ "$1" = --no-install ] && [ "$2" = proofplan ] || exit 99\nshift 2\nexec "${process.execPath}" "${builtProgram()}" "$@"`);
  return { cwd, bin };
}

/** Line by line, as all these systems do: the first that fails ends the script, and its exit code is answered. */
function play(
  { cwd, bin }: { readonly cwd: string; readonly bin: string },
  { lines, variables = {} }: Script,
): { readonly status: number | null; readonly said: string } {
  const { PATH } = process.env;
  const environment = { PATH: `${bin}:${PATH}`, HOME: bin, CI: 'true', XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test'), ...variables };
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-e', '-c', lines.join('\n')], {
    cwd,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, said: `${stdout}${stderr}` };
}

test('each file of the page is looked at here', () => {
  const others = ['plans/release.md', '.pre-commit-config.yaml'];
  expect(new Set(files.map(({ file }) => file))).toEqual(new Set([...Object.keys(examples), ...others]));
});

describe.each(Object.keys(examples))('%s', (file) => {
  const { schema } = examples[file] ?? {};

  test('is valid', () => {
    if (schema === undefined) expect(jenkinsProblems(readJenkinsfile(textOf(file)))).toEqual([]);
    else expect(ciProblems(schema, parse(textOf(file)))).toEqual([]);
  });

  test('names each action by a whole commit', () => {
    for (const [, , version] of textOf(file).matchAll(/uses: (\S+)@(\S+)/g)) expect(version).toMatch(/^[0-9a-f]{40}$/);
  });

  test('puts nothing that others write into a script', () => {
    const lines = githubScriptLines(textOf(file));
    expect(lines.filter((line) => line.includes('${{'))).toEqual([]);
  });
});

const runLine = (file: string): string =>
  (examples[file]?.scripts(textOf(file)) ?? [])
    .flatMap(({ lines }) => lines)
    .filter((line) => / proofplan run /.test(line))
    .map((line) =>
      line
        .replace(' --report github', '')
        .replaceAll(/"\$(?:SHARD|CI_NODE_INDEX)\/(?:4|\$CI_NODE_TOTAL)"/g, 'i/4')
        .replaceAll(/"record-\$\w+"/g, 'record-i'),
    )
    .filter((line, index, lines) => lines.indexOf(line) === index)
    .join('\n');

test('all systems execute the plans by the same line', () => {
  const byHand = runLine('.github/workflows/plans-by-hand.yml');
  for (const file of ['.gitlab-ci.yml', 'azure-pipelines.yml', 'Jenkinsfile']) expect(runLine(file), file).toBe(byHand);
  expect(runLine('.gitlab-ci-shards.yml')).toBe(runLine('.github/workflows/shards.yml'));
});

/** What runs the same lines is played where everything is. */
test.for(playsAll ? Object.keys(examples).filter((file) => !/\/(?:plans|check)\.yml$/.test(file)) : ['.github/workflows/plans-by-hand.yml'])(
  '%s passes where the plans pass, and leaves its record',
  async (file) => {
    const place = await project(file.includes('shards') ? 4 : 1);
    for (const script of examples[file]?.scripts(textOf(file)) ?? []) {
      expect(script.lines.length).toBeGreaterThan(1);
      const { status, said } = play(place, script);
      expect(status, said).toBe(0);
    }
    const archive = ['record.tgz', 'record-1.tgz'].map((name) => join(place.cwd, name)).find(existsSync) ?? '';
    expect(spawnSync('tar', ['--list', '--file', archive], { encoding: 'utf8' }).stdout).toMatch(/\/journal\.jsonl$/m);
  },
);

test('what `check` says is a file to be uploaded, whether it ends the job or not', async () => {
  const place = await project(1);
  const [script = { lines: [] }] = githubScripts(textOf('.github/workflows/check.yml'));
  const results = (): unknown => (JSON.parse(readFileSync(join(place.cwd, 'check.sarif'), 'utf8')) as { runs: [{ results: unknown[] }] }).runs[0].results;
  expect(play(place, script).status).toBe(0);
  expect(results()).toEqual([]);
  writeFileSync(join(place.cwd, 'plans/release-1.md'), plan.replace('the output contains', 'it should feel like'));
  expect(play(place, script).status).toBe(2);
  expect(results()).not.toEqual([]);
});

test('shards pass together, and not without one of them', async () => {
  const place = await project(4);
  const scripts = githubScripts(textOf('.github/workflows/shards.yml'));
  for (const script of scripts) {
    const { status, said } = play(place, script);
    expect(status, said).toBe(0);
  }
  for (const name of ['record-1', 'record-1.tgz']) rmSync(join(place.cwd, name), { recursive: true });
  expect(play(place, scripts.at(-1) ?? { lines: [] }).status).toBe(4);
});

function githubScriptLines(text: string): readonly string[] {
  return text.startsWith('name:') ? githubScripts(text).flatMap(({ lines }) => lines) : [];
}

test('a plan that was edited is not executed, and a failing one ends the job with its verdict', async () => {
  const place = await project(1);
  const [script = { lines: [] }] = githubScripts(textOf('.github/workflows/plans-by-hand.yml'));
  writeFileSync(join(place.cwd, 'plans/release-1.md'), plan.replace('version 1.0', 'version 0.9'));
  expect(play(place, script).status).toBe(2);
  expect(existsSync(join(place.cwd, '.proofplan'))).toBe(false);
  await command(['lock', 'plans'], { cwd: place.cwd });
  expect(play(place, script).status).toBe(1);
});

test('a Jenkinsfile that is none is noticed', () => {
  const text = textOf('Jenkinsfile');
  for (const [from, to] of [
    ["sh 'npm ci'", "sh 'npm ci"],
    ['  post {', '  posts {'],
    ['    always {', '    allways {'],
    ["stage('install')", 'stage(install)'],
    ['pipeline {', 'node {'],
    ['  stages {', '  stages {{'],
    ['      steps {\n        sh', '      script {\n        sh'],
  ] as const) {
    expect(text).toContain(from);
    const problems = (): readonly string[] => jenkinsProblems(readJenkinsfile(text.replace(from, to)));
    let said: readonly string[] = [];
    try {
      said = problems();
    } catch (error) {
      said = [String(error)];
    }
    expect(said.length, to).toBeGreaterThan(0);
  }
});

test('the hooks of pre-commit are what the file of hooks has, and their entries are commands of the program', async () => {
  const hooks = parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')) as readonly {
    readonly id: string;
    readonly entry: string;
    readonly args: readonly string[];
    readonly files: string;
    readonly pass_filenames: boolean;
  }[];
  const config = parse(textOf('.pre-commit-config.yaml')) as { readonly repos: readonly { readonly hooks: readonly { readonly id: string }[] }[] };
  expect(config.repos.flatMap((repo) => repo.hooks.map(({ id }) => id))).toEqual(hooks.map(({ id }) => id));
  const { cwd } = await project(1);
  for (const { entry, args, files: pattern, pass_filenames: passes } of hooks) {
    expect(passes).toBe(false);
    const [, ...words] = entry.split(' ');
    expect(await command([...words, ...args], { cwd })).toMatchObject({ exitCode: 0 });
    for (const path of ['plans/a.md', 'sub/plans/deep/a.addendum.yaml', 'proofplan.config.yaml', 'plans/a.lock']) expect(path).toMatch(new RegExp(pattern));
    for (const path of ['src/a.md', 'myplans/a.md', 'README.md']) expect(path).not.toMatch(new RegExp(pattern));
  }
  writeFileSync(join(cwd, 'plans/release-1.addendum.yaml'), 'plan: release-1.md\ndefaults:\n  shell: { timeoutMs: 5000 }\n');
  expect((await command(['check', 'plans'], { cwd })).exitCode).toBe(0);
  expect((await command(['lock', '--check', 'plans'], { cwd })).exitCode).toBe(2);
});
