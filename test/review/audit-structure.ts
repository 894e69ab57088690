/** Values of every type put in every place of real records, chained anew as by the writer itself. */
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { renderCanonicalJson } from '../../src/journal/canonical-json.ts';
import { checkpointOrigin, renderCheckpoint } from '../../src/journal/checkpoint.ts';
import { isRecord } from '../../src/journal/journal-line.ts';
import { root } from '../support/command.ts';
import { merkleOf } from './audit-root.ts';

const golden = join(root, 'fixtures/journal/v1');
const values: readonly unknown[] = [
  true,
  false,
  null,
  0,
  1,
  2,
  -1,
  1.5,
  1e21,
  '',
  'x',
  '1',
  '../x',
  'a\u0000b',
  'none',
  'passed',
  'failed',
  [],
  {},
  [1],
  { sha256: 'x' },
  { stream: 's', sha256: 'a'.repeat(64), bytes: 1 },
  'ä😀',
];

type Json = Record<string, unknown>;

/** The places of a value, as paths: keys and indices. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item, index) => placesIn(item, [...path, index]))];
  return isRecord(value) ? [path, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...path, key]))] : [path];
}

/** The value with another one at the place; without it where that is undefined. */
function put(value: unknown, path: readonly (string | number)[], other: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return other;
  const copy = structuredClone(value) as Json;
  if (rest.length === 0 && other === undefined) delete copy[step];
  else copy[step] = put(copy[step], rest, other);
  return Array.isArray(copy) ? copy.filter((item) => item !== undefined) : copy;
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

interface Random {
  readonly record: number;
  readonly file: number;
  readonly line: number;
  readonly place: number;
  readonly value: number;
  readonly rechain: boolean;
}

const records = ['passed', 'failed', 'refused', 'resumed', 'torn-resumed', 'interrupted', 'resumed-in-doubt'];

/** A copy of a golden record with one value changed; everything that hangs on it is made anew where `rechain` is true. */
function mutate(random: Random, parent: string, index: number): readonly [string, string] {
  const name = records[random.record % records.length] ?? '';
  const output = join(parent, String(index));
  cpSync(join(golden, name), output, { recursive: true });
  const [execution = ''] = readdirSync(join(output, 'executions'));
  const folder = join(output, 'executions', execution);
  const file = ['journal.jsonl', 'journal.jsonl', 'journal.jsonl', 'verdict.json', '../../ledger.jsonl'][random.file % 5] ?? '';
  const path = join(folder, file);
  const lines = file === 'verdict.json' ? [readFileSync(path, 'utf8')] : readFileSync(path, 'utf8').split(/(?<=\n)/);
  const at = random.line % lines.length;
  let parsed: unknown;
  try {
    parsed = JSON.parse(lines[at] ?? '');
  } catch {
    // A torn line has no places.
    return [`${name} unchanged`, folder];
  }
  const places = placesIn(parsed).slice(1);
  const place = places[random.place % places.length] ?? [];
  const value = random.value % (values.length + 1) === values.length ? undefined : values[random.value % values.length];
  const changed = put(parsed, place, value);
  lines[at] = file === 'verdict.json' ? JSON.stringify(changed) : `${renderCanonicalJson(changed)}\n`;
  writeFileSync(path, lines.join(''));
  if (random.rechain && file === 'journal.jsonl') {
    let prev = digestOf(`proofplan/journal/v1\n${execution}\n`);
    const again = lines.map((line) => {
      const linked = line.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`);
      prev = digestOf(linked);
      return linked;
    });
    writeFileSync(path, again.join(''));
    writeFileSync(
      join(folder, 'checkpoint'),
      renderCheckpoint({ origin: checkpointOrigin(execution), size: again.length, root: merkleOf(again.join('')).toString('hex') }),
    );
  }
  return [`${name} ${file}:${at + 1} ${place.join('.')} = ${JSON.stringify(value)}${random.rechain ? ', chained anew' : ''}`, folder];
}

/** So many of them, by what was done, in folders under `parent`. */
export function copyStructures(count: number, seed: number, parent: string): ReadonlyMap<string, string> {
  const number = fc.nat();
  const random = fc.record({ record: number, file: number, line: number, place: number, value: number, rechain: fc.boolean() });
  return new Map(fc.sample(random, { numRuns: count, seed }).map((each, index) => mutate(each, parent, index)));
}
