import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { command, root } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const plan = '# A plan\n\n## 1. Steps\n\n```bash\ntrue\n```\n';

test('both run-proof plans compile, and nothing is written beside them', async () => {
  const end = await command(['check', 'plans/run-proof-v2.md', 'plans/run-proof-v4.md']);
  expect(end.stdout.split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(/^plans\/run-proof-v2\.md compiles.*: \d+ steps/),
    expect.stringMatching(/^plans\/run-proof-v4\.md compiles \(1 warning\): \d+ steps/),
  ]);
  expect(end.stderr).toContain('warning[parse/damaged-text]');
  expect(end.exitCode).toBe(0);
});

test('a warning fails with --frail', async () => {
  expect((await command(['check', '--frail', 'plans/run-proof-v4.md'])).exitCode).toBe(2);
  expect((await command(['check', '--frail', 'plans/run-proof-v2.md'])).exitCode).toBe(0);
});

const schema = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/check.schema.json'), 'utf8')));

/** Files by path, with empty folders by a path that ends with `/`. */
function tree(files: Readonly<Record<string, string>>): string {
  const cwd = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, path.endsWith('/') ? path : dirname(path)), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(cwd, path), text);
  }
  return cwd;
}

const checkedPaths = (stdout: string): readonly string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { plan: { path: string } }).plan.path);

test('--json: one line a plan by its schema, and no other message at all', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'good.md'), plan);
  writeFileSync(join(cwd, 'bad.md'), '# Thoughts\n\nNothing.\n');
  const end = await command(['check', '--json', 'good.md', 'bad.md', 'none.md'], { cwd });
  const [good, bad, none] = end.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(good).toMatchObject({
    schemaVersion: 1,
    plan: { path: 'good.md', title: 'A plan' },
    compiles: true,
    exitCode: 0,
    counts: { steps: 1 },
    diagnostics: [],
  });
  expect(bad).toMatchObject({
    plan: { path: 'bad.md' },
    compiles: false,
    exitCode: 2,
    diagnostics: [{ severity: 'error', code: 'compile/no-step', path: 'bad.md', line: 1 }],
  });
  expect(none).toMatchObject({ plan: { path: 'none.md' }, compiles: false, diagnostics: [{ code: 'cli/no-such-file' }] });
  expect(end).toMatchObject({ exitCode: 2, stderr: '' });
  for (const line of [good, bad, none]) expect(schema(line) ? [] : schema.errors).toEqual([]);
});

test('five mistakes in a document are five messages in the order of its lines', async () => {
  const wrong =
    '# Wards\n\n```bash\necho "$NOWHERE"\n```\n\n**Expected:** it looks fine\n\n**Rules:** Never call the vendor.\n\n```sql\nSELEC 1;\n```\n\n**Expected:** at least 0 rows\n';
  const cwd = tree({ 'p.md': wrong });
  const end = await command(['check', 'p.md'], { cwd });
  const lines = [...end.stderr.matchAll(/--> p\.md:(\d+)/g)].map((match) => Number(match[1]));
  expect(lines.length).toBeGreaterThanOrEqual(5);
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  expect(end.stdout).toMatch(/^p\.md does not compile \(\d+ errors/);
});

test('many: a line each, and one at the end that names the bad ones; a missing file does not stop the others', async () => {
  const cwd = tree({ 'a.md': plan, 'b.md': '# Thoughts\n', 'c.md': plan });
  const end = await command(['check', 'a.md', 'none.md', 'b.md', 'c.md'], { cwd });
  expect(end.stdout.split('\n').map((line) => line.split(':')[0])).toEqual([
    'a.md compiles',
    'none.md was not read',
    'b.md does not compile (1 error)',
    'c.md compiles',
    '2 of 4 plans do not compile (2 errors)',
    '',
  ]);
  expect(end.stdout).toContain('2 of 4 plans do not compile (2 errors): none.md, b.md\n');
  expect(end.exitCode).toBe(2);
  expect(await command(['check', 'a.md', 'c.md'], { cwd })).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/\n2 plans compile\n$/) });
});

test('a folder: its plans at any depth, sorted, without hidden folders, node_modules and addenda', async () => {
  const cwd = tree({
    'p/b.md': plan,
    'p/a/z.plan.yaml': 'x',
    'p/b.addendum.yaml': 'plan: b.md\n',
    'p/notes.txt': '',
    'p/.git/x.md': '',
    'p/node_modules/y.md': '',
    'p/a/c.markdown': plan,
  });
  const end = await command(['check', '--json', 'p/'], { cwd });
  expect(checkedPaths(end.stdout)).toEqual(['p/a/c.markdown', 'p/a/z.plan.yaml', 'p/b.md']);
  expect(checkedPaths((await command(['check', '--json', '.'], { cwd })).stdout)).toEqual(['p/a/c.markdown', 'p/a/z.plan.yaml', 'p/b.md']);
});

