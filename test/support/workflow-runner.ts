/**
 * What the runners of CI systems obey in a text, by their own published rules. Written from actions/runner (`ActionCommand.TryParseV2`,
 * `TryParse`, `ActionCommandManager`), azure-pipelines-agent (`Command.TryParse`), GitLab's "Custom collapsible sections" and TeamCity's
 * "Service messages", and not from what it is used to test. .NET reads lines up to CR, LF or CR LF; its comparison of texts passes over
 * characters that are ignorable, so they are taken out here.
 */
const ignorable = /[\p{Default_Ignorable_Code_Point}\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]/gu;

const registered = new Set([
  'internal-set-repo-path',
  'set-env',
  'set-output',
  'save-state',
  'add-path',
  'add-mask',
  'add-matcher',
  'remove-matcher',
  'debug',
  'warning',
  'notice',
  'error',
  'group',
  'endgroup',
  'echo',
  'stop-commands',
]);

/** `ActionCommand.TryParseV2`, then `TryParse`: answers with the command's name and data. */
function parseGitHub(line: string): string | undefined {
  const trimmed = line.replace(/^[\s\u0085]+/u, '');
  if (trimmed.startsWith('::')) {
    const end = trimmed.indexOf('::', 2);
    const name = end < 0 ? '' : (trimmed.slice(2, end).split(' ')[0] ?? '').toLowerCase();
    if (end >= 0) return name;
  }
  const old = line.indexOf('##[');
  const close = old < 0 ? -1 : line.indexOf(']', old);
  return close < 0 ? undefined : (line.slice(old + 3, close).split(' ')[0] ?? '').toLowerCase();
}

/** The commands that GitHub's runner would carry out, with `::stop-commands::` obeyed as it does. */
export function obeyedByGitHub(text: string): readonly string[] {
  const obeyed: string[] = [];
  let token: string | undefined;
  for (const line of text.split(/\r\n|\n|\r/).map((each) => each.replace(ignorable, ''))) {
    const name = parseGitHub(line);
    if (name === undefined) continue;
    if (token !== undefined) {
      if (name === token) token = undefined;
      continue;
    }
    if (!registered.has(name)) continue;
    obeyed.push(name);
    if (name === 'stop-commands')
      token = line
        .slice(line.lastIndexOf('::') + 2)
        .trim()
        .toLowerCase();
  }
  return obeyed;
}

/** Azure Pipelines: logging commands anywhere in a line, formatting commands at any place where it shows them. */
export function obeyedByAzure(text: string): readonly string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(ignorable, ''))
    .flatMap((line) => [...line.matchAll(/##(?:vso)?\[[^\]]*\]/gi)].map(([command]) => command));
}

export function obeyedByGitLab(text: string): readonly string[] {
  return [...text.replace(ignorable, '').matchAll(/section_(?:start|end):/gi)].map(([command]) => command);
}

export function obeyedByTeamCity(text: string): readonly string[] {
  return [...text.replace(ignorable, '').matchAll(/##teamcity\[/gi)].map(([command]) => command);
}

/** Headings of groups: agent, `header_times_streamer.go`, which takes colours and blanks away before. */
export function obeyedByBuildkite(text: string): readonly string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(/\u001b\[(?:[;\d]+)?[mK]/g, '').trim())
    .filter((line) => /^(?:\^\^\^\s+\+\+\+|(?:---|\+\+\+|~~~)(?:\s.*)?)$/.test(line));
}

export function obeyedByAny(text: string): readonly string[] {
  return [...obeyedByGitHub(text), ...obeyedByAzure(text), ...obeyedByGitLab(text), ...obeyedByTeamCity(text)];
}
