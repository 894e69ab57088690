import { stripToLine } from '../report/strip-control.ts';

/** The beginning of a text that somebody else wrote, on one line that is safe to print. */
export function shortenText(text: string, most: number): string {
  // Cut first: it may be long.
  const flat = stripToLine(text.slice(0, 4 * most));
  return flat.length > most ? `${flat.slice(0, most)}…` : flat;
}
