/**
 * What docs/guard-a-command.md, docs/decide.md, docs/audit.md, docs/conduct.md, docs/secrets.md and docs/resume.md show is executed, in order, and prints what they show (`…` stands for anything):
 * in one shell a document, beside a real server, with the files that the document holds.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtProgram, root, startProgram } from './support/command.ts';
import { need } from './support/machine-need.ts';
import { findClientPython } from './support/python-client.ts';
import { expectShown } from './support/shown-output.ts';

interface Guide {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly commands: readonly { readonly line: string; readonly shown: readonly string[] }[];
}

function readGuide(name: string): Guide {
  const text = readFileSync(join(root, 'docs', name), 'utf8');
  const files = [...text.matchAll(/^`([^`\n]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm)].map(([, file = '', content = '']) => ({ name: file, text: content }));
  const commands = [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)]
    .flatMap((block) => (block[1] ?? '').split(/^\$ /m).slice(1))
    .map((block) => {
      const [line = '', ...shown] = block.trimEnd().split('\n');
      return { line, shown };
    });
  return { files, commands };
}

/** A folder with the programs that the guides speak of, and those files. */
function makeFolder({ files }: Guide, python: string): { readonly cwd: string; readonly environment: NodeJS.ProcessEnv } {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-guide-')));
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'proofplan'), `#!/bin/sh\nexec "${process.execPath}" "${builtProgram()}" "$@"\n`);
  chmodSync(join(bin, 'proofplan'), 0o755);
  symlinkSync(join(root, 'tools'), join(cwd, 'tools'));
  for (const { name, text } of files) writeFileSync(join(cwd, name), text);
  const { PATH } = process.env;
  return { cwd, environment: { PATH: `${bin}:${dirname(python)}:${PATH}`, HOME: cwd, PYTHONDONTWRITEBYTECODE: '1', XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test') } };
}

/** One shell for a document: what an earlier command has left is there for the next. */
class Shell {
  readonly #bash: ChildProcessWithoutNullStreams;
  #printed = '';

  constructor({ cwd, environment }: ReturnType<typeof makeFolder>) {
    this.#bash = spawn('bash', ['-c', 'exec bash 2>&1'], { cwd, env: environment });
    this.#bash.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text;
    });
  }

  /** What it printed; its exit code stays in `$?`. */
  async ask(line: string): Promise<string> {
    const mark = '---- end of a command ----\n';
    this.#printed = '';
    this.#bash.stdin.write(`{ ${line}\n} < /dev/null; status=$?; echo '${mark.trimEnd()}'; (exit "$status")\n`);
    while (!this.#printed.endsWith(mark)) await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#printed.slice(0, -mark.length);
  }

  end(): void {
    this.#bash.stdin.end('exit\n');
  }
}

describe.each(['guard-a-command.md', 'decide.md', 'audit.md', 'conduct.md', 'secrets.md', 'resume.md'])('docs/%s', (name) => {
  const guide = readGuide(name);
  let folder: ReturnType<typeof makeFolder>;
  let shell: Shell;

  beforeAll(async () => {
    folder = makeFolder(guide, await findClientPython());
    await startProgram(['db', 'start'], { cwd: folder.cwd }).ended;
    const client = new Client({ connectionString: (await startProgram(['db', 'url'], { cwd: folder.cwd }).ended).stdout.trim() });
    await client.connect();
    await client.query("CREATE TABLE runs (id integer, status text); INSERT INTO runs VALUES (1, 'queued'); CREATE TABLE notes (body text)");
    await client.end();
    shell = new Shell(folder);
  });
  afterAll(async () => {
    shell.end();
    await startProgram(['db', 'stop'], { cwd: folder.cwd }).ended;
    rmSync(folder.cwd, { recursive: true, force: true });
  });

  test('shows something', () => {
    expect(guide.commands.length).toBeGreaterThan(5);
  });

  test.for(guide.commands)('$line', async ({ line, shown }, context) => {
    need(context, 'psql');
    need(context, 'pg_dump');
    expectShown(shown, (await shell.ask(line)).split('\n'));
  });
});
