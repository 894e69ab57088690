/** Files that a program loads because of where they lie and what they are called: one that a step leaves decides what a later step does. */

/** By base name; the programs that look for them name these in their documentation. */
const names = new Set([
  // pytest, coverage, tox
  'conftest.py',
  'pytest.ini',
  '.pytest.ini',
  'tox.ini',
  'setup.cfg',
  'pyproject.toml',
  '.coveragerc',
  // Python itself
  'sitecustomize.py',
  'usercustomize.py',
  'pyvenv.cfg',
  // Node and its test runners
  'package.json',
  '.npmrc',
  // make, just
  'GNUmakefile',
  'makefile',
  'Makefile',
  'justfile',
  // Ruby
  '.rspec',
  '.irbrc',
  // clients of PostgreSQL
  '.psqlrc',
  '.pgpass',
  '.pg_service.conf',
]);
const patterns = [/\.pth$/, /^\.mocharc\./, /^(?:jest|vitest|playwright|karma)\.config\./];

/** `path` is relative to the workspace; `texts` are those of the steps, whose modules (`python -m pytest`) a file of that name stands in for. */
export function steersPrograms(path: string, texts: readonly string[]): boolean {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  if (names.has(name) || patterns.some((pattern) => pattern.test(name))) return true;
  const module = (parts[0] ?? '').replace(/\.py$/, '');
  if (!(parts.length === 1 ? name.endsWith('.py') : parts[1] === '__init__.py' || parts[1] === '__main__.py')) return false;
  return texts.some((text) => Array.from(text.matchAll(/(?:^|\s)-m\s+["']?(\w+)/g), ([, called]) => called).includes(module));
}
