/**
 * How one character of a secret may be written, as data: raw, and escaped as JSON, URLs, shells, SQL, HTML, C, Python and
 * mail do it. Each character may be written in a way of its own, so that every mixture is found, and one escape in another.
 */

/** Rows of backslashes before what is escaped: once (`\"`), in a text within a text (`\\\"`), and so on. */
const backslashes = ['\\', '\\\\', '\\\\\\', '\\\\\\\\', '\\\\\\\\\\\\\\'] as const;

/** Escapes that begin with a backslash have it doubled by each layer around them. */
const layers = ['', '\\', '\\\\\\'] as const;

const entities: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos', '\u00a0': 'nbsp' };

/** The letters of C, JSON, SQL's E'' and bash's $''. */
const letters: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\u001b': 'e',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
};

/** Written twice to stand for itself: quotes of SQL and CSV, `%` of printf, braces of templates, `$` of make and compose. */
const doubled = new Set(`'"\`%{}$`);

/** What is written in the place of a character by nobody's escape but by a habit. */
const habits: Readonly<Record<string, readonly string[]>> = {
  ' ': ['+', '&#160;'],
  // Out of a quoted word, escaped, and in again; with the backslash of a JSON text around it.
  "'": [`'\\''`, `'\\\\''`, `'"'"'`, `'\\"'\\"'`],
  '"': [`"'"'"`, `\\"'\\"'\\"`],
};

/** A line's end in a secret of several lines: as it is, escaped, indented as YAML does it, left out, or a blank. */
const lineEnds = [
  '\n',
  '\r\n',
  '',
  ' ',
  '\\n',
  '\\r\\n',
  '\\\\n',
  '\\\\r\\\\n',
  '\\\\\\\\n',
  '%0A',
  '%0a',
  '%0D%0A',
  '%0d%0a',
  '&#10;',
  '&#xA;',
  '&#xa;',
  '\\012',
  '\\x0a',
];
const longestIndent = 16;

/** What is escaped already, once more: in a URL (RFC 3986; ECMAScript leaves `!'()*`; forms), in HTML, JSON, a shell's quotes and SQL's. */
const outerLayers: readonly ((form: string) => string)[] = [
  (form) => form.replace(/[^A-Za-z0-9_.~-]/g, upperPercent),
  (form) => form.replace(/[^A-Za-z0-9_.~-]/g, (byte) => upperPercent(byte).toLowerCase()),
  (form) => form.replace(/[^A-Za-z0-9_.~!'()*-]/g, upperPercent),
  (form) => form.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  (form) => form.replace(/["\\]/g, '\\$&'),
  (form) => form.replaceAll("'", `'\\''`),
  (form) => form.replaceAll("'", "''"),
];

function upperPercent(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

const encoder = new TextEncoder();

/** The byte strings that may stand for a character (one code point). */
export function writtenForms(character: string): ReadonlySet<string> {
  const forms = new Set<string>();
  const bytes = [...encoder.encode(character)];
  const code = character.codePointAt(0) ?? 0;
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const each = (list: readonly number[], render: (value: number) => string): string => list.map(render).join('');
  forms.add(raw(bytes));
  for (const cased of [(text: string) => text, (text: string) => text.toUpperCase()]) {
    const hex = (value: number, width: number): string => cased(value.toString(16).padStart(width, '0'));
    forms.add(each(bytes, (byte) => `%${hex(byte, 2)}`));
    forms.add(each(bytes, (byte) => `%25${hex(byte, 2)}`));
    forms.add(each(bytes, (byte) => `=${hex(byte, 2)}`));
    for (const layer of layers) {
      forms.add(each(bytes, (byte) => `${layer}\\x${hex(byte, 2)}`));
      forms.add(each(units, (unit) => `${layer}\\u${hex(unit, 4)}`));
      forms.add(`${layer}\\u{${hex(code, 1)}}`);
      forms.add(`${layer}\\U${hex(code, 8)}`);
      if (code < 256) forms.add(`${layer}\\x${hex(code, 2)}`);
    }
    // SQL: U&'\0061\+000061'.
    forms.add(each(units, (unit) => `\\${hex(unit, 4)}`));
    forms.add(`\\+${hex(code, 6)}`);
    for (let width = 1; width <= 6; width += 1) forms.add(`&#x${hex(code, width)};`);
  }
  for (const layer of layers) forms.add(each(bytes, (byte) => `${layer}\\${byte.toString(8).padStart(3, '0')}`));
  for (let width = 1; width <= 5; width += 1) forms.add(`&#${String(code).padStart(width, '0')};`);
  const entity = entities[character];
  if (entity !== undefined) forms.add(`&${entity};`).add(`&amp;${entity};`);
  const letter = letters[character];
  if (letter !== undefined) for (const row of backslashes) forms.add(`${row}${letter}`);
  if (!/[\p{L}\p{N}]/u.test(character)) for (const row of backslashes) forms.add(`${row}${raw(bytes)}`);
  if (doubled.has(character)) forms.add(character + character);
  for (const habit of habits[character] ?? []) forms.add(habit);
  return new Set([...forms, ...[...forms].flatMap((form) => outerLayers.map((layer) => layer(form)))]);
}

/** The byte strings that may stand for so many line ends in a row: all written alike, the last with an indent. */
export function lineEndForms(count: number): ReadonlySet<string> {
  const indents = [...Array.from({ length: longestIndent }, (_, width) => ' '.repeat(width + 1)), '\t', '\t\t', '\t\t\t'];
  return new Set([
    ...lineEnds.flatMap((end) => [end, end.repeat(count)]),
    ...indents.flatMap((indent) => [`${'\n'.repeat(count)}${indent}`, `\n${indent}`.repeat(count)]),
  ]);
}

/** Bytes as a text in which each character is one byte: all forms are such texts. */
export function raw(bytes: Iterable<number>): string {
  return String.fromCharCode(...bytes);
}
