/**
 * Where a text holds a character that a client cannot send as it stands here (NUL ends it early, a lone surrogate becomes
 * another character), so that what is judged would not be what is carried out; undefined when nowhere.
 */
export function unsoundOffset(text: string): number | undefined {
  return /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.exec(text)?.index;
}
