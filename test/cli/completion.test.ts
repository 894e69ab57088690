import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { joinSplitWords } from '../../src/cli/completion-answer.ts';
import { command, root } from '../support/command.ts';
import { hostileNames, typeLines } from '../support/shell-completion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Offered {
  readonly files: string;
  readonly values: readonly string[];
}

async function offered(words: readonly string[], { cwd = root, shell = 'zsh' } = {}): Promise<Offered> {
  const end = await command(['completion', 'words', shell, '--', ...words], { cwd });
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
  const [files = '', ...lines] = end.stdout.trimEnd().split('\n');
  return { files, values: lines.map((line) => line.split('\t')[0] ?? '') };
}

function journalOf(steps: unknown): string {
  return `${JSON.stringify({ seq: 1, kind: 'registered', data: {} })}\n${JSON.stringify({ seq: 2, kind: 'opened', data: { steps } })}\n{"cut`;
}

/** An output folder with two executions, and what is none. */
function workspace(
  steps: unknown = [
    { id: '1.1', title: 'One' },
    { id: '2.1', title: 'Two' },
  ],
): string {
  const cwd = temporaryFolder();
  for (const name of ['2026-01-01T00-00-00Z-aaaaaa', '2026-01-02T00-00-00Z-bbbbbb', '$(touch pwned)', 'other']) {
    mkdirSync(join(cwd, '.proofplan/executions', name), { recursive: true });
    writeFileSync(join(cwd, '.proofplan/executions', name, 'journal.jsonl'), journalOf(steps));
  }
  return cwd;
}

describe('what is offered', () => {
  test.each([
    ['a command', ['au'], { files: 'none', values: ['audit'] }],
    ['a command of a command', ['audit', 'v'], { files: 'none', values: ['verify'] }],
    ['no hidden command', ['completion', ''], { files: 'none', values: ['bash', 'zsh', 'fish'] }],
    ['a plan', ['run', 'x'], { files: 'plan', values: [] }],
    ['a second plan', ['run', '--quiet', 'a.md', ''], { files: 'plan', values: [] }],
    ['only as many as there may be', ['convert', 'a.md', ''], { files: 'none', values: [] }],
    ['an option', ['check', '--fr'], { files: 'none', values: ['--frail'] }],
    ['no option behind --', ['guard', '--', '--'], { files: 'command', values: [] }],
    ['a file of the guarded command', ['guard', '--', 'psql', '-'], { files: 'file', values: [] }],
    ['a choice', ['guard', '--capability', 'd'], { files: 'none', values: ['ddl'] }],
    ['a choice behind =', ['guard', '--capability=d'], { files: 'none', values: ['--capability=ddl'] }],
    ['an environment', ['run', '--environment', ''], { files: 'none', values: ['run-proof', 'run-proof-before-fix'] }],
    ['an environment by the short name', ['run', '-e', 'run-proof-'], { files: 'none', values: ['run-proof-before-fix'] }],
    ['a folder', ['run', '--out', ''], { files: 'folder', values: [] }],
    ['a file', ['run', '--params', ''], { files: 'file', values: [] }],
    ['nothing for free text', ['run', '--set', ''], { files: 'none', values: [] }],
    ['a plan or a code', ['explain', 'compile/no-st'], { files: 'plan', values: ['compile/no-step'] }],
    ['a format', ['report', '--format', 'j'], { files: 'none', values: ['junit', 'json'] }],
    ['a template', ['new', 'rel'], { files: 'none', values: ['release-gate'] }],
    ['nothing for a command that is not there', ['nonsense', ''], { files: 'none', values: [] }],
    ['nothing for an option that is not there', ['run', '--nonsense='], { files: 'none', values: [] }],
    ['nothing for a name of every object', ['run', '--constructor', 'toString', '__proto__'], { files: 'plan', values: [] }],
  ] as const)('%s', async (_name, words, expected) => {
    expect(await offered(words)).toEqual(expected);
  });

  test('executions, the newest first, and the steps of one', async () => {
    const cwd = workspace();
    const executions = ['.proofplan/latest', '.proofplan/executions/2026-01-02T00-00-00Z-bbbbbb', '.proofplan/executions/2026-01-01T00-00-00Z-aaaaaa'];
    expect(await offered(['show', ''], { cwd })).toEqual({ files: 'folder', values: executions });
    expect(await offered(['show', executions[2] ?? '', ''], { cwd })).toEqual({ files: 'none', values: ['1.1', '2.1'] });
    expect(await offered(['audit', 'compare', executions[1] ?? '', '.proofplan/l'], { cwd })).toEqual({ files: 'folder', values: ['.proofplan/latest'] });
    expect(await offered(['show', ''], { cwd: temporaryFolder() })).toEqual({ files: 'folder', values: [] });
  });

  test('the steps that a plan had when it was executed last', async () => {
    const cwd = workspace();
    const line = (execution: string, path: string): string => `${JSON.stringify({ execution, kind: 'registered', plan: { path } })}\n`;
    const ledger = [line('2026-01-01T00-00-00Z-aaaaaa', 'plans/a.md'), line('2026-01-02T00-00-00Z-bbbbbb', 'b.md'), line('../../outside', 'plans/a.md'), '{"cut'];
    writeFileSync(join(cwd, '.proofplan/ledger.jsonl'), ledger.join(''));
    expect(await offered(['run', './plans/a.md', '--only', ''], { cwd })).toEqual({ files: 'none', values: ['1.1', '2.1'] });
    expect(await offered(['run', 'plans/a.md', '--only=2'], { cwd })).toEqual({ files: 'none', values: ['--only=2.1'] });
    expect(await offered(['history', 'b.md', '--step', ''], { cwd })).toEqual({ files: 'none', values: ['1.1', '2.1'] });
    expect((await offered(['run', 'c.md', '--only', ''], { cwd })).values).toEqual([]);
    expect((await offered(['run', '--only', ''], { cwd })).values).toEqual([]);
  });

  test('no step of a journal that anybody wrote needs quotes or steers a terminal', async () => {
    const cwd = workspace([
      { id: '$(touch pwned)', title: 'x' },
      { id: '1.1', title: 'a\u001b[31m\u202e `touch pwned` $(x)\nnone\tx' },
      { id: 'a b' },
      { id: 7 },
      null,
      'x',
    ]);
    const end = await command(['completion', 'words', 'bash', '--', 'show', '.proofplan/executions/other', ''], { cwd });
    expect(end.stdout).toBe('none\n1.1\ta [31m touch pwned (x) none x\n');
    for (const steps of [{}, 'x', [], null]) expect((await offered(['show', '.proofplan/executions/other', ''], { cwd: workspace(steps) })).values).toEqual([]);
  });

  property.prop([fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('run', 'show', 'audit', '--', '=', ':', '--set', '-e', '--out=', '')))])(
    'is a list of lines for whatever was typed',
    async (words) => {
      const end = await command(['completion', 'words', 'bash', '--', ...words.map((word) => word.replaceAll('\0', ''))], { cwd: '/' });
      expect(end).toMatchObject({ exitCode: 0, stderr: '' });
      expect(end.stdout).toMatch(/^(?:none|plan|file|folder|command)\n(?:[^\n\t\0]+\t[^\n\t\0]*\n)*$/);
    },
  );
});

