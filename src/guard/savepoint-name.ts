// What is read of a statement's own text to tell its fate: the name in SAVEPOINT, RELEASE and ROLLBACK TO, as the server reads it, and whether it is a
// CALL or a DO. All else is said by the server's command tags.

const token = /"((?:[^"]|"")*)"|[^\s;"]+/g;

/** The savepoint that the statement names; undefined where it ends the whole transaction (also as ABORT, or a COMMIT that failed). */
export function savepointOf(text: string): string | undefined {
  const words = [...withoutComments(text).matchAll(token)].map(([word, quoted]) => quoted?.replaceAll('""', '"') ?? fold(word));
  const verb = words.shift() ?? '';
  if (!['savepoint', 'release', 'rollback'].includes(verb)) return undefined;
  if (verb === 'rollback') {
    if (words[0] === 'work' || words[0] === 'transaction') words.shift();
    if (words.shift() !== 'to') return undefined;
  }
  if (verb !== 'savepoint' && words[0] === 'savepoint' && words.length > 1) words.shift();
  return words[0];
}

/** A procedure or a block may COMMIT by itself (chapter "Transaction Management" of PL/pgSQL). */
export function mayCommitItself(text: string): boolean {
  const start = /^(?:\s|--[^\n]*(?:\n|$))*/.exec(text)?.[0].length ?? 0;
  if (text.startsWith('/*', start)) return mayCommitItself(text.slice(endOfComment(text, start)));
  return /^(?:call|do)(?![\w$])/i.test(text.slice(start, start + 5));
}

function endOfComment(text: string, start: number): number {
  const sign = /\/\*|\*\//g;
  sign.lastIndex = start;
  let depth = 0;
  for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return sign.lastIndex;
  }
  return text.length;
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
