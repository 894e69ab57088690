/**
 * What signals do to an execution. The first one ends it in order: the step is ended, the record closed. A second one, and
 * SIGQUIT, end it at once: the record then says by itself that it was not closed, and no step outlives the runner.
 */
import { closeSync } from 'node:fs';
import { interruptionExitCodes } from '../model/verdict.ts';
import { eraseRegion } from '../report/live-region.ts';

type OrderlySignal = keyof typeof interruptionExitCodes;

const orderly: readonly OrderlySignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];
/** 128 and the signal's number. Without a core file, which would hold what is secret. */
const quitExitCode = 131;
/** The region that lives is taken away, and the cursor shown, whatever hid it (ECMA-48; DECTCEM of the VT220), and lines are broken again. */
const restoreTerminal = `${eraseRegion}\u001b[?7h\u001b[?25h`;

/** Aborted by the first signal, with its name as reason. `live`: standard error has lines that are written over. */
export function createInterruption(process: NodeJS.Process, live: boolean): AbortSignal {
  const controller = new AbortController();
  const leave = (exitCode: number): void => {
    if (live) process.stderr.write(restoreTerminal);
    process.exit(exitCode);
  };
  process.once('SIGHUP', () => process.once('exit', closeStreams));
  for (const name of orderly) {
    process.on(name, () => {
      // Whoever asks twice does not want to wait for a record.
      if (controller.signal.aborted) leave(interruptionExitCodes[name]);
      controller.abort(name);
    });
  }
  process.on('SIGQUIT', () => leave(quitExitCode));
  return controller.signal;
}

/** At its exit Node sets the terminal's modes back, and aborts (with a core file) where the terminal is gone, but not where the stream is. */
function closeStreams(): void {
  for (const descriptor of [0, 1, 2]) {
    try {
      closeSync(descriptor);
    } catch {
      // It was closed already.
    }
  }
}

/** By default SIGUSR1 opens Node's debugger, by which any program of the same user could take the runner's place. */
export function refuseDebugger(process: NodeJS.Process): void {
  process.on('SIGUSR1', () => undefined);
}
