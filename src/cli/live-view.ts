/** `--live`: the page that is kept up to date while an execution goes on, where it lies, and what it says when the runner is killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { ExecutionEvent } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { createLivePage, endLivePage, liveCutFile, type LivePage } from '../report/page-live.ts';
import { say, type CommandContext } from './command-context.ts';
import { shortPath } from './folder.ts';

export interface LiveView extends Pick<LivePage, 'take' | 'open'> {
  /** After the end. `folder`: the execution's, where there is one. Never rejects. */
  readonly end: (folder: string | undefined) => Promise<void>;
}

/** `before`: what happened in the processes before this one. */
export function createLiveView(before: readonly ExecutionEvent[], quiet: boolean, context: CommandContext): LiveView {
  let watch: ChildProcess | undefined;
  const page = createLivePage({
    before,
    clock: Date.now,
    begun: (folder) => {
      watch = watchPage(folder);
      if (!quiet) context.err(`live: ${shortPath(join(folder, executionFiles.live), context)}\n`);
    },
    failed: (diagnostic) => void say(context, [diagnostic]),
  });
  return {
    take: page.take,
    open: page.open,
    end: async (folder) => {
      await page.close();
      if (folder !== undefined) await endLivePage(folder);
      watch?.stdin?.end('ended\n');
    },
  };
}

/** For `sh`: its standard input closes without a word when the runner is gone, whatever ended it. */
const script = `trap '' HUP INT TERM; read -r word; [ "$word" = ended ] || mv -f -- "$1" "$2"`;

/**
 * Nobody in a process that is killed with SIGKILL can say so. A shell in a session of its own waits for the pipe to close, and lays
 * the page that says it in the place of the one that seems to go on. Without that shell the page is known by its age.
 */
function watchPage(folder: string): ChildProcess {
  const child = spawn('/bin/sh', ['-c', script, 'proofplan-live', join(folder, liveCutFile), join(folder, executionFiles.live)], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  // Of a pipe; an execution that has ended does not wait for it.
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}
