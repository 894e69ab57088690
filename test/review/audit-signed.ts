/** Mutants of everything that a signed record holds, each in a folder of its own: for the sample of every run, and for all of them in the soak. */
import { copyFileSync, linkSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replacements } from './audit-both.ts';
import { keepOthers, type Sample } from './audit-sample.ts';

/** `file` is relative to the execution's folder. */
export interface MutantOptions {
  readonly file: string;
  /** Every how many bytes one is changed; every how many lengths one is cut. */
  readonly every: number;
  readonly cutEvery: number;
  /** Offsets that nothing binds. */
  readonly unbound?: (offset: number) => boolean;
}

/** Single bytes changed, and the file cut, by the name of the mutant. */
function mutantsOf(good: Buffer, { every, cutEvery, unbound = () => false }: Omit<MutantOptions, 'file'>): ReadonlyMap<string, Buffer> {
  const mutants = new Map<string, Buffer>();
  for (let offset = 0; offset < good.length; offset += every) {
    if (unbound(offset)) continue;
    for (const replacement of replacements(good[offset] as number, offset)) {
      const bytes = Buffer.from(good);
      bytes[offset] = replacement;
      mutants.set(`byte ${offset} to ${replacement}`, bytes);
    }
  }
  for (let length = 0; length < good.length; length += cutEvery) mutants.set(`cut to ${length}`, good.subarray(0, length));
  return mutants;
}

/** A folder for each mutant of one file, with all the rest linked, in output folders of their own under `parent`. */
export function copyMutants(sample: Sample, options: MutantOptions, parent: string): ReadonlyMap<string, string> {
  const good = readFileSync(join(sample.folder, options.file));
  const folders = new Map<string, string>();
  for (const [name, bytes] of mutantsOf(good, options)) {
    const output = join(parent, String(folders.size));
    const folder = join(output, 'executions', sample.execution);
    keepOthers(sample, join(output, 'executions'));
    linkTree(sample.folder, folder, options.file);
    const target = join(folder, options.file);
    if (!options.file.startsWith('../')) copyFileSync(join(sample.output, 'ledger.jsonl'), join(output, 'ledger.jsonl'));
    writeFileSync(target, bytes);
    folders.set(name, folder);
  }
  return folders;
}

function linkTree(from: string, to: string, but: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name).slice(from.length + 1);
    if (entry.isDirectory()) mkdirSync(join(to, path), { recursive: true });
    else if (path !== but) {
      mkdirSync(dirname(join(to, path)), { recursive: true });
      linkSync(join(from, path), join(to, path));
    }
  }
}

/** The time in a ledger's last line is chained to nothing: any later one may stand there. */
export function lastTimeOf(ledger: Buffer): (offset: number) => boolean {
  const last = ledger.subarray(0, -1).lastIndexOf(0x0a) + 1;
  const from = ledger.indexOf('"ts":"', last) + '"ts":"'.length;
  return (offset) => offset >= from && offset < from + '2026-02-09T12:00:00.000Z'.length;
}
