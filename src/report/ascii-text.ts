/** Text for a terminal that shows ASCII only: every sign of ours has one of the same width, so that columns and carets stay in place. */
import { displayWidth } from './display-width.ts';

const signs: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '⊘': '#',
  '·': '-',
  '…': '~',
  '→': '>',
  '←': '<',
  '─': '-',
  '│': '|',
  '└': '`',
  '├': '|',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '×': 'x',
  '•': '*',
  '\u00a0': ' ',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '⠋': '|',
  '⠙': '/',
  '⠹': '-',
  '⠸': '\\',
  '⠼': '|',
  '⠴': '/',
  '⠦': '-',
  '⠧': '\\',
  '⠇': '|',
  '⠏': '/',
};

/** A letter loses its accents (Unicode UAX 15, NFD); what is left over is `?`, as many as it takes cells. */
export function asciiText(text: string): string {
  return text.replace(/[^\x00-\x7f]/gu, (character) => {
    const sign = signs[character];
    if (sign !== undefined) return sign;
    const plain = character.normalize('NFKD').replace(/[^\x00-\x7f]/gu, '');
    return plain === '' ? '?'.repeat(displayWidth(character)) : plain;
  });
}
