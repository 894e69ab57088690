/** Plans for comparisons: fixtures of several trades, as they are and edited. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilePlan, type CompiledPlan } from '../../src/compile/compile-plan.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { SqlParser } from '../../src/policy/sql-parser.ts';

const root = join(import.meta.dirname, '..', '..');

export interface PlanText {
  readonly path: string;
  readonly text: string;
  readonly addendum: string | undefined;
}

/** A document of the repository with what stands beside it; `path` is relative to the root. */
export function readPlanText(path: string): PlanText {
  const beside = join(root, path.replace(/\.md$/, '.addendum.yaml'));
  return { path, text: readFileSync(join(root, path), 'utf8'), addendum: existsSync(beside) ? readFileSync(beside, 'utf8') : undefined };
}

/** As `check` and `diff` compile it. */
export function compileText({ path, text, addendum }: PlanText, parser: SqlParser): Promise<CompiledPlan> {
  return compilePlan({
    path,
    bytes: Buffer.from(text),
    ...(addendum === undefined ? {} : { addendum: { path: path.replace(/\.md$/, '.addendum.yaml'), bytes: Buffer.from(addendum) } }),
    hasDatabase: true,
    parser,
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  });
}

export async function planOf(source: PlanText, parser: SqlParser): Promise<Plan> {
  const { plan, diagnostics } = await compileText(source, parser);
  if (plan === undefined) throw new Error(`not read: ${diagnostics.map((each) => each.message).join('; ')}`);
  return plan;
}

/** The text with one stretch replaced, which must stand in it exactly once. */
export function edited(source: PlanText, from: string, to: string): PlanText {
  if (source.text.split(from).length !== 2) throw new Error(`\`${from}\` does not stand once in ${source.path}`);
  return { ...source, text: source.text.replace(from, () => to) };
}
