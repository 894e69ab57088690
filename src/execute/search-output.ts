/** Finds a text or a pattern in a kept output of any size, in memory that does not grow with it. */
import type { OutputEvidence } from '../model/evidence.ts';
import { matchPattern } from './pattern.ts';
import { printedText, type PrintedFile } from './printed-text.ts';

/** A line longer than this is judged in pieces: a pattern that needs more of it does not match. */
const longestLine = 65_536;

export type OutputSearch = { readonly lineNumber: number } | { readonly problem: string } | undefined;

/** The line (from 1) in which the text begins; undefined where it is not. May stretch over several lines. Rejects with what `node:fs` throws. */
export async function findText(file: PrintedFile, text: string): Promise<OutputSearch> {
  let carried = '';
  let lineNumber = 1;
  for await (const chunk of printedText(file)) {
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
export async function findPattern(file: PrintedFile, pattern: string): Promise<OutputSearch> {
  for await (const { text, lineNumber } of linesOf(file)) {
    const comparison = matchPattern(pattern, text);
    if (comparison.kind === 'incomparable') return { problem: comparison.reason };
    if (comparison.kind === 'held') return { lineNumber };
  }
  return undefined;
}

/** The first line that is this text, without the white space around it. */
export async function findLine(file: PrintedFile, wanted: string): Promise<OutputSearch> {
  for await (const { text, lineNumber } of linesOf(file)) if (text.trim() === wanted.trim()) return { lineNumber };
  return undefined;
}

/** At the beginning or the end, or as the whole but its last line end: the first and the last bytes of an output stand in its evidence. */
export function findAtEdge(
  { head, tail, lines }: Pick<OutputEvidence, 'head' | 'tail' | 'lines'>,
  operator: 'is' | 'starts with' | 'ends with',
  text: string,
): OutputSearch {
  const end = tail === '' ? head : tail;
  if (text.length > (operator === 'ends with' ? end : head).length && tail !== '')
    return { problem: 'the text is longer than what is kept at hand of an output' };
  switch (operator) {
    case 'is':
      return tail === '' && withoutLineEnd(head) === withoutLineEnd(text) ? { lineNumber: 1 } : undefined;
    case 'starts with':
      return head.startsWith(text) ? { lineNumber: 1 } : undefined;
    case 'ends with':
      return end.endsWith(text) || withoutLineEnd(end).endsWith(text) ? { lineNumber: lines } : undefined;
  }
}

/** As many characters as evidence holds of each end. */
const edgeCharacters = 4_096;

/** The ends of an output in which something was masked, as they were printed. */
export async function readEdges(file: PrintedFile): Promise<Pick<OutputEvidence, 'head' | 'tail' | 'lines'>> {
  let [head, tail, length, newlines] = ['', '', 0, 0];
  for await (const text of printedText(file)) {
    if (head.length < edgeCharacters) head += text.slice(0, edgeCharacters - head.length);
    tail = (tail + text).slice(-edgeCharacters);
    length += text.length;
    newlines += countLineFeeds(text);
  }
  const lines = newlines + (length > 0 && !tail.endsWith('\n') ? 1 : 0);
  return length > edgeCharacters ? { head, tail, lines } : { head, tail: '', lines };
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** Lines without their line ends; one that is too long comes in pieces. Rejects with what `node:fs` throws. */
export async function* linesOf(file: PrintedFile): AsyncGenerator<{ readonly text: string; readonly lineNumber: number }> {
  let rest = '';
  let lineNumber = 0;
  for await (const chunk of printedText(file)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      lineNumber += 1;
      yield { text: withoutReturn(line), lineNumber };
    }
    if (rest.length > longestLine) {
      yield { text: withoutReturn(rest), lineNumber: lineNumber + 1 };
      rest = '';
    }
  }
  if (rest !== '') yield { text: withoutReturn(rest), lineNumber: lineNumber + 1 };
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
