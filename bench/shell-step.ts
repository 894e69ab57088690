/** A shell step with its journal, against a bare `spawn('sh', ['-c', …])`, and how its cost grows with the plan. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { proofplan, spread, timeCommand, type Row } from './measure.ts';

const bareSpawn = (): Promise<void> => new Promise((done) => spawn('sh', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] }).on('close', () => done()));

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  const time = (steps: number): number => {
    writeFileSync(join(folder, `plan-${steps}.md`), `# Bench\n\n## 1. Steps\n\n${'```bash\ntrue\n```\n\n'.repeat(steps)}`);
    return timeCommand(['node', proofplan, 'run', `plan-${steps}.md`, '--quiet', '--out', `out-${steps}`], { cwd: folder, exitCodes: [0, 4] });
  };
  const ratios: number[] = [];
  const growth: number[] = [];
  for (let repetition = 0; repetition < 5; repetition += 1) {
    const started = performance.now();
    for (let index = 0; index < 100; index += 1) await bareSpawn();
    const bare = (performance.now() - started) / 100;
    const [ten, hundred, thousand] = [time(10), time(100), time(1000)] as const;
    const small = (hundred - ten) / 90;
    const large = (thousand - hundred) / 900;
    ratios.push(large / bare);
    growth.push(large / small);
  }
  rmSync(folder, { recursive: true, force: true });
  return [
    { what: 'a shell step (durable journal) against a bare spawn, plan of 1,000', figure: spread(ratios), aim: '2.5' },
    { what: 'cost of a step in a plan of 1,000 against one in a plan of 100', figure: spread(growth), aim: '1 (flat)' },
  ];
}
