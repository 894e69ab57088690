/**
 * Fences that no shell should get, whatever their language says, as a table: a crontab line, a program that waits for a
 * person, an elision, alternatives in one block. And languages: what runs here, what is data, and what would need another engine.
 */
const interactive = 'vim|vi|nano|emacs|less|more|top|htop|watch|tmux|screen|visudo|claude|codex|aider|gemini|cursor|code|subl|open|xdg-open';

export type CodeCaution = { readonly kind: 'reference' | 'undecided'; readonly why: string };

const cautions: readonly { readonly kind: CodeCaution['kind']; readonly why: string; readonly words: RegExp }[] = [
  {
    kind: 'reference',
    why: 'a line for crontab, not a command',
    words: /^\s*(?:#[^\n]*\n\s*)*(?:@(?:daily|hourly|weekly|monthly|yearly|reboot)|(?:[\d*/,-]+\s+){4}(?:[\d*/,-]+|[A-Za-z]{3}))\s+\S/,
  },
  {
    kind: 'reference',
    why: 'a comment in it forbids it',
    words: /(?:--|#|\/\/)\s*(?:don'?t|do not (?:run|use|execute|do)|never|no!|wrong|bad|not like this)\b/im,
  },
  { kind: 'undecided', why: 'a part of it is left out (`...`)', words: /^\s*(?:#\s*)?(?:\.{3}|\u2026)\s*$/m },
  {
    kind: 'undecided',
    why: 'it shows alternatives, and nothing says which one is meant',
    words: /^\s*#\s*(?:or|or:|alternatively|option (?:a|b|1|2)|either)\b/im,
  },
  {
    kind: 'undecided',
    why: 'a comment in it makes it depend on something',
    words:
      /^\s*#\s*(?:(?:only )?(?:if|when|in case) (?:it|this|that|anything|something|needed|necessary|required)\b|optional\b|only (?:on|for|in|after)\b|(?:on|at) [^\n]{2,30}:\s*$|(?:windows|mac ?os|osx|linux|debian|ubuntu)\s*:?\s*$|(?:rollback|roll back|undo|revert|danger|deprecated|obsolete|example|old(?: version| way)?)\b)/im,
  },
  { kind: 'undecided', why: 'it shows what changed', words: /^[-+] [^\n]*\n[-+] /m },
  {
    kind: 'undecided',
    why: 'a comment in it tells a person to do something',
    words:
      /^\s*#\s*(?:(?:step )?\d+[:.)]\s*|(?:now|then|first|next),? )?(?:edit|replace|substitute|fill in|adjust|ask|notify|wait (?:for|until)|manually|phone|unplug|inform|tell|click|call (?:the )?(?:on-?call|owner|dba|team|customer|operator|lead|nurse))\b|#\s*do not (?:proceed|continue|go on)\b/im,
  },
  {
    kind: 'undecided',
    why: 'it holds output among its commands',
    words: /^(?:\d[\d,.]*|[A-Z][A-Z_()/%-]{2,}(?:\s{2,}\S+)+|HTTP\/[\d.]+ \d{3}.*|\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*.*|\(\d+ rows?\)|[-+|]{5,}.*)$/m,
  },
  { kind: 'undecided', why: 'its first line begins with what is a prompt or a redirection', words: /^\s*>\s+[a-z][\w.-]*\s/ },
  { kind: 'undecided', why: 'it starts a program that waits for a person', words: new RegExp(String.raw`^\s*(?:sudo\s+)?(?:${interactive})(?:\s|$)`, 'm') },
];

export function cautionOf(text: string): CodeCaution | undefined {
  return cautions.find((row) => row.words.test(text));
}

/** Attributes of a fence that say it is not executed: Rust's, Runme's, Quarto's, knitr's. */
export const notExecuted =
  /\b(?:ignore|no_?-?run|no_?-?exec|skip|eval\s*[=:]\s*"?(?:false|f)\b|excludeFromRunAll"?\s*[:=]\s*"?true|illustrative|do[-_ ]?not[-_ ]?(?:run|exec\w*)|[\s{.,](?:danger|wrong|bad|example)(?=[\s},]|$))/i;

/** Shells of other systems: what stands there is to be run, and nothing here runs it. */
export const otherShells = new Set(
  'powershell pwsh ps1 ps cmd bat batch dos fish csh tcsh nushell nu cli command commands commandline cmdline sh-session zsh-session terminal-session'.split(
    ' ',
  ),
);

/** Languages of programs that no engine runs: a listing, or what a person enters where the words before say so. */
export const foreignLanguages = new Set(
  'python py python3 ruby rb irb perl r expect elixir lua mysql tsql plsql sqlite cypher mongodb mongo js javascript typescript ts kusto redis http php scala groovy'.split(
    ' ',
  ),
);
