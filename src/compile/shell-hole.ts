/** The holes of a shell text, and what stands in their place: references to environment variables that carry their values. */
import type { Splice } from '../model/step.ts';
import { quoteContextAt, wordAt, type ShellCommand, type ShellScript, type ShellWord } from '../policy/shell-syntax.ts';
import type { QuoteContext } from '../policy/shell-script.ts';
import { blanksIn, withoutOverlap } from './blank.ts';
import { closedTags, isMarkup } from './markup.ts';
import { carrierOf, holesIn, type Hole, type HoleProblem } from './placeholder.ts';
import { commandAt, feedsProgram, isCommandName, doesCommand, isProgramText, wordBefore } from './program-text.ts';
import { unquotedHoles } from './unquoted-hole.ts';

/** What may fill a hole. `isNumber`: its value can be nothing but a number or a truth value. */
export interface HoleFilling {
  readonly known: (name: string) => boolean;
  readonly isNumber?: (name: string) => boolean;
  /** Texts that a sentence calls a value of the reader's own: "replace `my-project` with yours". */
  readonly tokens?: readonly string[];
}

export interface ShellHoles {
  readonly splices: readonly Splice[];
  readonly problems: readonly HoleProblem[];
  /** Those that bash would read as redirections. */
  readonly unquoted: readonly Hole[];
  /** Values still to be written (`YOUR_TOKEN`, `xxxx`) that nothing fills. */
  readonly blanks: readonly Hole[];
}

interface Place {
  readonly script: ShellScript;
  readonly hole: Hole;
  readonly context: QuoteContext;
  readonly word: ShellWord | undefined;
  readonly command: ShellCommand | undefined;
  /** Tags that the text closes. */
  readonly closed: ReadonlySet<string>;
}

/** `script` is what `readHoledShell` gives: only there an unquoted `<name>` is a word. */
export function shellHoles(script: ShellScript, filling: HoleFilling): ShellHoles {
  const { text } = script;
  const unquoted = unquotedHoles(script);
  const taken = new Set(unquoted.map((hole) => hole.offset));
  const delimiters = new Set(script.commands.flatMap((command) => command.heredocs.map((heredoc) => heredoc.delimiter)));
  const angles = new Set<Hole>([...unquoted, ...holesIn(text).filter((hole) => !taken.has(hole.offset))]);
  const all = withoutOverlap([...angles, ...blanksIn(text), ...tokensIn(text, filling.tokens ?? [])]).filter((hole) => !delimiters.has(hole.written));
  const closed = closedTags(text);
  const splices: Splice[] = [];
  const problems: HoleProblem[] = [];
  const blanks: Hole[] = [];
  for (const hole of all) {
    const context = quoteContextAt(script, hole.offset);
    // An unquoted `<x>` that is not among those is what bash takes it for.
    if (context === 'comment' || (context === 'unquoted' && angles.has(hole) && !taken.has(hole.offset))) continue;
    const place: Place = { script, hole, context, word: wordAt(script, hole.offset), command: commandAt(script, hole.offset), closed };
    if (taken.has(hole.offset)) {
      const kind = problemOf(place, filling);
      if (kind) problems.push({ hole, kind });
      else splices.push(spliceOf(place));
      continue;
    }
    const meant = angles.has(hole) ? isAngleMeant(place, filling) : isBlankMeant(place, filling);
    if (!meant) continue;
    if (!angles.has(hole) && !filling.known(hole.name)) {
      blanks.push(hole);
      continue;
    }
    const kind = problemOf(place, filling);
    if (kind) problems.push({ hole, kind });
    else splices.push(spliceOf(place));
  }
  return { splices, problems, unquoted, blanks };
}

/** A text that stands for itself, neither a part of a longer word nor a variable's name. */
export function tokensIn(text: string, tokens: readonly string[]): readonly Hole[] {
  return tokens.flatMap((token) => {
    const found: Hole[] = [];
    for (let at = text.indexOf(token); at >= 0; at = text.indexOf(token, at + token.length)) {
      if (/[\w$-]/.test(text.charAt(at - 1)) || /[\w-]/.test(text.charAt(at + token.length))) continue;
      found.push({ name: tokenName(token), written: token, offset: at, length: token.length });
    }
    return found;
  });
}

