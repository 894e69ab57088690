/** How a program is started: its pipes, its sandbox where it has one, and how its end is learnt. */
import { accessSync, constants, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { execa } from 'execa';
import type { ProgramCall, Sandbox } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import { closeDescriptor, hasRoomToSpawn, type Pipe, takePipe } from './pipe.ts';
import { stepVariable } from './process-table.ts';
import { readSandboxReport, unfoldExitCode } from './sandbox-report.ts';

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly atMs: number;
}

export interface Child {
  readonly pid: number;
  /** When the program has ended; what it started may still run. */
  readonly ended: Promise<void>;
  /** How the program ended; of a sandbox, when nothing in it is left. */
  readonly exited: Promise<Exit>;
  readonly stdout: Socket;
  readonly stderr: Socket;
  readonly sandbox?: {
    /** So many of its first processes are its own. */
    readonly keepers: number;
    /** Did the program start in it? Known at the exit: a sandbox that cannot be made has an exit code, too. */
    readonly hasStarted: () => boolean;
  };
}

export interface StartRequest extends ProgramCall {
  readonly sandbox?: Sandbox;
  /** Text that the program finds on descriptor 3. */
  readonly privateInput?: string;
}

type Stdio = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'];
type PipePair = readonly [Pipe | undefined, Pipe | undefined];

/** The child, or the reason why there is none. */
export async function startChild(request: StartRequest, token: string): Promise<Child | string> {
  const pipes: PipePair = [await takePipe(), await takePipe()];
  const child = await spawnChild(request, token, pipes);
  for (const pipe of pipes) {
    if (pipe === undefined) continue;
    closeDescriptor(pipe.writer);
    if (typeof child === 'string') closeDescriptor(pipe.reader);
  }
  return child;
}

async function spawnChild(request: StartRequest, token: string, pipes: PipePair): Promise<Child | string> {
  if (!hasRoomToSpawn()) return 'no file descriptor is left';
  try {
    const { sandbox, privateInput } = request;
    const call = { ...request, environment: { ...request.environment, [stepVariable]: token } };
    // Known before: in a sandbox it would be an exit code like any other.
    if (sandbox !== undefined && !isProgram(request.program)) return `\`${request.program}\` cannot be executed`;
    const wrapped = sandbox?.wrap(call);
    const { program, arguments: words } = wrapped ?? call;
    const private_ = privateInput === undefined ? 'ignore' : 'pipe';
    const child = execa(program, words, {
      // A sandbox gives the program its folder and environment itself: what makes it must not be swayed by either.
      cwd: wrapped === undefined ? request.workingDirectory : '/',
      env: wrapped === undefined ? call.environment : { [stepVariable]: token },
      extendEnv: false,
      detached: true,
      cleanup: false,
      buffer: false,
      reject: false,
      // Standard input is the null device. Node opens everything close-on-exec, so that no other descriptor of ours goes along.
      // (The types of execa know descriptors up to 9 only.)
      stdio: [
        'ignore',
        pipes[0]?.writer ?? 'pipe',
        pipes[1]?.writer ?? 'pipe',
        private_,
        ...(wrapped === undefined ? [] : ['pipe', 'pipe']),
      ] as unknown as Stdio,
    });
    const { pid } = child;
    if (pid === undefined) {
      const end = await child;
      return messageOf(end.cause ?? end.message);
    }
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal, atMs: performance.now() }));
    });
    if (privateInput !== undefined) write(child.stdio[3] as Socket, privateInput);
    const streams = { stdout: reading(pipes[0], child.stdout), stderr: reading(pipes[1], child.stderr) };
    if (wrapped === undefined) return { pid, exited, ended: exited.then(() => undefined), ...streams };
    write(child.stdio[4] as Socket, wrapped.options);
    const report = readSandboxReport((child.stdio as readonly unknown[])[5] as Socket);
    let endedAtMs: number | undefined;
    const ended = Promise.race([report.programEnded, exited]).then(() => {
      endedAtMs = performance.now();
    });
    const unfolded = Promise.all([exited, ended, report.closed]).then(([exit]) => ({
      ...(exit.code === null ? exit : unfoldExitCode(exit.code, report.end())),
      atMs: endedAtMs ?? exit.atMs,
    }));
    return { pid, exited: unfolded, ended, sandbox: { keepers: wrapped.keepers, hasStarted: report.hasStarted }, ...streams };
  } catch (error) {
    return messageOf(error);
  }
}

function isProgram(path: string): boolean {
  accessSync(path, constants.X_OK);
  return statSync(path).isFile();
}

function write(stream: Socket, text: string): void {
  // A program that ends without reading its input is no failure.
  stream.on('error', () => undefined);
  stream.end(text);
}

function reading(pipe: Pipe | undefined, ownStream: unknown): Socket {
  return pipe === undefined ? (ownStream as Socket) : new Socket({ fd: pipe.reader, readable: true, writable: false });
}
