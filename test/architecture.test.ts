/** Reads the table of floors in ARCHITECTURE.md and holds every import of src/ against it. */
import { readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFloors } from './support/floor-table.ts';
import { scanModule } from './support/module-scan.ts';
import { findCycle, floorViolations } from './support/floor-violation.ts';

const root = join(import.meta.dirname, '..');
const floors = readFloors(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.includes('generated'))
  .map((path) => ({ path, ...scanModule(readFileSync(join(root, 'src', path), 'utf8'), path) }));

test('the table names every folder of src, and only builtins that exist', () => {
  expect(readdirSync(join(root, 'src')).toSorted()).toEqual([...floors.keys()].toSorted());
  const unknown = [...floors.values()].flatMap((floor) => floor.builtins).filter((name) => name !== 'all' && !builtinModules.includes(name));
  expect(unknown).toEqual([]);
});

test('every import of src is permitted by the row of its folder', () => {
  expect(files.flatMap((file) => floorViolations(file.path, file, floors))).toEqual([]);
});

test('no cycle between files, none between folders', () => {
  const imports = new Map(
    files.map((file) => [file.path, file.imports.filter((each) => each.from.startsWith('.')).map((each) => normalize(join(dirname(file.path), each.from)))]),
  );
  expect(findCycle(imports)).toEqual([]);
  const folders = new Map<string, string[]>();
  for (const [path, targets] of imports) {
    const folder = dirname(path);
    folders.set(folder, [...(folders.get(folder) ?? []), ...targets.map(dirname).filter((target) => target !== folder)]);
  }
  expect(findCycle(folders)).toEqual([]);
});

test('no file is named with a word that says nothing', () => {
  const bad = files.filter((file) => /utils?|helpers?|manager|handler|misc|common/.test(relative('.', file.path)));
  expect(bad.map((file) => file.path)).toEqual([]);
});

describe('the rule notices', () => {
  const table = readFloors(
    [
      '| floor | may import | packages | node builtins | invariant |',
      '|---|---|---|---|---|',
      '| `low` | – | – | – | x |',
      '| `high` | low | good | fs | x |',
      '| `top` | all | – | all | x |',
    ].join('\n'),
  );
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['an import upward', 'low/a.ts', "import { b } from '../high/b.ts';", 'low/a.ts:1 may not import folder `high`'],
    ['a type import upward', 'low/a.ts', "import type { B } from '../high/b.ts';", 'low/a.ts:1 may not import folder `high`'],
    ['a type query upward', 'low/a.ts', "type B = import('../high/b.ts').B;", 'low/a.ts:1 may not import folder `high`'],
    ['a re-export upward', 'low/a.ts', "export * from '../high/b.ts';", 'low/a.ts:1 may not import folder `high`'],
    ['a dynamic import upward', 'low/a.ts', "\nconst b = await import('../high/b.ts');", 'low/a.ts:2 may not import folder `high`'],
    ['a computed import', 'low/a.ts', 'const b = await import(name);', 'low/a.ts:1 imports a computed name'],
    ['a package that is not listed', 'high/a.ts', "import bad from 'bad/sub';", 'high/a.ts:1 may not import package `bad`'],
    ['a builtin that is not listed', 'high/a.ts', "import net from 'node:net';", 'high/a.ts:1 may not import builtin `node:net`'],
    ['a builtin without its prefix', 'high/a.ts', "import fs from 'fs';", 'high/a.ts:1 imports builtin `fs` without `node:`'],
    ['a folder that is not in the table', 'high/a.ts', "import { c } from '../other/c.ts';", 'high/a.ts:1 may not import folder `other`'],
    ['a way out of src', 'high/a.ts', "import { c } from '../../test/c.ts';", 'high/a.ts:1 imports `../../test/c.ts`, outside src'],
    ['a require', 'high/a.ts', "const c = require('bad');", 'high/a.ts:1 may not import package `bad`'],
    ['a global writer', 'high/a.ts', "process.stdout.write('x');", 'high/a.ts:1 uses `process.stdout`'],
    ['a console', 'high/a.ts', "console.error('x');", 'high/a.ts:1 uses `console`'],
  ];
  test.each(cases)('%s', (_name, path, text, violation) => {
    expect(floorViolations(path, scanModule(text, path), table)).toEqual([violation]);
  });

  test('a clock on a floor without one', () => {
    const model = readFloors('| floor | may import | packages | node builtins | invariant |\n|---|---|---|---|---|\n| `model` | – | – | – | x |');
    expect(floorViolations('model/a.ts', scanModule('const now = Date.now();\nconst t = new Date();\nconst r = Math.random();', 'model/a.ts'), model)).toEqual([
      'model/a.ts:1 uses `Date.now`',
      'model/a.ts:2 uses `new Date()`',
      'model/a.ts:3 uses `Math.random`',
    ]);
  });

  test('a cycle', () => {
    expect(
      findCycle(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['a']],
        ]),
      ),
    ).toEqual(['a', 'b', 'c', 'a']);
  });

  test('and permits what is listed', () => {
    const text = "import fs from 'node:fs';\nimport good from 'good/sub';\nimport { a } from '../low/a.ts';\nimport { b } from './b.ts';";
    expect(floorViolations('high/a.ts', scanModule(text, 'high/a.ts'), table)).toEqual([]);
    expect(floorViolations('top/a.ts', scanModule("import net from 'node:net'; import { a } from '../high/a.ts';", 'top/a.ts'), table)).toEqual([]);
  });
});
