/** The ways to play an act: an execution, a review of an edited plan, a change of a finished record. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit, Play } from './act.ts';
import type { Ground, Said } from './ground.ts';
import { failingTest, tests } from './program-edit.ts';
import { readScene, type SceneName } from './scene.ts';

export interface Execution {
  readonly plan?: Edit;
  readonly addendum?: Edit;
  /** By path below the copy: new content, or how the old one is changed. */
  readonly files?: Readonly<Record<string, string | Edit>>;
  readonly arguments?: readonly string[] | ((ground: Ground) => readonly string[]);
  readonly variables?: (ground: Ground) => Readonly<Record<string, string>>;
  /** After the files were written, before the command line is started. */
  readonly before?: (ground: Ground, plan: string) => unknown;
  /** While the scene's pause waits, with the folder of the execution. */
  readonly meanwhile?: (ground: Ground, record: string, pid: number) => unknown;
  /** After the end; what it gives is what came of the act. */
  readonly then?: (ground: Ground, said: Said, plan: string) => Promise<Said> | Said;
}

/** `proofplan run` of the scene's plan with all that is said to be different. */
export const executing =
  ({ plan, addendum, files, variables, before, meanwhile, then, ...rest }: Execution): Play =>
  async (ground, name) => {
    const path = await writeScene(ground, name, plan, addendum);
    for (const [place, edit] of Object.entries(files ?? {})) ground.editFile(place, edit);
    await before?.(ground, path);
    const more = typeof rest.arguments === 'function' ? rest.arguments(ground) : (rest.arguments ?? []);
    const started = ground.call(['run', path, '--out', 'out', ...more], variables?.(ground));
    if (meanwhile) {
      const record = await untilPaused(ground, started.ended);
      if (record !== undefined) await meanwhile(ground, record, started.pid);
    }
    // Without an accomplice the pause is none.
    ground.editFile('backend/go', '');
    const said = await started.ended;
    return then ? await then(ground, said, path) : said;
  };

/** What `proofplan show` says about a step is told too. */
export const shown =
  (step: string): NonNullable<Execution['then']> =>
  async (ground, said) => {
    const { output } = await ground.call(['show', 'out', step]).ended;
    return { ...said, output: `${said.output}\n${output}` };
  };

/** The scene's plan and addendum in `plans/`; the path of the plan. */
async function writeScene(ground: Ground, name: SceneName, plan?: Edit, addendum?: Edit): Promise<string> {
  const scene = await readScene(name);
  const path = `plans/${scene.name}.md`;
  ground.editFile(path, plan ? plan(scene.text) : scene.text);
  ground.editFile(`plans/${scene.name}.addendum.yaml`, addendum ? addendum(scene.addendum) : scene.addendum);
  return path;
}

/**
 * A plan that was locked when it was reviewed, and edited then: `run --locked` must not begin, and `diff` must say to a
 * reviewer what the edit means. The exit code is that of `run --locked`.
 */
export const reviewing =
  (plan: Edit | undefined, addendum?: Edit): Play =>
  async (ground, name) => {
    const reviewed = await writeScene(ground, name);
    await writeLock(ground, name, reviewed);
    cpSync(ground.path('plans'), ground.path('reviewed'), { recursive: true });
    await writeScene(ground, name, plan, addendum);
    const ran = await ground.call(['run', reviewed, '--out', 'out', '--locked']).ended;
    const told = await ground.call(['diff', '--fail-on-weaker', reviewed.replace('plans/', 'reviewed/'), reviewed]).ended;
    if (told.exitCode === 0) throw new Error(`diff finds nothing weaker\n${told.output}`);
    return { ...ran, output: `${ran.output}\n${told.output}` };
  };

/** A lock is the same for the same plan: written by the command line once, and copied for each act. */
const locks = new Map<SceneName, string>();

async function writeLock(ground: Ground, name: SceneName, plan: string): Promise<void> {
  const path = plan.replace(/\.md$/, '.lock');
  const known = locks.get(name);
  if (known !== undefined) return ground.editFile(path, known);
  const { exitCode, output } = await ground.call(['lock', plan]).ended;
  if (exitCode !== 0) throw new Error(output);
  locks.set(name, readFileSync(ground.path(path), 'utf8'));
}

/** A finished execution, something done to its record, and the question whether the record is whole. */
export const tampering =
  (
    tamper: (record: string, ground: Ground) => unknown,
    question: (record: string, ground: Ground) => readonly string[] = (record) => ['audit', 'verify', record],
    of: FinishedName = 'passed',
  ): Play =>
  async (ground, scene) => {
    await finish(ground, scene, of);
    const record = realpathSync(ground.path('out/latest'));
    await tamper(record, ground);
    return ground.call(question(record, ground)).ended;
  };

/** What kind of output folder is tampered with: of one honest execution, of one that failed, of a failed one and a passed one after it. */
export type FinishedName = 'passed' | 'failed' | 'failed, then passed';

/** Each made once, with the line that the execution printed for an outside witness, and copied for each act. */
const finished = new Map<string, Promise<Buffer>>();

async function finish(ground: Ground, scene: SceneName, name: FinishedName): Promise<void> {
  const key = `${scene}: ${name}`;
  const mine = finished.get(key);
  if (mine === undefined) {
    const made = executeAll(ground, scene, name);
    finished.set(key, made);
    await made;
    return;
  }
  await writeScene(ground, scene);
  const unpacked = spawnSync('tar', ['-x', '-C', ground.folder], { input: await mine });
  if (unpacked.status !== 0) throw new Error(String(unpacked.stderr));
}

async function executeAll(ground: Ground, scene: SceneName, name: FinishedName): Promise<Buffer> {
  for (const wanted of name.split(', then ')) {
    ground.editFile(tests, wanted === 'failed' ? failingTest : (old) => old.replace('assert False', 'assert True'));
    const { exitCode, output } = await executing({})(ground, scene);
    if (exitCode !== (wanted === 'failed' ? 1 : 0)) throw new Error(output);
    ground.editFile('out/said', output);
  }
  const packed = spawnSync('tar', ['-c', '-C', ground.folder, 'out'], { maxBuffer: 1 << 28 });
  if (packed.status !== 0) throw new Error(String(packed.stderr));
  return packed.stdout;
}

/** The root that the newest execution printed, as a log of CI would have kept it. */
export function printedRoot(ground: Ground): string {
  const said = readFileSync(ground.path('out/said'), 'utf8');
  return /AUDIT root=(\S+)/.exec(said)?.[1] ?? '';
}

/** The execution's folder, as soon as the pausing step has begun; undefined if it never does. */
async function untilPaused(ground: Ground, ended: Promise<unknown>): Promise<string | undefined> {
  let over = false;
  void ended.then(() => (over = true));
  const latest = ground.path('out/latest');
  while (!over) {
    if (/"step-started"[^\n]*"9\.1"|"9\.1"[^\n]*"step-started"/.test(readOr(join(latest, 'journal.jsonl')))) return realpathSync(latest);
    await new Promise((wait) => setTimeout(wait, 30));
  }
  return undefined;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Puts the copy under version control, everything committed. */
export function commit(ground: Ground): void {
  writeFileSync(ground.path('.gitignore'), '.venv\nout\n__pycache__\n.pytest_cache\n.aos\n.proofplan\ngo\n');
  const git = spawnSync('bash', ['-c', 'git init -q . && git add -A && git -c user.name=t -c user.email=t@t commit -qm x'], {
    cwd: ground.folder,
    encoding: 'utf8',
  });
  if (git.status !== 0) throw new Error(git.stderr);
}
