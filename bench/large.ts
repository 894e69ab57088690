/** Memory for a plan of 1,000 steps and for one step with 1 GB of output; nothing may be lost. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakOf, proofplan, type Row } from './measure.ts';

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-'));
  const peak = (name: string, text: string): Promise<number> => {
    writeFileSync(join(folder, `${name}.md`), text);
    return peakOf(['node', proofplan, 'run', `${name}.md`, '--quiet', '--out', `out-${name}`], folder);
  };
  const steps = (count: number): string =>
    `# Bench\n\n## 1. Steps\n\n${Array.from({ length: count }, (_, index) => `\`\`\`bash\necho ${index}\n\`\`\`\n\n`).join('')}`;
  const ten = await peak('ten', steps(10));
  const thousand = await peak('thousand', steps(1000));
  const gigabyte = await peak('gigabyte', "# Bench\n\n## 1. Output\n\n```bash\nhead -c 1000000000 <(yes 'a line of forty bytes, which is repeated')\n```\n");
  const evidence = join(folder, 'out-gigabyte/latest/evidence/sha256');
  const kept = Math.max(...readdirSync(evidence).map((name) => statSync(join(evidence, name)).size));
  rmSync(folder, { recursive: true, force: true });
  return [
    {
      what: 'peak memory of a plan of 1,000 steps against one of 10',
      figure: `${(thousand / ten).toFixed(2)} (${ten.toFixed(0)} MiB, ${thousand.toFixed(0)} MiB)`,
      aim: '1 (flat)',
    },
    {
      what: 'peak memory of one step with 1 GB of output against a plan of 10 steps',
      figure: `${(gigabyte / ten).toFixed(2)} (${gigabyte.toFixed(0)} MiB; ${kept} bytes kept)`,
      aim: '1 (flat)',
    },
  ];
}
