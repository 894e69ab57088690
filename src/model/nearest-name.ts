/** Longer names are not compared: no name that a person types is longer, and the cost grows with the square. */
const lengthLimit = 100;

/**
 * The candidate that a misspelt name most likely means, or undefined where none is near. Near is a distance of one for each three
 * characters of the longer of the two, at least one; case, `-` and `_` do not count. Of equally near ones the first given.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const folded = fold(name);
  if (folded === '' || folded.length > lengthLimit) return undefined;
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = fold(candidate);
    if (other === '' || other.length > lengthLimit) continue;
    const threshold = Math.max(1, Math.floor(Math.max(folded.length, other.length) / 3));
    const apart = distance(folded, other);
    if (apart <= threshold && apart < Math.min(least, folded.length)) {
      nearest = candidate;
      least = apart;
    }
  }
  return nearest;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Insertions, deletions, changes and swaps of neighbours (optimal string alignment; Damerau 1964, Levenshtein 1966). */
function distance(a: string, b: string): number {
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
