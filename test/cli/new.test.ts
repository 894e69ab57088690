import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { templates } from '../../src/review/new-template.ts';
import { command, root, startProgram } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('templates', () => {
  test('--list names each with its purpose', async () => {
    const { exitCode, stdout } = await command(['new', '--list']);
    expect(exitCode).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['minimal', 'database-validation', 'release-gate', 'runbook']);
  });

  test.each(templates.map(({ name }) => name))('%s compiles without a warning', async (name) => {
    const { stdout } = await command(['new', name]);
    const checked = await command(['check', '--frail', '-'], { stdin: stdout, cwd: temporaryFolder() });
    expect(checked).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await command(['new', name, '-o', '-'])).stdout).toBe(stdout);
  });

  const git = (cwd: string, ...argv: readonly string[]): void =>
    void spawnSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', ...argv], { cwd });
  const runs: readonly (readonly [string, readonly string[], string])[] = [
    ['minimal', [], 'passed'],
    ['database-validation', ['--database', 'embedded'], 'passed'],
    ['release-gate', ['--set', 'version=1.2.0'], 'passed'],
    ['release-gate', ['--set', 'version=9.9.9'], 'failed'],
    ['runbook', ['--attest', 'T1', '--by', 'Ada Lovelace'], 'passed'],
  ];
  test.each(runs)('%s %j ends %s when it is really executed', async (name, options, verdict) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'CHANGELOG.md'), '# Changes\n\n## 1.2.0\n\n- first\n');
    writeFileSync(join(cwd, '.gitignore'), '.proofplan\n');
    const made = await startProgram(['new', name, '-o', 'p.md'], { cwd }).ended;
    expect(made).toMatchObject({ exitCode: 0, stdout: 'p.md written\n' });
    git(cwd, 'init', '-q');
    git(cwd, 'add', '-A');
    git(cwd, 'commit', '-qm', 'first');
    const ended = await startProgram(['run', 'p.md', '--json', '--quiet', ...options], { cwd }).ended;
    expect(JSON.parse(ended.stdout), ended.stderr).toMatchObject({ verdict });
    expect(ended.exitCode).toBe(verdict === 'passed' ? 0 : 1);
  });

  test('a runbook that nobody attested does not pass', async () => {
    const cwd = temporaryFolder();
    expect((await startProgram(['new', 'runbook', '-o', 'p.md'], { cwd }).ended).exitCode).toBe(0);
    const ended = await startProgram(['run', 'p.md', '--json', '--quiet'], { cwd }).ended;
    expect(ended.exitCode).not.toBe(0);
    expect((JSON.parse(ended.stdout) as { readonly verdict: string }).verdict).not.toBe('passed');
  });

  test('nothing is ever overwritten, not through a link either', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'mine.md'), 'mine');
    symlinkSync(join(cwd, 'nowhere.md'), join(cwd, 'link.md'));
    for (const name of ['mine.md', 'link.md']) {
      const ended = await command(['new', '-o', name], { cwd });
      expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
      expect(ended.stderr).toContain('error[cli/file-exists]');
    }
    expect(readFileSync(join(cwd, 'mine.md'), 'utf8')).toBe('mine');
    expect(existsSync(join(cwd, 'nowhere.md'))).toBe(false);
  });

  test.each([
    [['minmal'], 'did you mean `minimal`?'],
    [['minimal', '--list'], 'exclude each other'],
    [['--list', '--addendum-for', 'x.md'], 'exclude each other'],
    [['--force'], 'unknown option `--force`'],
  ])('%j is refused', async (argv, said) => {
    const ended = await command(['new', ...argv], { cwd: temporaryFolder() });
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toContain(said);
  });
});

/** A file beside which an addendum is asked for. */
function folderWith(name: string, text: string, addendum?: string): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, name), text);
  if (addendum !== undefined) writeFileSync(join(cwd, name.replace(/\.md$/, '.addendum.yaml')), addendum);
  return cwd;
}

