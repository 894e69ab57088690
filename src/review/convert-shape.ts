/** What the parts of a conversion share: how explicit it is, and the plain data that it makes. */

/** `words`: sentences that are expected to be read as they are; `rules`, `judged`: what they mean is written beside them. */
export interface Wording {
  readonly policies: 'words' | 'rules';
  readonly claims: 'words' | 'judged';
}

/** From the most readable to the most explicit. */
export const wordings: readonly Wording[] = [
  { policies: 'words', claims: 'words' },
  { policies: 'rules', claims: 'words' },
  { policies: 'rules', claims: 'judged' },
];

export type YamlData = Readonly<Record<string, unknown>>;

/** The same object without the keys that have no value. */
export function present(parts: Readonly<Record<string, unknown>>): YamlData {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** Nothing instead of an empty list or mapping. */
export function filled<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

/** One value as it is, several as a list. */
export function oneOrMany<T>(values: readonly T[]): T | readonly T[] | undefined {
  return values.length === 1 ? values[0] : filled(values);
}
