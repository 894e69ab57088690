/** Of a statement's text, so many characters are kept: what a bulk load sends, or a client in a loop, would else be kept whole. */
const keptCharacters = 16 * 1024;

/** The text, or its beginning with how long it was. */
export function abridgeText(text: string): string {
  if (text.length <= keptCharacters) return text;
  // By way of bytes: a slice would hold on to the whole.
  const beginning = Buffer.from(text.slice(0, keptCharacters), 'utf16le').toString('utf16le');
  return `${beginning}… (${text.length} characters)`;
}
