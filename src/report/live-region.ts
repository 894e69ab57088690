/**
 * The lines at the bottom of a terminal that are written over again, below lines that scroll: at most two for each plan that is
 * executed. The cursor waits at the beginning of the region, where a terminal keeps it also when it breaks lines anew for another
 * width (some count the lines below it, too, so what stands there is short); it is never hidden, so that nothing has to give it back. Without a terminal nothing is written over, no escape code is
 * written at all, and what takes long gives a sign of life once a minute.
 */
import type { ChalkInstance } from 'chalk';
import { cutToWidth, displayWidth } from './display-width.ts';
import { stripToLine } from './strip-control.ts';
import { renderDuration } from './verdict-mark.ts';

/** In cells and lines. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface RegionOptions {
  /** Writes to the terminal as it is: what the region writes over again is said in escape codes (ECMA-48). */
  readonly write: (text: string) => void;
  readonly colours: ChalkInstance;
  /** May lines be written over again? */
  readonly live: boolean;
  /** Asked at each drawing: a terminal may be resized at any time. */
  readonly size?: () => TerminalSize;
  /** Tells of a new size; answers with what ends the telling. */
  readonly onResize?: (drawAgain: () => void) => () => void;
  /** Makes a text fit for this terminal (characters that it can show); colours stay. */
  readonly clean?: (text: string) => string;
  /** How many cells labels take, where lines of several plans stand in columns; else those of the longest that is open. */
  readonly labelColumns?: number;
  /** Has the terminal not yet taken what was written? Then nothing is drawn. */
  readonly isBehind?: () => boolean;
}

/** What goes on: a title (one line), and what else is known while it does; asked at each drawing. */
export interface Doing {
  readonly title: string;
  readonly facts?: () => string;
}

/** The place of one plan in the region. */
export interface RegionSlot {
  /** Lines for good, above the region, each behind the label. They may be coloured; whoever writes them has stripped them. */
  readonly line: (text: string) => void;
  /** What goes on from now on; its time is counted from here. Undefined: nothing. */
  readonly set: (doing: Doing | undefined) => void;
  readonly close: () => void;
}

export interface LiveRegion {
  /** A place of its own, below those that are open. */
  readonly open: (label?: string) => RegionSlot;
  /** Writes something that ends its last line, above the region; `write` may also write to another stream of the same terminal. */
  readonly above: (write: () => void) => void;
  /** Takes the region away for good. Safe to call twice, and when nothing was drawn. */
  readonly close: () => void;
}

/** From the region's beginning, where the cursor stands, to the end of the screen (CR, ED). */
export const eraseRegion = '\r\u001b[J';
/** A terminal may have become narrower since its size was asked for: then a line must not become two (DECAWM of the VT100). */
const noWrap = '\u001b[?7l';
const wrap = '\u001b[?7h';
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 200;
/** What changes more often than this is not drawn each time. */
const leastMs = 50;
const lifeSignMs = 60_000;
/** What is longer than a name is cut, so that there is room for what it names. */
const mostLabelCells = 24;
const fallbackSize: TerminalSize = { columns: 80, rows: 24 };

interface Slot {
  readonly label: string;
  doing: (Doing & { readonly sinceMs: number; toldMs: number }) | undefined;
}

