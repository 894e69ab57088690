/** The holes of an SQL text: each, with the quotes around it, becomes a parameter; a name used twice is one parameter. */
import type { Splice } from '../model/step.ts';
import { blanksIn, withoutOverlap } from './blank.ts';
import { closedTags, isMarkup } from './markup.ts';
import { holeName, holesIn, type Hole, type HoleProblem } from './placeholder.ts';
import { segmentSql, type SqlSegment } from './sql-segment.ts';

export interface SqlHoles {
  readonly splices: readonly Splice[];
  /** Names in the order of `$1`, `$2`, … */
  readonly parameters: readonly string[];
  readonly problems: readonly HoleProblem[];
}

/** Shapes beside `<name>` and those of `blank.ts`. In a string they count only where they are all of it. */
const shapes: readonly RegExp[] = [
  /\{([A-Za-z_]\w*)\}/g,
  /\$\{([A-Za-z_]\w*)\}/g,
  /(?<![\w$])\$([A-Za-z_]\w*)(?!\w*\$)/g,
  // No cast, no slice of an array, no `:=`; psql's `:'x'` with its quotes.
  /(?<![:\w\])[])(?<!\[\s*):(?:([A-Za-z_]\w*)|'([A-Za-z_]\w*)')/g,
];
const elision = /\.{3,}|\u2026/g;
const numbered = /(?<![\w$])\$\d+\b/g;

export function sqlSplices(text: string): SqlHoles {
  const segments = segmentSql(text);
  const parameters: string[] = [];
  const problems: HoleProblem[] = [];
  const splices: Splice[] = [];
  for (const hole of candidatesIn(text, segments)) {
    const segment = segmentAt(segments, hole.offset);
    if (!segment || segment.kind === 'comment') continue;
    const kind = hole.name === '' ? 'nameless' : problemOf(text, hole, segment);
    if (kind) {
      problems.push({ hole, kind });
      continue;
    }
    const quoted = segment.kind === 'string';
    if (!parameters.includes(hole.name)) parameters.push(hole.name);
    const number = parameters.indexOf(hole.name) + 1;
    const [start, end] = quoted ? [segment.start, segment.end] : [hole.offset, hole.offset + hole.length];
    // `interval '<x>'` is a constant of a type, which a parameter cannot follow.
    const typed = /\b(interval|timestamptz|timestamp|date|time|uuid|jsonb?)\s+$/i.exec(text.slice(Math.max(0, start - 200), start));
    const from = typed ? start - typed[0].length : start;
    const replacement = typed ? `$${number}::${(typed[1] ?? '').toLowerCase()}` : `$${number}`;
    splices.push({ name: hole.name, offset: from, length: end - from, replacement, format: 'plain', carrier: `$${number}` });
  }
  return { splices, parameters, problems };
}

/** The text with each hole as a parameter of the same length, so that a parser's offsets hold for the author's text. */
export function blankSqlHoles(text: string): string {
  const { splices, problems } = sqlSplices(text);
  const stretches = [...splices, ...problems.filter(({ kind }) => kind === 'nameless').map(({ hole }) => hole)].toSorted((a, b) => a.offset - b.offset);
  let result = '';
  let at = 0;
  for (const { offset, length } of stretches) {
    result += `${text.slice(at, offset)}${length < 2 ? '1' : `$${'1'.padStart(length - 1, '0')}`}`;
    at = offset + length;
  }
  return result + text.slice(at);
}

