/** Carries one stream of a program into its sink, chunk by chunk, and knows whether anything still moves. */
import type { Socket } from 'node:net';
import type { Diagnostic } from '../model/diagnostic.ts';

/** Takes a stream's bytes in order; the next chunk is read when the promise has resolved. A diagnostic ends the program. */
export interface OutputSink {
  readonly write: (chunk: Uint8Array) => Promise<Diagnostic | undefined>;
}

export interface OutputFlow {
  /** Resolves when every writer has closed the stream and the sink has taken everything. Never rejects. */
  readonly ended: Promise<void>;
  readonly hasEnded: () => boolean;
  /** Is the sink at work, or was it within the last `windowMs`? */
  readonly movedWithin: (windowMs: number) => boolean;
  /** Has the sink not yet taken what was read last? */
  readonly isBusy: () => boolean;
  /** Gives up on writers that nothing can end. */
  readonly destroy: () => void;
}

/** After a sink's diagnostic the stream is read on and thrown away, so that the program is never stuck on a full pipe. */
export function startFlow(stream: Socket, sink: OutputSink, refused: (diagnostic: Diagnostic) => void): OutputFlow {
  let writing = false;
  let movedAtMs = performance.now();
  let open = true;
  let stopped = false;
  const pump = async (): Promise<void> => {
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        if (stopped) continue;
        writing = true;
        const diagnostic = await sink.write(chunk);
        writing = false;
        movedAtMs = performance.now();
        if (diagnostic !== undefined) {
          stopped = true;
          refused(diagnostic);
        }
      }
    } catch {
      // A destroyed stream: what came before is in the sink.
    } finally {
      writing = false;
      open = false;
    }
  };
  return {
    ended: pump(),
    hasEnded: () => !open,
    movedWithin: (windowMs) => writing || performance.now() - movedAtMs < windowMs,
    isBusy: () => writing,
    destroy: () => void stream.destroy(),
  };
}
