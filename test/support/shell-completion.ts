/** Completion as a person meets it: a real shell on a terminal, with the built program on its path, where TAB is pressed and then return. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram, root } from './command.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type TypedShell = 'bash' | 'zsh' | 'fish';

const settings: Readonly<Record<TypedShell, { readonly file: string; readonly text: string; readonly argv: (folder: string) => readonly string[] }>> = {
  bash: {
    file: 'bashrc',
    text: "PS1='READY> '\nbind 'set bell-style none'\nsource <(proofplan completion bash)\n",
    argv: (folder) => ['bash', '--noprofile', '--rcfile', join(folder, 'bashrc'), '-i'],
  },
  zsh: {
    file: '.zshrc',
    text: "PS1='READY> '\nautoload -Uz compinit\ncompinit -u -D\nsource <(proofplan completion zsh)\n",
    argv: () => ['zsh', '-d', '-i'],
  },
  fish: {
    file: 'fish/config.fish',
    text: "function fish_prompt; echo -n 'READY> '; end\nproofplan completion fish | source\n",
    argv: () => ['fish', '-i'],
  },
};

/** Names that a shell would take apart, or execute, were they not quoted. What is made by executing one of them is called `pwned`. */
export const hostileNames = [
  'my plan.md',
  "quo'te.md",
  'dq"x.md',
  '$(touch pwned).md',
  '`touch pwned`.md',
  'semi;touch pwned;.md',
  'new\nline.md',
  'back\\slash.md',
  'star*.md',
  '#hash.md',
  '{br,ace}.md',
  'e=f.md',
  'a:b.md',
  'zä.md',
];

/**
 * Types each line with its `\t`, then return; answers with the arguments that the program was then given, line by line. What is
 * completed is executed too, so that a name that is not quoted does its harm.
 */
export async function typeLines(
  shell: TypedShell,
  folder: string,
  lines: readonly string[],
): Promise<{ readonly given: readonly (readonly string[])[]; readonly shown: string }> {
  const home = temporaryFolder();
  const [bin, typed] = [join(home, 'bin'), join(home, 'typed')];
  const { file, text, argv } = settings[shell];
  mkdirSync(bin);
  mkdirSync(join(home, 'fish'));
  writeFileSync(join(home, file), text);
  writeFileSync(typed, '');
  writeFileSync(
    join(bin, 'proofplan'),
    `#!/bin/sh\nif [ "$1" = completion ]; then exec "${process.execPath}" "${builtProgram()}" "$@"; fi\nprintf '%s\\0' "$@" >> "${typed}"\nprintf '\\0\\n' >> "${typed}"\n`,
  );
  chmodSync(join(bin, 'proofplan'), 0o755);
  const { PATH } = process.env;
  const environment = {
    PATH: `${bin}:${PATH}`,
    HOME: home,
    ZDOTDIR: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test'),
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
  const terminal = spawn('python3', [join(root, 'test/support/shell-terminal.py'), ...argv(home)], { cwd: folder, env: environment });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
  });
  terminal.stdin.end(JSON.stringify(lines.map((line) => `${line}\n`)));
  await new Promise((resolve) => terminal.once('close', resolve));
  const given = readFileSync(typed, 'utf8')
    .split('\0\0\n')
    .slice(0, -1)
    .map((line) => line.split('\0'));
  return { given, shown };
}
