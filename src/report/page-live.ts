/**
 * `live.html`: what an execution shows while it goes on, for a browser that loads it anew. It is made from the same events as every
 * report, holds no plan and no evidence, so that it is small, and is no part of the record: whatever happens to it, nothing else does.
 * Beside it lies what takes its place when the program is killed, made with it, because nobody is there to make it then.
 */
import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { ExecutionEvent } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { shorten } from './page-detail.ts';
import { element } from './page-node.ts';
import { gatherPage, type PageRecord } from './page-record.ts';
import { reportStyle } from './page-report-style.ts';
import { renderPageShell } from './page-shell.ts';
import { timelineSection } from './page-timeline.ts';
import { quoted } from './page-quote.ts';
import { bannerNode, factNode, failureNode, titleOf, type PageHead } from './page-top.ts';
import { renderDuration } from './verdict-mark.ts';

/** What takes the page's place when the program is killed. */
export const liveCutFile = '.live-cut.html';

const refreshSeconds = 2;
/** Between the end of a writing and the next one: at least so long, and so many times what the writing took. */
const leastPauseMs = 1_500;
const pauseFactor = 50;
/** So long after a writing at the latest it is written anew, whether something happened or not, so that an old page is known by its time. */
const beatMs = 5_000;
/** Within so many times that time: a busy machine is late. */
const lateness = 3;

export interface LivePage {
  readonly take: (event: ExecutionEvent) => void;
  /** The execution's folder, as soon as it is there; absolute. */
  readonly open: (folder: string) => void;
  /** Ends it; resolves when nothing is being written any more. */
  readonly close: () => Promise<void>;
}

export interface LiveOptions {
  /** What happened in the processes before, where an execution is gone on with. */
  readonly before?: readonly ExecutionEvent[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Called once, before the first writing: from now on the folder is this process' own. */
  readonly begun?: (folder: string) => void;
  /** Told once, of the first writing that fails; none is tried after it. */
  readonly failed: (diagnostic: Diagnostic) => void;
}

/** Nothing here throws or rejects. */
export function createLivePage({ before = [], clock, begun, failed }: LiveOptions): LivePage {
  const { record, take } = gatherPage();
  before.forEach(take);
  let folder: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let news = false;
  let pauseMs = 0;
  let cold = true;
  let over = false;
  const write = async (to: string): Promise<void> => {
    const begin = performance.now();
    const moment: LiveMoment = { execution: basename(to), now: clock(), withinMs: lateness * Math.max(beatMs, pauseMs) };
    news = false;
    try {
      await replaceFile(join(to, liveCutFile), renderLivePage(record, { ...moment, cut: true }));
      await replaceFile(join(to, executionFiles.live), renderLivePage(record, moment));
      // What is rendered for the first time is compiled first: that says nothing of the next one.
      pauseMs = cold ? leastPauseMs : Math.max(leastPauseMs, pauseFactor * (performance.now() - begin));
      cold = false;
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
  const plan = (afterMs: number): void => {
    const to = folder;
    if (over || writing || to === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      writing = write(to).finally(() => {
        writing = undefined;
        plan(news ? pauseMs : Math.max(pauseMs, beatMs));
      });
    }, afterMs);
    timer.unref();
  };
  let first = true;
  return {
    take: (event) => {
      take(event);
      if (over || folder === undefined || !record.opened) return;
      if (first) begun?.(folder);
      if (!news) plan(pauseMs);
      [first, news] = [false, true];
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

/** When a live page is made, and for how long it is then the newest. `cut`: the program was killed. */
export interface LiveMoment {
  readonly execution: string;
  readonly now: number;
  readonly withinMs: number;
  readonly cut?: true;
}

export function renderLivePage(record: PageRecord, { execution, now, withinMs, cut }: LiveMoment): string {
  const head: PageHead = { execution, end: cut ? 'broken' : 'open', problems: cut ? ['The program that executed it was killed.'] : [], head: undefined };
  const places = { planPath: undefined, has: () => false };
  const at = new Date(now).toISOString().replace(/\.\d+/, '');
  const told = cut
    ? 'This is how far it was shortly before.'
    : `Written at ${at}, and anew within ${renderDuration(withinMs)} for as long as the program is alive. A page that is older was left behind: \`proofplan audit verify .\` in its folder says what came of the execution.`;
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
        element('p', { className: ['soft'] }, quoted(told)),
      ),
      failureNode(record, places, false),
      timelineSection(record, places, cut ? undefined : now),
      element('section', { ariaLabelledBy: ['facts'] }, element('h2', { id: 'facts' }, 'What is executed'), factNode(record, head)),
    ],
  });
}

/** After the end: who has the view open is led to the report, and nobody finds a view that seems to go on. Never rejects. */
export async function endLivePage(folder: string): Promise<void> {
  await remove(join(folder, liveCutFile));
  const path = join(folder, executionFiles.live);
  if (!(await isThere(path))) return;
  // A disk that was full has no report to lead to.
  const to = (await isThere(join(folder, executionFiles.page))) ? executionFiles.page : undefined;
  const page = renderPageShell({
    title: 'ended',
    ...(to === undefined ? {} : { refresh: { seconds: 0, to } }),
    body: [
      element(
        'p',
        {},
        'This execution has ended: ',
        to === undefined ? quoted('its report was not written; see `proofplan show .` in the folder of this file') : element('a', { href: to }, to),
        '.',
      ),
    ],
  });
  await replaceFile(path, page).catch(() => remove(path));
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true }).catch(() => undefined);
}

/** Whole or not at all; what stands under the name is replaced and never followed. */
async function replaceFile(path: string, text: string): Promise<void> {
  // One name for all: a program that was killed in between leaves one file, and the next one takes it away.
  const beside = `${path}.new`;
  try {
    await rm(beside, { force: true, recursive: true });
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await remove(beside);
    throw error;
  }
}
