/** Turns what commander says about a command line into our messages. */
import type { Diagnostic } from '../model/diagnostic.ts';

/** `error: unknown option '--foo'\n(Did you mean --bar?)` → a diagnostic; `path` is the command that was understood so far. */
export function usageDiagnostic(text: string, path: string): Diagnostic {
  const [first = '', ...more] = text.trim().split('\n');
  const meant = /\(Did you mean (?:one of )?(.*?)\?\)/.exec(more.join(' '))?.[1];
  const message = first.replace(/^error: /, '').replaceAll(/'([^']*)'/g, '`$1`').replace(/\.$/, '');
  return {
    severity: 'error',
    code: 'cli/usage',
    message: message.charAt(0).toLowerCase() + message.slice(1),
    help: meant === undefined ? `see \`${path} --help\`` : `did you mean ${meant.split(', ').map((name) => `\`${name}\``).join(' or ')}?`,
  };
}
