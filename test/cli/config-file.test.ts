import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const shellPlan = '# A plan\n\n## 1. Steps\n\n```bash\ntrue\n```\n';
const databasePlan = '# A plan\n\n## 1. Rows exist\n\n```sql\nSELECT id FROM runs;\n```\n';
const config = 'default: one\nenvironments:\n  one: { workspace: ., database: embedded }\n  two: { workspace: ., database: embedded }\n';

function project(files: Readonly<Record<string, string>>): string {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'plans/deep'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(cwd, path), text);
  return cwd;
}

test('an environment that is not there is named with those that are, and a suggestion', async () => {
  const cwd = project({ 'proofplan.config.yaml': config, 'plans/deep/p.md': shellPlan });
  const end = await command(['check', '--environment', 'tow', 'plans/deep/p.md'], { cwd });
  expect(end.exitCode).toBe(2);
  expect(end.stderr).toContain('error[cli/unknown-environment]: there is no environment `tow`');
  expect(end.stderr).toContain('environments of `proofplan.config.yaml`: `one`, `two`');
  expect(end.stderr).toContain('did you mean `two`?');
});

test('the nearest configuration upward from the plan is the one', async () => {
  const cwd = project({
    'proofplan.config.yaml': config,
    'plans/proofplan.config.yaml': 'environments:\n  near: { workspace: ., database: embedded }\n',
    'plans/deep/p.md': shellPlan,
  });
  expect((await command(['check', '--environment', 'near', 'plans/deep/p.md'], { cwd })).exitCode).toBe(0);
  expect((await command(['check', '--environment', 'one', 'plans/deep/p.md'], { cwd })).stderr).toContain(
    'environments of `plans/proofplan.config.yaml`: `near`',
  );
});

test('without a default the environment must be named', async () => {
  const cwd = project({ 'proofplan.config.yaml': 'environments:\n  one: { workspace: ., database: embedded }\n', 'p.md': shellPlan });
  const end = await command(['run', 'p.md'], { cwd });
  expect(end.exitCode).toBe(2);
  expect(end.stderr).toContain('error[cli/no-environment]: `proofplan.config.yaml` names no default environment');
  expect(end.stderr).toContain('= help: pass --environment one');
});

test('without a configuration: an environment cannot be named, and a plan with a database needs one', async () => {
  const cwd = project({ 'p.md': databasePlan });
  const named = await command(['check', '-e', 'x', 'p.md'], { cwd });
  expect(named.exitCode).toBe(2);
  expect(named.stderr).toContain('error[cli/no-config]: no `proofplan.config.yaml` was found that could say what `x` is');
  const needed = await command(['run', 'p.md'], { cwd });
  expect(needed.exitCode).toBe(2);
  expect(needed.stderr).toContain('error[cli/no-config]: the plan needs a database');
  expect(needed.stderr.replace(/\n\s+/g, ' ')).toContain('pass --database embedded or --database <url>');
});

test('a configuration that cannot be read stops everything: it might forbid what the plan does', async () => {
  const cwd = project({ 'proofplan.config.yaml': 'environments:\n  one: { workspce: ., database: embedded }\n', 'p.md': shellPlan });
  for (const name of ['check', 'explain', 'run']) {
    const end = await command([name, 'p.md'], { cwd });
    expect(end.exitCode).toBe(2);
    expect(end.stderr).toContain('unknown key `workspce`');
    expect(end.stderr).toContain('proofplan.config.yaml:2:10');
  }
});
