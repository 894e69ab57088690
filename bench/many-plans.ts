/** What `--jobs 2` gains on plans that wait and on plans that compute; what `merge` costs for a thousand shards. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeShards, searchPlan } from '../test/support/shard-set.ts';
import { median, proofplan, spread, timeCommand, type Row } from './measure.ts';

const plans = 4;
const kinds = { wait: 'sleep 3', compute: "python3 -c 'sum(i * i for i in range(20_000_000))'" };

function speedUps(folder: string, act: string): readonly number[] {
  const project = join(folder, act.slice(0, 5));
  mkdirSync(join(project, 'plans'), { recursive: true });
  writeFileSync(join(project, 'proofplan.config.yaml'), 'default: here\nenvironments:\n  here:\n    workspace: .\n    database: embedded\n    parallel: true\n');
  for (let plan = 1; plan <= plans; plan += 1)
    writeFileSync(
      join(project, 'plans', `plan-${plan}.md`),
      `# Plan ${plan}\n\n\`\`\`bash\n${act}; echo "done ${plan}"\n\`\`\`\n\n**Expected:** the output contains \`done ${plan}\`\n`,
    );
  const time = (jobs: number): number =>
    timeCommand(['node', proofplan, 'run', 'plans', '--quiet', '--jobs', String(jobs), '--out', `out-${jobs}`], { cwd: project });
  return Array.from({ length: 3 }, () => time(1) / time(2));
}

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  try {
    const rows: Row[] = Object.entries(kinds).map(([kind, act]) => ({
      what: `${plans} plans that ${kind}: \`--jobs 1\` against \`--jobs 2\` (2 cores)`,
      figure: spread(speedUps(folder, act)),
      aim: '2',
    }));
    const merges: string[] = [];
    const each: number[] = [];
    for (const count of [10, 100, 1000]) {
      const names = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`plan-${String(index + 1).padStart(4, '0')}`, searchPlan(`Plan ${index + 1}`, 'alpha')]),
      );
      const outs = await makeShards({ folder: join(folder, `set-${count}`), plans: names, count });
      const times = Array.from({ length: 3 }, () => timeCommand(['node', proofplan, 'merge', ...outs, '--json']));
      const bytes = outs.reduce((sum, out) => sum + readFileSync(join(out, 'ledger.jsonl')).length, 0);
      each.push(median(times) / count);
      merges.push(
        `${count}: ${(median(times) / 1000).toFixed(2)} s, ${(median(times) / count).toFixed(1)} ms a shard (ledgers ${(bytes / 1000).toFixed(0)} KB)`,
      );
    }
    rows.push({ what: '`merge` of so many shards with a plan each', figure: merges.join('; ') });
    rows.push({ what: 'cost of a shard among 1,000 against one among 100', figure: ((each[2] ?? 0) / (each[1] ?? 1)).toFixed(2), aim: '1 (linear)' });
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
