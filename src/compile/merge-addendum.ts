/** Bindings of two places (a file beside the plan, the plan's own front matter) become one; contradictions are reported. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Addendum, AddendumDefault, AddendumEntry } from './addendum-shape.ts';

export interface MergedAddendum {
  readonly addendum: Addendum | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

type Lists = Omit<Addendum, 'path' | 'span' | 'plan'>;

/** By what an entry says which thing it binds. The others may stand beside each other: several may hold for one thing. */
const identities: { readonly [Key in keyof Lists]?: (entry: Lists[Key][number]) => string } = {
  inputs: ({ name }) => name,
  captures: ({ at, name }) => JSON.stringify([at, name]),
  tasks: ({ at }) => at,
  report: ({ at }) => at,
  accept: ({ at }) => at,
};

export function mergeAddenda(first: Addendum | undefined, second: Addendum | undefined): MergedAddendum {
  if (first === undefined || second === undefined) return { addendum: first ?? second, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const merge = <Key extends keyof Lists>(key: Key): Lists[Key] => {
    const identity = identities[key] as ((entry: AddendumEntry) => string) | undefined;
    const entries = [...first[key]] as AddendumEntry[];
    for (const entry of second[key] as readonly AddendumEntry[]) {
      if (entries.some((other) => content(other) === content(entry))) continue;
      const same = identity && entries.find((other) => identity(other) === identity(entry));
      if (same) diagnostics.push(contradiction(entry, same));
      else entries.push(entry);
    }
    return entries as unknown as Lists[Key];
  };
  const addendum: Addendum = {
    ...first,
    defaults: mergeDefaults(first.defaults, second.defaults, diagnostics),
    inputs: merge('inputs'),
    preconditions: merge('preconditions'),
    searches: merge('searches'),
    probes: merge('probes'),
    steps: merge('steps'),
    captures: merge('captures'),
    expectations: merge('expectations'),
    policies: merge('policies'),
    tasks: merge('tasks'),
    criteria: merge('criteria'),
    report: merge('report'),
    accept: merge('accept'),
  };
  return { addendum, diagnostics };
}

/** One kind of step has one set of defaults, to which both places may add. */
function mergeDefaults(first: readonly AddendumDefault[], second: readonly AddendumDefault[], diagnostics: Diagnostic[]): readonly AddendumDefault[] {
  const merged = new Map(first.map((entry) => [entry.kind, entry]));
  for (const entry of second) {
    const other = merged.get(entry.kind);
    const differs =
      other !== undefined &&
      (['workingDirectory', 'timeoutMs'] as const).some((key) => other[key] !== undefined && entry[key] !== undefined && other[key] !== entry[key]);
    if (other !== undefined && differs) diagnostics.push(contradiction(entry, other));
    else merged.set(entry.kind, { ...other, ...entry });
  }
  return [...merged.values()];
}

/** What an entry says, without its place. */
function content(entry: AddendumEntry): string {
  return JSON.stringify(entry, (key, value: unknown) => (key === 'span' || key === 'atSpan' ? undefined : value));
}

function contradiction(entry: AddendumEntry, other: AddendumEntry): Diagnostic {
  return {
    severity: 'error',
    code: 'compile/duplicate-entry',
    message: 'the same is bound here and elsewhere, with different values',
    span: entry.atSpan ?? entry.span,
    notes: [`also bound in \`${other.span.path}\`, line ${other.span.start.line}`],
    help: 'keep one of the two',
  };
}
