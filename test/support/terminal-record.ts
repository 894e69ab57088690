/** The built program on a terminal of its own, 80 columns wide, as the pictures of the documentation are made. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readScreen, textOf } from '../../tools/terminal-picture.mjs';
import { builtProgram, root } from './command.ts';

export interface TerminalRecord {
  readonly exitCode: number | null;
  /** What stands there at the end, line by line. */
  readonly lines: readonly string[];
}

export async function recordTerminal(argv: readonly string[], cwd: string): Promise<TerminalRecord> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-terminal-'));
  const file = join(folder, 'terminal');
  const { PATH, HOME } = process.env;
  const child = spawn('python3', [join(root, 'tools/record-terminal.py'), file, process.execPath, builtProgram(), ...argv], {
    cwd,
    env: { PATH, HOME, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    stdio: 'ignore',
  });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    return { exitCode, lines: textOf(await readScreen(readFileSync(file))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
