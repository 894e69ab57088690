/** The built program on a real terminal: a pseudo terminal of the system (python3), and what a terminal emulator shows of it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import xterm from '@xterm/headless';
import { builtProgram, root } from './command.ts';

export interface PtyOptions {
  readonly columns: number;
  readonly rows?: number;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of the built program with node. */
  readonly program?: readonly string[];
}

export interface PtyProgram {
  readonly child: ReturnType<typeof spawn>;
  readonly order: (line: string) => void;
  /** Everything that was written to the terminal so far. */
  readonly written: () => string;
  /** The lines that it shows, with those that have scrolled out of it; without empty ones at the end. */
  readonly screen: () => Promise<readonly string[]>;
  readonly resize: (columns: number, rows: number) => void;
  /** Resolves once the screen shows it; rejects when the program ends before. */
  readonly shows: (pattern: RegExp) => Promise<void>;
  /** Resolves when the region has been drawn twice from now on: once for what was under way. */
  readonly redrawn: () => Promise<void>;
  /** Where the cursor is, from 0, in the lines of `screen`. */
  readonly cursor: () => Promise<{ readonly x: number; readonly line: number }>;
  /** The exit code; minus the number of the signal that ended it. */
  readonly ended: Promise<number>;
}

export function startOnPty(argv: readonly string[], { columns, rows = 24, cwd = root, environment = {}, program }: PtyOptions): PtyProgram {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 20_000, allowProposedApi: true });
  const command = program ?? [process.execPath, builtProgram()];
  const child = spawn('python3', [join(import.meta.dirname, 'pty-child.py'), String(columns), String(rows), ...command, ...argv], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test'),
      TERM: 'xterm-256color',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const chunks: Buffer[] = [];
  let exitCode = '';
  let isEnded = false;
  child.stdin?.on('error', () => undefined);
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    terminal.write(chunk);
  });
  (child.stdio[3] as Readable).on('data', (chunk: Buffer) => (exitCode += chunk.toString()));
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      isEnded = true;
      resolve(exitCode === '' ? Number.NaN : Number(exitCode));
    });
  });
  const settle = (): Promise<void> => new Promise((resolve) => terminal.write('', resolve));
  const screen = async (): Promise<readonly string[]> => {
    await settle();
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, index) => active.getLine(index)?.translateToString(true) ?? '');
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  };
  const written = (): string => Buffer.concat(chunks).toString();
  const order = (line: string): void => void child.stdin?.write(`${line}\n`);
  return {
    child,
    order,
    written,
    screen,
    resize: (width, height) => {
      terminal.resize(width, height);
      order(`resize ${width} ${height}`);
    },
    shows: async (pattern) => {
      for (;;) {
        const text = (await screen()).join('\n');
        if (pattern.test(text)) return;
        if (isEnded) throw new Error(`it has ended, and ${String(pattern)} is not on the screen:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    redrawn: async () => {
      const drawings = (): number => written().split('\u001b[?7h').length;
      for (const before = drawings(); drawings() < before + 2 && !isEnded; ) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    cursor: async () => {
      await settle();
      const { active } = terminal.buffer;
      return { x: active.cursorX, line: active.baseY + active.cursorY };
    },
    ended,
  };
}
