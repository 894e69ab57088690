/** The commands as plain data, read off commander: for completion and for the reference, which must not know what a command does. */
import type { EventEmitter } from 'node:events';
import type { Argument, CommandUnknownOpts, Option } from '@commander-js/extra-typings';

/** What follows a command or an option: `<plan...>`, `[step]`. `choices` is empty where anything may be given. */
export interface ValueRow {
  /** Its word, without brackets and dots. */
  readonly name: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly description: string;
  readonly choices: readonly string[];
  readonly default: unknown;
}

export interface OptionRow {
  /** As the help shows it: `-o, --out <dir>`. */
  readonly flags: string;
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  /** Undefined where it takes none. */
  readonly value: ValueRow | undefined;
  /** May it stand several times? */
  readonly repeatable: boolean;
}

export interface CommandRow {
  /** Its words: `audit verify`; of the program itself: none. */
  readonly path: readonly string[];
  readonly description: string;
  readonly arguments: readonly ValueRow[];
  readonly options: readonly OptionRow[];
  /** Command lines without their prompt, each begins with `proofplan`. */
  readonly examples: readonly string[];
  /** Without hidden ones. */
  readonly commands: readonly CommandRow[];
}

/** The table of a program, as `createProgram` makes it. */
export function readCommandTable(command: CommandUnknownOpts, path: readonly string[] = []): CommandRow {
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    arguments: command.registeredArguments.map(argumentRow),
    options: help.visibleOptions(command).map(optionRow),
    examples: examplesOf(command),
    commands: help
      .visibleCommands(command)
      // Every command has --help; `help` beside it would be listed with each.
      .filter((each) => each.name() !== 'help')
      .map((each) => readCommandTable(each, [...path, each.name()])),
  };
}

function argumentRow(argument: Argument): ValueRow {
  return {
    name: argument.name(),
    required: argument.required,
    variadic: argument.variadic,
    description: argument.description,
    choices: argument.argChoices ?? [],
    default: argument.defaultValue,
  };
}

function optionRow(option: Option): OptionRow {
  const word = /[<[]([^\]>]+)[\]>]$/.exec(option.flags)?.[1];
  return {
    flags: option.flags,
    long: option.long ?? option.flags,
    short: option.short,
    description: option.description,
    value:
      word === undefined
        ? undefined
        : {
            name: word.replace(/\.\.\.$/, ''),
            required: option.required,
            variadic: option.variadic,
            description: option.description,
            choices: option.argChoices ?? [],
            default: option.defaultValue,
          },
    // What is collected begins with an empty list.
    repeatable: option.variadic || Array.isArray(option.defaultValue),
  };
}

/** They stand in the text behind the help alone. Its listeners are given what the help itself would give them. */
function examplesOf(command: CommandUnknownOpts): readonly string[] {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, write, command });
  return [...text.matchAll(/^ {2}\$ (proofplan .*)$/gm)].map((match) => match[1] ?? '');
}
