import type { Command } from '@commander-js/extra-typings';

/** What every command file is given: the program to add itself to, and where it leaves its exit code. */
export type Program = Command;

export type Finish = (exitCode: number) => void;

/** Help text with examples; each is executed by a test. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ proofplan ${line}`).join('\n')}\n`;
}
