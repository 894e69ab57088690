/** Characters that a terminal obeys or that turn the direction of writing, and white space of any kind. */
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text of a plan or a program in one line, without anything that steers a terminal. */
export function plainLine(text: string): string {
  return text.replace(obeyed, ' ').replace(/\s+/g, ' ').trim();
}

/** The same line by line, without the last empty ones. */
export function plainLines(text: string): readonly string[] {
  return text.trimEnd().split(/\r\n|\n|\r/).map((line) => line.replaceAll('\t', '    ').replace(obeyed, '\ufffd'));
}
