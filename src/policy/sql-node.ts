/** libpg-query's parse tree as data: its nodes, how to look into them, and the one walk over all of them. */

/** A node of the JSON: `{ Tag: { … } }`, in some places without its tag. The library leaves zero values and empty lists out. */
export type SqlNode = Readonly<Record<string, unknown>>;

/** One statement of a text. `offset` and `length` are UTF-16 units, without the space and comments before it. */
export interface SqlStatement {
  readonly tree: SqlNode;
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export function nodeIn(value: unknown): SqlNode | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SqlNode) : undefined;
}

export function listIn(value: unknown): readonly SqlNode[] {
  return Array.isArray(value) ? value.map(nodeIn).filter((node) => node !== undefined) : [];
}

export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The tag and the inside of `{ Tag: { … } }`. */
export function taggedIn(value: unknown): { readonly tag: string; readonly node: SqlNode } | undefined {
  for (const [tag, inside] of Object.entries(nodeIn(value) ?? {})) {
    const node = nodeIn(inside);
    return node && { tag, node };
  }
  return undefined;
}

/** A dotted name, given as a list of `String` nodes. */
export function namesIn(list: unknown): readonly string[] {
  return listIn(list).map((item) => textIn(nodeIn(item['String'])?.['sval']) ?? '');
}

/** The field of a constant's value, the tag it has outside an `A_Const`, and what is left out for being zero. */
const constantParts = [
  ['sval', 'String', ''],
  ['ival', 'Integer', '0'],
  ['fval', 'Float', '0'],
  ['boolval', 'Boolean', 'false'],
] as const;

/** A constant's text: a string, a number, `true` or `false`; undefined for NULL and for anything that is computed. */
export function constantIn(value: unknown): string | undefined {
  const outer = nodeIn(value);
  const constant = nodeIn(outer?.['A_Const']) ?? outer;
  for (const [field, tag, zero] of constantParts) {
    const inside = nodeIn(constant?.[field]) ?? nodeIn(constant?.[tag]);
    if (!inside) continue;
    const raw = inside[field];
    return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : zero;
  }
  return undefined;
}

/**
 * Every object below a node with the key it stands under (its tag, or the field of an untagged arm), parents first.
 * Iterative: `1+1+1…` nests by the thousand.
 */
export function* walkTree(root: SqlNode): Generator<{ readonly key: string; readonly node: SqlNode }> {
  const pending: { key: string; value: unknown }[] = [{ key: '', value: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { key, value } = next;
    if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index -= 1) pending.push({ key: '', value: value[index] });
      continue;
    }
    const node = nodeIn(value);
    if (!node) continue;
    yield { key, node };
    for (const [field, inside] of Object.entries(node).reverse()) {
      if (typeof inside === 'object' && inside !== null) pending.push({ key: field, value: inside });
    }
  }
}
