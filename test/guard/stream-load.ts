/** Large streams through a gateway, and what they cost its process in memory. */
import { setImmediate as turn } from 'node:timers/promises';
import { cString, frameMessage } from '../../src/guard/wire-message.ts';
import { addressOf } from './fixture.ts';
import { query, WireClient } from './wire-client.ts';

const megabyte = 1024 * 1024;

export interface Streamed {
  readonly bytes: number;
  /** The highest resident memory while it ran, less that before, in MB. */
  readonly grownMb: number;
}

async function measured(work: () => Promise<number>): Promise<Streamed> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  try {
    return { bytes: await work(), grownMb: Math.round((Math.max(peak, process.memoryUsage.rss()) - before) / megabyte) };
  } finally {
    clearInterval(watch);
  }
}

/** Sends a query and reads so many megabytes at least of its answer, keeping none; ends when the server is ready. */
export async function readLarge(url: string, sql: string): Promise<Streamed> {
  const wire = await WireClient.open(addressOf(url));
  const { stream } = wire.upstream;
  stream.removeAllListeners('data');
  return measured(async () => {
    let bytes = 0;
    await new Promise<void>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        // ReadyForQuery is the last thing that an answer holds.
        if (chunk.length >= 6 && chunk.subarray(-6, -1).equals(ready)) resolve();
      });
      stream.on('close', resolve);
      stream.write(query(sql));
    });
    await wire.end();
    return bytes;
  });
}

const ready = Buffer.from([0x5a, 0, 0, 0, 5]);

/** Sends a COPY and so many megabytes of data, as fast as it is taken; `frameBytes` in one CopyData. Gives the bytes of the answer's command tag. */
export async function copyLarge(url: string, sql: string, megabytes: number, frameBytes: number): Promise<Streamed & { readonly tag: string }> {
  const wire = await WireClient.open(addressOf(url));
  const { stream } = wire.upstream;
  const row = Buffer.from(`${'x'.repeat(1023)}\n`);
  const data = frameMessage(0x64, Buffer.concat(Array.from({ length: frameBytes / row.length }, () => row)));
  let tag = '';
  const streamed = await measured(async () => {
    wire.send(query(sql));
    await wire.until('G');
    let bytes = 0;
    while (bytes < megabytes * megabyte) {
      if (!stream.write(data)) await new Promise((resolve) => stream.once('drain', resolve));
      bytes += data.length;
      await turn();
    }
    wire.send(frameMessage(0x63, Buffer.alloc(0)));
    const answers = await wire.until('Z');
    tag = answers
      .map((answer) => answer.bytes.toString('latin1', 5))
      .join('|')
      .replaceAll('\0', '');
    return bytes;
  });
  await wire.end();
  return { ...streamed, tag };
}

/** A Query whose text is so long that it is refused unread, while its bytes still come. */
export function endlessQuery(bytes: number): Buffer {
  return frameMessage(0x51, cString(`SELECT '${'x'.repeat(bytes)}'`));
}
