/** Do two forms of a plan mean the same? Where something was said (prose, addendum, YAML) and where it stands do not count. */
import type { Plan } from '../model/plan.ts';

/** Places, digests and who said it. */
const provenance: ReadonlySet<string> = new Set(['span', 'hole', 'grantedAt', 'path', 'sha256', 'addendum', 'blocks', 'form', 'boundBy']);

/** A sentence, a heading and an addendum that binds them say it alike. */
const said: ReadonlySet<unknown> = new Set(['addendum', 'heading']);

/** The parts that differ, as `steps.2.1.title`; none where both mean the same. */
export function planDifferences(left: Plan, right: Plan): readonly string[] {
  return differences(meaningOf(left), meaningOf(right), '');
}

function meaningOf(plan: Plan): unknown {
  // Inputs are found in the order of the text, which an addendum's steps stand outside of.
  return withoutProvenance({ ...plan, inputs: [...plan.inputs].sort((a, b) => a.name.localeCompare(b.name)) });
}

function withoutProvenance(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProvenance);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]: readonly [string, unknown]) => !provenance.has(key) && item !== undefined);
  return Object.fromEntries(
    kept.map(([key, item]: readonly [string, unknown]) => [key, key === 'origin' && said.has(item) ? 'text' : withoutProvenance(item)]),
  );
}

function differences(left: unknown, right: unknown, place: string): readonly string[] {
  if (Object.is(left, right)) return [];
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return [place];
  const [before, after] = [Object.entries(left), Object.entries(right)] as readonly (readonly (readonly [string, unknown])[])[];
  const keys = [...new Set([...(before ?? []), ...(after ?? [])].map(([key]) => key))];
  const get = (entries: readonly (readonly [string, unknown])[] | undefined, key: string): unknown => entries?.find(([name]) => name === key)?.[1];
  return keys.flatMap((key) => differences(get(before, key), get(after, key), `${place}${place === '' ? '' : '.'}${nameOf(get(before, key), key)}`));
}

/** What has an id is called by it. */
function nameOf(value: unknown, key: string): string {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' ? value.id : key;
}
