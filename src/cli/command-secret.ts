/**
 * The secrets that a command line tells of, masked in every message before it is written: what was misspelt, what a library says
 * of it, and the stack of a crash too. Records mask for themselves; this is for what is said before there is one.
 */
import { createRedactor } from '../model/redaction.ts';
import type { Redactor } from '../model/redactor.ts';
import { nearestName } from '../model/nearest-name.ts';
import { urlPasswords } from '../model/url-secret.ts';
import type { CommandContext } from './command-context.ts';

const option = '--set-secret';

export function maskMessages(context: CommandContext): CommandContext {
  let redactor: Redactor | undefined;
  // Made with the first message: most commands have nothing to say.
  const redact = (text: string): string => (redactor ??= createRedactor(commandSecrets(context.argv, context.environment))).text(text);
  const { region } = context;
  return {
    ...context,
    redact,
    err: (text) => context.err(redact(text)),
    ...(region === undefined ? {} : { region: (options) => region({ ...options, clean: redact }) }),
  };
}

/** Of `--set-secret` (also misspelt) and of database URLs, as they stand there and in the variables that are named. */
function commandSecrets(argv: readonly string[], environment: CommandContext['environment']): readonly string[] {
  return argv.flatMap((word, index) => {
    const named = /^--?[a-z-]+=(?=.)/i.exec(word)?.[0];
    const name = named === undefined ? (argv[index - 1] ?? '') : named.slice(0, -1);
    const text = named === undefined ? word : word.slice(named.length);
    const variable = environment[text.replace(/^env:/, '')] ?? '';
    return [
      ...(isSecretOption(name) ? [text.includes('=') ? text.slice(text.indexOf('=') + 1) : variable] : []),
      ...urlPasswords(text),
      ...urlPasswords(variable),
    ];
  });
}

/** Is anything of it to be hidden from whoever lists processes? */
export function tellsSecrets(argv: readonly string[]): boolean {
  return commandSecrets(argv, {}).some((secret) => secret !== '');
}

function isSecretOption(name: string): boolean {
  return name.startsWith('-') && name !== '--set' && nearestName(name, [option]) === option;
}
