/** How many cells of a terminal a text takes (Unicode UAX 11, as terminals draw it), and how to cut and wrap it by cells. */
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f1e6}-\u{1f1ff}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;
const narrow = /^[\x20-\x7e]*$/;
/** What can stand in one drawn character with others; everything beyond the basic plane, so that an index is an offset. */
const joining = /[\p{Mark}\p{Format}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\u{10000}-\u{10ffff}]/u;
const invisible = /^(?:\p{Mark}|\p{Format}|\u200b)+$/u;

let segmenter: Intl.Segmenter | undefined;

/** One drawn character: `offset` in UTF-16 units of the text it comes from, `width` in cells. */
export interface Cell {
  readonly text: string;
  readonly offset: number;
  readonly width: number;
}

export function displayWidth(text: string): number {
  if (narrow.test(text)) return text.length;
  return graphemes(text).reduce((sum, { segment }) => sum + graphemeWidth(segment), 0);
}

/** A line as it is drawn: tabs are spaces up to the next multiple of four, control characters are shown as pictures. */
export function drawCells(line: string): readonly Cell[] {
  const cells: Cell[] = [];
  let column = 0;
  for (const { segment, index } of graphemes(line)) {
    const text = segment === '\t' ? ' '.repeat(4 - (column % 4)) : pictureOf(segment);
    const width = segment === '\t' ? text.length : graphemeWidth(text);
    cells.push({ text, offset: index, width });
    column += width;
  }
  return cells;
}

/** The text, or its beginning and `…`, in at most so many cells. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let width = 0;
  let cut = '';
  for (const { segment } of graphemes(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Breaks at spaces; what stands between backticks stays whole, so that a command can be copied. A longer word stands alone. */
export function wrapWords(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/(?:`[^`]*`|[^\s`]|`)+/g) ?? []) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** The same for prose: a quotation that has no room on a line of its own is broken at its spaces, too. */
export function wrapProse(text: string, columns: number): readonly string[] {
  return wrapWords(text, columns).flatMap((line) => {
    if (displayWidth(line) <= columns) return [line];
    const lines: string[] = [];
    for (const word of line.split(' ')) {
      const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
      if (lines.length > 0 && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  });
}

/** Unicode UAX 29. Its rules are loaded only for a text that has joining characters: that costs more than most commands have to say. */
function graphemes(text: string): readonly { readonly segment: string; readonly index: number }[] {
  if (!joining.test(text)) return Array.from(text, (segment, index) => ({ segment, index }));
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return [...segmenter.segment(text)];
}

function graphemeWidth(segment: string): number {
  if (segment.length === 1 && segment >= ' ' && segment <= '~') return 1;
  if (invisible.test(segment)) return 0;
  return wide.test(segment) || segment.includes('\ufe0f') ? 2 : 1;
}

function pictureOf(segment: string): string {
  const code = segment.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return (code >= 0x80 && code <= 0x9f) || /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.test(segment) ? '\ufffd' : segment;
}
