/**
 * Transcripts of a terminal: which lines are commands and which are what they printed. A prompt is taken away, a command
 * keeps every byte after it. Output shown is an example, never an expectation, unless a label says so.
 */

export interface Transcript {
  /** The commands alone, one line each as written. */
  readonly text: string;
  /** For each line of `text` its offset in the block's value. */
  readonly offsets: readonly number[];
  /** Lines of output that are shown and not asked for. */
  readonly shown: number;
  /** These lines as they stand. */
  readonly output: readonly string[];
  /** A line that could be a command of another user or of another program than the shell; it cannot be decided here. */
  readonly doubtful: { readonly offset: number; readonly line: string } | undefined;
}

const dollar = /^\s*(?:\([\w.-]+\) )?(?:\[?[\w.-]+@[\w.-]+[^$%#\u276f\u279c]{0,60}|[\w.-]{1,30}(?=\$)|[\w.-]+:[~/][^\s$]* ?)?[$%\u276f\u279c] /;
const root = /^\s*(?:\[?[\w.-]+@[\w.-]+[^$%#]{0,60}|[\w.-]+:[~/][^\s#]* ?|(?=[\w.]*[-\d.])[a-z][\w.-]{1,30} ?)?# /;
const otherPrompt =
  /^\s*(?:\w*[=(]?[#>]>|>>>|psql>|mysql>|sqlite>|\w+=[#>]|[\w.:-]+(?:\([\w-]+\))?[#>](?= \S)|irb\(.*\)[:>]|In \[\d+\]:|(?:PS )?[A-Z]:\\[^>]*>) ?/;
const consoleLanguages = /^(?:console|shell-session|bash-session|sh-session|shellsession|terminal|scrut|cram)$/;

/** Undefined where the text has no prompt: then it is a script as it stands. */
export function readTranscript(language: string | undefined, value: string, looksLikeCommand: (text: string) => boolean): Transcript | undefined {
  const lines = value.split('\n');
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const isConsole = language !== undefined && consoleLanguages.test(language.toLowerCase());
  // Without a language a first line `# command` is a prompt, not a remark.
  const rooted = (language === undefined || language === '') && root.test(first) && looksLikeCommand(first.replace(root, ''));
  const byRoot = (isConsole || rooted) && !lines.some((line) => dollar.test(line)) && lines.some((line) => root.test(line));
  const prompt = byRoot ? root : dollar;
  if (!prompt.test(first) && !(isConsole && lines.some((line) => prompt.test(line) || otherPrompt.test(line)))) return undefined;
  const commands: string[] = [];
  const offsets: number[] = [];
  let at = 0;
  let shown = 0;
  const output: string[] = [];
  let open = false;
  let doubtful: Transcript['doubtful'];
  const here = hostOf(prompt.exec(first)?.[0] ?? '');
  for (const line of lines) {
    const lead = prompt.exec(line)?.[0].length;
    // Behind `ssh` the prompt is another machine's, and so are its commands.
    if (lead !== undefined && hostOf(line.slice(0, lead)) !== here) doubtful ??= { offset: at, line };
    const continued = open ? (/^\s*> ?/.exec(line)?.[0].length ?? 0) : undefined;
    const skip = lead ?? continued;
    if (skip !== undefined) {
      const command = line.slice(skip);
      commands.push(command);
      offsets.push(at + skip);
      open = /(?:^|[^\\])(?:\\\\)*\\$/.test(command) || isOpenQuote(commands.join('\n'));
    } else {
      if (line.trim() !== '') shown += 1;
      output.push(line);
      const rest = line.replace(root, '');
      if (otherPrompt.test(line) || (rest !== line && looksLikeCommand(rest))) doubtful ??= { offset: at, line };
    }
    at += line.length + 1;
  }
  return { text: commands.join('\n'), offsets, shown, output, doubtful };
}

/** The name that a prompt begins with, without folder and environment; empty for a bare `$`. */
function hostOf(prompt: string): string {
  return /^\[?([\w.@-]*)/.exec(prompt.trim().replace(/^\([\w.-]+\) /, ''))?.[1] ?? '';
}

function isOpenQuote(text: string): boolean {
  const bare = text.replace(/\\./g, '').replace(/'[^']*'|"[^"]*"/g, '');
  return /['"]/.test(bare);
}

const psqlPrompt = /^\s*[\w.-]*=[#>] /;
const psqlContinued = /^\s*[\w.-]*[-'"($][#>] ?/;

/** A session of psql: the statements behind its prompts; undefined where there is none. Its own commands (`\\dt`) are not SQL. */
export function readPsqlSession(value: string): Transcript | undefined {
  const lines = value.split('\n');
  if (!psqlPrompt.test(lines.find((line) => line.trim() !== '') ?? '')) return undefined;
  const texts: string[] = [];
  const offsets: number[] = [];
  let at = 0;
  let shown = 0;
  let doubtful: Transcript['doubtful'];
  for (const line of lines) {
    const lead = (psqlPrompt.exec(line) ?? (texts.length > 0 && !/;\s*$/.test(texts.at(-1) ?? '') ? psqlContinued.exec(line) : null))?.[0].length;
    if (lead === undefined) shown += line.trim() === '' ? 0 : 1;
    else if (line.slice(lead).startsWith('\\')) doubtful ??= { offset: at, line };
    else {
      texts.push(line.slice(lead));
      offsets.push(at + lead);
    }
    at += line.length + 1;
  }
  return { text: texts.join('\n'), offsets, shown, output: [], doubtful };
}
