/**
 * CI systems read commands out of what a program prints: set a variable, hide a line, mark a file. What a plan or a child has
 * written must never be one. A space before the last character of what begins a command takes its meaning away.
 */

/** Sources: actions/runner `ActionCommand.cs` and `ActionCommandManager.cs`; microsoft/azure-pipelines-agent `Command.cs`; GitLab "Custom collapsible sections"; TeamCity "Service messages". */
const beginnings: readonly { readonly text: string; readonly where: 'anywhere' | 'line' }[] = [
  // GitHub, Gitea, Forgejo: after white space at the beginning of a line.
  { text: '::', where: 'line' },
  // GitHub's older form; Azure's formatting commands.
  { text: '##[', where: 'anywhere' },
  { text: '##vso[', where: 'anywhere' },
  { text: '##teamcity[', where: 'anywhere' },
  { text: 'section_start:', where: 'anywhere' },
  { text: 'section_end:', where: 'anywhere' },
];

const longest = Math.max(...beginnings.map(({ text }) => text.length));
const lasts = new Set(beginnings.map(({ text }) => text.at(-1)));
/** .NET's comparison of texts passes over these, so they may stand between the characters of a command. */
const ignored = /^[\p{Default_Ignorable_Code_Point}\p{Cc}]$/u;
const blank = /^\s$/u;

/** Variables of the systems that read commands. */
export const commandReaders = ['GITHUB_ACTIONS', 'TF_BUILD', 'GITLAB_CI', 'TEAMCITY_VERSION', 'BUILDKITE'] as const;

/** Buildkite makes a heading of a line that begins so, behind blanks and colours ("Managing log output"; agent, `header_times_streamer.go`). */
const heading = /^((?:[^\S\n]|\x1b\[[;\d]*[mK])*)(--|\+\+|~~|\^\^)(?=[-+~^])/gm;

/** The text without headings for Buildkite. Takes whole lines. */
export function breakHeadings(text: string): string {
  return text.replace(heading, '$1$2 ');
}

/** A command of ours as a line, in which nothing but its own beginning is a command, for whichever system reads it. */
export function renderCommandLine(line: string): string {
  const filter = createCommandFilter();
  // What follows does not begin a line.
  filter('.');
  return `::${filter(line.slice(2))}`;
}

/** What is written in place of a last character: in a text it is set apart; in a JSON text it is escaped and says the same (RFC 8259, 7). */
const replacements = {
  text: (character: string): string => ` ${character}`,
  json: (character: string): string => `\\u00${character.charCodeAt(0).toString(16)}`,
};

/** A filter for one stream: it remembers the line that is not ended, so that a command in pieces is none either. */
export function createCommandFilter(form: keyof typeof replacements = 'text'): (text: string) => string {
  let tail = '';
  let atStart = true;
  const take = (character: string): string => {
    if (character === '\n' || character === '\r') {
      tail = '';
      atStart = true;
      return character;
    }
    // .NET takes U+0085 for white space, and so it may stand before a command.
    if (atStart && tail === '' && (blank.test(character) || character === '\u0085')) return character;
    if (ignored.test(character)) return character;
    const next = (tail + character.toLowerCase()).slice(-longest);
    const begins = lasts.has(character) && beginnings.some(({ text, where }) => next.endsWith(text) && (where === 'anywhere' || (atStart && next === text)));
    tail = begins ? ` ${character}` : next;
    if (tail.length >= longest) atStart = false;
    return begins ? replacements[form](character) : character;
  };
  return (text) => Array.from(text, take).join('');
}
