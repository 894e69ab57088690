/**
 * A walk through a YAML document that its schema has already accepted: only places and texts are taken out here, nothing is
 * checked. What is absent stays absent in what is built from it (`given`).
 */
import type { Span } from '../model/span.ts';
import type { YamlDocument, YamlPointer } from '../parse/yaml-document.ts';
import type { PlacedText } from './addendum-shape.ts';

/** One node. `text` is a scalar's source text (`1.10` stays `1.10`); `keySpan` the place of the key that it stands under. */
export interface YamlPart {
  readonly value: unknown;
  readonly text: string;
  readonly span: Span;
  readonly keySpan: Span;
  /** The node under a key, where it is there. */
  readonly get: (key: string) => YamlPart | undefined;
  /** The items of a list; anything else is the only item of its own. */
  readonly items: () => readonly YamlPart[];
  readonly entries: () => readonly (readonly [string, YamlPart])[];
}

/** The top of a document, or the node that a pointer leads to. */
export function partOf(yaml: YamlDocument, pointer: YamlPointer = [], value: unknown = yaml.value): YamlPart {
  const keyed = typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : new Map<string, unknown>();
  const inner = (key: string | number, of: unknown): YamlPart => partOf(yaml, [...pointer, key], of);
  const part: YamlPart = {
    value,
    get text() {
      return typeof value === 'string' ? value : (yaml.sourceOf(pointer) ?? '');
    },
    get span() {
      return yaml.spanOf(pointer);
    },
    get keySpan() {
      return yaml.spanOf(pointer, 'key');
    },
    get: (key) => (keyed.has(key) ? inner(key, keyed.get(key)) : undefined),
    items: () => (Array.isArray(value) ? value.map((item, index) => inner(index, item)) : [part]),
    entries: () => [...keyed].map(([key, of]) => [key, inner(key, of)]),
  };
  return part;
}

/** The items under a key: of a list, or the one value; none where the key is absent. */
export function itemsAt(part: YamlPart, key: string): readonly YamlPart[] {
  return part.get(key)?.items() ?? [];
}

export function entriesAt(part: YamlPart, key: string): readonly (readonly [string, YamlPart])[] {
  return part.get(key)?.entries() ?? [];
}

export function placed(part: YamlPart): PlacedText {
  return { text: part.text, span: part.span };
}

/** Text under a key that the schema demands. */
export function placedAt(part: YamlPart, key: string): PlacedText {
  return placed(part.get(key) ?? part);
}

export function textAt(part: YamlPart, key: string): string {
  return part.get(key)?.text ?? '';
}

export function numberAt(part: YamlPart, key: string): number | undefined {
  const value = part.get(key)?.value;
  return typeof value === 'number' ? value : undefined;
}

/** A switch that is off unless it is given; `undefined` keeps apart what was not said. */
export function booleanAt(part: YamlPart, key: string): boolean | undefined {
  const value = part.get(key)?.value;
  return typeof value === 'boolean' ? value : undefined;
}

/** A mapping of names to scalars, each as it is written. */
export function textsAt(part: YamlPart, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesAt(part, key).map(([name, value]) => [name, value.text]));
}

/** The same object without the keys that are undefined. */
export function given<T extends object>(parts: T): { readonly [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };
}

/** Freezes a value and everything in it. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
