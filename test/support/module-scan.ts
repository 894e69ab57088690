import { parseSync } from 'rolldown/experimental';

/** What a module reaches for: imports of every form (`from` is undefined for a computed name) and globals that floors restrict. */
export interface ModuleScan {
  readonly imports: readonly { readonly from: string; readonly line: number }[];
  readonly computed: readonly number[];
  readonly globals: readonly { readonly name: string; readonly line: number }[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** Every way to name another module stands in the tree as one of these; their first string is the name. */
const importing: Readonly<Record<string, string>> = {
  ImportDeclaration: 'source',
  ExportNamedDeclaration: 'source',
  ExportAllDeclaration: 'source',
  ImportExpression: 'source',
  TSImportType: 'source',
  TSExternalModuleReference: 'expression',
};

/** Scans with the parser of the bundler, so that a comment or a string is never taken for an import. */
export function scanModule(text: string, path: string): ModuleScan {
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path}: ${parsed.errors[0]?.message}`);
  const imports: { from: string; line: number }[] = [];
  const computed: number[] = [];
  const globals: { name: string; line: number }[] = [];
  const lineOf = (node: Node): number => text.slice(0, node.start).split('\n').length;
  const add = (source: unknown, node: Node): void => {
    const value = isNode(source) ? source['value'] : undefined;
    if (typeof value === 'string') imports.push({ from: value, line: lineOf(node) });
    else computed.push(lineOf(node));
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isNode(value)) return;
    const key = importing[value.type];
    if (key !== undefined && value[key] !== null) add(value[key], value);
    if (value.type === 'CallExpression' && nameOf(value['callee']) === 'require') add((value['arguments'] as readonly unknown[])[0], value);
    const global = globalOf(value);
    if (global !== undefined) globals.push({ name: global, line: lineOf(value) });
    Object.values(value).forEach(visit);
  };
  visit(parsed.program);
  return { imports, computed, globals };
}

function globalOf(node: Node): string | undefined {
  if (node.type === 'NewExpression' && nameOf(node['callee']) === 'Date' && (node['arguments'] as readonly unknown[]).length === 0) return 'new Date()';
  if (node.type !== 'MemberExpression') return undefined;
  const object = nameOf(node['object']);
  if (object === 'console') return 'console';
  const name = `${object}.${nameOf(node['property'])}`;
  return [
    'process.argv',
    'process.env',
    'process.stdin',
    'process.stdout',
    'process.stderr',
    'process.exit',
    'process.exitCode',
    'Date.now',
    'Math.random',
    'performance.now',
  ].includes(name)
    ? name
    : undefined;
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Identifier' ? String(value['name']) : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
