/**
 * Real pipes for a step's output. Node's own `pipe` is a pair of sockets, and a socket cannot be opened by name: `tee
 * /dev/stderr` and `> /dev/stdout` fail with ENXIO in it, though they work in every CI system. A FIFO that is opened and then
 * unlinked is a pipe; they are made in stock, because the making costs a subprocess.
 */
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const stockSize = 32;
const lowStock = 6;
/** Three pairs of sockets, and libuv's own pipe that reports a failed exec. */
const descriptorsOfSpawn = 8;

/** Two ends of a pipe, both close-on-exec; the reader does not block. */
export interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

const stock: Pipe[] = [];
let filling: Promise<void> | undefined;

/** A new pipe; undefined where there is no `mkfifo` or no descriptor left, and Node's own must do. */
export async function takePipe(): Promise<Pipe | undefined> {
  if (stock.length <= lowStock) {
    filling ??= fillStock().finally(() => {
      filling = undefined;
    });
    if (stock.length === 0) await filling;
  }
  return stock.pop();
}

/** Closes a descriptor, if it is still open. */
export function closeDescriptor(descriptor: number): void {
  attempt(() => closeSync(descriptor));
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // It is gone already, and that was all that was wanted.
  }
}

/**
 * Is there room for the descriptors of one spawn? Asked before each: without room Node's spawn fails in a way that makes execa
 * 9 throw and leaves an `error` event that nobody can listen to, which ends the runner.
 */
export function hasRoomToSpawn(): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < descriptorsOfSpawn) opened.push(openSync('/dev/null', 'r'));
    return true;
  } catch {
    return false;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

async function fillStock(): Promise<void> {
  const program = ['/usr/bin/mkfifo', '/bin/mkfifo'].find((path) => existsSync(path));
  if (program === undefined || !hasRoomToSpawn()) return;
  let folder: string | undefined;
  let paths: readonly string[] = [];
  try {
    const made = mkdtempSync(join(tmpdir(), 'proofplan-pipe-'));
    folder = made;
    paths = Array.from({ length: stockSize }, (_, number) => join(made, String(number)));
    await execa(program, ['-m', '0600', ...paths], { stdio: 'ignore', env: {}, extendEnv: false, reject: false, cleanup: false });
    for (const path of paths) stock.push(openPipe(path));
  } catch {
    // Whatever is missing (folder, program, descriptors), Node's own pipe takes the place.
  } finally {
    // By name: without a descriptor left a folder cannot be listed.
    for (const path of paths) attempt(() => unlinkSync(path));
    if (folder !== undefined) attempt(() => rmdirSync(folder as string));
  }
}

/** The reader first and without blocking: a FIFO's writer waits for a reader. */
function openPipe(path: string): Pipe {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
}
