/**
 * `proofplan completion SHELL`: a script for the shell, which asks `completion words` for what may stand at the cursor. Names of files
 * are found and quoted by the shell itself, so that none of them goes through this program.
 */
import type { CommandContext } from './command-context.ts';
import { examples, type Finish, type Program } from './program.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Program, context: CommandContext, finish: Finish): void {
  const completion = program
    .command('completion')
    .description('print the script that completes commands, options, plans and executions in a shell')
    .addHelpText('after', examples('completion bash'));
  for (const shell of shells) {
    completion
      .command(shell)
      .description(`the script for ${shell}`)
      .addHelpText('after', examples(`completion ${shell}`))
      .action(async () => {
        const { completionScripts } = await import('./completion-script.ts');
        context.out(completionScripts[shell]);
        finish(0);
      });
  }
  completion
    .command('words', { hidden: true })
    .argument('<shell>')
    .argument('[word...]')
    .action(async (shell, words) => {
      const answer = await answerFor(shell, words, program, context);
      context.out(answer);
      finish(0);
    });
}

/** Of a shell that is not known: nothing, because whatever is printed here appears while somebody types. */
async function answerFor(shell: string, words: readonly string[], program: Program, context: CommandContext): Promise<string> {
  const [{ answerCompletion, joinSplitWords, renderAnswer }, { readCommandTable }, { completionSource }] = await Promise.all([
    import('./completion-answer.ts'),
    import('./command-table.ts'),
    import('./completion-source.ts'),
  ]);
  if (!shells.some((each) => each === shell)) return '';
  const typed = shell === 'bash' ? joinSplitWords(words) : { words, continued: false };
  return renderAnswer(await answerCompletion(typed, readCommandTable(program), completionSource(context)));
}
