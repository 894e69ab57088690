/**
 * What a command that takes many plans was given, as files: folders and patterns are opened out, and each file comes once. Patterns
 * are matched here, too, because a shell that finds nothing hands them on as they are, and some shells never expand `**`.
 */
import { existsSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { CommandContext } from './command-context.ts';

/** A file to read, or what was named and leads to none, with the reason. */
export interface NamedPlan {
  readonly path: string;
  readonly diagnostic?: Diagnostic;
}

/** What a folder is searched for. */
const planNames = ['**', '*.{md,markdown,plan.yaml,plan.yml}'];

/** In the order of the arguments, each folder's and pattern's files sorted; the same file under several names comes once. */
export function listPlans(named: readonly string[], context: CommandContext): readonly NamedPlan[] {
  const absolute = (path: string): string => (path === '-' ? path : resolve(context.workingFolder, path));
  const seen = new Set<string>();
  return named
    .flatMap((path) => filesOf(path, absolute(path), context))
    .filter((plan) => {
      const isNew = !seen.has(absolute(plan.path));
      seen.add(absolute(plan.path));
      return isNew;
    });
}

function filesOf(path: string, absolute: string, context: CommandContext): readonly NamedPlan[] {
  if (path === '-') return [{ path }];
  if (existsSync(absolute)) {
    if (!statSync(absolute).isDirectory()) return [{ path }];
    return (
      search(path, path.replace(/(?<=.)\/+$/, ''), planNames, context) ?? [
        missing(path, 'cli/not-a-file', `there is no plan document in the folder \`${path}\``, 'name a folder that holds `.md` or `.plan.yaml` files'),
      ]
    );
  }
  if (!/[*?[{]/.test(path)) return [{ path }];
  const parts = path.split('/');
  const fixed = parts.findIndex((part) => /[*?[{]/.test(part));
  const base = parts.slice(0, fixed).join('/');
  const found = search(path, base === '' ? (path.startsWith('/') ? '/' : '.') : base, parts.slice(fixed), context);
  return found ?? [missing(path, 'cli/no-such-file', `no file fits \`${path}\``, 'name existing files; `*` stands for a part of a name, `**` for any folders')];
}

function search(path: string, base: string, parts: readonly string[], { workingFolder }: CommandContext): readonly NamedPlan[] | undefined {
  const found = new Set<string>();
  try {
    walk(base, parts, workingFolder, found);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    // A part that cannot be looked at may hold plans: the answer would not be about all of what was named.
    return [missing(path, 'cli/unreadable-file', `\`${path}\` cannot be searched: ${messageOf(error)}`, 'correct its permissions, or name the files')];
  }
  return found.size === 0 ? undefined : [...found].sort().map((file) => ({ path: file }));
}

function walk(folder: string, [part = '', ...rest]: readonly string[], workingFolder: string, found: Set<string>): void {
  const entries = readdirSync(resolve(workingFolder, folder), { withFileTypes: true });
  const at = (name: string): string => (folder === '.' ? name : join(folder, name));
  if (part === '**') {
    walk(folder, rest.length === 0 ? ['*'] : rest, workingFolder, found);
    // Links to folders are not followed: they may lead in circles.
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules' && !isOutput(resolve(workingFolder, at(entry.name))))
        walk(at(entry.name), [part, ...rest], workingFolder, found);
    return;
  }
  const pattern = patternOf(part);
  for (const entry of entries) {
    if (!pattern.test(entry.name) || (entry.name.startsWith('.') && !part.startsWith('.'))) continue;
    const isFolder = leadsToFolder(entry, resolve(workingFolder, at(entry.name)));
    // An addendum is read with its plan.
    if (rest.length === 0 && !isFolder && !/\.addendum\.ya?ml$/.test(entry.name)) found.add(at(entry.name));
    if (rest.length > 0 && isFolder) walk(at(entry.name), rest, workingFolder, found);
  }
}

/** What executions have left: reports are no plans. */
function isOutput(folder: string): boolean {
  return existsSync(join(folder, 'ledger.jsonl'));
}

function leadsToFolder(entry: Dirent, absolute: string): boolean {
  return entry.isSymbolicLink() ? (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() ?? false) : entry.isDirectory();
}

/** One name with `*`, `?`, `[…]` and `{a,b}`; runs of `*` are one, so that matching stays cheap. */
function patternOf(part: string): RegExp {
  const source = part.replaceAll(/\*+|\?|\[!?[^\]/]+\]|\{[^{}]*\}|[\\^$.|+()[\]{}]/g, (token) => {
    if (token.startsWith('*')) return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.startsWith('{') && token.endsWith('}') && token.length > 1)
      return `(?:${token
        .slice(1, -1)
        .split(',')
        .map((word) => word.replaceAll(/[\\^$.|+()[\]*?]/g, String.raw`\$&`))
        .join('|')})`;
    if (token.startsWith('[') && token.length > 1) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return `\\${token}`;
  });
  return new RegExp(`^${source}$`, 'u');
}

function missing(path: string, code: DiagnosticCode, message: string, help: string): NamedPlan {
  return { path, diagnostic: { severity: 'error', code, message, help } };
}
