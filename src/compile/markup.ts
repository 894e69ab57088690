/** `<…>` that is no hole: tags, type arguments, comparisons, file reads of Perl. */
import type { Hole } from './placeholder.ts';

/** Elements of HTML whose names nobody gives to a value that is to be filled in. */
const elements = new Set(
  'a abbr b bdi bdo big blockquote body br button canvas center cite col colgroup dd del details dfn div dl dt em embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head hr html i iframe img ins kbd legend li main mark meta nav noscript ol optgroup p pre q rp rt ruby s samp script small span strike strong style sub summary sup svg tbody td textarea tfoot th thead tr tt u ul video wbr'.split(
    ' ',
  ),
);

/** Elements that are values as well: tags only in a text that is searched for. */
const ambiguous = new Set(
  'address article aside audio base caption code data dialog header input label link map object option output picture section select slot source table template time title track var'.split(
    ' ',
  ),
);

const typeArgument = /^(?:string|str|int|integer|bool|boolean|void|any|char|float|double|long|short|byte|object|u?int(?:8|16|32|64)|[iuf](?:8|16|32|64))$/;
const readsOfPerl = /^(?:STDIN|ARGV|DATA|FH|IN|FILE|fh|in)$/;

export interface MarkupContext {
  /** The tags that the text closes. */
  readonly closed: ReadonlySet<string>;
  /** The text is a pattern that a program looks for. */
  readonly searched?: boolean;
  readonly perl?: boolean;
}

export function isMarkup(text: string, hole: Hole, { closed, searched = false, perl = false }: MarkupContext): boolean {
  const inner = hole.written.slice(1, -1);
  const plain = inner.toLowerCase();
  // A word that is nothing but `'<b>'` is a value, unless somebody looks for it.
  if (elements.has(plain) && inner === plain && (searched || !isWhole(text, hole))) return true;
  if (searched && ambiguous.has(plain)) return true;
  if (closed.has(inner)) return true;
  if (perl && readsOfPerl.test(inner)) return true;
  return isTypeArgument(text, hole) || isComparison(text, hole);
}

/** The names of all `</name` of a text. */
export function closedTags(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/<\/([A-Za-z_][\w.-]*)/g)].map((match) => match[1] ?? ''));
}

function isWhole(text: string, { offset, length }: Hole): boolean {
  const mark = text.charAt(offset - 1);
  return (mark === "'" || mark === '"') && text.charAt(offset + length) === mark && !/\w/.test(text.charAt(offset - 2));
}

/** `List<String>`, `vector<int>`: a type before it, without a space. */
function isTypeArgument(text: string, hole: Hole): boolean {
  const before = /[A-Za-z_]\w*$/.exec(text.slice(Math.max(0, hole.offset - 80), hole.offset))?.[0];
  if (before === undefined) return false;
  const inner = hole.written.slice(1, -1);
  return typeArgument.test(inner) || (/^[A-Z][a-z]+(?:[A-Z][a-z]*)*$/.test(before) && /^[A-Z](?:[a-z]+(?:[A-Z][a-z]*)*)?$/.test(inner));
}

/** `a<b and c>d`: what stands between are operands, and what stands before is one. */
function isComparison(text: string, hole: Hole): boolean {
  const before = text.slice(Math.max(0, hole.offset - 80), hole.offset);
  if (!/[\w)\]]\s*$/.test(before)) return false;
  const spaced = /\s/.test(hole.written);
  return (spaced && /[\w)\]]$/.test(before)) || /\s(?:and|or)\s/i.test(hole.written);
}
