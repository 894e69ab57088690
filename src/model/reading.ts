import type { Plan } from './plan.ts';

/** Raised with every change of the form of a reading: a digest of another form says nothing about this one. */
export const readingVersion = 1;

/** Where something stands and from which bytes it came: not part of what it means. */
const placeKeys: ReadonlySet<string> = new Set(['span', 'hole', 'grantedAt', 'path', 'sha256', 'blocks']);

/**
 * What a plan means, without where its words stand: plain data for a digest. Two documents with the same reading do the
 * same; a paragraph moved or a line wrapped changes nothing here, a changed operator does.
 */
export function readingOf(plan: Plan): unknown {
  return withoutPlaces(plan);
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => !placeKeys.has(key) && item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutPlaces(item)]));
}