test.each([
  ['*.md', ['a.md']],
  ['**/*.md', ['a.md', 'p/b.md', 'p/q/c.md']],
  ['p/**', ['p/b.md', 'p/q/c.md', 'p/q/d.plan.yaml']],
  ['p/*/?.md', ['p/q/c.md']],
  ['{a,p/b}.md', []],
  ['p/q/[cd].*', ['p/q/c.md', 'p/q/d.plan.yaml']],
  ['p/q/[!c].{md,plan.yaml}', ['p/q/d.plan.yaml']],
  ['p/+(b).md', []],
])('the pattern %s', async (pattern, paths) => {
  const cwd = tree({ 'a.md': plan, 'p/b.md': plan, 'p/q/c.md': plan, 'p/q/d.plan.yaml': '', '.hidden/e.md': plan, 'p/b.addendum.yaml': 'plan: b.md\n' });
  const end = await command(['check', '--json', pattern], { cwd });
  expect(checkedPaths(end.stdout)).toEqual(paths.length === 0 ? [pattern] : paths);
  if (paths.length === 0) expect(end).toMatchObject({ exitCode: 2, stdout: expect.stringContaining('cli/no-such-file') });
});

test('a file whose name looks like a pattern is that file', async () => {
  const cwd = tree({ 'a[1].md': plan, 'a1.md': '# Thoughts\n' });
  expect(checkedPaths((await command(['check', '--json', 'a[1].md'], { cwd })).stdout)).toEqual(['a[1].md']);
});

test('what leads to nothing is said and counts: an empty folder, a pattern without a file or without its folder', async () => {
  const cwd = tree({ 'empty/': '', 'a.md': plan });
  const end = await command(['check', 'a.md', 'empty', 'x/*.md', 'y*.md'], { cwd });
  expect(end.exitCode).toBe(2);
  expect(end.stderr).toContain('error[cli/not-a-file]: there is no plan document in the folder `empty`');
  expect(end.stderr).toContain('error[cli/no-such-file]: no file fits `x/*.md`');
  expect(end.stderr).toContain('error[cli/no-such-file]: no file fits `y*.md`');
  expect(end.stdout).toContain('a.md compiles');
});

test('the same file under several names is checked once; links that lead in circles end', async () => {
  const cwd = tree({ 'p/a.md': plan });
  symlinkSync('..', join(cwd, 'p/up'));
  const end = await command(['check', '--json', 'p/a.md', './p/a.md', join(cwd, 'p/a.md'), 'p', 'p/*.md', '-', '-'], { cwd, stdin: plan });
  expect(checkedPaths(end.stdout)).toEqual(['p/a.md', '<stdin>']);
});

test('what is wrong with the configuration is said once for all plans, and each of them fails', async () => {
  const cwd = tree({ 'a.md': plan, 'b.md': plan, 'proofplan.config.yaml': 'enviroments: {}\n' });
  const end = await command(['check', 'a.md', 'b.md'], { cwd });
  expect(end.stderr.match(/error\[compile\/unknown-key\]/g)).toHaveLength(1);
  expect(end.stdout).toMatch(/2 of 2 plans do not compile .*: a\.md, b\.md\n$/);
});

test('one text that the SQL parser refuses does not change the answer about the next', async () => {
  const query = '# Orders\n\n```sql\nSELECT id FROM orders;\n```\n\n**Expected:** 1 row\n';
  const deep = `# Deep\n\n\`\`\`sql\nSELECT ${'('.repeat(2000)}1${')'.repeat(2000)};\n\`\`\`\n`;
  const cwd = tree({ 'a.md': query, 'b.md': deep, 'c.md': query });
  const end = await command(['check', 'a.md', 'b.md', 'c.md'], { cwd });
  expect(end.stdout).toMatch(/a\.md compiles.*\nb\.md does not compile.*\nc\.md compiles/);
});

test('answers of the SQL parser that were kept change nothing', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'p.md'), '# A plan\n\n## 1. Rows exist\n\n```sql\nSELECT id FROM runs WHERE id = 1;\n```\n');
  const environment = { XDG_CACHE_HOME: join(cwd, 'cache') };
  const first = await command(['explain', '--json', 'p.md'], { cwd, environment });
  const kept = readdirSync(join(cwd, 'cache/proofplan/sql'));
  expect(kept.length).toBeGreaterThan(0);
  expect(await command(['explain', '--json', 'p.md'], { cwd, environment })).toEqual(first);
  for (const name of kept) writeFileSync(join(cwd, 'cache/proofplan/sql', name), 'damaged');
  expect(await command(['explain', '--json', 'p.md'], { cwd, environment })).toEqual(first);
  mkdirSync(join(cwd, 'blocked'));
  writeFileSync(join(cwd, 'blocked/proofplan'), '');
  expect(await command(['explain', '--json', 'p.md'], { cwd, environment: { XDG_CACHE_HOME: join(cwd, 'blocked') } })).toEqual(first);
});
