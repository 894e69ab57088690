/** `check` of 500 documents in one call: what a document costs once the program is up, and how that grows with its size. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textOf } from './compile.ts';
import { median, proofplan, spread, timeCommand, type Row } from './measure.ts';

const part = 5_000;

export async function measure(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-bench-check-'));
  const text = textOf(2_500_000);
  const write = (name: string, from: number, length: number): string => {
    const file = join(folder, name);
    writeFileSync(file, `# Plan\n\n${text.slice(text.indexOf('\n## ', from) + 1, from + length)}\n`);
    return file;
  };
  const many = Array.from({ length: 500 }, (_, index) => write(`${index}.md`, index * part, part));
  const one = write('one.md', 0, part);
  const large = { '10 KB': write('10k.md', 0, 10_000), '100 KB': write('100k.md', 0, 100_000), '1 MB': write('1m.md', 0, 1_000_000) };
  // Fixtures cut in the middle hold errors: 2 is expected, a crash would be 5.
  const check = (...files: readonly string[]): number => timeCommand(['node', proofplan, 'check', ...files], { exitCodes: [0, 2, 3] });
  check(one);
  const each: number[] = [];
  const starts: number[] = [];
  const growth: Record<string, number[]> = { '10 KB': [], '100 KB': [], '1 MB': [] };
  for (let repetition = 0; repetition < 3; repetition += 1) {
    const single = check(one);
    const together = check(...many);
    starts.push(single);
    each.push((together - single) / (many.length - 1) / (single / 100));
    for (const [name, file] of Object.entries(large)) growth[name]?.push(check(file) - single);
  }
  rmSync(folder, { recursive: true, force: true });
  const single = median(starts);
  return [
    {
      what: '`check` of one more document of 5 KB, in hundredths of a `check` of one alone',
      figure: `${spread(each)} (${((median(each) * single) / 100).toFixed(1)} ms each; ${single.toFixed(0)} ms alone)`,
      aim: '10 ms',
    },
    {
      what: '`check` beyond the start-up for 10 KB, 100 KB, 1 MB, for each 5 KB',
      figure: `${Object.entries(growth)
        .map(([name, times]) => `${(median(times) / ({ '10 KB': 2, '100 KB': 20, '1 MB': 200 }[name] ?? 1)).toFixed(1)} ms`)
        .join(', ')}`,
      aim: '10 ms, linear',
    },
  ];
}
