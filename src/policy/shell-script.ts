/** What reading shell text gives: data alone. All offsets are UTF-16 units into the text. */

/**
 * `value` is the literal value after quote removal; undefined when the word holds an expansion (of any kind, globs too).
 * `sketch` is the value with each character of an expansion's text as U+0000: all that can be said before it runs.
 */
export interface ShellWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly value: string | undefined;
  readonly sketch: string;
}

/** `value` is absent for an array; `start` and `end` hold the whole `name=value`. */
export interface ShellAssignment {
  readonly name: string;
  readonly value: ShellWord | undefined;
  readonly start: number;
  readonly end: number;
}

/** `quoted`: nothing in the body expands. `bodyEnd` stands before the closing delimiter's line. `sketch` as a word's. */
export interface ShellHeredoc {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly body: string;
  readonly sketch: string;
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

/** `<<<` stands here too, with its text as the target. */
export interface ShellRedirect {
  readonly operator: string;
  readonly target: ShellWord | undefined;
  readonly start: number;
  readonly end: number;
}

/** One simple command. `words` starts with the program; it is empty where the command only assigns. */
export interface ShellCommand {
  readonly assignments: readonly ShellAssignment[];
  readonly words: readonly ShellWord[];
  readonly redirects: readonly ShellRedirect[];
  readonly heredocs: readonly ShellHeredoc[];
  readonly start: number;
  readonly end: number;
  /** `top` for a command of the script's own list; else the innermost that encloses it. */
  readonly within: 'top' | 'pipeline' | 'substitution' | 'subshell' | 'function' | 'compound';
  readonly background: boolean;
  /** The operator that joins it to what stands before it in its list or pipeline. */
  readonly after?: '&&' | '||' | '|';
  /** Where the pipeline that it is a part of starts: commands of one pipeline share it, in order of text. */
  readonly pipeline?: number;
}

/** One entry of the script's own list. `kind` is `command` for one simple command alone. */
export interface ShellStatement {
  readonly kind: 'command' | 'negation' | 'list' | 'pipeline' | 'subshell' | 'function' | 'compound';
  readonly background: boolean;
  readonly start: number;
  readonly end: number;
}

/** A variable that the text reads. `hasDefault`: `${x:-default}` and its like, so that an unset one is no hole. */
export interface ShellUse {
  readonly name: string;
  readonly offset: number;
  readonly hasDefault: boolean;
}

export interface ShellScript {
  readonly text: string;
  readonly statements: readonly ShellStatement[];
  /** In order of text, nested ones included. */
  readonly commands: readonly ShellCommand[];
  readonly errors: readonly { readonly offset: number; readonly message: string }[];
  /** Variables that the shell itself sets (`x=1`, `export x=1`, `read x`, `for x`), not those put before a command for it alone. */
  readonly assigned: readonly string[];
  readonly used: readonly ShellUse[];
  /** Every word of the text (arguments, values, redirect targets), in order of start. */
  readonly words: readonly ShellWord[];
  /** The text cut into stretches of one quoting each, in order and without gaps. */
  readonly quotes: readonly QuoteSegment[];
}

/** From `start` to the next segment's start. */
export interface QuoteSegment {
  readonly start: number;
  readonly context: QuoteContext;
}

export type QuoteContext = 'unquoted' | 'single' | 'double' | 'ansi-c' | 'heredoc-quoted' | 'heredoc-expanding' | 'comment';