describe('an addendum that asks', () => {
  const v4 = readFileSync(join(root, 'plans/run-proof-v4.md'), 'utf8');

  test('run-proof-v4: valid as it is written; answered, the plan compiles', async () => {
    const cwd = folderWith('v4.md', v4);
    expect(await command(['new', '--addendum-for', 'v4.md'], { cwd })).toMatchObject({ exitCode: 0, stdout: 'v4.addendum.yaml written\n' });
    const asked = readFileSync(join(cwd, 'v4.addendum.yaml'), 'utf8');
    const errors = (json: string): readonly string[] =>
      (JSON.parse(json) as { readonly diagnostics: readonly { readonly code: string; readonly severity: string }[] }).diagnostics
        .filter(({ severity }) => severity === 'error')
        .map(({ code }) => code);
    writeFileSync(join(cwd, 'bare.md'), v4);
    expect(errors((await command(['check', '--json', 'v4.md'], { cwd })).stdout)).toEqual(
      errors((await command(['check', '--json', 'bare.md'], { cwd })).stdout),
    );
    const [head = '', questions = ''] = asked.split('plan: v4.md\n');
    const answers = [
      /agent_id: \{ type: \}/,
      'agent_id: { type: uuid }',
      /tenant_id: \{ type: \}/,
      'tenant_id: { type: uuid }',
      /(migrated to head\.\n +run:)(\n +expect:)/,
      '$1 "true"$2 exit code is 0',
      /(`http_call`\.'?\n +run:)(\n +expect:)/,
      '$1 "true"$2 exit code is 0',
      /pattern:/,
      'pattern: create_run',
      /witness:\n/,
      'witness: { writeOrder: { first: runs.plan_json, then: aos_trace_steps } }\n',
    ] as const;
    let answered = questions.replace(/^# /gm, '');
    for (let index = 0; index < answers.length; index += 2) {
      expect(answered).toMatch(answers[index] as RegExp);
      answered = answered.replace(answers[index] as RegExp, answers[index + 1] as string);
    }
    writeFileSync(join(cwd, 'v4.addendum.yaml'), `${head}plan: v4.md\n${answered}`);
    const checked = await command(['check', 'v4.md'], { cwd });
    expect(checked.exitCode, checked.stderr).toBe(0);
    const rest = await command(['new', '--addendum-for', 'v4.md'], { cwd });
    expect(rest).toEqual({ exitCode: 0, stdout: '', stderr: 'nothing is open in v4.md that an addendum could bind\n' });
  });

  test.each(['v2', 'v4'])('run-proof-%s: unanswered questions are errors, never silent answers', async (name) => {
    const cwd = folderWith('p.md', readFileSync(join(root, `plans/run-proof-${name}.md`), 'utf8'));
    const { stdout } = await command(['new', '--addendum-for', 'p.md', '-o', '-'], { cwd });
    expect(existsSync(join(cwd, 'p.addendum.yaml'))).toBe(false);
    const [, questions = ''] = stdout.split('plan: p.md\n');
    writeFileSync(join(cwd, 'p.addendum.yaml'), `plan: p.md\n${questions.replace(/^# /gm, '')}`);
    const checked = await command(['check', 'p.md'], { cwd });
    expect(checked.exitCode).toBe(2);
    expect(checked.stderr).toContain('p.addendum.yaml:');
    expect(checked.stderr).not.toContain('parse/yaml');
    expect(checked.stderr).not.toContain('compile/unknown-key');
  });

  test('every question quotes the document and names its line', async () => {
    for (const name of ['v2', 'v4']) {
      const text = readFileSync(join(root, `plans/run-proof-${name}.md`), 'utf8');
      const { stdout } = await command(['new', '--addendum-for', 'p.md', '-o', '-'], { cwd: folderWith('p.md', text) });
      const quoted = [...stdout.matchAll(/^# +# line (\d+): (.+)$/gm)];
      expect(quoted.length).toBeGreaterThan(7);
      const folded = text.replace(/\s+/g, ' ');
      for (const [, line, quotation] of quoted) {
        expect(folded).toContain(quotation);
        expect(
          text
            .split('\n')
            .slice(Number(line) - 1, Number(line) + 2)
            .join(' ')
            .replace(/\s+/g, ' '),
        ).toContain((quotation ?? '').slice(0, 20));
      }
    }
  });

  test('beside an addendum: only what is still open, and the file stays', async () => {
    const addendum =
      'plan: v4.md\ndefaults:\n  shell: { workingDirectory: backend }\n  coordinator-call: { workingDirectory: backend }\ninputs:\n  agent_id: { type: uuid }\n';
    const cwd = folderWith('v4.md', v4, addendum);
    const ended = await command(['new', '--addendum-for', 'v4.md'], { cwd });
    expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('v4.addendum.yaml is there and stays as it is') });
    expect(ended.stdout).toContain('tenant_id: { type: }');
    expect(ended.stdout).not.toMatch(/agent_id: \{|workingDirectory|^plan:/m);
    expect(readFileSync(join(cwd, 'v4.addendum.yaml'), 'utf8')).toBe(addendum);
  });

  test.each([
    [
      'a precondition',
      '## Preconditions\n\n- The backup of the ward is complete.\n\n## Steps\n\n```bash\n./a\n```\n',
      'preconditions',
      ['run:'],
      ['run: ./check'],
    ],
    ['a policy', '**Rules:** Never call the vendor.\n\n```bash\n./a\n```\n', 'policies', ['rule: { kind: }'], ['rule: { kind: no-network }']],
    ['a report field', '```bash\n./a\n```\n\n## Report Template\n\n**Nurse:** `<who>`\n', 'report', ['name:'], ['sql: select current_user as who']],
    ['a pattern', '## 1. Static Verification\n\n- `a.py` contains no shortcut.\n', 'searches', ['pattern:'], ['pattern: shortcut']],
    [
      'a task',
      '## Required Changes\n\n1. Lower the limit of the pump.\n\n## Steps\n\n```bash\n./a\n```\n',
      'tasks',
      ['verifiedBy:'],
      ['verifiedBy: { rg: limit, in: [pump.cfg] }'],
    ],
    [
      'an expectation in prose',
      '```bash\n./a\n```\n\n**Expected:** it looks fine\n',
      'accept',
      ['by:', 'reason:'],
      ['by: Ada Lovelace', 'reason: looked at by hand'],
    ],
  ])('%s: asked, answered, bound', async (_, body, section, open, answers) => {
    const text = `# T\n\n${body}`;
    const cwd = folderWith('p.md', text);
    await command(['new', '--addendum-for', 'p.md'], { cwd });
    let answered = readFileSync(join(cwd, 'p.addendum.yaml'), 'utf8').replace(
      /^(plan: p\.md\n)([\s\S]*)$/m,
      (_all, plan: string, rest: string) => plan + rest.replace(/^# /gm, ''),
    );
    expect(answered).toContain(`\n${section}:\n`);
    for (const [index, each] of open.entries()) {
      const place = answered.lastIndexOf(each);
      answered = answered.slice(0, place) + (answers[index] ?? '') + answered.slice(place + each.length);
    }
    writeFileSync(join(cwd, 'p.addendum.yaml'), answered.replace(/\n +expect:\n/, '\n    expect: exit code is 0\n'));
    const checked = await command(['check', '--frail', 'p.md'], { cwd });
    expect(checked.exitCode, checked.stderr + answered).toBe(0);
  });

  test('nothing open, not a plan, a YAML plan', async () => {
    const cwd = folderWith('p.md', '# T\n\n```bash\n./a\n```\n');
    expect(await command(['new', '--addendum-for', 'p.md'], { cwd })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'nothing is open in p.md that an addendum could bind\n',
    });
    expect(existsSync(join(cwd, 'p.addendum.yaml'))).toBe(false);
    expect((await command(['new', '--addendum-for', 'p.plan.yaml'], { cwd })).exitCode).toBe(2);
    expect((await command(['new', '--addendum-for', 'nowhere.md'], { cwd })).exitCode).toBe(2);
  });
});
