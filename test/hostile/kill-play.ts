/** `proofplan run` killed with SIGKILL at some moment, and what `resume` makes of it. The real program, its processes, its disk. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stepVariable } from '../../src/engine/process-table.ts';
import { proofplan } from '../support/run-proof.ts';

const verifier = resolve(import.meta.dirname, '../../tools/verify.py');

export interface KillScene {
  readonly plan: string;
  /** Absolute; made anew. */
  readonly out: string;
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** When: so many lines of the journal are there, and then so long. */
export interface KillMoment {
  readonly lines: number;
  readonly delayMs: number;
}

export interface KillResult {
  /** Lines of the journal when it was killed; 0: it had not begun. */
  readonly lines: number;
  /** The execution had ended before it could be killed. */
  readonly tooLate: boolean;
  /** Processes of its steps two seconds later. */
  readonly survivors: readonly string[];
  /** Codes that `audit verify` found right after the kill. */
  readonly cutFindings: readonly string[];
  readonly resumeExit: number | null;
  readonly resumeText: string;
  readonly verdict: string | undefined;
  readonly outcomes: readonly string[];
  /** What both verifiers say at the end: nothing where all is whole. */
  readonly findings: string;
}

const graceMs = 2_000;

/** What a record that was cut may lack, and nothing else. */
export const ofACut =
  /^review\/(?:not-closed|torn-end|step-not-ended|verdict-not-single|checkpoint-missing|ledger-not-ended|not-opened|file-missing|evidence-missing|files-not-recorded|not-an-execution)$/;

export async function playKill(scene: KillScene, { lines, delayMs }: KillMoment): Promise<KillResult> {
  rmSync(scene.out, { recursive: true, force: true });
  const words = ['run', scene.plan, '--out', scene.out, '--quiet'];
  const child = spawn(process.execPath, [proofplan, ...words], { cwd: scene.folder, env: scene.environment, stdio: 'ignore' });
  const gone = new Promise<number | null>((finish) => child.once('exit', (code) => finish(code)));
  let ended = false;
  void gone.then(() => {
    ended = true;
  });
  while (!ended && linesIn(scene.out) < lines) await pause(3);
  await pause(delayMs);
  const tooLate = ended;
  child.kill('SIGKILL');
  await gone;
  const reached = linesIn(scene.out);
  const before = performance.now();
  let survivors = stepProcesses(scene.folder);
  while (survivors.length > 0 && performance.now() - before < graceMs) {
    await pause(50);
    survivors = stepProcesses(scene.folder);
  }
  const common = { lines: reached, tooLate, survivors };
  const nothing = { cutFindings: [], resumeExit: null, resumeText: '', verdict: undefined, outcomes: [], findings: '' };
  if (reached === 0 || tooLate) return { ...common, ...nothing };
  const record = join(scene.out, 'latest');
  const cut = call(scene, 'audit', 'verify', record, '--json').stdout;
  const { findings = [] } = (cut === '' ? {} : JSON.parse(cut)) as { readonly findings?: readonly { readonly code: string }[] };
  const resumed = call(scene, 'resume', record, '--quiet');
  const verdictFile = join(realpathSync(record), 'verdict.json');
  const verdict = existsSync(verdictFile) ? (JSON.parse(readFileSync(verdictFile, 'utf8')) as { verdict: string; steps: { outcome: string }[] }) : undefined;
  const first = call(scene, 'audit', 'verify', record);
  const second = spawnSync('python3', [verifier, record], { encoding: 'utf8' });
  return {
    ...common,
    cutFindings: findings.map(({ code }) => code),
    resumeExit: resumed.status,
    resumeText: resumed.stdout + resumed.stderr,
    verdict: verdict?.verdict,
    outcomes: (verdict?.steps ?? []).map(({ outcome }) => outcome),
    findings: `${first.status === 0 ? '' : first.stdout + first.stderr}${second.status === 0 ? '' : second.stdout}`,
  };
}

function call(
  { folder, environment }: KillScene,
  ...words: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [proofplan, ...words], { cwd: folder, env: environment, encoding: 'utf8', timeout: 120_000 });
}

function linesIn(out: string): number {
  try {
    return readFileSync(join(out, 'latest/journal.jsonl'), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** Processes that bear a step's token and work in the scene's folder. */
function stepProcesses(folder: string): readonly string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (!environment.includes(`${stepVariable}=`) || !environment.includes(folder)) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
    } catch {
      return [];
    }
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((go) => {
    setTimeout(go, ms);
  });
}

/** A plan of `count` shell steps, each of which writes its number into a file outside of the workspace; those with even numbers may do it again. */
export function longPlan(count: number, marks: string): string {
  const steps = Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const fence = number % 2 === 0 ? 'bash once=false' : 'bash';
    return `## ${number}. Step\n\n\`\`\`${fence}\necho ${number} >> '${marks}'; echo "done ${number}"\n\`\`\`\n\n**Expected:** output contains \`done ${number}\`\n`;
  });
  return `# A long plan\n\n${steps.join('\n')}`;
}
