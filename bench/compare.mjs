// `npm run bench:compare`: what a step costs here and in other tools that run commands out of a document, where they are installed.
// Each tool runs the same trivial commands with an expectation each; the figure is a step's time against a bare `sh -c` that the
// same process spawns, in interleaved repetitions. It says what a step costs, not what it is worth: most of these tools isolate
// nothing, record nothing and guard nothing, and are not meant to.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [few, many] = [10, 60];
const repetitions = Number(process.argv[2] ?? 5);
const program = resolve(dirname(fileURLToPath(import.meta.url)), '../dist/proofplan.js');
const fence = '```';
const numbers = (steps) => Array.from({ length: steps }, (_, index) => index + 1);
const plan = (steps) =>
  `# Bench\n\n${numbers(steps)
    .map((n) => `## ${n}. Say\n\n${fence}bash\necho "step ${n}"\n${fence}\n\n**Expected:** the output contains \`step ${n}\`\n`)
    .join('\n')}`;

/** `write`: the document's name and text for so many steps; `command`: how it is run; `version`: how it tells its own. */
const tools = [
  {
    name: 'proofplan',
    version: [process.execPath, program, '--version'],
    file: (n) => [`plan-${n}.md`, plan(n)],
    command: (name) => [process.execPath, program, 'run', name, '--quiet', '--out', 'out'],
  },
  {
    name: 'bats',
    version: ['bats', '--version'],
    file: (n) => [
      `plan-${n}.bats`,
      numbers(n)
        .map((each) => `@test "say ${each}" { run echo "step ${each}"; [ "$output" = "step ${each}" ]; }\n`)
        .join(''),
    ],
    command: (name) => ['bats', name],
  },
  {
    name: 'cram',
    version: ['cram', '--version'],
    file: (n) => [
      `plan-${n}.t`,
      numbers(n)
        .map((each) => `  $ echo "step ${each}"\n  step ${each}\n\n`)
        .join(''),
    ],
    command: (name) => ['cram', name],
  },
  {
    name: 'cram3',
    version: ['cram3', '--version'],
    file: (n) => [
      `plan-${n}.t`,
      numbers(n)
        .map((each) => `  $ echo "step ${each}"\n  step ${each}\n\n`)
        .join(''),
    ],
    command: (name) => ['cram3', name],
  },
  {
    name: 'shelltest',
    version: ['shelltest', '--version'],
    file: (n) => [
      `plan-${n}.test`,
      numbers(n)
        .map((each) => `$ echo "step ${each}"\nstep ${each}\n\n`)
        .join(''),
    ],
    command: (name) => ['shelltest', name],
  },
  {
    name: 'pytest',
    version: ['pytest', '--version'],
    file: (n) => [
      `test_plan_${n}.py`,
      `import subprocess\n${numbers(n)
        .map(
          (each) =>
            `def test_${each}():\n    assert subprocess.run(['sh', '-c', 'echo "step ${each}"'], capture_output=True, text=True).stdout == 'step ${each}\\n'\n`,
        )
        .join('')}`,
    ],
    command: (name) => ['pytest', '-q', '-p', 'no:cacheprovider', name],
  },
  {
    name: 'venom',
    version: ['venom', 'version'],
    file: (n) => [
      `plan-${n}.yml`,
      `name: Bench\ntestcases:\n${numbers(n)
        .map((each) => `- name: say ${each}\n  steps:\n  - script: echo "step ${each}"\n    assertions:\n    - result.systemout ShouldEqual "step ${each}"\n`)
        .join('')}`,
    ],
    command: (name) => ['venom', 'run', name],
  },
  {
    name: 'runme',
    version: ['runme', '--version'],
    file: (n) => [`plan-${n}.md`, plan(n)],
    command: (name) => ['runme', 'run', '--all', '--skip-prompts', '--filename', name],
  },
];

const folder = mkdtempSync(join(tmpdir(), 'proofplan-compare-'));
const timeOf = ([file, ...parameters], cwd) => {
  const started = performance.now();
  const { status, stderr, error } = spawnSync(file, parameters, { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${error?.message ?? stderr.slice(0, 300)}`);
  return performance.now() - started;
};
const spread = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => value.toFixed(1)).join(' / ');
};

const present = tools.flatMap((tool) => {
  const said = spawnSync(tool.version[0], tool.version.slice(1), { encoding: 'utf8' });
  if (said.status !== 0) return [];
  return [{ ...tool, said: (`${said.stdout}${said.stderr}`.match(/\d+\.\d+(?:\.\d+)?/) ?? ['?'])[0] }];
});
for (const { file } of present) for (const steps of [few, many]) writeFileSync(join(folder, ...file(steps).slice(0, 1)), file(steps)[1]);
const ratios = new Map(present.map(({ name }) => [name, []]));
const starts = new Map(present.map(({ name }) => [name, []]));
for (let repetition = 0; repetition < repetitions; repetition += 1) {
  const started = performance.now();
  for (let index = 0; index < many; index += 1) spawnSync('sh', ['-c', 'echo step']);
  const bare = (performance.now() - started) / many;
  for (const { name, file, command } of present) {
    const [small, large] = [few, many].map((steps) => timeOf(command(file(steps)[0]), folder));
    ratios.get(name).push((large - small) / (many - few) / bare);
    starts.get(name).push(small / bare);
  }
}
rmSync(folder, { recursive: true, force: true });
// Debian's name for it.
const missing = tools.filter(({ name }) => !ratios.has(name) && name !== 'cram3').map(({ name }) => name);
console.log(`| tool | version | one step more, in bare spawns | ${few} steps with start-up, in bare spawns |\n|---|---|---|---|`);
for (const { name, said } of present) console.log(`| ${name} | ${said} | ${spread(ratios.get(name))} | ${spread(starts.get(name))} |`);
if (missing.length > 0) console.log(`\nNot installed here: ${missing.join(', ')}.`);
