import type { PageStyle, Tone } from '../review/page-style.ts';
import { displayWidth } from '../report/display-width.ts';
import type { CommandContext } from './command-context.ts';

/** Standard output as a page: its width, the cells that characters take, and its colours. */
export function pageStyle({ outColumns, outColours }: CommandContext): PageStyle {
  const tones: Readonly<Record<Tone, (text: string) => string>> = {
    title: outColours.bold,
    number: outColours.dim,
    step: outColours.cyan,
    rule: outColours.magenta,
    good: outColours.green,
    bad: outColours.red,
    warning: outColours.yellow,
    quiet: outColours.dim,
  };
  return { columns: outColumns, widthOf: displayWidth, paint: (text, tone) => tones[tone](text) };
}