test('bash takes words apart, and they are joined again', () => {
  expect(joinSplitWords(['report', '--format', '=', 'm'])).toEqual({ words: ['report', '--format=m'], continued: true });
  expect(joinSplitWords(['report', '--format', '='])).toEqual({ words: ['report', '--format='], continued: true });
  expect(joinSplitWords(['--set', 'a', '=', 'b', 'c'])).toEqual({ words: ['--set', 'a=b', 'c'], continued: false });
  expect(joinSplitWords([])).toEqual({ words: [], continued: false });
});

test('every script is printed, in its own words', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const end = await command(['completion', shell]);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(end.stdout).toContain(`completion words ${shell} --`);
  }
  expect((await command(['completion', 'cmd'])).exitCode).toBe(2);
});

test('in a real bash, names of files reach the program as they are, and nothing in them is executed', async () => {
  const cwd = temporaryFolder();
  for (const name of [...hostileNames, 'other.txt']) writeFileSync(join(cwd, name), '');
  mkdirSync(join(cwd, 'some folder'));
  writeFileSync(join(cwd, 'some folder/in side.plan.yaml'), '');
  const beginnings = ['my', 'qu', 'dq', "'$(", "'`", 'sem', 'new', 'ba', 'star', '\\#', '\\{', 'e', 'a', 'z'];
  const lines = [
    ...beginnings.map((text) => `proofplan check ${text}\t`),
    'proofplan check some\\ f\tin\t',
    'proofplan check oth\t',
    // bash completes what follows the sign, and would put a whole name behind it.
    'proofplan check a:\t',
    'proofplan check a=\t',
    'proofplan audit ver\t',
    'proofplan guard --capability=w\t',
    // A program of this name in the folder is not the one of the search path.
    './proofplan che\t',
  ];
  writeFileSync(join(cwd, 'proofplan'), '#!/bin/sh\ntouch pwned\n', { mode: 0o755 });
  const before = readdirSync(cwd).toSorted();
  const { given, shown } = await typeLines('bash', cwd, lines.slice(0, -1));
  expect(given, shown).toEqual([
    ...hostileNames.map((name) => ['check', name]),
    ['check', 'some folder/in side.plan.yaml'],
    ['check', 'oth'],
    ['check', 'a:'],
    ['check', 'a='],
    ['audit', 'verify'],
    ['guard', '--capability=write'],
  ]);
  // Completed, and not carried out: the line is taken away again (control and u).
  await typeLines('bash', cwd, [`${lines.at(-1) ?? ''}\u0015`]);
  expect(readdirSync(cwd).toSorted()).toEqual(before);
});
