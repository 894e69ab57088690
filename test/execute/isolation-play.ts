/**
 * A small project and the real command line in it, with isolation or, to see an attack succeed first, on a machine without: there
 * bubblewrap is nothing that can be executed. No option of the runner does that.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { builtProgram, root } from '../support/command.ts';

export interface Play {
  /** Links resolved; `tool` in it is a copy of the program. */
  readonly folder: string;
  readonly start: (plan: string, options?: PlayOptions) => { readonly child: ChildProcess; readonly ended: Promise<PlayEnd> };
  readonly run: (plan: string, options?: PlayOptions) => Promise<PlayEnd>;
  readonly read: (path: string) => string;
  readonly close: () => void;
}

export interface PlayOptions {
  /** Is there bubblewrap? */
  readonly isolated?: boolean;
  /** As an ordinary user; needs root. */
  readonly ordinary?: boolean;
  readonly configuration?: string;
  readonly addendum?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface PlayEnd {
  readonly exitCode: number | null;
  readonly said: string;
  readonly events: readonly ExecutionEvent[];
  /** Of each step: its standard output, at most 4 KiB. */
  readonly output: Readonly<Record<string, string>>;
  readonly isolation: Readonly<Record<string, string | undefined>>;
  readonly record: string;
}

/** What a command is prefixed with to run where bubblewrap cannot be executed. */
export const withoutBubblewrap = ['/usr/bin/bwrap', '--dev-bind', '/', '/', '--ro-bind', '/dev/null', '/usr/bin/bwrap', '--'];

/** `name` is the folder's last part, to be as awkward as a test wants it. */
export function openPlay(name = 'project', parent = tmpdir()): Play {
  const made = realpathSync(mkdtempSync(join(parent, 'proofplan-isolation-')));
  chmodSync(made, 0o777);
  const folder = join(made, name);
  const program = join(folder, 'tool/dist/proofplan.js');
  mkdirSync(join(folder, 'tool'), { recursive: true });
  cpSync(dirname(builtProgram()), join(folder, 'tool/dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'tool/package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'tool/node_modules'));
  chmodSync(folder, 0o777);
  const start: Play['start'] = (plan, { isolated = true, ordinary = false, configuration, addendum, variables = {} } = {}) => {
    rmSync(join(folder, 'out'), { recursive: true, force: true });
    writeFileSync(join(folder, 'plan.md'), plan);
    if (addendum !== undefined) writeFileSync(join(folder, 'plan.addendum.yaml'), addendum);
    if (configuration !== undefined) writeFileSync(join(folder, 'proofplan.config.yaml'), configuration);
    const without = isolated ? [] : withoutBubblewrap;
    const user = ordinary ? ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : [];
    const [first, ...words] = [...without, ...user, process.execPath, program, 'run', 'plan.md', '--out', 'out', '--timeout', '20s'];
    const child = spawn(first, words, {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8', NO_COLOR: '1', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<PlayEnd>((resolve) => {
      child.once('exit', (exitCode) => {
        setTimeout(() => resolve({ exitCode, said, ...readRecord(join(folder, 'out')) }), 50);
      });
    });
    return { child, ended };
  };
  return {
    folder,
    start,
    run: (plan, options) => start(plan, options).ended,
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    close: () => rmSync(made, { recursive: true, force: true }),
  };
}

function readRecord(out: string): Omit<PlayEnd, 'exitCode' | 'said'> {
  let record: string;
  let events: readonly ExecutionEvent[] = [];
  try {
    record = join(out, 'executions', readdirSync(join(out, 'executions'))[0] ?? '');
    const lines = readFileSync(join(record, 'journal.jsonl'), 'utf8').split('\n');
    events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ExecutionEvent);
  } catch {
    record = '';
  }
  const ended = events.flatMap((event) => (event.kind === 'step-ended' ? [event.data] : []));
  return {
    record,
    events,
    output: Object.fromEntries(ended.map((data) => [data.step, data.outputs.find(({ stream }) => stream === 'stdout')?.head ?? ''])),
    isolation: Object.fromEntries(ended.map((data) => [data.step, data.isolation])),
  };
}

/** A plan of one section for each block. */
export function planOf(blocks: readonly string[], sentence = ''): string {
  const sections = blocks.map((block, index) => `## ${index + 1}. Part\n\n\`\`\`bash\n${block.trim()}\n\`\`\`\n\n**Expected:** exit code 0\n`);
  return `# Plan\n\n${sentence}\n\n${sections.join('\n')}`;
}
