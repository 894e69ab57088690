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
  /** A line that could be a command of another user or of another program than the shell; it cannot be decided here. */
  readonly doubtful: { readonly offset: number; readonly line: string } | undefined;
}

const dollar = /^\s*(?:\([\w.-]+\) )?(?:[\w.-]+@[\w.-]+[^$%#\u276f\u279c]{0,60})?[$%\u276f\u279c] /;
const root = /^\s*(?:[\w.-]+@[\w.-]+[^$%#]{0,60})?# /;
const otherPrompt = /^\s*(?:\w*[=(]?[#>]>|>>>|psql>|mysql>|sqlite>|\w+=[#>]|irb\(.*\)[:>]|In \[\d+\]:|PS [A-Z]:\\[^>]*>) ?/;
const consoleLanguages = /^(?:console|shell-session|shellsession|terminal)$/;

/** Undefined where the text has no prompt: then it is a script as it stands. */
export function readTranscript(language: string | undefined, value: string, looksLikeCommand: (text: string) => boolean): Transcript | undefined {
  const lines = value.split('\n');
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const isConsole = language !== undefined && consoleLanguages.test(language.toLowerCase());
  const byRoot = isConsole && !lines.some((line) => dollar.test(line)) && lines.some((line) => root.test(line));
  const prompt = byRoot ? root : dollar;
  if (!prompt.test(first) && !(isConsole && lines.some((line) => prompt.test(line) || otherPrompt.test(line)))) return undefined;
  const commands: string[] = [];
  const offsets: number[] = [];
  let at = 0;
  let shown = 0;
  let open = false;
  let doubtful: Transcript['doubtful'];
  for (const line of lines) {
    const lead = prompt.exec(line)?.[0].length;
    const continued = open ? (/^\s*> ?/.exec(line)?.[0].length ?? 0) : undefined;
    const skip = lead ?? continued;
    if (skip !== undefined) {
      const command = line.slice(skip);
      commands.push(command);
      offsets.push(at + skip);
      open = /(?:^|[^\\])(?:\\\\)*\\$/.test(command) || isOpenQuote(commands.join('\n'));
    } else {
      if (line.trim() !== '') shown += 1;
      const rest = line.replace(root, '');
      if (otherPrompt.test(line) || (rest !== line && looksLikeCommand(rest))) doubtful ??= { offset: at, line };
    }
    at += line.length + 1;
  }
  return { text: commands.join('\n'), offsets, shown, doubtful };
}

function isOpenQuote(text: string): boolean {
  const bare = text.replace(/\\./g, '').replace(/'[^']*'|"[^"]*"/g, '');
  return /['"]/.test(bare);
}
