/** Places that a policy rules out, by an environment's word or by name, recognised in addresses, values and the words of commands. */
import type { ShellScript, ShellWord } from './shell-script.ts';

/** What people call the same environment. */
const environments: readonly (readonly string[])[] = [
  ['production', 'prod', 'prd', 'live'],
  ['staging', 'stage', 'stg'],
  ['preprod', 'preproduction', 'pre-prod', 'pre-production'],
];

/** The name that a text means, as a whole part of it (`prod-db-1`, `db.prod.example`, `app_production`); undefined when none. */
export function findTarget(text: string, names: readonly string[]): string | undefined {
  const folded = text.toLowerCase();
  const parts = new Set(folded.split(/[^a-z0-9]+/).flatMap((part) => [part, part.replace(/\d+$/, '')]));
  return names.find((name) => {
    const meant = name.toLowerCase();
    const aliases = environments.find((row) => row.includes(meant));
    // "pre-prod" is not production.
    if (aliases?.includes('production') && /\bpre-?_?prod/.test(folded)) return false;
    return aliases === undefined ? isWhole(folded, meant) : aliases.some((alias) => (alias.includes('-') ? folded.includes(alias) : parts.has(alias)));
  });
}

/** `prod-db-*` is every name that begins so. */
function isWhole(text: string, pattern: string): boolean {
  const open = pattern.endsWith('*');
  const name = open ? pattern.slice(0, -1) : pattern;
  if (name === '') return false;
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1))
    if (!/[a-z0-9]/.test(text.charAt(at - 1)) && (open || !/[a-z0-9]/.test(text.charAt(at + name.length)))) return true;
  return false;
}

export interface ForbiddenTarget {
  readonly name: string;
  readonly text: string;
  readonly offset: number;
  readonly length: number;
}

/** Words of a shell text that mean such a place. A path of a file (`docs/production.md`) means none. */
export function findForbiddenTargets(script: ShellScript, names: readonly string[]): readonly ForbiddenTarget[] {
  if (names.length === 0) return [];
  const seen = new Set<number>();
  return script.words.flatMap((word: ShellWord): readonly ForbiddenTarget[] => {
    const text = word.sketch.replaceAll('\0', ' ');
    const name = isPath(text) ? undefined : findTarget(text, names);
    if (name === undefined || seen.has(word.start)) return [];
    seen.add(word.start);
    return [{ name, text, offset: word.start, length: word.end - word.start }];
  });
}

function isPath(text: string): boolean {
  if (/:\/\/|@/.test(text)) return false;
  return (
    /^(?:\.{0,2}\/|~\/)/.test(text) ||
    /^[^=:\s]*\/[^=:\s]*$/.test(text) ||
    /^[\w.-]+\.(?:md|txt|json|ya?ml|toml|sql|sh|py|js|ts|csv|html|ini|conf|cfg|go|rb|java|rs)$/.test(text)
  );
}
