/** Claims about searches. A pattern with alternatives is proven alternative by alternative: one hit of four is not four. */
import type { SearchEvidence, SearchHit } from '../model/evidence.ts';
import { counted, failed, passed, unproven, withinBound, type ClaimOf, type JudgeFacts, type Judgement } from './judgement.ts';
import { matchPattern } from './pattern.ts';

export function judgeFound(claim: ClaimOf<'found'>, facts: JudgeFacts): Judgement {
  const searches = facts.evidence.searches ?? [];
  if (searches.length === 0) return unproven('nothing was searched');
  const actual = searches.map((search) => `\`${search.pattern}\`: ${counted(search.matches, 'match', 'matches')}`).join(', ');
  const notes = searches.flatMap(hiddenNotes);
  const missing = searches.filter((search) => search.matches === 0);
  switch (claim.quantity) {
    case 'each':
      return missing.length === 0
        ? passed(actual, ...notes)
        : failed(actual, `not found: ${missing.map((search) => `\`${search.pattern}\``).join(', ')}`, ...notes);
    case 'any':
      return missing.length < searches.length ? passed(actual, ...notes) : failed(actual, ...notes);
    case 'none':
      return missing.length === searches.length ? passed(actual, ...notes) : failed(actual, ...searches.flatMap(firstHits), ...notes);
  }
}

export function judgeMatchCount(claim: ClaimOf<'match-count'>, facts: JudgeFacts): Judgement {
  const searches = facts.evidence.searches ?? [];
  const [search] = searches;
  if (!search) return unproven('nothing was searched');
  // A line that two alternatives match would count twice.
  if (searches.length > 1) return unproven(`${searches.length} patterns were searched`, 'how many matches there are in all is not known');
  const actual = `\`${search.pattern}\`: ${counted(search.matches, 'match', 'matches')}`;
  return (withinBound(claim.bound, claim.count, search.matches) ? passed : failed)(actual, ...hiddenNotes(search));
}

export function judgeEachHit(claim: ClaimOf<'each-hit'>, facts: JudgeFacts): Judgement {
  const { gathered } = facts;
  const searches = facts.evidence.searches ?? [];
  const hits = hitsOf(searches);
  const cut = searches.some((search) => search.matches > search.hits.length);
  if (gathered?.kind !== 'neighbourhood') return unproven('the lines around the hits were not read');
  if (gathered.problem !== undefined) return failed('the lines around the hits could not be read', gathered.problem);
  const judged = hits.filter((hit) => claim.except === undefined || matchPattern(claim.except, hit.text).kind !== 'held');
  const left = hits.length - judged.length;
  const notes = left > 0 ? [`${counted(left, 'hit')} left out by \`${claim.except}\``] : [];
  if (judged.length === 0) return unproven(`${counted(hits.length, 'hit')}, none to judge`, 'nothing was found, so nothing holds for each of them', ...notes);
  const without = judged.filter((hit) => !(gathered.linesOf.get(placeOf(hit)) ?? []).some((line) => line.includes(claim.contains)));
  const actual = `${judged.length - without.length} of ${counted(judged.length, 'hit')} with \`${claim.contains}\``;
  if (without.length > 0) return failed(actual, ...without.slice(0, 10).map((hit) => `without it: ${placeOf(hit)}`), ...notes);
  return cut ? unproven(actual, 'there were more hits than are kept: the others were not looked at', ...notes) : passed(actual, ...notes);
}

/** `path:line`, the name of a hit. */
export function placeOf(hit: Pick<SearchHit, 'path' | 'lineNumber'>): string {
  return `${hit.path}:${hit.lineNumber}`;
}

/** Every hit once, also where several patterns found the same line. */
export function hitsOf(searches: readonly SearchEvidence[]): readonly SearchHit[] {
  return [...new Map(searches.flatMap((search) => search.hits).map((hit) => [placeOf(hit), hit])).values()];
}

function hiddenNotes(search: SearchEvidence): readonly string[] {
  return search.hidden > 0
    ? [`\`${search.pattern}\` is also in ${counted(search.hidden, 'line')} of ignored, hidden or binary files, which the command as written leaves out`]
    : [];
}

function firstHits(search: SearchEvidence): readonly string[] {
  return search.hits.slice(0, 5).map((hit) => `found: ${placeOf(hit)}`);
}