function candidatesIn(text: string, segments: readonly SqlSegment[]): readonly Hole[] {
  const named = shapes.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => holeAt(match, holeName(match[1] ?? match[2] ?? ''))));
  const nameless = [
    ...[...text.matchAll(elision)].map((match) => holeAt(match, columnBefore(text, match.index))),
    ...[...text.matchAll(numbered)].map((match) => holeAt(match, '')),
  ];
  const angles = new Set(holesIn(text).map((hole) => hole.offset));
  const all = withoutOverlap([...holesIn(text), ...blanksIn(text).filter((hole) => !hole.written.startsWith('%')), ...named, ...nameless]);
  const closed = closedTags(text);
  return all.filter((hole) => {
    const segment = segmentAt(segments, hole.offset);
    if (!segment || segment.kind === 'comment') return false;
    if (segment.kind === 'code') return angles.has(hole.offset) ? !isOperator(text, hole) : isValuePlace(text, hole);
    const whole =
      text
        .slice(segment.start, segment.end)
        .replace(/^'([^]*)'$/, '$1')
        .trim() === hole.written;
    if (segment.kind === 'identifier') return angles.has(hole.offset) || hole.written.startsWith('{{');
    if (whole) return !(hole.written.startsWith('{') && isArrayText(text, segment)) && !(angles.has(hole.offset) && isMarkup(text, hole, { closed }));
    // Inside a longer string only what can be nothing else: a problem, as nothing expands there.
    if (angles.has(hole.offset)) return !isMarkup(text, hole, { closed });
    return /^(?:\{\{|\$\{|YOUR)/.test(hole.written) && !/^\$\$|^\$\w/.test(text.slice(segment.start, segment.start + 2));
  });
}

function holeAt(match: RegExpExecArray, name: string): Hole {
  return { name, written: match[0], offset: match.index, length: match[0].length };
}

function segmentAt(segments: readonly SqlSegment[], offset: number): SqlSegment | undefined {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((segments[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return segments[low];
}

/** `run_id = '...'`: what is left out is a `run_id`. */
function columnBefore(text: string, offset: number): string {
  return holeName(/([A-Za-z_]\w*)\s*=\s*'?$/.exec(text.slice(Math.max(0, offset - 200), offset))?.[1] ?? '');
}

const wordsBeforeValue =
  /\b(?:all|and|any|as|between|by|case|cast|date|distinct|else|escape|except|fetch|filter|first|from|having|ilike|in|interval|into|is|join|jsonb?|like|limit|next|not|offset|on|or|returning|select|set|similar|some|then|time|timestamp|timestamptz|to|union|update|using|uuid|values|when|where|with)$/i;

/** `a<b and c>d` outside quotes are two comparisons: an operand stands before. */
function isOperator(text: string, hole: Hole): boolean {
  const before = text.slice(Math.max(0, hole.offset - 200), hole.offset);
  if (/[\w)\]'"]$/.test(before)) return !/[_.]$/.test(before);
  const operand = /[\w)\]'"]\s+$/.test(before) && !wordsBeforeValue.test(before.trimEnd());
  return operand && /^\s*[\w('"$:-]/.test(text.slice(hole.offset + hole.length));
}

/** An index or a slice of an array, `ARRAY[X]` and the names of JSON operators' keys are no holes. */
function isValuePlace(text: string, hole: Hole): boolean {
  const before = text.slice(Math.max(0, hole.offset - 200), hole.offset);
  return hole.written.startsWith('[') ? !/[\w)\]]\s*$/.test(before) : true;
}

function isArrayText(text: string, segment: SqlSegment): boolean {
  return (
    /(?:#>>?|#-|@>|<@|&&|\?[|&]|\bANY\s*\(|\bALL\s*\()\s*$/i.test(text.slice(Math.max(0, segment.start - 200), segment.start)) ||
    /^\s*::\s*\w+\s*\[/.test(text.slice(segment.end))
  );
}

function problemOf(text: string, hole: Hole, segment: SqlSegment): HoleProblem['kind'] | undefined {
  if (segment.kind === 'identifier') return 'names-relation';
  const before = text.slice(Math.max(0, hole.offset - 200), hole.offset);
  if (segment.kind === 'code') {
    const relation = /\b(?:from|join|into|update|table|index|view|schema|truncate|references)\s+(?:only\s+|if\s+(?:not\s+)?exists\s+)?(?:\w+\.)?$/i.test(
      before,
    );
    return relation || /[.\w]$/.test(before) || /^[.\w]/.test(text.slice(hole.offset + hole.length)) ? 'names-relation' : undefined;
  }
  const inside = text
    .slice(segment.start, segment.end)
    .replace(/^'([^]*)'$/, '$1')
    .trim();
  return inside === hole.written ? undefined : 'nothing-expands';
}
