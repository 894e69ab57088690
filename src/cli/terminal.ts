/** The one place that touches the process' streams: colour, width, characters, broken pipes, commands of CI systems, standard input. */
import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { asciiText } from '../report/ascii-text.ts';
import { createColours, decideAscii, decideColourLevel, decideLive } from '../report/colour.ts';
import { createLiveRegion, eraseRegion, type LiveRegion } from '../report/live-region.ts';
import { stripButColour } from '../report/strip-control.ts';
import { breakHeadings, commandReaders, createCommandFilter, renderCommandLine } from '../report/workflow-command.ts';
import { columnBounds, readable, type CommandContext } from './command-context.ts';
import { closeInheritedDescriptors } from './inherited-descriptor.ts';
import { createInterruption } from './interruption.ts';
import { createOutputStream, type OutputStream } from './output-stream.ts';

type Stream = NodeJS.WriteStream;

/** What a person watches is waited for so long, when everything else is done. */
const patienceMs = 30_000;

/** The context of a process, and how its streams are emptied before it ends. */
export interface Terminal {
  readonly context: CommandContext;
  /** Resolves when everything written has left the process, or its reader has. */
  readonly flush: () => Promise<void>;
}

export function createTerminal(process: NodeJS.Process, version: string): Terminal {
  const { env: environment, stdout, stderr } = process;
  const style = (stream: Stream) => ({ isTty: stream.isTTY === true, columns: stream.columns, environment });
  const width = (stream: Stream): number | undefined => (stream.isTTY && stream.columns > 0 ? stream.columns : undefined);
  const columns = (stream: Stream): number => readable(width(stream)) ?? columnBounds.pipe;
  const inClone = ['start', 'proofplan'].includes(environment['npm_lifecycle_event'] ?? '') && environment['npm_package_name'] === 'proofplan';
  const live = decideLive(style(stderr));
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  const isRead = commandReaders.some(isSet);
  const ascii = decideAscii({ environment }) ? asciiText : (text: string): string => text;
  // Neither is waited for, so on a terminal that is slow the one would be written into the middle of the other's lines.
  const results = isSameTerminal(stdout, stderr) ? stderr : stdout;
  const streams: Readonly<Record<'out' | 'err', OutputStream>> = {
    out: createOutputStream(results, { lossy: false }),
    err: createOutputStream(stderr, {
      lossy: true,
      notice: (lines) => `${live ? eraseRegion : ''}(${lines} lines were not shown: nobody read them)\n`,
    }),
  };
  const plainLines = isSet('BUILDKITE') ? breakHeadings : (text: string): string => text;
  const filterFor = (form: 'text' | 'json'): ((text: string) => string) => {
    const filter = createCommandFilter(form);
    return (text) => plainLines(filter(text));
  };
  const harmless = isRead ? filterFor('text') : (text: string): string => text;
  /** Progress and messages: for people, whatever reads them. */
  const clean = (text: string): string => ascii(stripButColour(text));
  const forPeople = (text: string): string => harmless(clean(text));
  /** Results: for programs, too. Bytes that a terminal would obey are kept from terminals alone. */
  let filterResults: ((text: string) => string) | undefined;
  const forAll = (text: string): string => {
    const shown = stdout.isTTY ? clean(text) : text;
    if (!isRead || isFile(stdout.fd)) return shown;
    // What begins as JSON is JSON to its end, in however many pieces it comes.
    filterResults ??= filterFor(/^\s*[{[]/.test(text) ? 'json' : 'text');
    return filterResults(shown);
  };
  let region: LiveRegion | undefined;
  let waits = true;
  const beside = (write: () => void): void => {
    if (region === undefined) write();
    else region.above(write);
  };
  return {
    context: {
      version,
      argv: process.argv.slice(2),
      environment,
      workingFolder: process.cwd(),
      out: (text) => {
        const put = (): void => streams.out.write(forAll(text));
        if (stdout.isTTY) beside(put);
        else put();
      },
      outDrained: () => (results.writableNeedDrain ? streams.out.flush() : Promise.resolve()),
      err: (text) => beside(() => streams.err.write(forPeople(text))),
      outCommand: (line) => streams.out.write(`${renderCommandLine(line)}\n`),
      errCommand: (line) => beside(() => streams.err.write(`${renderCommandLine(line)}\n`, true)),
      aroundOutput: (write) => {
        if (!isSet('GITHUB_ACTIONS')) return write();
        const token = randomBytes(16).toString('hex');
        // Were the end left out because nobody reads, no command of ours would be obeyed any more.
        streams.err.write(`::stop-commands::${token}\n`, true);
        write();
        streams.err.write(`::${token}::\n`, true);
      },
      plain: ascii,
      passing: () => {
        waits = false;
      },
      outColours: createColours(decideColourLevel(style(stdout))),
      errColours: createColours(decideColourLevel(style(stderr))),
      outColumns: columns(stdout),
      errColumns: columns(stderr),
      outWidth: () => width(stdout),
      errWidth: () => width(stderr),
      errLive: live,
      region: ({ labelColumns, clean: mask = (text: string) => text } = {}) =>
        (region = createLiveRegion({
          write: live ? streams.err.write : (text) => streams.err.write(forPeople(mask(text))),
          clean: (text) => clean(mask(text)),
          colours: createColours(decideColourLevel(style(stderr))),
          live,
          size: () => ({ columns: stderr.columns, rows: stderr.rows }),
          onResize: (drawAgain) => {
            stderr.on('resize', drawAgain);
            return () => void stderr.off('resize', drawAgain);
          },
          isBehind: streams.err.isBehind,
          ...(labelColumns === undefined ? {} : { labelColumns }),
        })),
      outIsTerminal: stdout.isTTY === true,
      readStandardInput: (maximumBytes) => readAll(process.stdin, maximumBytes),
      sources: new Map(),
      interruption: () => {
        // All files were read: what begins now starts programs.
        closeInheritedDescriptors();
        return createInterruption(process, live);
      },
      self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
      command: inClone ? 'npm run proofplan --' : 'proofplan',
    },
    flush: async () => {
      region?.close();
      await Promise.all([streams.out.flush(waits ? undefined : patienceMs), streams.err.flush(patienceMs)]);
    },
  };
}

/** Two ways to one terminal, which then takes what is written in one order. */
function isSameTerminal(stdout: Stream, stderr: Stream): boolean {
  if (stdout.isTTY !== true || stderr.isTTY !== true) return false;
  try {
    const [out, err] = [stdout, stderr].map((stream) => fstatSync((stream as unknown as { readonly fd: number }).fd).rdev);
    return out === err;
  } catch {
    return false;
  }
}

/** What goes to a file of its own is read by no runner, and stays as it is. */
function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
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
