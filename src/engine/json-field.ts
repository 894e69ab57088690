/**
 * Reads the scalar fields at the top of a JSON object as their source text: `JSON.parse` turns 9007199254740993 into another
 * number and drops the first of two equal keys, and either would be a wrong value.
 */

/** `text` is null for JSON's null; strings are unescaped, numbers and the rest stay as written. `offset` is where the key stands. */
export interface JsonField {
  readonly key: string;
  readonly text: string | null;
  readonly offset: number;
}

/** All fields in order; undefined when the text is not one JSON object (RFC 8259). */
export function readJsonFields(text: string): readonly JsonField[] | undefined {
  const body = text.trimStart();
  if (!body.startsWith('{')) return undefined;
  try {
    JSON.parse(body);
  } catch {
    return undefined;
  }
  return scanFields(text, text.length - body.length + 1);
}

/** Goes over the inside of an object that is known to be valid. */
function scanFields(text: string, start: number): readonly JsonField[] {
  const fields: JsonField[] = [];
  if (/^\s*\}/.test(text.slice(start))) return fields;
  let at = start;
  for (;;) {
    const keyStart = text.indexOf('"', at);
    const keyEnd = stringEnd(text, keyStart);
    const valueStart = text.indexOf(':', keyEnd) + 1;
    const valueEnd = scanValue(text, valueStart);
    const source = text.slice(valueStart, valueEnd).trim();
    fields.push({
      key: JSON.parse(text.slice(keyStart, keyEnd)) as string,
      text: source === 'null' ? null : source.startsWith('"') ? (JSON.parse(source) as string) : source,
      offset: keyStart,
    });
    if (text[valueEnd] === '}') return fields;
    at = valueEnd + 1;
  }
}

/** The index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** The index of the comma or brace that ends the value. */
function scanValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; ) {
    const character = text[at] as string;
    if (character === '"') {
      at = stringEnd(text, at);
      continue;
    }
    if (depth === 0 && (character === ',' || character === '}')) return at;
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    at += 1;
  }
}
