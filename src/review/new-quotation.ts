/** Quotations that an addendum finds again: one line, standing once in the document. */
import type { Span } from '../model/span.ts';
import { stringify } from 'yaml';

const shortest = 12;
const longest = 160;

/** The words of a place, with as much of what surrounds them as it takes to be the only ones. */
export function quoteOf(source: string, { start, end }: Span): string {
  const own = folded(source.slice(start.offset, end.offset));
  const line = lineAt(source, start.offset);
  const before = lineBefore(source, line.start);
  const after = lineAfter(source, line.end);
  // An item beside it would be bound with it, so that words of another kind are taken first.
  const wider = [before, after].toSorted((one, other) => Number(isItem(one)) - Number(isItem(other)));
  const surrounded = wider.map((other) => folded(source.slice(Math.min(other.start, start.offset), Math.max(other.end, end.offset))));
  const candidates = [cut(own), folded(line.text).replace(marker, ''), ...surrounded].filter((text) => text !== '');
  const whole = folded(source);
  const once = candidates.filter((text) => whole.indexOf(text) === whole.lastIndexOf(text));
  return once.find((text) => text.length >= shortest) ?? once[0] ?? candidates[0] ?? own;
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const marker = /^(?:(?:[-*+>]|\d+[.)]|\[[ xX]\]) )+/;

function isItem({ text }: Line): boolean {
  return marker.test(text.trim());
}

function lineAt(source: string, offset: number): Line {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const stop = source.indexOf('\n', offset);
  const end = stop === -1 ? source.length : stop;
  return { start, end, text: source.slice(start, end) };
}

/** The nearest line with words above a place. */
function lineBefore(source: string, offset: number): Line {
  const end = source.slice(0, offset).trimEnd().length;
  return end === 0 ? lineAt(source, offset) : lineAt(source, end - 1);
}

function lineAfter(source: string, offset: number): Line {
  const rest = source.slice(offset);
  return lineAt(source, rest.trim() === '' ? offset : offset + rest.length - rest.trimStart().length);
}

/** As a scalar of YAML that stands on one line. */
export function yamlText(text: string): string {
  return stringify(text, { lineWidth: 0, singleQuote: true, compat: 'yaml-1.1' }).trimEnd();
}

/** Runs of white space count as one in a quotation. */
function folded(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A long text is quoted by its beginning. */
function cut(text: string): string {
  return text.length <= longest ? text : text.slice(0, longest).replace(/ \S*$/, '');
}
