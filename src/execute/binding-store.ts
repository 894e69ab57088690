/**
 * Names and what they stand for. A value is taken once and never replaced: whoever says something else later is in
 * conflict, and that is told with both origins. A column of a table (`runs.status`) is what the table says at the time:
 * a later row replaces it.
 */
import type { Binding, Origin, Value } from '../model/value.ts';
import { sameValue } from './compare-value.ts';

/** What became of an observation: a name's first value, an equal one again, or another one (the first stays). */
export type Observed =
  | { readonly kind: 'new'; readonly binding: Binding }
  | { readonly kind: 'again'; readonly binding: Binding }
  | { readonly kind: 'conflict'; readonly binding: Binding; readonly other: Binding };

export interface BindingStore {
  /** Takes a value in. `binding` is what holds from now on, `other` what was said against it. */
  readonly observe: (binding: Binding) => Observed;
  readonly get: (name: string) => Binding | undefined;
  readonly has: (name: string) => boolean;
  /** True once two sources disagreed about the name: nothing that rests on it can be trusted. */
  readonly disputed: (name: string) => boolean;
  /** In the order in which the names became known. */
  readonly all: () => ReadonlyMap<string, Binding>;
  /** Answers with what takes back everything that is observed from now on: an attempt that another follows leaves no names. */
  readonly mark: () => () => void;
}

export function createBindingStore(inputs: readonly Binding[] = []): BindingStore {
  const bindings = new Map<string, Binding>();
  const conflicts = new Set<string>();

  const observe = (seen: Binding): Observed => {
    const known = bindings.get(seen.name);
    if (!known) {
      bindings.set(seen.name, seen);
      return { kind: 'new', binding: seen };
    }
    if (sameValue(known.value, seen.value)) return { kind: 'again', binding: known };
    if (seen.name.includes('.') && known.origin.kind === 'row' && seen.origin.kind === 'row') {
      bindings.set(seen.name, seen);
      return { kind: 'new', binding: seen };
    }
    conflicts.add(seen.name);
    return { kind: 'conflict', binding: known, other: seen };
  };

  for (const input of inputs) observe(input);
  return {
    observe,
    get: (name) => bindings.get(name),
    has: (name) => bindings.has(name),
    disputed: (name) => conflicts.has(name),
    all: () => bindings,
    mark: () => {
      const [known, disputed] = [[...bindings], [...conflicts]];
      return () => {
        bindings.clear();
        conflicts.clear();
        for (const [name, binding] of known) bindings.set(name, binding);
        for (const name of disputed) conflicts.add(name);
      };
    },
  };
}

/** `stdout of step 4.1, line 3`, `row 1 of step 3.2`, `--set`: who says so. */
export function renderOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'input':
      return origin.source;
    case 'output':
      return `${origin.stream} of step ${origin.step}, line ${origin.lineNumber}`;
    case 'row':
      return `row ${origin.row} of step ${origin.step}, column ${origin.column}`;
    case 'variable':
      return `variable ${origin.variable} of step ${origin.step}`;
    case 'search':
      return `search of step ${origin.step}`;
    case 'verdict':
      return `verdict of ${origin.of.join(', ')}`;
    case 'witness':
      return `witness ${origin.witness} at step ${origin.step}`;
  }
}

/** The text a person reads: null is `null`, nothing is never an empty string. */
export function renderValue(value: Value): string {
  if (value.text === null) return 'null';
  return value.text === '' ? 'empty' : value.text;
}
