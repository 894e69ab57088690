/** How text for a terminal is laid out. What knows the widths of characters, and colours, is given by the caller: this floor knows no terminal. */
import { plainLine } from './plain-text.ts';

/** What a piece of text is, for whoever colours it. */
export type Tone = 'title' | 'number' | 'step' | 'rule' | 'good' | 'bad' | 'warning' | 'quiet';

export interface PageStyle {
  readonly columns: number;
  /** Cells that a text takes in a terminal. */
  readonly widthOf: (text: string) => number;
  readonly paint: (text: string, tone: Tone) => string;
}

/** One cell a character and no colour. */
export const plainStyle: PageStyle = { columns: 80, widthOf: (text) => text.length, paint: (text) => text };

/** Room that is never gone below: less holds no word. */
const least = 12;

/** Breaks at spaces, and a word that is too long where it must, so that no line is wider than `columns`. */
export function wrapText(text: string, columns: number, { widthOf }: Pick<PageStyle, 'widthOf'>): readonly string[] {
  const room = Math.max(least, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of plainLine(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (widthOf(line + character) > room) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  return [...lines, line];
}

/** The text with its first line at `indent`, the others two further. */
export function hanging(text: string, indent: number, style: PageStyle): readonly string[] {
  return wrapText(text, style.columns - indent - 2, style).map((line, index) => `${' '.repeat(index === 0 ? indent : indent + 2)}${line}`);
}

/** The line, or its beginning and `…`. */
export function cutLine(text: string, columns: number, { widthOf }: Pick<PageStyle, 'widthOf'>): string {
  const room = Math.max(least, columns);
  if (widthOf(text) <= room) return text;
  let cut = '';
  for (const character of text) {
    if (widthOf(cut + character) > room - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
