// docs/reference/commands.md: every command with its arguments, options, exit codes and examples.
import { exitCodesOf, verdictCodes } from './exit-code.mjs';
import { anchor, code, fence, page, prose, sentence, table } from './markdown.mjs';

export function renderCommands(root) {
  const all = walk(root);
  return {
    'commands.md': page('Commands', 'the table of commands', [
      'What `proofplan --help` and `proofplan COMMAND --help` say, on one page. The words are those of the program.',
      '',
      ...table(
        ['command', 'what it does'],
        all.map((row) => [`[${code(row.path.join(' '))}](#${anchor(row.path.join(' '))})`, prose(sentence(row.description))]),
      ),
      '',
      '`-` stands for standard input where a plan is read. What a command finds out goes to standard output, progress and messages to standard error; with `--json` there is nothing but JSON on standard output.',
      '',
      '## Exit codes',
      '',
      'They are the same everywhere. A command gives those of its own list below; any command gives 2 where it is misused, and 5 where the machine or the program itself fails.',
      '',
      ...table(['exit code', 'meaning'], verdictCodes),
      '',
      ...all.flatMap(commandSection),
    ]),
  };
}

/** Every command that can be called, in the order of the help. */
function walk(row) {
  const called = row.path.length > 0 && row.commands.length === 0 ? [row] : [];
  return [...called, ...row.commands.flatMap(walk)];
}

function commandSection(row) {
  const words = row.path.join(' ');
  const given = row.arguments.map(shownArgument);
  return [
    `## ${words}`,
    '',
    ...fence(['proofplan', words, '[options]', ...given].join(' ')),
    '',
    prose(sentence(row.description)),
    '',
    ...(row.arguments.length === 0
      ? []
      : [
          ...table(
            ['argument', 'meaning'],
            row.arguments.map((argument) => [code(shownArgument(argument)), describe(argument)]),
          ),
          '',
        ]),
    ...table(
      ['option', 'meaning'],
      row.options.map((option) => [code(option.flags), describe(option.value ?? option, option)]),
    ),
    '',
    `Exit codes: ${exitCodesOf(words)}`,
    '',
    ...(row.examples.length === 0
      ? []
      : [row.examples.length === 1 ? 'Example:' : 'Examples:', '', ...fence(row.examples.map((line) => `$ ${line}`).join('\n')), '']),
  ];
}

function shownArgument({ name, required, variadic }) {
  const word = `${name}${variadic ? '...' : ''}`;
  return required ? `<${word}>` : `[${word}]`;
}

function describe({ description, choices = [], default: given }) {
  const isPlain = (typeof given === 'string' && given !== '') || typeof given === 'number';
  return [
    prose(sentence(description)),
    ...(choices.length === 0 ? [] : [`One of ${choices.map(code).join(', ')}.`]),
    ...(isPlain ? [`Default: ${code(String(given))}.`] : []),
  ].join(' ');
}
