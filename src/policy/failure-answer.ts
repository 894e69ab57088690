/** What answers a failure in a block: something that fails in its turn, something that cannot, or something that keeps the exit code. */
import { forEachChild, type SyntaxNode } from 'unbash';
import { natureOf } from './program-nature.ts';
import type { ShellCommand, ShellScript } from './shell-script.ts';

export interface ShellText {
  readonly script: ShellScript;
  readonly root: SyntaxNode;
  /** The bodies of the functions that the text defines. */
  readonly functions: ReadonlyMap<string, SyntaxNode>;
  /** By where they start; of those that start at one place the outermost. */
  readonly commands: ReadonlyMap<number, ShellCommand>;
  /** What was found of a function's body before; while it is being found: no. */
  readonly known: Readonly<Record<'fails' | 'succeeds', Map<SyntaxNode, boolean>>>;
}

/** Does it end with another exit code than 0, whatever else happens in it? */
export function failsForSure(node: SyntaxNode, text: ShellText): boolean {
  const inside = (child: SyntaxNode): boolean => failsForSure(child, text);
  switch (node.type) {
    case 'Script':
    case 'CompoundList':
      // `exit` alone hands on the exit code of what stands before it.
      return node.commands.some((statement, index) => inside(statement) || (index === 0 && wordsOf(statement, text).join(' ') === 'exit'));
    case 'Statement':
      return node.background !== true && inside(node.command);
    case 'AndOr':
      return node.operators.every((operator) => operator === '&&') && node.commands.some(inside);
    case 'Pipeline':
      return node.prefixes.length === 0 && node.commands.some(inside);
    case 'Subshell':
    case 'BraceGroup':
      return inside(node.body);
    case 'Redirected':
      return inside(node.command);
    case 'If':
      return node.else !== undefined && [node.then, ...node.elif.map(({ then }) => then), node.else].every(inside);
    case 'Command': {
      const [name = '', code] = wordsOf(node, text);
      if (name === 'false') return true;
      // A code in a variable was kept from somewhere; a sum is none.
      if (name === 'exit' || name === 'return') return code === undefined || !/^(?:0+|\$\(.*)$/.test(code);
      const body = text.functions.get(name);
      return body !== undefined && once(text.known.fails, body, () => failsForSure(body, text));
    }
    default:
      return false;
  }
}

/** Does it succeed, whatever happened before it, and do nothing that could stand for that? */
export function neverFails(node: SyntaxNode, text: ShellText): boolean {
  const inside = (child: SyntaxNode): boolean => neverFails(child, text);
  switch (node.type) {
    case 'Script':
    case 'CompoundList':
      return node.commands.every(inside);
    case 'Statement':
      return node.background === true || inside(node.command);
    case 'AndOr':
      return node.commands.every(inside);
    case 'Pipeline':
      return node.prefixes.every(({ type }) => type === 'Time') && node.commands.every(inside);
    case 'Subshell':
    case 'BraceGroup':
      return inside(node.body);
    case 'Redirected':
      return inside(node.command);
    case 'TestCommand':
    case 'ArithmeticCommand':
      return !text.script.text.slice(node.pos, node.end).includes('$');
    case 'Command': {
      const command = text.commands.get(node.pos);
      const [name = '', code] = wordsOf(node, text);
      const body = text.functions.get(name);
      if (body !== undefined) return once(text.known.succeeds, body, () => neverFails(body, text));
      if (name === 'exit' || name === 'return') return code !== undefined && /^(?:0+|\$\(.*)$/.test(code);
      if (name === '[' || name === 'test') return command?.words.every(({ value }) => value !== undefined) === true;
      return command !== undefined && natureOf(command) === 'idle';
    }
    default:
      return false;
  }
}

function once(known: Map<SyntaxNode, boolean>, body: SyntaxNode, find: () => boolean): boolean {
  const before = known.get(body);
  if (before !== undefined) return before;
  known.set(body, false);
  const found = find();
  known.set(body, found);
  return found;
}

/** `|| code=$?`, `|| failed=1`, and the variable is looked at later. */
export function keepsStatus(answers: readonly SyntaxNode[], { script: { text } }: ShellText): boolean {
  return answers.some(({ pos, end }) =>
    Array.from(text.slice(pos, end).matchAll(/\b([A-Za-z_]\w*)\+?=/g), ([, name]) => name).some((name) =>
      new RegExp(String.raw`(?:\b(?:exit|return|test|if|case)\b|\[|\(\()[^\n;]*\b${name}\b`).test(text.slice(end)),
    ),
  );
}

/** By name; the last definition of one holds. */
export function functionsOf(root: SyntaxNode): ReadonlyMap<string, SyntaxNode> {
  const found = new Map<string, SyntaxNode>();
  const pending: SyntaxNode[] = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.type === 'Function') found.set(next.name.value, next.body);
    forEachChild(next, (child) => void pending.push(child));
  }
  return found;
}

function wordsOf(node: SyntaxNode, text: ShellText): readonly string[] {
  if (node.type === 'Statement') return wordsOf(node.command, text);
  if (node.type !== 'Command') return [];
  return (text.commands.get(node.pos)?.words ?? []).map((word) => word.value ?? word.text);
}