function tokenName(token: string): string {
  return holesIn(`<${token.replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_+|_+$/g, '')}>`)[0]?.name ?? 'value';
}

/** Is a quoted `<x>` a hole, and not text of its own? What something supplies nearly always is. */
function isAngleMeant({ script, hole, context, command, closed }: Place, { known }: HoleFilling): boolean {
  const { text } = script;
  const enclosed = /^['"]$/.test(text.charAt(hole.offset - 1)) && text.charAt(hole.offset + hole.length) === text.charAt(hole.offset - 1);
  if (known(hole.name)) return true;
  // In the text of another program a bare `<b>` may be its own syntax; `'<run_id>'` is none.
  if (context === 'heredoc-quoted' || context === 'ansi-c' || context === 'heredoc-expanding')
    return enclosed && hole.name.includes('_') && !isMarkup(text, hole, { closed });
  if (/\busage\b/i.test(lineOf(text, hole.offset))) return false;
  const searched = doesCommand(command, 'searches');
  if (doesCommand(command, 'replaces')) return false;
  if (doesCommand(command, 'scans') && !enclosed) return false;
  return !isMarkup(text, hole, { closed, searched, perl: doesCommand(command, 'is perl') });
}

/** `{{x}}` and its like are the own syntax of templates, and of what searches for them. */
function isBlankMeant({ script, hole, context, word, command }: Place, { known }: HoleFilling): boolean {
  const { text } = script;
  const given = known(hole.name);
  const around = word?.text ?? bodyAt(command, hole.offset) ?? lineOf(text, hole.offset);
  if (hole.written.startsWith('{{')) {
    if (isTemplate(around, script, word)) return false;
    return given || !/^heredoc/.test(context);
  }
  if (given) return true;
  if (doesCommand(command, 'searches')) return false;
  if (hole.written.startsWith('%') && /\blike\b/i.test(around)) return false;
  if (hole.written.startsWith('[') && (context === 'unquoted' ? /[?*]/.test(around) : doesCommand(command, 'prints'))) return false;
  return !(hole.written.startsWith('__') && /^heredoc/.test(context));
}

const nearby = 2_000;

const templateSigns =
  /\{\{-?\s*(?:[.$(-]|range\b|if\b|else\b|end\b|with\b|json\b|define\b|template\b|block\b|printf?\b|println\b|len\b|index\b|upper\b|lower\b|join\b|split\b|table\b|truncate\b|now\b|include\b|toYaml\b|quote\b)|\{%/;
const templateOption = /^(?:--(?:format|template|output|filter|fmt|go-template)|-o|-f|-t)$/;
const joinedTemplate = /^(?:--(?:format|template|output|fmt|go-template)=|-o(?:go-template|jsonpath|custom)|go-template(?:-file)?=|jsonpath=|template=)/;

function isTemplate(around: string, script: ShellScript, word: ShellWord | undefined): boolean {
  if (templateSigns.test(around)) return true;
  const before = wordBefore(script, word);
  return before !== undefined && (joinedTemplate.test(around) || templateOption.test(before));
}

function bodyAt(command: ShellCommand | undefined, offset: number): string | undefined {
  const heredoc = command?.heredocs.find((each) => offset >= each.bodyStart && offset < each.bodyEnd);
  return heredoc?.body.slice(Math.max(0, offset - heredoc.bodyStart - nearby), offset - heredoc.bodyStart + nearby);
}

/** Why no reference can stand here. */
function problemOf(place: Place, filling: HoleFilling): HoleProblem['kind'] | undefined {
  const { script, hole, context, word } = place;
  if (context === 'heredoc-quoted' || context === 'ansi-c') return 'nothing-expands';
  // Where the shell expands it, the value would become text of the program that reads it.
  if (context === 'heredoc-expanding' ? feedsProgram(script, hole.offset) : word !== undefined && isProgramText(script, word)) return 'nothing-expands';
  if (isArithmetic(script.text, hole.offset)) return 'nothing-expands';
  if (word && namesProgram(script, word)) return 'names-program';
  const json = jsonPlace(place);
  return json === 'bare' && filling.isNumber?.(hole.name) !== true ? 'bare-json' : undefined;
}

/** bash evaluates what stands in `((…))` and beside `-eq`: a value there could name a command. */
function isArithmetic(text: string, offset: number): boolean {
  const before = text.slice(Math.max(0, offset - nearby), offset);
  if (before.lastIndexOf('((') > before.lastIndexOf('))')) return true;
  const open = before.lastIndexOf('[[ ');
  const close = text.indexOf(' ]]', offset);
  if (open > before.lastIndexOf(' ]]') && close > 0 && /\s-(?:eq|ne|lt|le|gt|ge)\s/.test(before.slice(open) + text.slice(offset, close))) return true;
  return /\$\{[A-Za-z_]\w*\[[^\]}]*$/.test(before);
}

/** The word as a whole is a hole, and stands where the program's name does. */
function namesProgram(script: ShellScript, word: ShellWord): boolean {
  const bare = word.text.replace(/^(['"])(.*)\1$/, '$2');
  return /^<[^<>]*>$/.test(bare) && isCommandName(script, word);
}

function spliceOf(place: Place): Splice {
  const { script, hole, context } = place;
  const { text } = script;
  const format = formatOf(place);
  const carrier = carrierOf(hole.name, format);
  const { name, offset, length } = hole;
  if (context === 'unquoted') return { name, offset, length, replacement: `"\${${carrier}}"`, format, carrier };
  // The word `'<x>'` becomes `"$PP_x"`: the quotes go with the hole where they hold nothing else.
  const alone = context === 'single' && text.charAt(offset - 1) === "'" && text.charAt(offset + length) === "'";
  if (alone) return { name, offset: offset - 1, length: length + 2, replacement: `"$${carrier}"`, format, carrier };
  if (context === 'single') return { name, offset, length, replacement: `'"$${carrier}"'`, format, carrier };
  return { name, offset, length, replacement: `\${${carrier}}`, format, carrier };
}

function formatOf(place: Place): Splice['format'] {
  const json = jsonPlace(place);
  if (json !== undefined) return json === 'string' ? 'json' : 'plain';
  return isUrlPart(place) ? 'url' : 'plain';
}

/** Where in JSON the hole stands: inside a string, or bare; undefined where it is no JSON. */
function jsonPlace({ hole, context, word, command }: Place): 'string' | 'bare' | undefined {
  const heredoc = /^heredoc/.test(context) ? command?.heredocs.find((each) => hole.offset >= each.bodyStart && hole.offset < each.bodyEnd) : undefined;
  const body = heredoc?.body ?? word?.text ?? '';
  const start = heredoc?.bodyStart ?? word?.start ?? 0;
  const content = heredoc ? body : body.replace(/^(?:--?[\w-]+=)?['"]/, '');
  if (!/^\s*[{[]/.test(content) || !/^\s*(?:\{\s*(?:\\?"|$)|\[\s*(?:[\\"{[<\d]|$))/.test(content)) return undefined;
  const before = body.slice(body.length - content.length, hole.offset - start);
  // In double quotes of the shell those of JSON are written `\"`.
  const marks = context === 'double' ? /\\"/g : /(?<!\\)"/g;
  return (before.match(marks) ?? []).length % 2 === 1 ? 'string' : 'bare';
}

/** A component of a URL or of form data. What stands for a scheme and host is taken as it is. */
function isUrlPart({ script, hole, word, command }: Place): boolean {
  if (!word) return false;
  const before = script.text.slice(word.start, hole.offset).replace(/^(?:[A-Za-z_]\w*=|--?[\w-]+=)?['"]?/, '');
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)$/i.exec(before);
  if (authority) return /^[^@]*@/.test(script.text.slice(hole.offset + hole.length, word.end));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(before)) return true;
  if (!doesCommand(command, 'fetches')) return false;
  const option = wordBefore(script, word) ?? '';
  if (/^(?:-d|--data|--data-ascii|--data-raw|--data-binary)$/.test(option)) return /(?:^|&)[\w.[\]-]+=(?:[^&]*)$/.test(before);
  return /^(?:<|\$|\{\{|[\w.-]+(?::\d+)?\/)/.test(before) && /[/?=&]/.test(before) && !option.startsWith('-');
}

/** The line around it, as far as it is near. */
function lineOf(text: string, offset: number): string {
  const before = text.slice(Math.max(0, offset - nearby), offset);
  const after = text.slice(offset, offset + nearby);
  return before.slice(before.lastIndexOf('\n') + 1) + (after.split('\n')[0] ?? '');
}
