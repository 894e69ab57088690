/** Finds a text or a pattern in a kept output of any size, in memory that does not grow with it. */
import { createReadStream } from 'node:fs';
import { matchPattern } from './pattern.ts';

/** A line longer than this is judged in pieces: a pattern that needs more of it does not match. */
const longestLine = 65_536;

export type OutputSearch = { readonly lineNumber: number } | { readonly problem: string } | undefined;

/** The line (from 1) in which the text begins; undefined where it is not. May stretch over several lines. Rejects with what `node:fs` throws. */
export async function findText(path: string, text: string): Promise<OutputSearch> {
  let carried = '';
  let lineNumber = 1;
  for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const stretch = carried + chunk;
    const at = stretch.indexOf(text);
    if (at >= 0) return { lineNumber: lineNumber + countLineFeeds(stretch.slice(0, at)) };
    const done = Math.max(0, stretch.length - (text.length - 1));
    lineNumber += countLineFeeds(stretch.slice(0, done));
    carried = stretch.slice(done);
  }
  return undefined;
}

/** The first line that holds a match of the pattern, line by line, without its line end. */
export async function findPattern(path: string, pattern: string): Promise<OutputSearch> {
  let rest = '';
  let lineNumber = 0;
  const test = (line: string): OutputSearch => {
    const comparison = matchPattern(pattern, line.endsWith('\r') ? line.slice(0, -1) : line);
    if (comparison.kind === 'incomparable') return { problem: comparison.reason };
    return comparison.kind === 'held' ? { lineNumber } : undefined;
  };
  for await (const chunk of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      lineNumber += 1;
      const found = test(line);
      if (found) return found;
    }
    if (rest.length > longestLine) {
      const found = test(rest);
      if (found) return 'lineNumber' in found ? { lineNumber: lineNumber + 1 } : found;
      rest = '';
    }
  }
  lineNumber += 1;
  return rest === '' ? undefined : test(rest);
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
