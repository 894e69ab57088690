/**
 * An author's line with holes, `<uuid>: <name> (<status>)`, matched against a whole line. In linear time: a regular
 * expression with three lazy holes takes minutes on a hostile line of 64 KiB.
 */

/** What the holes hold, by name; undefined when the line is not of this form. */
export type LinePattern = (line: string) => ReadonlyMap<string, string> | undefined;

interface TextHole {
  readonly kind: 'hole';
  readonly name: string;
}

/** A stretch of known length: literal text and uuids. */
interface FixedPart {
  readonly kind: 'fixed';
  readonly length: number;
  readonly parts: readonly ({ readonly literal: string } | { readonly uuid: string })[];
}

const uuidLength = 36;
const uuidSyntax = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * A hole named `uuid` (or `…_uuid`) takes a uuid, any other the shortest text that is not empty. Space around the line
 * counts for nothing.
 */
export function compileLinePattern(pattern: string): LinePattern {
  const parts = splitPattern(pattern.trim());
  return (line) => matchParts(parts, line.trim());
}

function splitPattern(pattern: string): readonly (TextHole | FixedPart)[] {
  const parts: (TextHole | FixedPart)[] = [];
  for (const piece of pattern.split(/(<[^<>\s]+>)/)) {
    const name = /^<([^<>\s]+)>$/.exec(piece)?.[1];
    if (name !== undefined && !/(^|[_-])uuid$/i.test(name)) {
      parts.push({ kind: 'hole', name });
      continue;
    }
    if (piece === '') continue;
    const previous = parts.at(-1);
    const before = previous?.kind === 'fixed' ? previous : { kind: 'fixed', length: 0, parts: [] };
    if (previous?.kind === 'fixed') parts.pop();
    parts.push({
      kind: 'fixed',
      length: before.length + (name === undefined ? piece.length : uuidLength),
      parts: [...before.parts, name === undefined ? { literal: piece } : { uuid: name }],
    });
  }
  return parts;
}

/** Each fixed part is taken at its first place: that makes every hole before it shortest, and never hides a later match. */
function matchParts(parts: readonly (TextHole | FixedPart)[], line: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  let at = 0;
  let holes: TextHole[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'hole') {
      holes.push(part);
      continue;
    }
    const last = index === parts.length - 1;
    const start = placeOf(part, line, at + holes.length, holes.length === 0, last);
    if (start === undefined || !fill(found, holes, line.slice(at, start)) || !take(found, part, line, start)) return undefined;
    at = start + part.length;
    holes = [];
  }
  if (holes.length === 0) return at === line.length ? found : undefined;
  return fill(found, holes, line.slice(at)) ? found : undefined;
}

/** Where the part stands: right here, or at the very end of the line, or at the first place from here on. */
function placeOf(part: FixedPart, line: string, from: number, here: boolean, last: boolean): number | undefined {
  const latest = line.length - part.length;
  if (latest < from) return undefined;
  if (here) return fits(part, line, from) ? from : undefined;
  if (last) return fits(part, line, latest) ? latest : undefined;
  const [first] = part.parts;
  for (let start = from; start <= latest; start += 1) {
    if (first !== undefined && 'literal' in first) {
      start = line.indexOf(first.literal, start);
      if (start === -1 || start > latest) return undefined;
    }
    if (fits(part, line, start)) return start;
  }
  return undefined;
}

function fits(part: FixedPart, line: string, start: number): boolean {
  return take(new Map(), part, line, start);
}

/** Puts the part's uuids into `found`; false when it does not stand here, or a name would get two values. */
function take(found: Map<string, string>, part: FixedPart, line: string, start: number): boolean {
  let at = start;
  for (const piece of part.parts) {
    if ('literal' in piece) {
      if (!line.startsWith(piece.literal, at)) return false;
      at += piece.literal.length;
    } else {
      const text = line.slice(at, at + uuidLength);
      if (!uuidSyntax.test(text) || !put(found, piece.uuid, text)) return false;
      at += uuidLength;
    }
  }
  return true;
}

/** Several holes side by side: each but the last takes one character. */
function fill(found: Map<string, string>, holes: readonly TextHole[], text: string): boolean {
  if (text.length < holes.length) return false;
  return holes.every((hole, index) => put(found, hole.name, index === holes.length - 1 ? text.slice(index) : text.slice(index, index + 1)));
}

function put(found: Map<string, string>, name: string, text: string): boolean {
  if (found.has(name) && found.get(name) !== text) return false;
  found.set(name, text);
  return true;
}
