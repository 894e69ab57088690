/** How each stretch of shell text is quoted. Comments are no nodes of the tree: they are found in the gaps between words. */
import type { QuoteContext, QuoteSegment } from './shell-script.ts';
import type { ShellVisit } from './shell-walk.ts';

interface Region {
  readonly start: number;
  readonly end: number;
  readonly context: QuoteContext;
  /** Commands may stand here, and so comments between them. */
  readonly code: boolean;
}

/** The text cut into segments, the first at 0. Regions of the tree are nested or disjoint: the innermost one speaks. */
export function segmentQuotes(text: string, visits: readonly ShellVisit[]): readonly QuoteSegment[] {
  const regions = visits.flatMap((visit) => regionOf(visit) ?? []).sort((a, b) => a.start - b.start || b.end - a.end);
  const segments: QuoteSegment[] = [];
  const open: Region[] = [{ start: 0, end: text.length, context: 'unquoted', code: true }];
  let done = 0;
  const cutAt = (offset: number): void => {
    const top = open.at(-1);
    if (top === undefined || offset <= done) return;
    if (top.code) pushCode(text, done, offset, segments);
    else pushSegment(segments, done, top.context);
    done = offset;
  };
  const closeBefore = (offset: number): void => {
    for (let top = open.at(-1); top !== undefined && top.end <= offset; top = open.at(-1)) {
      cutAt(top.end);
      open.pop();
    }
  };
  for (const region of regions) {
    closeBefore(region.start);
    cutAt(region.start);
    open.push({ ...region, end: Math.min(region.end, open.at(-1)?.end ?? region.end) });
  }
  closeBefore(text.length);
  if (segments.length === 0) segments.push({ start: 0, context: 'unquoted' });
  return segments;
}

function regionOf({ node, place, start, end }: ShellVisit): Region | undefined {
  if (place.clamp || end <= start) return undefined;
  switch (node.type) {
    case 'Word':
    case 'ArithmeticCommand':
    case 'ArithmeticExpansion':
    case 'TestCommand':
    case 'HereDocDelimiter':
      return { start, end, context: place.quote, code: false };
    case 'SingleQuoted':
      return { start, end, context: 'single', code: false };
    case 'AnsiCQuoted':
      return { start, end, context: 'ansi-c', code: false };
    case 'DoubleQuoted':
    case 'LocaleString':
      return { start, end, context: 'double', code: false };
    case 'CommandExpansion':
    case 'ProcessSubstitution':
    case 'ArithmeticCommandExpansion':
      return { start, end, context: 'unquoted', code: true };
    case 'HereDoc': {
      const quoted = node.delimiter?.quoted === true;
      return node.body.end > node.body.pos
        ? { start: node.body.pos, end: node.body.end, context: quoted ? 'heredoc-quoted' : 'heredoc-expanding', code: false }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** A gap between words: operators, keywords and space, and comments, which begin with `#` at the start of a token. */
function pushCode(text: string, from: number, to: number, segments: QuoteSegment[]): void {
  let offset = from;
  while (offset < to) {
    const hash = text.indexOf('#', offset);
    if (hash < 0 || hash >= to) break;
    if (hash > offset) pushSegment(segments, offset, 'unquoted');
    offset = hash + 1;
    if (hash > 0 && !/[\s;&|()`]/.test(text.charAt(hash - 1))) continue;
    pushSegment(segments, hash, 'comment');
    const newline = text.indexOf('\n', hash);
    offset = newline < 0 || newline > to ? to : newline;
  }
  if (offset < to) pushSegment(segments, offset, 'unquoted');
}

function pushSegment(segments: QuoteSegment[], start: number, context: QuoteContext): void {
  if (segments.at(-1)?.context !== context) segments.push({ start, context });
}
