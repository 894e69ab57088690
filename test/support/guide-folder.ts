/** What a page of the documentation is executed in: a folder with its files, a shell, and what it says is there. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { builtProgram, root } from './command.ts';
import { readPage, type Block, type Page } from './page.ts';

export interface GuideFolder {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Writes the files that stand above this line of the page and are not there yet: one of the same name takes the place of the one before. */
  readonly placeFiles: (lineNumber: number) => void;
  readonly remove: () => void;
}

/** Of a page whose files are there from the beginning where another page links to them (`write-a-plan.md#the-files`). */
const linkedFiles = /^([^#]*)#the-files$/;

/** `python`: its folder stands on the PATH; `extra`: variables that the page says are set. */
export function makeGuideFolder(page: Page, python: string, extra: Readonly<Record<string, string>>): GuideFolder {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-guide-')));
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'proofplan'), `#!/bin/sh\nexec "${process.execPath}" "${builtProgram()}" "$@"\n`);
  chmodSync(join(bin, 'proofplan'), 0o755);
  for (const name of ['tools', 'schemas']) symlinkSync(join(root, name), join(cwd, name));
  const place = ({ file, text }: Block): void => {
    if (file === undefined) return;
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    writeFileSync(join(cwd, file), text);
  };
  for (const { target } of page.links) {
    const [, other] = linkedFiles.exec(target) ?? [];
    if (other !== undefined && other !== '') readPage(posix.join(posix.dirname(page.path), other)).blocks.forEach(place);
  }
  const waiting = [...page.blocks];
  const placeFiles = (lineNumber: number): void => {
    while (waiting[0] !== undefined && waiting[0].lineNumber < lineNumber) place(waiting.shift() as Block);
  };
  const { PATH } = process.env;
  const environment = {
    PATH: `${bin}:${dirname(python)}:${PATH}`,
    HOME: cwd,
    LANG: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test'),
    ...extra,
  };
  return { cwd, environment, placeFiles, remove: () => rmSync(cwd, { recursive: true, force: true }) };
}

/** One shell for a page: what an earlier command has left is there for the next. */
export class GuideShell {
  readonly #bash: ChildProcessWithoutNullStreams;
  #printed = '';

  constructor({ cwd, environment }: GuideFolder) {
    this.#bash = spawn('bash', ['-c', 'exec bash 2>&1'], { cwd, env: environment });
    this.#bash.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text;
    });
  }

  /** What it printed, and its exit code, which is `$?` for the next line, too. */
  async ask(line: string): Promise<{ readonly printed: string; readonly exitCode: number }> {
    const mark = /---- end of a command: (\d+) ----\n$/;
    this.#printed = '';
    this.#bash.stdin.write(`{ ${line}\n} < /dev/null; status=$?; echo "---- end of a command: $status ----"; (exit "$status")\n`);
    for (;;) {
      const found = mark.exec(this.#printed);
      if (found !== null) return { printed: this.#printed.slice(0, found.index), exitCode: Number(found[1]) };
      if (this.#bash.exitCode !== null) throw new Error(`the shell ended with ${this.#bash.exitCode} in \`${line}\`\n${this.#printed}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  end(): void {
    this.#bash.stdin.end('exit\n');
  }
}
