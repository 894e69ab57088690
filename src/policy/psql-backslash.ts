/** What psql's backslash commands do beyond showing something (psql's documentation, "Meta-Commands"). */
import type { Decision, PolicyKind } from '../model/policy.ts';
import type { Capability } from '../model/step.ts';

export type BackslashFinding =
  | { readonly kind: 'refused'; readonly decision: Decision }
  | { /** The statement that it sends. */ readonly kind: 'sql'; readonly text: string };

/** Undefined for a command that only shows or sets something. */
export function backslashFinding(command: string, capability: Capability): BackslashFinding | undefined {
  const [, name = '', rest = ''] = /^\s*\\([a-z_]+\+?|!|\S)([^]*)$/i.exec(command) ?? [];
  const refused = (rule: string, what: string, policy?: PolicyKind): BackslashFinding => ({
    kind: 'refused',
    decision: { effect: 'refuse', rule, reason: what, matched: `\\${name}`, ...(policy === undefined ? {} : { policy }) },
  });
  if (name === '!') return refused('shell-escape', 'a shell command inside a script of psql');
  if (/^(?:copy|o|out|g|gx|w|write|s)$/.test(name) && /(?:^|\s)(?:\||(?:from|to)\s+program\b)/i.test(rest))
    return refused('shell-escape', `a program that psql's \`\\${name}\` starts`);
  if (name !== 'copy' && rest.includes('`')) return refused('shell-escape', 'a shell command in backticks inside a script of psql');
  switch (name) {
    case 'copy':
      return copyFinding(rest);
    case 'c':
    case 'connect':
      return refused('connection-elsewhere', `psql's \`\\${name}\`, which leads round the guard`);
    case 'i':
    case 'ir':
    case 'include':
    case 'include_relative':
    case 'gexec':
      if (capability === 'production' || capability === 'full') return undefined;
      return refused('opaque', `psql's \`\\${name}\`, of which nobody knows here what it writes`, 'no-manual-writes');
    case 'e':
    case 'edit':
    case 'ef':
    case 'ev':
      return refused('shell-escape', `the editor that psql's \`\\${name}\` starts`);
    case 'lo_import':
    case 'lo_unlink':
    case 'password':
      return refused('write-in-read-step', `psql's \`\\${name}\`, which writes`, 'no-manual-writes');
    default:
      return undefined;
  }
}

/** `\copy` sends a COPY whose other end is a file of the client's machine. */
function copyFinding(rest: string): BackslashFinding | undefined {
  const query = /^\s*(\([^]*\))\s*to\b/i.exec(rest)?.[1];
  if (query !== undefined) return { kind: 'sql', text: `COPY ${query} TO STDOUT` };
  const [, table, direction] = /^\s*(?:binary\s+)?("(?:[^"]|"")*"(?:\."(?:[^"]|"")*")?|[^\s(]+)\s*(?:\([^)]*\)\s*)?\b(from|to)\b/i.exec(rest) ?? [];
  if (table === undefined || direction === undefined) return undefined;
  return { kind: 'sql', text: direction.toLowerCase() === 'from' ? `COPY ${table} FROM STDIN` : `COPY ${table} TO STDOUT` };
}
