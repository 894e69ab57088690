/** What a sentence says, apart from how: the words that carry it, and the facts that a rewording must not touch. */

/** Words that carry nothing of a sentence's own. */
const small = new Set([
  'a',
  'an',
  'and',
  'are',
  'as',
  'at',
  'by',
  'for',
  'from',
  'in',
  'is',
  'it',
  'of',
  'on',
  'or',
  'that',
  'the',
  'this',
  'to',
  'was',
  'with',
]);

const negations = /\b(?:no|not|never|none|nothing|without|neither|nor|cannot)\b|n't\b/g;
const operators = /(?:[=!<>]=|[<>≥≤≠=]|\b(?:exactly|at least|at most|more than|less than|fewer than|only|all|any|each|every|before|after)\b)/g;

/** One kind of quote, hyphen and space, no emphasis. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replaceAll('**', '')
    .replace(/\s+/g, ' ')
    .trim();
}

function fold(text: string): string {
  return plain(text).toLowerCase();
}

export function foldWords(text: string): string {
  return fold(text).replace(/`/g, '');
}

/** The words of prose or of a command that tell it from another. */
export function wordsOf(text: string): readonly string[] {
  return (fold(text).match(/[\p{L}\p{N}][\p{L}\p{N}_./:-]*/gu) ?? [])
    .map((word) => word.replace(/[./:-]+$/, ''))
    .filter((word) => word !== '' && !small.has(word));
}

/** How a sentence stands to another one: the same but for markup, but for small words, but for phrasing, or with other facts. */
export function compareWords(old: string, next: string): 'same' | 'reworded' | 'rephrased' | 'different' {
  if (plain(old) === plain(next)) return 'same';
  if (factsOf(old).join('\n') !== factsOf(next).join('\n')) return 'different';
  // In their order: "a before b" is not "b before a".
  return wordsOf(old).join(' ') === wordsOf(next).join(' ') ? 'reworded' : 'rephrased';
}

/** Names in backticks or quotes, numbers, operators and negations: with other ones, a sentence says something else. */
function factsOf(text: string): readonly string[] {
  const names = [...plain(text).matchAll(/`([^`]+)`|"([^"]+)"|'([^']+)'/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  const prose = fold(text).replace(/`[^`]+`/g, ' ');
  return [...names, ...(prose.match(/\d+(?:[.,]\d+)*/g) ?? []), ...(prose.match(operators) ?? []), ...(prose.match(negations) ?? [])].sort();
}
