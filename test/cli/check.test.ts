import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const plan = '# A plan\n\n## 1. Steps\n\n```bash\ntrue\n```\n';

test('both run-proof plans compile, and nothing is written beside them', async () => {
  const end = await command(['check', 'plans/run-proof-v2.md', 'plans/run-proof-v4.md']);
  expect(end.stdout.split('\n').slice(0, 2)).toEqual([expect.stringMatching(/^plans\/run-proof-v2\.md compiles.*: \d+ steps/), expect.stringMatching(/^plans\/run-proof-v4\.md compiles \(1 warning\): \d+ steps/)]);
  expect(end.stderr).toContain('warning[parse/damaged-text]');
  expect(end.exitCode).toBe(0);
});

test('a warning fails with --frail', async () => {
  expect((await command(['check', '--frail', 'plans/run-proof-v4.md'])).exitCode).toBe(2);
  expect((await command(['check', '--frail', 'plans/run-proof-v2.md'])).exitCode).toBe(0);
});

test('--json: one line a plan, nothing else on stdout', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'good.md'), plan);
  writeFileSync(join(cwd, 'bad.md'), '# Thoughts\n\nNothing.\n');
  const end = await command(['check', '--json', 'good.md', 'bad.md', 'none.md'], { cwd });
  const [good, bad, none] = end.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(good).toMatchObject({ schemaVersion: 1, plan: { path: 'good.md', title: 'A plan' }, compiles: true, exitCode: 0, counts: { steps: 1 }, diagnostics: [] });
  expect(bad).toMatchObject({ plan: { path: 'bad.md' }, compiles: false, exitCode: 2, diagnostics: [{ severity: 'error', code: 'compile/no-step', path: 'bad.md', line: 1 }] });
  expect(none).toMatchObject({ plan: { path: 'none.md' }, compiles: false, diagnostics: [{ code: 'cli/no-such-file' }] });
  expect(end.exitCode).toBe(2);
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
