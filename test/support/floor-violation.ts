import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import type { Floor } from './floor-table.ts';
import type { ModuleScan } from './module-scan.ts';

/** Floors whose answers may depend on their input alone. */
const timeless = ['model', 'parse', 'policy', 'compile'];

/** What a file under src/ does that the row of its folder does not permit; one sentence each, empty when all is well. */
export function floorViolations(path: string, scan: ModuleScan, floors: ReadonlyMap<string, Floor>): readonly string[] {
  const folder = path.split('/')[0] ?? '';
  const floor = floors.get(folder);
  if (floor === undefined) return [`${path} stands in folder \`${folder}\`, which is not in the table`];
  return [
    ...scan.imports.flatMap(({ from, line }) => importViolation(path, from, floor).map((what) => `${path}:${line} ${what}`)),
    ...scan.computed.map((line) => `${path}:${line} imports a computed name`),
    ...scan.globals.filter(({ name }) => isForbidden(name, folder)).map(({ name, line }) => `${path}:${line} uses \`${name}\``),
  ];
}

function importViolation(path: string, from: string, floor: Floor): readonly string[] {
  if (from.startsWith('.')) {
    const target = normalize(join(dirname(path), from));
    if (target === '../package.json' && floor.name === 'cli') return [];
    if (target.startsWith('..')) return [`imports \`${from}\`, outside src`];
    const folder = target.split('/')[0] ?? '';
    return folder === floor.name || floor.folders.includes(folder) ? [] : [`may not import folder \`${folder}\``];
  }
  if (from.startsWith('node:')) {
    const name = from.slice('node:'.length);
    return floor.builtins.includes(name) || floor.builtins.includes('all') ? [] : [`may not import builtin \`${from}\``];
  }
  if (builtinModules.includes(from)) return [`imports builtin \`${from}\` without \`node:\``];
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
  return floor.packages.includes(name) ? [] : [`may not import package \`${name}\``];
}

function isForbidden(global: string, folder: string): boolean {
  if (/^(Date|new Date|Math|performance)/.test(global)) return timeless.includes(folder);
  return folder !== 'cli';
}

/** A cycle of the graph as the way round it, or nothing. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): readonly string[] => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle.length > 0) return cycle;
    }
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
