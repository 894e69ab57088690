/** Two columns of one answer that are the same expression: a claim between them compares a thing with itself. */
import type { Claim } from '../model/claim.ts';
import type { Binder } from './bind.ts';

type Tree = { readonly [key: string]: unknown };

/** Functions that give the same twice in one statement. */
const steady = /^(?:count|sum|min|max|avg|bool_and|bool_or|every|lower|upper|trim|btrim|length|char_length|abs|round|md5)$/;

/**
 * The same text for the same expression, whatever it is called and wherever it stands; `count(1)` is `count(*)`. Undefined
 * where a second call could give another value (`random()`).
 */
export function meaningOf(value: unknown): string | undefined {
  const plain = simplify(value);
  return plain === undefined ? undefined : JSON.stringify(plain);
}

/** Without places; undefined as soon as anything in it may vary. */
function simplify(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node ?? null;
  if (Array.isArray(node)) {
    const parts = node.map(simplify);
    return parts.includes(undefined) ? undefined : parts;
  }
  const call = (node as Tree)['FuncCall'] as Tree | undefined;
  const name = call === undefined ? undefined : nameOf(call);
  if (call !== undefined && (name === undefined || !steady.test(name))) return undefined;
  if (call !== undefined && name === 'count' && isConstantCount(call)) return { count: '*' };
  const entries = Object.entries(node).flatMap(([key, child]): [string, unknown][] =>
    /^(?:location|\w+_location)$/.test(key) ? [] : [[key, simplify(child)]],
  );
  return entries.some(([, child]) => child === undefined) ? undefined : Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function nameOf(call: Tree): string | undefined {
  const last = (call['funcname'] as readonly Tree[] | undefined)?.at(-1)?.['String'] as Tree | undefined;
  return last?.['sval'] as string | undefined;
}

/** `count(*)` and `count(1)`, of all rows. */
function isConstantCount(call: Tree): boolean {
  if ('agg_filter' in call || 'over' in call || 'agg_distinct' in call) return false;
  const [argument] = (call['args'] as readonly Tree[] | undefined) ?? [];
  const constant = argument?.['A_Const'] as Tree | undefined;
  return call['agg_star'] === true || (constant !== undefined && constant['isnull'] !== true);
}

/** Reports every claim between two such columns: nothing could make it fail (or, of `!=`, hold). */
export function reportSameObjects({ draft, diagnostics }: Binder): void {
  for (const { claim, span } of draft.steps.flatMap(({ expectations }) => expectations)) {
    const [left, right] = comparedNames(claim);
    if (left === undefined || right === undefined) continue;
    const same = draft.steps.find(({ sql }) => sql?.meanings.has(left) === true && sql.meanings.get(left) === sql.meanings.get(right));
    if (same === undefined) continue;
    diagnostics.push({
      severity: 'error',
      code: 'compile/vacuous-claim',
      message: `nothing could make this claim fail: \`${left}\` and \`${right}\` are the same expression of one query, in step ${same.id}`,
      span,
      help: 'compare it with what another step or another query shows',
    });
  }
}

function comparedNames(claim: Claim): readonly [left?: string, right?: string] {
  if (claim.kind !== 'compare' || !/^(?:==|>=|<=)$/.test(claim.operator)) return [];
  const { left, right } = claim;
  if (left.kind !== 'name' || right.kind !== 'name' || left.plus !== undefined || right.plus !== undefined) return [];
  return [left.name, right.name];
}
