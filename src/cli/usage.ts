/** Turns what commander says about a command line into our messages. */
import type { Diagnostic } from '../model/diagnostic.ts';

/** `error: unknown option '--foo'\n(Did you mean --bar?)` → a diagnostic; `path` is the command that was understood so far. */
export function usageDiagnostic(text: string, path: string): Diagnostic {
  const [first = '', ...more] = text.trim().split('\n');
  const meant = /\(Did you mean (?:one of )?(.*?)\?\)/.exec(more.join(' '))?.[1];
  // A second sentence says what to write instead, or counts what the first has said.
  const [what = '', instead = ''] = first
    .replace(/^error: (?:command-)?/, '')
    .replaceAll(/(?<=^unknown (?:option|command) )'(.*)'$|'([^']*)'/g, (_, word?: string, other?: string) => `\`${word ?? other ?? ''}\``)
    .replace(/\.$/, '')
    .split(/\. (?=Write |Allowed )|\. Expected /);
  return {
    severity: 'error',
    code: 'cli/usage',
    message: lowerFirst(what),
    help:
      meant !== undefined
        ? `did you mean ${meant
            .split(', ')
            .map((name) => `\`${name}\``)
            .join(' or ')}?`
        : /^(?:Write|Allowed) /.test(instead)
          ? lowerFirst(instead.replace(/^Allowed choices are/, 'Write one of'))
          : `see \`${path} --help\``,
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
