/**
 * One of the process' two streams, written to without ever waiting for its reader. What a program reads is kept until it is taken; what
 * only a person watches is left out, and counted, once too much of it has not been taken.
 */
type Stream = NodeJS.WriteStream;

export interface OutputStream {
  /** `always`: not left out, however much waits. */
  readonly write: (text: string, always?: boolean) => void;
  /** Has the reader not yet taken everything? */
  readonly isBehind: () => boolean;
  /** Resolves when everything was taken, when the reader is gone, or when it has taken nothing for so long. */
  readonly flush: (patienceMs?: number) => Promise<void>;
}

/** UTF-16 units that wait for a reader, at most, where they may be left out. */
const mostWaiting = 256 * 1024;

/** `lossy`: it shows progress, which nobody may miss who does not read it. `notice` says how many lines were left out. */
export function createOutputStream(stream: Stream, { lossy, notice }: { readonly lossy: boolean; readonly notice?: (lines: number) => string }): OutputStream {
  let gone = false;
  let leftOut = 0;
  let takenMs = performance.now();
  // A terminal is written to synchronously by Node: one that was stopped (Ctrl-S) would stop the execution.
  if (stream.isTTY) (stream as unknown as { readonly _handle?: { readonly setBlocking?: (blocking: boolean) => void } })._handle?.setBlocking?.(false);
  // A reader that goes away (`| head`) takes its stream with it and nothing else.
  stream.on('error', () => {
    gone = true;
  });
  const put = (text: string): void => {
    if (gone || text === '') return;
    try {
      stream.write(text, () => {
        takenMs = performance.now();
      });
    } catch {
      // A file on a full disk throws at once.
      gone = true;
    }
  };
  return {
    write: (text, always = false) => {
      if (lossy && !always && stream.writableLength > mostWaiting) {
        leftOut += text.split('\n').length - 1;
        return;
      }
      const told = leftOut;
      leftOut = 0;
      put(`${told > 0 && notice !== undefined ? notice(told) : ''}${text}`);
    },
    isBehind: () => stream.writableLength > 0,
    flush: (patienceMs = Number.POSITIVE_INFINITY) =>
      new Promise((resolve) => {
        if (gone || stream.destroyed || !stream.writable || stream.writableLength === 0) return resolve();
        takenMs = performance.now();
        const timer = setInterval(() => {
          if (gone || stream.writableLength === 0 || performance.now() - takenMs > patienceMs) {
            clearInterval(timer);
            resolve();
          }
        }, 20);
      }),
  };
}
