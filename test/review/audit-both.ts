/** Both verifiers over many mutants of a record: what they let pass, and what they answered differently. */
import { verifyExecution } from '../../src/review/audit-verify.ts';
import { placeOf, pythonFindings } from './audit-sample.ts';

export interface Outcome {
  /** What one of the verifiers let pass. */
  readonly survived: readonly string[];
  /** What they answered differently. */
  readonly disagreed: readonly string[];
}

/** Both verifiers over many folders, by name; the second one in one process, meanwhile the first one, some at a time. */
export async function verifyAll(folders: ReadonlyMap<string, string>, verifierKey?: string): Promise<Outcome> {
  const second = pythonFindings([...folders.values()], verifierKey === undefined ? [] : ['--vkey', verifierKey]);
  const first = new Map<string, readonly string[]>();
  const queue = [...folders.values()];
  const work = async (): Promise<void> => {
    for (let folder = queue.pop(); folder !== undefined; folder = queue.pop())
      first.set(folder, (await verifyExecution(folder, verifierKey === undefined ? {} : { verifierKey })).map(placeOf).toSorted());
  };
  await Promise.all(Array.from({ length: 6 }, work));
  const answers = await second;
  const survived: string[] = [];
  const disagreed: string[] = [];
  for (const [name, folder] of folders) {
    const [one, other] = [first.get(folder) ?? [], answers.get(folder) ?? []];
    if (one.length === 0 || other.length === 0) survived.push(name);
    if (one.join('\n') !== other.join('\n')) disagreed.push(`${name}: ${one.join(', ')} against ${other.join(', ')}`);
  }
  return { survived, disagreed };
}

export const allFound: Outcome = { survived: [], disagreed: [] };

/** A byte in its place: a bit flipped, and one of those that JSON, UTF-8 and lines of text are sensitive to. */
export function replacements(byte: number, position: number): readonly number[] {
  const pool = [0x0a, 0x22, 0xff, 0x20, 0x30, 0x00, 0x5c, byte ^ 0x20].filter((replacement) => replacement !== byte);
  return [byte ^ 1, pool[position % pool.length] as number];
}
