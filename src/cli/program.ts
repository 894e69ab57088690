import type { Command } from '@commander-js/extra-typings';

/** What every command file is given: the program to add itself to, and where it leaves its exit code. */
export type Program = Command;

export type Finish = (exitCode: number) => void;

/** Help text with examples; each is executed by a test. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ proofplan ${line}`).join('\n')}\n`;
}

/** Of whatever executes plans. */
export const exitCodeHelp = `
Exit codes:
  0  passed
  1  failed
  2  the command is misused, or a plan does not compile
  3  refused: a policy was violated
  4  unproven, or blocked by a precondition
  5  error in the environment, the runner or the journal
`;
