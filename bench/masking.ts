/** What masking costs: a stream with 0, 1, 10 and 100 secrets against one bare pass over the same bytes, and making a redactor. */
import { createRedactor } from '../src/model/redaction.ts';
import { median, spread, type Row } from './measure.ts';

const megabytes = 8;
const chunkBytes = 65_536;
const repetitions = 7;

/** What programs print: lines, numbers, JSON, hex, URLs; and the worst, in which every line begins like a secret. */
const texts: Readonly<Record<string, (line: number) => string>> = {
  'lines of a program': (line) =>
    `2026-01-02T03:04:05Z INFO request ${line} GET https://host.example/api/v1/items/${line * 7919}?page=2 200 {"id": "${(line * 104_729).toString(16)}", "ok": true}\n`,
  'lines that begin like a secret': (line) => `secret-numbe ${line} secret-nu \\u00e4 secret-\n`,
};

export function measure(): readonly Row[] {
  const rows = Object.entries(texts).flatMap(([name, lineOf]) => measureText(name, lineOf));
  const built: number[] = [];
  for (let index = 0; index < 50; index += 1) built.push(timed(() => createRedactor([`token-${index * 104_729}-of-a-step`, 'a-password-of-a-database'])));
  return [...rows, { what: 'a redactor for two secrets is made, in ms', figure: spread(built) }];
}

function measureText(name: string, lineOf: (line: number) => string): readonly Row[] {
  const block = Buffer.from(Array.from({ length: 20_000 }, (_, line) => lineOf(line)).join(''));
  const rounds = Math.ceil((megabytes * 1_000_000) / block.length);
  const size = (rounds * block.length) / 1_000_000;
  const works = new Map<string, () => unknown>([['bare', () => pass(block, rounds)]]);
  for (const count of [0, 1, 10, 100]) {
    const redactor = createRedactor(Array.from({ length: count }, (_, index) => `secret-number-${index * 104_729}`));
    works.set(`${count} secrets`, () => mask(redactor.stream(), block, rounds));
  }
  const times = new Map<string, number[]>();
  for (let repetition = 0; repetition < repetitions; repetition += 1)
    for (const [work, run] of works) times.set(work, [...(times.get(work) ?? []), timed(run)]);
  const bare = median(times.get('bare') ?? []);
  return [...works.keys()]
    .filter((work) => work !== 'bare')
    .map((work) => {
      const taken = times.get(work) ?? [];
      return {
        what: `${name}: ${work}, against a bare pass`,
        figure: `${spread(taken.map((time) => time / bare))} (${(size / (median(taken) / 1000)).toFixed(0)} MB/s; bare ${(size / (bare / 1000)).toFixed(0)})`,
      };
    });
}

/** Looks at each byte once, and does as little with it as can be done. */
function pass(block: Uint8Array, rounds: number): number {
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) for (let at = 0; at < block.length; at += 1) sum = (Math.imul(sum, 31) + (block[at] as number)) | 0;
  return sum;
}

function mask(stream: { readonly push: (chunk: Uint8Array) => Uint8Array; readonly end: () => Uint8Array }, block: Uint8Array, rounds: number): number {
  let bytes = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < block.length; at += chunkBytes) bytes += stream.push(block.subarray(at, at + chunkBytes)).length;
  }
  return bytes + stream.end().length;
}

function timed(run: () => unknown): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}
