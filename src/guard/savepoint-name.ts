// The name in SAVEPOINT, RELEASE and ROLLBACK TO, as the server reads it. The statement is known to be one of them by its command tag.

const token = /"((?:[^"]|"")*)"|[^\s;"]+/g;

/** The savepoint that the statement names; undefined for a ROLLBACK of the whole transaction. */
export function savepointOf(text: string): string | undefined {
  const words = [...withoutComments(text).matchAll(token)].map(([word, quoted]) => quoted?.replaceAll('""', '"') ?? fold(word));
  const verb = words.shift();
  if (verb === 'rollback') {
    if (words[0] === 'work' || words[0] === 'transaction') words.shift();
    if (words.shift() !== 'to') return undefined;
  }
  if (verb !== 'savepoint' && words[0] === 'savepoint' && words.length > 1) words.shift();
  return words[0];
}

/** Only ASCII letters are folded, as in every multi-byte encoding. */
function fold(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Comments, which nest, become blanks; quoted names stay as they are. */
function withoutComments(text: string): string {
  let depth = 0;
  return text.replace(/"(?:[^"]|"")*"|--[^\n]*|\/\*|\*\/|[\s\S]/g, (piece) => {
    if (piece === '/*') depth += 1;
    else if (piece === '*/' && depth > 0) depth -= 1;
    else if (depth === 0 && !piece.startsWith('--')) return piece;
    return ' ';
  });
}