export function createLiveRegion(options: RegionOptions): LiveRegion {
  const { write, colours, live, clean = (text) => text } = options;
  const slots: Slot[] = [];
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  let drawn = false;
  let drawnMs = Number.NEGATIVE_INFINITY;
  const stopListening = live ? options.onResize?.(() => draw()) : undefined;

  const lead = (label: string): string => {
    if (label === '') return '';
    const cells = Math.min(mostLabelCells, options.labelColumns ?? Math.max(0, ...slots.map((slot) => displayWidth(slot.label))));
    const cut = cutToWidth(label, cells);
    return `${cut}${' '.repeat(Math.max(0, cells - displayWidth(cut)))}  `;
  };

  const compose = (): string => {
    const { columns, rows } = sizeOf(options);
    const lines = linesOf(slots, Math.max(1, rows - 1)).map(({ slot, text, since }) => {
      const shown = clean(`${slot === undefined ? '' : lead(slot.label)}${stripToLine(text)}`);
      // One cell stays free: a full line would break by itself.
      const room = Math.max(1, columns - 3);
      if (since === undefined) return `  ${colours.dim(cutToWidth(shown, room))}`;
      const elapsed = `  ${renderElapsed(performance.now() - since)}`;
      return `${colours.cyan(clean(frames[frame % frames.length] ?? ''))} ${cutToWidth(shown, Math.max(1, room - elapsed.length))}${colours.dim(elapsed)}`;
    });
    if (lines.length === 0) return '';
    const up = lines.length === 1 ? '' : `\u001b[${lines.length - 1}A`;
    return `${noWrap}\r${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J${up}\r${wrap}`;
  };

  /** In one write: nobody sees what is only erased. */
  const draw = (above = ''): void => {
    const region = options.isBehind?.() === true ? '' : compose();
    const text = `${drawn && (above !== '' || region === '') ? eraseRegion : ''}${above}${region}`;
    if (text !== '') write(text);
    drawn = region !== '';
    drawnMs = performance.now();
  };

  const tick = (): void => {
    if (live) {
      frame += 1;
      if (options.isBehind?.() !== true) draw();
      return;
    }
    const now = performance.now();
    for (const { label, doing } of slots) {
      if (doing === undefined || now - doing.toldMs < lifeSignMs) continue;
      doing.toldMs = now;
      const facts = factsOf(doing);
      write(`${lead(label)}${colours.dim(stripToLine(`still at ${doing.title}  ${renderElapsed(now - doing.sinceMs)}${facts === '' ? '' : `  ${facts}`}`))}\n`);
    }
  };

  const keepTime = (): void => {
    const busy = slots.some(({ doing }) => doing !== undefined);
    if (busy && timer === undefined) {
      timer = setInterval(tick, live ? frameMs : lifeSignMs / 4);
      // The region keeps no process alive.
      timer.unref();
    } else if (!busy) {
      clearInterval(timer);
      timer = undefined;
    }
  };

  return {
    open: (label = '') => {
      const slot: Slot = { label: stripToLine(label), doing: undefined };
      slots.push(slot);
      return {
        line: (text) => {
          const before = slot.label === '' ? '' : colours.dim(lead(slot.label));
          const lines = text
            .split('\n')
            .map((line) => `${before}${line}\n`)
            .join('');
          if (live) draw(clean(lines));
          else write(lines);
        },
        set: (doing) => {
          const now = performance.now();
          slot.doing = doing === undefined ? undefined : { ...doing, sinceMs: now, toldMs: now };
          keepTime();
          if (live && (doing === undefined || now - drawnMs >= leastMs)) draw();
        },
        close: () => {
          if (slots.includes(slot)) slots.splice(slots.indexOf(slot), 1);
          keepTime();
          if (drawn) draw();
        },
      };
    },
    above: (put) => {
      if (drawn) write(eraseRegion);
      drawn = false;
      put();
      if (live) draw();
    },
    close: () => {
      slots.length = 0;
      keepTime();
      if (drawn) draw();
      stopListening?.();
    },
  };
}

/** `since` for what is under way; absent for facts about it. */
interface RegionLine {
  readonly slot?: Slot;
  readonly text: string;
  readonly since?: number;
}

/** Two lines a plan; where there is no room for them one, and then as many plans as there is room for, and the number of the others. */
function linesOf(slots: readonly Slot[], most: number): readonly RegionLine[] {
  const busy = slots.flatMap((slot) => (slot.doing === undefined ? [] : [{ slot, doing: slot.doing }]));
  const facts = busy.length * 2 <= most;
  const lines = busy.flatMap(({ slot, doing }): RegionLine[] => {
    const known = facts ? factsOf(doing) : '';
    return [{ slot, text: doing.title, since: doing.sinceMs }, ...(known === '' ? [] : [{ slot, text: known }])];
  });
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), { text: `and ${lines.length - most + 1} more` }];
}

/** They are told from outside: a teller that fails is silent. */
function factsOf({ facts }: Doing): string {
  try {
    return facts?.() ?? '';
  } catch {
    return '';
  }
}

/** A terminal that is gone has no size. */
function sizeOf({ size }: RegionOptions): TerminalSize {
  const { columns, rows } = size?.() ?? fallbackSize;
  return { columns: columns > 0 ? columns : fallbackSize.columns, rows: rows > 0 ? rows : fallbackSize.rows };
}

/** Whole seconds: a tenth that changes five times a second only disturbs. */
function renderElapsed(elapsedMs: number): string {
  return elapsedMs < 60_000 ? `${Math.floor(elapsedMs / 1000)}s` : renderDuration(Math.floor(elapsedMs / 1000) * 1000);
}
