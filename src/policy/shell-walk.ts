/** The one traversal of unbash's tree: every node with what encloses it. Iterative, because plans may nest deeper than a stack. */
import { forEachChild, type SyntaxNode } from 'unbash';
import type { ShellCommand } from './shell-script.ts';

/** What encloses a node. `quote` is the quoting that its characters have unless a part of it says otherwise. */
export interface ShellPlace {
  readonly within: ShellCommand['within'];
  readonly background: boolean;
  readonly after: ShellCommand['after'];
  readonly pipeline: number | undefined;
  readonly quote: 'unquoted' | 'double' | 'heredoc-expanding';
  /**
   * Set inside a backtick script with escapes, whose nodes index a decoded copy of the text: there the span of the whole
   * substitution stands for each of them.
   */
  readonly clamp: { readonly start: number; readonly end: number } | undefined;
}

export interface ShellVisit {
  readonly node: SyntaxNode;
  readonly place: ShellPlace;
  readonly start: number;
  readonly end: number;
}

/** All nodes, parents before children, with positions in the author's text. */
export function walkShell(root: SyntaxNode): readonly ShellVisit[] {
  const visits: ShellVisit[] = [];
  const pending: { node: SyntaxNode; place: ShellPlace }[] = [
    { node: root, place: { within: 'top', background: false, after: undefined, pipeline: undefined, quote: 'unquoted', clamp: undefined } },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, place } = next;
    const start = place.clamp?.start ?? node.pos;
    const end = place.clamp?.end ?? node.end;
    visits.push({ node, place, start, end });
    const inner = placeInside(node, place, start, end);
    let index = 0;
    const children: { node: SyntaxNode; place: ShellPlace }[] = [];
    forEachChild(node, (child) => {
      children.push({ node: child, place: placeOf(node, child, index, inner) });
      index += 1;
    });
    for (const child of children.reverse()) pending.push(child);
  }
  return visits;
}

/** What a node means for everything below it. */
function placeInside(node: SyntaxNode, place: ShellPlace, start: number, end: number): ShellPlace {
  switch (node.type) {
    case 'Statement':
      return { ...place, background: place.background || node.background === true };
    case 'Pipeline':
      return node.commands.length > 1 ? { ...place, within: 'pipeline', pipeline: start } : place;
    case 'CommandExpansion':
    case 'ProcessSubstitution':
    case 'ArithmeticCommandExpansion': {
      const clamp = place.clamp ?? (node.script?.source === undefined ? undefined : { start, end });
      return { within: 'substitution', background: false, after: undefined, pipeline: undefined, quote: 'unquoted', clamp };
    }
    case 'Subshell':
      return { ...place, within: 'subshell', after: undefined };
    case 'Function':
      return { ...place, within: 'function', after: undefined, pipeline: undefined };
    case 'If':
    case 'For':
    case 'ArithmeticFor':
    case 'Select':
    case 'While':
    case 'BraceGroup':
    case 'Case':
    case 'Coproc':
      // A function's own braces say nothing that the function does not.
      return { ...place, within: place.within === 'function' ? 'function' : 'compound', after: undefined };
    case 'DoubleQuoted':
    case 'LocaleString':
      return { ...place, quote: 'double' };
    case 'HereDocBody':
      return { ...place, quote: 'heredoc-expanding' };
    default:
      return place;
  }
}

/** What a child's position among its siblings adds. */
function placeOf(parent: SyntaxNode, child: SyntaxNode, index: number, place: ShellPlace): ShellPlace {
  if (parent.type === 'AndOr' && index > 0) return { ...place, after: parent.operators[index - 1] };
  if (parent.type === 'Pipeline' && child.type !== 'Negation' && child.type !== 'Time' && index > parent.prefixes.length) return { ...place, after: '|' };
  return place;
}
