/** Text of a plan or a program as it may stand in XML and in JSON that other tools read. */
import { stripControl, stripToLine } from './strip-control.ts';

/** Of more characters the rest is counted. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  // Never between the two halves of a character.
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, end)}… (${text.length - end} more characters)`;
}

/** One line without anything that a terminal obeys, at most so long. */
export function lineOf(text: string, most: number): string {
  return stripToLine(cutText(text, most * 2))
    .slice(0, most)
    .replace(/[\ud800-\udbff]$/, '');
}

const references: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Character data and attribute values of XML 1.0 (chapter 2.2: no control characters, no lone surrogates, neither U+FFFE nor U+FFFF).
 * What a CI's runner would obey at the beginning of a line (`::error::`, `##vso[`) is written with a character reference.
 */
export function xmlText(text: string): string {
  return stripControl(text)
    .replace(/[\p{Surrogate}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"]/g, (sign) => references[sign] ?? '')
    .replace(/:(?=:)/g, '&#58;')
    .replace(/#(?=#)/g, '&#35;');
}

/** JSON of a value, in which no line holds what a CI's runner would obey, and no lone surrogate is left as it is. */
export function jsonText(value: unknown, indent?: number): string {
  // `##` stands inside strings alone.
  return JSON.stringify(value, undefined, indent).replaceAll('##', '#\\u0023');
}
