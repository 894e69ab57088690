/** Simple commands, statements, words and errors out of the walked tree. */
import type { Assignment, Command, HereDoc, SyntaxNode, Word, WordPart } from 'unbash';
import type { ShellAssignment, ShellCommand, ShellHeredoc, ShellRedirect, ShellScript, ShellStatement, ShellWord } from './shell-script.ts';
import type { ShellPlace, ShellVisit } from './shell-walk.ts';

export function collectCommands(text: string, visits: readonly ShellVisit[]): Pick<ShellScript, 'statements' | 'commands' | 'words' | 'errors'> {
  const statements: ShellStatement[] = [];
  const commands: ShellCommand[] = [];
  const words: ShellWord[] = [];
  const errors: { offset: number; message: string }[] = [];
  let root = true;
  for (const { node, place, start, end } of visits) {
    switch (node.type) {
      case 'Script':
        for (const error of node.errors ?? []) errors.push({ offset: place.clamp?.start ?? error.pos, message: error.message });
        if (root)
          for (const { command, background, pos, end: last } of node.commands)
            statements.push({ kind: kindOf(command), background: background === true, start: pos, end: last });
        root = false;
        break;
      case 'Command':
        commands.push(commandOf(node, place, start, end));
        break;
      case 'Word':
        if (!place.clamp) words.push(wordOf(node, place, false));
        break;
      case 'HereDoc':
        // Bash only warns and takes the rest of the text for the body: too easily a block that was cut.
        if (!node.closing) errors.push({ offset: start, message: `here-document is not closed by \`${node.delimiter?.value ?? ''}\`` });
        break;
      default:
        break;
    }
  }
  const inOrder = (a: { start: number; end: number }, b: { start: number; end: number }): number => a.start - b.start || b.end - a.end;
  errors.sort((a, b) => a.offset - b.offset);
  for (const error of errors) error.offset = Math.min(error.offset, text.length);
  return { statements, commands: commands.sort(inOrder), words: words.sort(inOrder), errors };
}

function kindOf(command: SyntaxNode): ShellStatement['kind'] {
  switch (command.type) {
    case 'Command':
      return 'command';
    case 'AndOr':
      return 'list';
    case 'Pipeline':
      if (command.commands.length > 1) return 'pipeline';
      // `time command` is that command.
      return command.prefixes.some(({ type }) => type === 'Negation') ? 'negation' : 'command';
    case 'Subshell':
      return 'subshell';
    case 'Function':
      return 'function';
    default:
      return 'compound';
  }
}

function commandOf(node: Command, place: ShellPlace, start: number, end: number): ShellCommand {
  const redirects: ShellRedirect[] = [];
  const heredocs: ShellHeredoc[] = [];
  for (const redirect of node.redirects) {
    const at = { start: place.clamp?.start ?? redirect.pos, end: place.clamp?.end ?? redirect.end };
    if (redirect.type === 'HereDoc') heredocs.push(heredocOf(redirect, place));
    else redirects.push({ operator: redirect.operator, target: redirect.target && wordOf(redirect.target, place, false), ...at });
  }
  const words: ShellWord[] = node.name ? [wordOf(node.name, place, false)] : [];
  for (const argument of node.args) words.push(argument.type === 'Word' ? wordOf(argument, place, false) : assignmentWordOf(argument, place));
  return {
    assignments: node.prefix.flatMap((prefix) => (prefix.type === 'Assignment' ? [assignmentOf(prefix, place)] : [])),
    words,
    redirects,
    heredocs,
    start,
    end,
    within: place.within,
    background: place.background,
    ...(place.after === undefined ? {} : { after: place.after }),
    ...(place.pipeline === undefined ? {} : { pipeline: place.pipeline }),
  };
}

function heredocOf(node: HereDoc, place: ShellPlace): ShellHeredoc {
  return {
    delimiter: node.delimiter?.value ?? '',
    quoted: node.delimiter?.quoted === true,
    body: node.body.text,
    // In a body without expansions the parser leaves what is escaped (`\$\$`) as it stands.
    sketch: node.delimiter?.quoted === true ? node.body.text : sketchOf(node.body.parts, node.body.text.replace(/\\(?:\n|([$`\\]))/g, '$1'), true),
    bodyStart: place.clamp?.start ?? node.body.pos,
    bodyEnd: place.clamp?.end ?? node.body.end,
  };
}

function assignmentOf(node: Assignment, place: ShellPlace): ShellAssignment {
  const value = node.value.type === 'Word' ? wordOf(node.value, place, true) : undefined;
  return { name: node.name, value, start: place.clamp?.start ?? node.pos, end: place.clamp?.end ?? node.end };
}

/** `export A=1`: an argument of a declaration, kept as one word. */
function assignmentWordOf(node: Assignment, place: ShellPlace): ShellWord {
  const { value, start, end } = assignmentOf(node, place);
  const head = `${node.name}${node.append === true ? '+' : ''}=`;
  const known = value !== undefined && node.index === undefined;
  return {
    text: node.text,
    start,
    end,
    value: known && value.value !== undefined ? head + value.value : undefined,
    sketch: known ? head + value.sketch : node.text,
  };
}

/** `assigned`: bash expands no globs and braces in an assignment's value. */
function wordOf(node: Word, place: ShellPlace, assigned: boolean): ShellWord {
  const sketch = sketchOf(node.parts, node.value, assigned);
  const literal = !sketch.includes('\0') && !node.text.startsWith('~');
  return { text: node.text, start: place.clamp?.start ?? node.pos, end: place.clamp?.end ?? node.end, value: literal ? sketch : undefined, sketch };
}

function sketchOf(parts: readonly WordPart[] | undefined, plain: string, assigned: boolean): string {
  if (!parts) return plain;
  return parts
    .map((part) => {
      switch (part.type) {
        case 'Literal':
        case 'SingleQuoted':
        case 'AnsiCQuoted':
          return part.value;
        case 'DoubleQuoted':
        case 'LocaleString':
          return sketchOf(part.parts, '', assigned);
        case 'Glob':
        case 'BraceExpansion':
          return assigned ? part.text : '\0'.repeat(part.text.length);
        default:
          return '\0'.repeat(part.text.length);
      }
    })
    .join('');
}
