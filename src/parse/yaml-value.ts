/**
 * Composed YAML nodes to plain data. Recursion is safe here because `parseYaml` has already bounded the depth. Aliases are
 * expanded by copying under a budget: shared references would blow up later, in whatever walks the data.
 */
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair } from 'yaml';

/** Nodes that all aliases of a document together may produce. An addendum that repeats itself needs a few dozen. */
export const aliasNodeLimit = 1000;

/** What the nodes hold that the data cannot: each is an error, with the node that it concerns. */
export type YamlFault =
  | { readonly kind: 'duplicate-key'; readonly key: string; readonly node: Node; readonly first: Node }
  | { readonly kind: 'unknown-anchor'; readonly name: string; readonly node: Node }
  | { readonly kind: 'circular-alias'; readonly name: string; readonly node: Node }
  | { readonly kind: 'alias-limit'; readonly name: string; readonly node: Node }
  | { readonly kind: 'unusable-text'; readonly unit: string; readonly node: Node };

/** `value` is plain data (objects without prototype, so that `__proto__` is a key like any other); `targetOf` resolves an alias. */
export interface YamlValue {
  readonly value: unknown;
  readonly faults: readonly YamlFault[];
  readonly targetOf: (alias: Alias) => Node | undefined;
}

/** Takes the data out of the composed tree in one walk, in document order, and collects everything that is wrong with it. */
export function yamlValueOf(root: Node | null): YamlValue {
  const faults: YamlFault[] = [];
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const open = new Set<Node>();
  let expanded = 0;
  let expanding = 0;

  function valueOf(node: Node | null | undefined): unknown {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return aliasValue(node);
    if (expanding > 0) expanded += 1;
    else if ('anchor' in node && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isScalar(node)) return scalarValue(node, node.value);
    open.add(node);
    const value = isMap(node)
      ? mapValue(node.items as readonly Pair<Node, Node | null>[])
      : isSeq(node)
        ? node.items.map((item) => valueOf(item as Node))
        : null;
    open.delete(node);
    return value;
  }

  function scalarValue(node: Node, value: unknown): unknown {
    const unusable = typeof value === 'string' ? /[\0\p{Surrogate}]/u.exec(value)?.[0] : undefined;
    if (unusable !== undefined && expanding === 0) faults.push({ kind: 'unusable-text', unit: unusable, node });
    return value;
  }

  function mapValue(pairs: readonly Pair<Node, Node | null>[]): unknown {
    const value: Record<string, unknown> = Object.create(null);
    const first = new Map<string, Node>();
    for (const pair of pairs) {
      const key = keyOf(pair);
      scalarValue(pair.key, key);
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, pair.key);
      else if (expanding === 0) faults.push({ kind: 'duplicate-key', key, node: pair.key, first: earlier });
      value[key] = valueOf(pair.value);
    }
    return value;
  }

  function aliasValue(alias: Alias): unknown {
    // Resolved once, in document order: an anchor that is set again further down does not change what stands above it.
    const target = targets.get(alias) ?? anchors.get(alias.source);
    if (target === undefined) {
      faults.push({ kind: 'unknown-anchor', name: alias.source, node: alias });
      return null;
    }
    targets.set(alias, target);
    if (open.has(target)) {
      faults.push({ kind: 'circular-alias', name: alias.source, node: alias });
      return null;
    }
    if (expanded > aliasNodeLimit) return null;
    expanding += 1;
    const value = valueOf(target);
    expanding -= 1;
    if (expanding === 0 && expanded > aliasNodeLimit) faults.push({ kind: 'alias-limit', name: alias.source, node: alias });
    return value;
  }

  return { value: valueOf(root), faults, targetOf: (alias) => targets.get(alias) };
}

/** A key's text. Keys are strings by the parser's own option; an empty key is the empty text. */
export function keyOf(pair: Pair<Node, Node | null>): string {
  return isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : '';
}
