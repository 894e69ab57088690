/** The one place that touches the process' streams: colour, width, broken pipes, standard input. */
import { createColours, decideColourLevel, decideLive } from '../report/colour.ts';
import type { CommandContext } from './command-context.ts';
import { closeInheritedDescriptors } from './inherited-descriptor.ts';
import { createInterruption } from './interruption.ts';

type Stream = NodeJS.WriteStream;

/** A terminal that is narrower or wider than this is written to as if it had this many columns; a pipe has 80. */
const columnBounds = { least: 40, most: 120, pipe: 80 };

export function createContext(process: NodeJS.Process, version: string): CommandContext {
  const { env: environment, stdout, stderr } = process;
  const style = (stream: Stream) => ({ isTty: stream.isTTY === true, columns: stream.columns, environment });
  const columns = (stream: Stream): number => (stream.isTTY && stream.columns > 0 ? Math.min(columnBounds.most, Math.max(columnBounds.least, stream.columns)) : columnBounds.pipe);
  const inClone = ['start', 'proofplan'].includes(environment['npm_lifecycle_event'] ?? '') && environment['npm_package_name'] === 'proofplan';
  return {
    version,
    argv: process.argv.slice(2),
    environment,
    workingFolder: process.cwd(),
    out: writer(stdout),
    err: writer(stderr),
    outColours: createColours(decideColourLevel(style(stdout))),
    errColours: createColours(decideColourLevel(style(stderr))),
    outColumns: columns(stdout),
    errColumns: columns(stderr),
    errLive: decideLive(style(stderr)),
    outIsTerminal: stdout.isTTY === true,
    readStandardInput: (maximumBytes) => readAll(process.stdin, maximumBytes),
    sources: new Map(),
    interruption: () => {
      // All files were read: what begins now starts programs.
      closeInheritedDescriptors();
      return createInterruption(process, decideLive(style(stderr)));
    },
    self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    command: inClone ? 'npm run proofplan --' : 'proofplan',
  };
}

/** Resolves when everything written has left the process, or its reader has. */
export function flush(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}

/**
 * A reader that goes away (`| head`) takes its stream with it and nothing else: an execution is carried on and its verdict
 * is the exit code.
 */
function writer(stream: Stream): (text: string) => void {
  let gone = false;
  stream.on('error', () => {
    gone = true;
  });
  return (text) => {
    if (!gone) stream.write(text);
  };
}

async function readAll(stream: NodeJS.ReadStream, maximumBytes = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > maximumBytes) break;
  }
  return Buffer.concat(chunks);
}
