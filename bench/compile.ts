/** Compile of Markdown against a bare remark parse of the same text: time, growth and memory, from 10 KB to 1 MB of the labelled fixtures. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import remarkFrontmatter from 'remark-frontmatter';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { compilePlan } from '../src/compile/compile-plan.ts';
import { createSqlParser } from '../src/policy/sql-parser.ts';
import { median, spread, type Row } from './measure.ts';

const folder = 'fixtures/reading/labelled';
const remark = unified().use(remarkParse).use(remarkGfm).use(remarkFrontmatter, ['yaml', 'toml']).freeze();

/** The fixtures one after the other, without front matter, until there are so many bytes. */
export function textOf(bytes: number): string {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8').replace(/^---\n[\s\S]*?\n---\n/, ''));
  const parts: string[] = [];
  for (let size = 0, index = 0; size < bytes; index += 1) {
    const text = `${texts[index % texts.length] ?? ''}\n\n`;
    parts.push(text);
    size += text.length;
  }
  const all = parts.join('').slice(0, bytes);
  return all.slice(0, all.lastIndexOf('\n\n') + 1);
}

/** Milliseconds of processor time, of all threads: other programs on the machine do not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const sizes = { '10 KB': 10_000, '100 KB': 100_000, '1 MB': 1_000_000 } as const;

export async function measure(): Promise<readonly Row[]> {
  const parser = createSqlParser();
  const compile = (bytes: Uint8Array): ReturnType<typeof compilePlan> =>
    compilePlan({ path: 'a.md', bytes, hasDatabase: true, parser, sha256: (digested) => createHash('sha256').update(digested).digest('hex') });
  const timed = async (work: () => unknown): Promise<number> => {
    const started = processorMs();
    await work();
    return processorMs() - started;
  };
  for (let warm = 0; warm < 5; warm += 1) await compile(Buffer.from(textOf(50_000)));
  const rows: Row[] = [];
  const perMegabyte = new Map<string, number>();
  for (const [name, size] of Object.entries(sizes)) {
    const text = textOf(size);
    const bytes = Buffer.from(text);
    const ratios: number[] = [];
    const costs: number[] = [];
    const bare: number[] = [];
    for (let repetition = 0; repetition < (size > 500_000 ? 3 : size > 50_000 ? 5 : 15); repetition += 1) {
      const parsed = await timed(() => remark.parse(text));
      const compiled = await timed(() => compile(bytes));
      ratios.push(compiled / parsed);
      costs.push(compiled / (bytes.length / 1e6));
      bare.push(parsed / (bytes.length / 1e6));
    }
    perMegabyte.set(name, median(costs));
    rows.push({
      what: `compile of ${name} against a bare remark parse of it`,
      figure: `${spread(ratios)} (${(1000 / median(costs)).toFixed(2)} MB/s; remark ${(1000 / median(bare)).toFixed(2)} MB/s)`,
      aim: '1.5',
    });
  }
  const least = perMegabyte.get('10 KB') ?? Number.NaN;
  rows.push({
    what: 'cost of a byte at 100 KB and at 1 MB against one at 10 KB',
    figure: [...perMegabyte.values()]
      .slice(1)
      .map((cost) => (cost / least).toFixed(2))
      .join(', '),
    aim: '1 (linear)',
  });
  rows.push({ what: 'memory that a compiled plan keeps for each megabyte of 1 MB', figure: `${await kept(compile)} MB` });
  await parser.close();
  return rows;
}

async function kept(compile: (bytes: Uint8Array) => Promise<unknown>): Promise<string> {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const bytes = Buffer.from(textOf(1_000_000));
  collect();
  const before = process.memoryUsage().heapUsed;
  const plan = await compile(bytes);
  collect();
  const after = process.memoryUsage().heapUsed;
  if (plan === undefined) throw new Error('nothing was compiled');
  return ((after - before) / bytes.length).toFixed(0);
}
