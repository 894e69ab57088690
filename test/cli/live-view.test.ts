/** `--live` with the real program: what the page says when the runner is killed, while it is gone on with, and afterwards. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { command, startProgram } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const wait = { timeout: 30_000, interval: 50 };

test('a killed runner is told as such; who goes on with --live and --report is shown, and reported', async () => {
  const cwd = temporaryFolder();
  writeFileSync(
    join(cwd, 'plan.md'),
    '# Long wait\n\n## 1. Wait\n\n```bash\nuntil test -e go; do sleep 0.05; done; echo "state: gone on"\n```\n\n**Expected:** the output contains `gone on`\n',
  );
  const live = join(cwd, '.proofplan/latest/live.html');
  const page = (): string => (existsSync(live) ? readFileSync(live, 'utf8') : '');
  const { child } = startProgram(['run', 'plan.md', '--live', '--quiet'], { cwd });
  await vi.waitUntil(() => page().includes('This execution is under way: step 1.1, Wait.'), wait);
  expect(page()).toContain('<title>· running: Long wait</title>');
  child.kill('SIGKILL');
  await vi.waitUntil(() => page().includes('<title>! no verdict: Long wait</title>'), wait);
  expect(page()).toContain('The program that executed it was killed.');
  expect(page()).toContain('Under way where it ends: step 1.1, Wait.');
  // Whoever has it open sees by himself that it is gone on with.
  expect(page()).toContain('<meta http-equiv="refresh" content="2">');

  const misused = await command(['resume', '.proofplan', '--dry-run', '--live'], { cwd });
  expect(misused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('leave --live out') as string });
  const overwriting = await command(['resume', '.proofplan', '--report', 'junit=plan.md'], { cwd });
  expect(overwriting).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('would overwrite a plan') as string });

  writeFileSync(join(cwd, 'junit.xml'), 'of yesterday');
  const resuming = startProgram(['resume', '.proofplan', '--live', '--report', 'junit=junit.xml', '--not-done', '1.1', '--by', 'Ada'], { cwd }).ended;
  await vi.waitUntil(() => page().includes('step 1.1, Wait, attempt 2.'), wait);
  writeFileSync(join(cwd, 'go'), '');
  const resumed = await resuming;
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(readFileSync(join(cwd, 'junit.xml'), 'utf8')).toContain('<testsuite name="plan.md"');
  expect(page()).toContain('url=report.html');
  expect(readdirSync(join(cwd, '.proofplan/latest')).filter((name) => name.includes('live'))).toEqual(['live.html']);
});
