/**
 * What a plan or a child wrote never steers a terminal: escape sequences (ECMA-48, both the ESC and the C1 forms), control
 * characters and characters that turn the direction of writing (Unicode UAX 9; "Trojan Source", CVE-2021-42574) are taken
 * out. Each part of the expression is bounded by a character that it cannot contain, so the time is linear.
 */
const sequence = new RegExp(
  [
    // Strings with an end: OSC, DCS, SOS, PM, APC. One without an end loses only its introducer, below.
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)',
    // CSI
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]',
    // Other escape sequences
    '\\x1b[ -/]*[0-~]',
    // Control characters but line feed and tab; direction; line and paragraph separator
    '[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]',
  ].join('|'),
  'g',
);

/** The text without anything that a terminal obeys; line feeds and tabs stay, `\r\n` becomes `\n`. */
export function stripControl(text: string): string {
  return text.replace(sequence, '');
}

/** The text with what colours it (SGR, ECMA-48 8.3.117) and nothing else that a terminal obeys: what we have coloured, whatever else is in it. */
export function stripButColour(text: string): string {
  return text.replace(sequence, (found) => (/^\x1b\[[0-9;]*m$/.test(found) ? found : ''));
}

/** The same in one line: white space of any kind and length becomes one space. */
export function stripToLine(text: string): string {
  return stripControl(text.replaceAll('\r', '\n')).replace(/\s+/g, ' ').trim();
}
