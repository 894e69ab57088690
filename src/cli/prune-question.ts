import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command-context.ts';

/** The answer of whoever sits at the terminal; undefined where nobody does. An end of input, or an interruption, is no. */
export async function askYes(question: string, { outIsTerminal }: CommandContext): Promise<boolean | undefined> {
  const { stdin, stderr } = process;
  if (outIsTerminal !== true || stdin.isTTY !== true || stderr.isTTY !== true) return undefined;
  const reader = createInterface({ input: stdin, output: stderr });
  const ended = new Promise<string>((resolve) => {
    reader.once('close', () => resolve(''));
    reader.once('SIGINT', () => resolve(''));
  });
  try {
    return /^y(es)?$/i.test((await Promise.race([reader.question(`${question} [y/N] `), ended])).trim());
  } finally {
    reader.close();
  }
}
