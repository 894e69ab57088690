/**
 * Which of the author's `rg` arguments say *what matches and where*, and not how it is shown: only these are kept when a
 * pattern is searched again by itself. The tables are those of ripgrep 15's `--help`; the version is pinned.
 */

const keptFlags = new Set('F L P S U a i s u v w x z .'.split(' '));
const keptWithValue = new Set('E T d g t'.split(' '));
const droppedWithValue = new Set('A B C M e f j m r'.split(' '));

const keptLongFlags = new Set(
  (
    'auto-hybrid-regex binary case-sensitive crlf fixed-strings follow glob-case-insensitive hidden ignore-case ignore-file-case-insensitive ' +
    'invert-match line-regexp multiline multiline-dotall one-file-system pcre2 search-zip smart-case text unicode unrestricted word-regexp'
  ).split(' '),
);
/** Negations and the `no-ignore` family: `no-` before anything that is itself kept, and these. */
const keptNegations =
  /^no-(?:ignore(?:-(?:dot|exclude|files|global|parent|vcs))?|require-git|unicode|pcre2-unicode|auto-hybrid-regex|binary|crlf|fixed-strings|follow|glob-case-insensitive|hidden|ignore-file-case-insensitive|invert-match|multiline|multiline-dotall|one-file-system|pcre2|search-zip|text)$/;
const keptLongWithValue = new Set(
  'dfa-size-limit encoding engine glob iglob ignore-file max-depth maxdepth max-filesize regex-size-limit type type-add type-clear type-not'.split(' '),
);
const droppedLongWithValue = new Set(
  (
    'after-context before-context color colors context context-separator field-context-separator field-match-separator file generate hostname-bin ' +
    'hyperlink-format max-columns max-count path-separator pre pre-glob regexp replace sort sortr threads'
  ).split(' '),
);

/** The options that decide what matches; patterns, paths and all that shapes the output (or starts a program) are left out. */
export function keepMatchingOptions(rgArguments: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < rgArguments.length; index += 1) {
    const argument = rgArguments[index] as string;
    if (argument === '--') break;
    if (argument.startsWith('--')) {
      index += keepLong(argument.slice(2), rgArguments[index + 1], kept);
    } else if (argument.startsWith('-') && argument.length > 1) {
      index += keepShort(argument.slice(1), rgArguments[index + 1], kept);
    }
  }
  return kept;
}

/** Adds one long option where it counts; the answer is how many further arguments belong to it. */
function keepLong(text: string, next: string | undefined, kept: string[]): number {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  if (keptLongWithValue.has(name)) {
    if (equals !== -1) kept.push(`--${text}`);
    else if (next !== undefined) kept.push(`--${name}=${next}`);
    return equals === -1 ? 1 : 0;
  }
  if (droppedLongWithValue.has(name)) return equals === -1 ? 1 : 0;
  if (keptLongFlags.has(name) || keptNegations.test(name)) kept.push(`--${text}`);
  return 0;
}

/** A cluster of short options; the first that takes a value takes the rest of the cluster, or the next argument. */
function keepShort(cluster: string, next: string | undefined, kept: string[]): number {
  for (let at = 0; at < cluster.length; at += 1) {
    const letter = cluster.charAt(at);
    if (keptFlags.has(letter)) kept.push(`-${letter}`);
    if (!keptWithValue.has(letter) && !droppedWithValue.has(letter)) continue;
    const rest = cluster.slice(at + 1);
    const value = rest === '' ? next : rest.replace(/^=/, '');
    if (keptWithValue.has(letter) && value !== undefined) kept.push(`-${letter}`, value);
    return rest === '' ? 1 : 0;
  }
  return 0;
}
