/** SQL text cut into code, strings, names in double quotes and comments: PostgreSQL's lexical rules, without its parser, as holes are no SQL. */

export interface SqlSegment {
  readonly kind: 'code' | 'string' | 'identifier' | 'comment';
  readonly start: number;
  readonly end: number;
}

const opening = /--|\/\*|'|"|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g;

/** In order and without gaps; quotes belong to their string. An unclosed one ends with the text. */
export function segmentSql(text: string): readonly SqlSegment[] {
  const segments: SqlSegment[] = [];
  let at = 0;
  opening.lastIndex = 0;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const end = endOf(text, match.index, match[0]);
    if (end === undefined) continue;
    if (match.index > at) segments.push({ kind: 'code', start: at, end: match.index });
    segments.push({ kind: kindOf(match[0]), start: match.index, end });
    at = end;
    opening.lastIndex = end;
  }
  if (at < text.length) segments.push({ kind: 'code', start: at, end: text.length });
  return segments;
}

function kindOf(mark: string): SqlSegment['kind'] {
  if (mark === '"') return 'identifier';
  return mark === '--' || mark === '/*' ? 'comment' : 'string';
}

/** Undefined where the mark opens nothing: a `$` inside a name, or a tag that is never closed. */
function endOf(text: string, start: number, mark: string): number | undefined {
  if (mark === '--') return indexOr(text, '\n', start);
  if (mark === '/*') return endOfComment(text, start);
  if (mark === "'" || mark === '"') return endOfQuote(text, start, mark);
  if (/\w/.test(text.charAt(start - 1))) return undefined;
  const close = text.indexOf(mark, start + mark.length);
  return close < 0 ? undefined : close + mark.length;
}

function indexOr(text: string, sign: string, start: number): number {
  const found = text.indexOf(sign, start);
  return found < 0 ? text.length : found;
}

function endOfQuote(text: string, start: number, mark: string): number {
  const escapes = mark === "'" && /(?<!\w)e$/i.test(text.slice(Math.max(0, start - 2), start));
  for (let at = start + 1; at < text.length; at += 1) {
    if (escapes && text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === mark) {
      if (text.charAt(at + 1) !== mark) return at + 1;
      at += 1;
    }
  }
  return text.length;
}

function endOfComment(text: string, start: number): number {
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let match = marks.exec(text); match !== null; match = marks.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}
