import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createExecutionFolder, createExecutionId } from '../../src/journal/execution-folder.ts';
import { executionIdPattern } from '../../src/model/journal-entry.ts';
import { scratch } from './scratch.ts';

const noon = (): number => Date.UTC(2026, 1, 9, 12);

/** An ordinary user: root may write everywhere, so a refusal needs somebody else's eyes. */
function asOrdinaryUser<T>(act: () => T): T {
  if (process.getuid?.() !== 0) return act();
  process.seteuid?.(65_534);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

test('an id is the time and six random digits', () => {
  const ids = Array.from({ length: 50 }, () => createExecutionId(noon));
  expect(new Set(ids).size).toBeGreaterThan(45);
  for (const id of ids) {
    expect(id).toMatch(executionIdPattern);
    expect(id.slice(0, 20)).toBe('2026-02-09T12-00-00Z');
  }
  expect([createExecutionId(() => noon() + 1_000), createExecutionId(noon)].toSorted()[0]).toMatch(/12-00-00Z/);
});

describe('a new folder', () => {
  test('a file system that makes no folders ends the attempt', () => {
    const made = createExecutionFolder('/proc/proofplan/.proofplan', noon);
    expect(made.value).toBeUndefined();
    expect(made.diagnostics.map(({ code }) => code)).toEqual(['journal/output-unusable']);
  });

  test('with everything missing: made for its owner, kept out of git, the newest is `latest`', () => {
    const output = join(scratch(), 'a', '.proofplan');
    const first = createExecutionFolder(output, noon);
    const second = createExecutionFolder(output, () => noon() + 1_000);
    expect([...first.diagnostics, ...second.diagnostics]).toEqual([]);
    const { folder, evidenceFolder, execution } = second.value ?? { folder: '', evidenceFolder: '', execution: '' };
    expect(basename(folder)).toBe(execution);
    expect(readdirSync(folder)).toEqual(['evidence']);
    expect(readdirSync(evidenceFolder)).toEqual(['sha256']);
    expect(readFileSync(join(output, '.gitignore'), 'utf8')).toBe('*\n');
    for (const path of [output, join(output, 'executions'), folder, evidenceFolder]) expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(readlinkSync(join(output, 'latest'))).toBe(`executions/${execution}`);
    expect(realpathSync(join(output, 'latest'))).toBe(realpathSync(folder));
    expect(readdirSync(output).toSorted()).toEqual(['.gitignore', 'executions', 'latest']);
  });

  test('leaves a .gitignore that is there, and permissions of a folder that is there, as they are', () => {
    const output = scratch();
    writeFileSync(join(output, '.gitignore'), 'mine\n');
    chmodSync(output, 0o755);
    expect(createExecutionFolder(output, noon).diagnostics).toEqual([]);
    expect(readFileSync(join(output, '.gitignore'), 'utf8')).toBe('mine\n');
    expect(statSync(output).mode & 0o777).toBe(0o755);
  });

  test('our own symbolic link to a folder is followed', () => {
    const [target, parent] = [scratch(), scratch()];
    symlinkSync(target, join(parent, 'out'));
    expect(createExecutionFolder(join(parent, 'out'), noon).diagnostics).toEqual([]);
    expect(existsSync(join(target, 'executions'))).toBe(true);
  });
});

describe('what stands in the way is said, and nothing is left half done', () => {
  test('a file where the folder is needed', () => {
    const parent = scratch();
    writeFileSync(join(parent, 'out'), 'mine');
    expect(createExecutionFolder(join(parent, 'out'), noon)).toMatchObject({
      value: undefined,
      diagnostics: [{ severity: 'error', code: 'journal/output-unusable', message: `\`${join(parent, 'out')}\` is not a folder` }],
    });
    expect(createExecutionFolder(join(parent, 'out', 'deeper'), noon)).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/output-unusable' }] });
    expect(readFileSync(join(parent, 'out'), 'utf8')).toBe('mine');
  });

  test('a folder that cannot be written, or not be entered', () => {
    const parent = scratch();
    for (const mode of [0o555, 0o000]) {
      const output = join(parent, `mode-${mode}`);
      mkdirSync(output);
      chmodSync(parent, 0o755);
      chmodSync(output, mode);
      const made = asOrdinaryUser(() => createExecutionFolder(output, noon));
      expect(made.value).toBeUndefined();
      expect(made.diagnostics).toMatchObject([{ code: 'journal/output-unusable' }]);
      expect(made.diagnostics[0]?.message).toMatch(/EACCES/);
      expect(made.diagnostics[0]?.help).toContain('--out');
      chmodSync(output, 0o755);
      expect(readdirSync(output)).toEqual([]);
    }
  });

  test('a dangling link, and a link in the place of the executions', () => {
    const parent = scratch();
    symlinkSync(join(parent, 'nowhere'), join(parent, 'out'));
    expect(createExecutionFolder(join(parent, 'out'), noon).diagnostics).toMatchObject([{ code: 'journal/output-unusable' }]);
    const output = scratch();
    writeFileSync(join(output, 'executions'), '');
    expect(createExecutionFolder(output, noon).diagnostics).toMatchObject([{ code: 'journal/output-unusable' }]);
  });

  test("somebody else's symbolic link", () => {
    const [target, parent] = [scratch(), scratch()];
    const link = join(parent, 'out');
    symlinkSync(target, link);
    if (process.getuid?.() === 0) lchownSync(link, 65_534, 65_534);
    else {
      // Without the right to give a link away, we are the somebody else.
      const getuid = process.getuid;
      process.getuid = () => 65_534;
      onTestFinished(() => {
        if (getuid) process.getuid = getuid;
      });
    }
    expect(createExecutionFolder(link, noon)).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/output-not-ours' }] });
    expect(readdirSync(target)).toEqual([]);
  });

  test('a file or folder named `latest` is not touched; the execution goes on with a warning', () => {
    const output = scratch();
    mkdirSync(join(output, 'latest'));
    const made = createExecutionFolder(output, noon);
    expect(made.value).toBeDefined();
    expect(made.diagnostics).toMatchObject([{ severity: 'warning', code: 'journal/latest-not-updated' }]);
    rmSync(join(output, 'latest'), { recursive: true });
    writeFileSync(join(output, 'latest'), 'mine');
    createExecutionFolder(output, () => noon() + 1_000);
    expect(readFileSync(join(output, 'latest'), 'utf8')).toBe('mine');
    expect(readdirSync(output).toSorted()).toEqual(['.gitignore', 'executions', 'latest']);
  });
});
