/** Values that a sentence or a comment calls the reader's own: "Replace `my-project` with your project's name". */

const own = String.raw`(?:your|yours|the actual|an? actual|the real|a real|the correct|the right|one of your|that of your|those of your)\b`;
const named = new RegExp(
  String.raw`\b(?:replace|replacing|substitute|substituting|swap(?: out)?|exchange)\s+(?:(?:the\s+)?(?:value|placeholder|text|string)s?\s+)?(?:\x60([^\x60\n]+)\x60|"([^"\n]+)"|'([^'\n]+)'|([A-Za-z][\w.]*[-_][\w.-]*|[A-Z][A-Z0-9_]{2,}))\s+(?:with|by|for)\s+${own}`,
  'gi',
);

/** In order and each once. Those that are holes by their own shape (`<name>`) are left to it. */
export function replacedTokens(text: string): readonly string[] {
  const tokens = [...text.matchAll(named)].map((match) => (match[1] ?? match[2] ?? match[3] ?? match[4] ?? '').trim());
  return [...new Set(tokens)].filter((token) => token.length > 1 && !/^[<{[$%]|^YOUR[_-]/.test(token) && /[\p{L}\p{N}]/u.test(token));
}

const comment =
  /(?<=\s)#[ \t]*(?:<-+\s*|\u2190\s*)?(?:(?:please\s+)?(?:replace|change|substitute|edit|adjust|fill in|put|insert|enter|use)\b[^\n]*\b(?:your|yours|this|here|own)\b|your\b)[^\n]*$/gim;

/** The lines of a shell text whose comment says that the value before it is to be replaced; `length` up to the comment. */
export function replacedLines(text: string): readonly { readonly offset: number; readonly length: number; readonly comment: string }[] {
  return [...text.matchAll(comment)].flatMap((match) => {
    const offset = text.lastIndexOf('\n', match.index) + 1;
    const code = text.slice(offset, match.index).trimEnd();
    return code.trim() === '' ? [] : [{ offset: offset + (code.length - code.trimStart().length), length: code.trim().length, comment: match[0].trim() }];
  });
}
