/**
 * `live.html`: what an execution shows while it goes on, for a browser that loads it anew. It is made from the same events as every
 * report, holds no plan and no evidence, so that it is small, and is no part of the record: whatever happens to it, nothing else does.
 */
import { randomUUID } from 'node:crypto';
import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { ExecutionEvent } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { shorten } from './page-detail.ts';
import { element } from './page-node.ts';
import { gatherPage, type PageRecord } from './page-record.ts';
import { reportStyle } from './page-report-style.ts';
import { renderPageShell } from './page-shell.ts';
import { timelineSection } from './page-timeline.ts';
import { bannerNode, factNode, failureNode, titleOf, type PageHead } from './page-top.ts';

const refreshSeconds = 2;
/** Between the end of a writing and the next one: at least so long, and so many times what the writing took. */
const leastPauseMs = 1_500;
const pauseFactor = 50;

export interface LivePage {
  readonly take: (event: ExecutionEvent) => void;
  /** The execution's folder, as soon as it is there; absolute. */
  readonly open: (folder: string) => void;
  /** Ends it; resolves when nothing is being written any more. */
  readonly close: () => Promise<void>;
}

/** `failed` is told once, of the first writing that fails; none is tried after it. Nothing here throws or rejects. */
export function createLivePage(execution: (folder: string) => string, failed: (diagnostic: Diagnostic) => void): LivePage {
  const { record, take } = gatherPage();
  let folder: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let pauseMs = 0;
  let over = false;
  const write = async (to: string): Promise<void> => {
    const begin = performance.now();
    try {
      await replaceFile(join(to, executionFiles.live), renderLivePage(record, execution(to)));
      pauseMs = Math.max(leastPauseMs, pauseFactor * (performance.now() - begin));
    } catch (error) {
      over = true;
      failed({
        severity: 'warning',
        code: 'report/live-not-written',
        message: `\`${executionFiles.live}\` was not written: ${messageOf(error)}`,
        notes: ['the execution goes on without it'],
        help: `look at \`${executionFiles.page}\` at the end`,
      });
    }
  };
  const plan = (): void => {
    if (over || timer !== undefined || folder === undefined || !record.opened) return;
    const to = folder;
    timer = setTimeout(() => {
      writing = write(to).finally(() => {
        timer = undefined;
      });
    }, pauseMs);
    timer.unref();
  };
  return {
    take: (event) => {
      take(event);
      plan();
    },
    open: (to) => {
      folder = to;
    },
    close: async () => {
      over = true;
      clearTimeout(timer);
      await writing;
    },
  };
}

export function renderLivePage(record: PageRecord, execution: string): string {
  const head: PageHead = { execution, end: 'open', problems: [], head: undefined };
  const places = { planPath: undefined, has: () => false };
  const told =
    record.lastAt === undefined
      ? ''
      : `Last event: ${record.lastAt}. Where that is long ago and no step is under way, the program has ended: see report.html, or proofplan show in this folder.`;
  return renderPageShell({
    title: titleOf(record, head),
    style: reportStyle,
    refresh: { seconds: refreshSeconds },
    body: [
      element(
        'header',
        {},
        element('h1', {}, shorten(record.opened?.plan.title ?? execution, 300)),
        bannerNode(record, head),
        element('p', { className: ['soft'] }, told),
      ),
      failureNode(record, places),
      timelineSection(record, places),
      element('section', { ariaLabelledBy: ['facts'] }, element('h2', { id: 'facts' }, 'What is executed'), factNode(record, head)),
    ],
  });
}

/** After the end: who has the view open is led to the report, and nobody finds a view that seems to go on. Never rejects. */
export async function endLivePage(folder: string): Promise<void> {
  const path = join(folder, executionFiles.live);
  try {
    await lstat(path);
  } catch {
    return;
  }
  const page = renderPageShell({
    title: 'ended',
    refresh: { seconds: 0, to: executionFiles.page },
    body: [element('p', {}, 'This execution has ended: ', element('a', { href: executionFiles.page }, executionFiles.page), '.')],
  });
  await replaceFile(path, page).catch(() => rm(path, { force: true, recursive: true }).catch(() => undefined));
}

/** Whole or not at all; what stands under the name is replaced and never followed. */
async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  try {
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
}
