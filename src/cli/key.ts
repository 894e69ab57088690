/** `proofplan key new|show`: the key that signs checkpoints, and what a stranger needs to verify them. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { createNoteKey, isKeyName } from '../journal/signed-note.ts';
import { usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { readNoteKey, writeNoteKey } from './key-file.ts';
import { examples, type Finish, type Program } from './program.ts';

export function addKey(program: Program, context: CommandContext, finish: Finish): void {
  const key = program
    .command('key')
    .description('make the key that signs the records of executions')
    .addHelpText('after', examples('key new --name ci.example.org --out ci.key', 'key show ci.key'));
  key
    .command('new')
    .description('make an Ed25519 key in a new file that its owner alone can read; prints the verifier key')
    .option('--name <name>', 'who signs, without spaces: a host name is usual', parseName, 'proofplan')
    .option('-o, --out <file>', 'the file, which must not be there yet', 'proofplan.key')
    .addHelpText('after', examples('key new --name ci.example.org --out ci.key'))
    .action(async (options) => {
      const made = createNoteKey(options.name);
      const problem = writeNoteKey(options.out, made, context);
      if (problem === undefined) {
        context.err(`the key is in ${options.out}: keep it out of version control and out of the reach of steps\n`);
        context.out(`${made.verifierKey}\n`);
      } else await say(context, [problem]);
      finish(problem === undefined ? 0 : usageExitCode);
    });
  key
    .command('show')
    .description('print the verifier key of a key: what `audit verify --vkey` takes')
    .argument('<file>', 'the file of a key')
    .addHelpText('after', examples('key show ci.key'))
    .action(async (file) => {
      const read = readNoteKey(file, context);
      await say(context, read.diagnostics);
      if (read.value) context.out(`${read.value.verifierKey}\n`);
      finish(read.value ? 0 : usageExitCode);
    });
}

function parseName(text: string): string {
  if (!isKeyName(text)) throw new InvalidArgumentError('Write a name without white space, control characters and plus signs.');
  return text;
}
