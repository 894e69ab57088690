// The pictures of docs/picture: real executions on a terminal of 80 columns, recorded and drawn. `npm run build:picture` makes them
// anew; readme.test.ts says when their words are not the program's any more.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { readScreen, renderPicture } from './terminal-picture.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs/picture');

/** `exitCode`: what the execution must end with, so that no picture shows something else than it says. */
const pictures = [
  {
    name: 'passed',
    plan: 'plans/run-proof-v4.md',
    exitCode: 0,
    title: 'An execution of plans/run-proof-v4.md on a terminal: every step with its verdict, ending in: passed',
  },
  {
    name: 'failed',
    plan: 'orders.md',
    exitCode: 1,
    title: 'An execution of a plan on a terminal that fails: the line of the plan, the expected and the actual value, ending in: failed',
  },
];

const problem = build();
if (problem !== undefined) throw new Error(problem);
for (const { name, plan, exitCode, title } of pictures) {
  const cwd = mkdtempSync(join(tmpdir(), 'proofplan-picture-'));
  try {
    for (const each of ['plans', 'proofplan.config.yaml']) cpSync(join(root, each), join(cwd, each), { recursive: true });
    symlinkSync(join(root, 'fixtures'), join(cwd, 'fixtures'));
    if (name === 'failed') cpSync(join(folder, 'orders'), cwd, { recursive: true });
    // Not in the workspace, where it would be a change in the middle.
    const record = `${cwd}.terminal`;
    // A first execution may have to install what it needs; the picture is of the next one.
    for (let time = 0; time < 2; time += 1) {
      const ended = spawnSync('python3', [join(root, 'tools/record-terminal.py'), record, process.execPath, join(root, 'dist/proofplan.js'), 'run', plan], {
        cwd,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      if (ended.status !== exitCode) throw new Error(`${plan} ended with ${ended.status}\n${readFileSync(record, 'utf8')}`);
      rmSync(join(cwd, '.proofplan'), { recursive: true, force: true });
    }
    writeFileSync(join(folder, `${name}.svg`), renderPicture(await readScreen(readFileSync(record)), { command: `proofplan run ${plan}`, title }));
    console.error(`docs/picture/${name}.svg`);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
    rmSync(`${cwd}.terminal`, { force: true });
  }
}
