/**
 * `kubectl get pods -n <namespace>`: for bash two redirections, for its author a value to fill in. Such a word is a hole
 * wherever it stands, known or not, so that it never reads a file, and never overwrites one.
 */
import { parseShell, quoteContextAt, type ShellScript, type ShellWord } from '../policy/shell-syntax.ts';
import { holeName, type Hole } from './placeholder.ts';

const candidate = /(?<![<\\])<([\p{L}\p{N}_](?:[^<>\n"'`;&\\$(){}]*[^<>\s"'`;&\\$(){}])?)>(?!>)/gu;
const fileName = /^[^\s|]+\.(?:awk|bak|bin|conf|csv|dat|dump|gz|html?|in|jsonl?|log|md|out|pem|py|sed|sh|sql|tar|te?xt|tgz|tmp|tsv|txt|xml|ya?ml|zip)$/i;
const fileAfter = /^[\w-]+\.(?:bak|bin|conf|csv|dat|dump|gz|html?|jsonl?|log|md|out|sql|te?xt|tmp|tsv|xml|ya?ml)\b/i;

/** `<name>` outside quotes and comments, in order of text. `script` is what `readHoledShell` gave for the text. */
export function unquotedHoles(script: ShellScript): readonly Hole[] {
  return candidatesIn(script.text).filter((hole) => quoteContextAt(script, hole.offset) === 'unquoted');
}

/** Shell text in which an unquoted `<name>` is an expansion, so that its words are those that the author sees. */
export function readHoledShell(text: string): ShellScript {
  const candidates = candidatesIn(text);
  if (candidates.length === 0) return parseShell(text);
  // As letters they disturb nothing, whatever they stand in: this tells which of them are unquoted.
  const lettered = parseShell(replaced(text, candidates, (length) => 'x'.repeat(length)));
  const unquoted = candidates.filter((hole) => quoteContextAt(lettered, hole.offset) === 'unquoted');
  if (unquoted.length === 0) return parseShell(text);
  return withText(parseShell(replaced(text, unquoted, expansion)), text);
}

function candidatesIn(text: string): readonly Hole[] {
  return [...text.matchAll(candidate)]
    .map((match) => ({ name: holeName(match[1] ?? ''), written: match[0], offset: match.index, length: match[0].length }))
    .filter((hole) => !isRedirection(text, hole));
}

/** What can only be meant as redirections, or as two comparisons. */
function isRedirection(text: string, hole: Hole): boolean {
  const inner = hole.written.slice(1, -1);
  const before =
    text
      .slice(Math.max(0, hole.offset - 500), hole.offset)
      .split('\n')
      .at(-1) ?? '';
  const after = text.slice(hole.offset + hole.length, hole.offset + hole.length + 80);
  if (/^&[\d-]/.test(after) || /^(?:\.{1,2}\/|~\/)/.test(after) || fileAfter.test(after)) return true;
  if (fileName.test(inner) && /^[\w/$]/.test(after)) return true;
  if (inner.includes('|') && !/^[\w-]+(?:\|[\w-]+)+$/.test(inner)) return true;
  if (/\s-/.test(inner) || (/[\s|]/.test(inner) && /^\w/.test(after))) return true;
  return before.lastIndexOf('((') > before.lastIndexOf('))') && /[\w)\]]\s*$/.test(before);
}

function replaced(text: string, holes: readonly Hole[], stand: (length: number) => string): string {
  let result = '';
  let at = 0;
  for (const hole of holes) {
    result += text.slice(at, hole.offset) + stand(hole.length);
    at = hole.offset + hole.length;
  }
  return result + text.slice(at);
}

/** A positional parameter, as no variable of the text is called so; of the same length, so that offsets hold. */
function expansion(length: number): string {
  return length === 3 ? '$1_' : `\${${'1'.repeat(length - 3)}}`;
}

/** The author's text in place of the stand-ins. Words inside a backtick script with escapes have no place of their own. */
function withText(script: ShellScript, text: string): ShellScript {
  const own = (word: ShellWord): ShellWord =>
    word.text === script.text.slice(word.start, word.end) ? { ...word, text: text.slice(word.start, word.end) } : word;
  return {
    ...script,
    text,
    words: script.words.map(own),
    commands: script.commands.map((command) => ({
      ...command,
      words: command.words.map(own),
      assignments: command.assignments.map((assignment) => ({ ...assignment, value: assignment.value && own(assignment.value) })),
      redirects: command.redirects.map((redirect) => ({ ...redirect, target: redirect.target && own(redirect.target) })),
    })),
  };
}
