/** Are the plans of a set those that lie here? Shards that are all of yesterday agree with each other. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { addendumPath } from '../compile/addendum-path.ts';
import { readDigest } from '../journal/evidence-store.ts';
import type { PlanSet } from '../journal/plan-set.ts';
import { listOf } from './merge-condition.ts';
import type { MergeFinding } from './merge-finding.ts';

/** Compares what is there under the names of the set, from `workingFolder`; where a plan is not, nothing is known. Never rejects. */
export async function verifyPlansHere({ plans, linked }: PlanSet, workingFolder: string): Promise<readonly MergeFinding[]> {
  const others: string[] = [];
  for (const { path, sha256, addendum } of [...plans, ...linked]) {
    const here = await digestOf(resolve(workingFolder, path));
    if (here === null) continue;
    if (here !== sha256) others.push(path);
    const beside = addendumPath(path);
    if ((await digestOf(resolve(workingFolder, beside))) !== addendum) others.push(beside);
  }
  if (others.length === 0) return [];
  const names = listOf(others.map((path) => `\`${path}\``));
  return [{ code: 'review/shard-stale', message: `${names}: what was executed is not what lies here now`, folder: null }];
}

/** SHA-256 of a file, through links; null where there is none, a word where it is no file that can be read. */
async function digestOf(path: string): Promise<string | null> {
  try {
    const digest = await readDigest(realpathSync(path));
    return digest.kind === 'file' ? digest.sha256 : digest.kind === 'missing' ? null : digest.kind;
  } catch {
    return null;
  }
}
