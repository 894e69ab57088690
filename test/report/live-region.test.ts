import xterm from '@xterm/headless';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createColours } from '../../src/report/colour.ts';
import { createLiveRegion, type LiveRegion, type RegionOptions } from '../../src/report/live-region.ts';

/** What a terminal shows of a region. */
function openScreen(columns: number, rows: number, options: Partial<RegionOptions> = {}) {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 5_000, allowProposedApi: true });
  let bytes = 0;
  let resized = (): void => undefined;
  let size = { columns, rows };
  const region = createLiveRegion({
    write: (text) => {
      bytes += text.length;
      // As the terminal's driver does (ONLCR).
      terminal.write(text.replaceAll(/(?<!\r)\n/g, '\r\n'));
    },
    colours: createColours(1),
    live: true,
    size: () => size,
    onResize: (drawAgain) => {
      resized = drawAgain;
      return () => undefined;
    },
    ...options,
  });
  const lines = async (): Promise<readonly string[]> => {
    const settled = new Promise<void>((resolve) => terminal.write('', resolve));
    await vi.advanceTimersByTimeAsync(1);
    await settled;
    const { active } = terminal.buffer;
    const all = Array.from({ length: active.length }, (_, index) => active.getLine(index)?.translateToString(true) ?? '');
    return all.slice(0, all.findLastIndex((line) => line !== '') + 1);
  };
  return {
    region,
    lines,
    bytes: () => bytes,
    cursor: () => ({ x: terminal.buffer.active.cursorX, y: terminal.buffer.active.baseY + terminal.buffer.active.cursorY }),
    resize: (width: number, height: number) => {
      terminal.resize(width, height);
      size = { columns: width, rows: height };
      resized();
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('on a terminal', () => {
  test('two lines below what scrolls, the time beside, what is known at each drawing', async () => {
    const { region, lines, cursor } = openScreen(60, 10);
    const slot = region.open();
    let permitted = 1;
    slot.line('first');
    slot.set({ title: '2.1 shell  Run', facts: () => `gateway: ${permitted} permitted` });
    vi.advanceTimersByTime(1_000);
    expect(await lines()).toEqual(['first', '⠴ 2.1 shell Run  1s', '  gateway: 1 permitted']);
    permitted = 2;
    slot.line('second\nthird');
    vi.advanceTimersByTime(61_000);
    expect(await lines()).toEqual(['first', 'second', 'third', expect.stringMatching(/^\S 2\.1 shell Run {2}1m 02s$/), '  gateway: 2 permitted']);
    // At the beginning of the region: there it stays, however wide the terminal becomes.
    expect(cursor()).toEqual({ x: 0, y: 3 });
    slot.close();
    expect(await lines()).toEqual(['first', 'second', 'third']);
    region.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    [40, 200],
    [200, 40],
    [80, 41],
    [41, 40],
  ])('resized from %i to %i columns in the middle: nothing is left of what was drawn before', async (before, after) => {
    const { region, lines, resize } = openScreen(before, 12);
    const slot = region.open();
    const scrolled = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    slot.set({ title: `a title that is longer than ${'any narrow terminal '.repeat(20)}`, facts: () => 'gateway: 412 permitted, 3 refused' });
    vi.advanceTimersByTime(1_000);
    for (const line of scrolled) slot.line(line);
    // Half of what is on its way to the terminal meets one that has another width by now.
    if (before > 50) await lines();
    resize(after, 12);
    vi.advanceTimersByTime(400);
    slot.line('after');
    const shown = await lines();
    expect(shown.slice(0, 31)).toEqual([...scrolled, 'after']);
    expect(shown.length).toBe(33);
    expect(shown[31]).toMatch(/^\S a title.*… {2}1s$/);
    expect(shown[32]).toBe('  gateway: 412 permitted, 3 refused');
    for (const line of shown.slice(31)) expect(line.length).toBeLessThan(after);
    region.close();
    expect(await lines()).toEqual([...scrolled, 'after']);
  });

  test('several plans: labels in columns; where two lines each have no room one each, and then the number of the others', async () => {
    const { region, lines, resize } = openScreen(60, 10, { labelColumns: 6 });
    const slots = ['a.md', 'bb.md', 'ccc.md'].map((label) => region.open(label));
    for (const slot of slots) slot.set({ title: 'runs', facts: () => 'facts' });
    vi.advanceTimersByTime(200);
    slots[1]?.line('done');
    expect(await lines()).toEqual([
      'bb.md   done',
      '⠙ a.md    runs  0s',
      '  a.md    facts',
      '⠙ bb.md   runs  0s',
      '  bb.md   facts',
      '⠙ ccc.md  runs  0s',
      '  ccc.md  facts',
    ]);
    resize(60, 5);
    expect((await lines()).slice(-3)).toEqual(['⠙ a.md    runs  0s', '⠙ bb.md   runs  0s', '⠙ ccc.md  runs  0s']);
    resize(60, 3);
    expect((await lines()).slice(-2)).toEqual(['⠙ a.md    runs  0s', '  and 2 more']);
    region.close();
  });

  test('what others write to the same terminal stands above it', async () => {
    const { region, lines } = openScreen(60, 10);
    region.open().set({ title: 'runs' });
    region.open().line('above');
    expect(await lines()).toEqual(['above', '⠋ runs  0s']);
    region.close();
  });

  test('a title that obeys nobody: escape codes, line breaks and directions are taken out', async () => {
    const { region, lines } = openScreen(60, 10);
    region.open().set({ title: 'x\u001b[2J\u001b]8;;http://e\u0007y\r\nz\u202e\u0007', facts: () => 'a\u001b[5Ab\nc' });
    vi.advanceTimersByTime(200);
    expect(await lines()).toEqual(['⠙ xy z  0s', '  ab c']);
    region.close();
  });

  test('facts that cannot be told are left out, and a terminal without a size has the usual one', async () => {
    const { region, lines } = openScreen(80, 24, { size: () => ({ columns: Number.NaN, rows: 0 }) });
    region.open().set({
      title: 'runs',
      facts: () => {
        throw new Error('nobody knows');
      },
    });
    vi.advanceTimersByTime(200);
    expect(await lines()).toEqual(['⠙ runs  0s']);
    region.close();
  });

  test('ten thousand steps cost ten thousand times one', () => {
    const { region, bytes } = openScreen(80, 24);
    const slot = region.open();
    const cost = (steps: number): number => {
      const before = bytes();
      for (let step = 0; step < steps; step += 1) {
        slot.set({ title: `${step % 10} shell  Step`, facts: () => 'gateway: 1 permitted' });
        slot.line('✓ a step');
      }
      return (bytes() - before) / steps;
    };
    cost(100);
    expect(cost(10_000)).toBeLessThan(cost(100) * 1.2);
    region.close();
  });

  test('while a terminal takes nothing, nothing is drawn', () => {
    let behind = false;
    const { region, bytes } = openScreen(80, 24, { isBehind: () => behind });
    region.open().set({ title: 'runs' });
    behind = true;
    vi.advanceTimersByTime(200);
    const before = bytes();
    vi.advanceTimersByTime(60_000);
    expect(bytes()).toBe(before);
    region.close();
  });
});

describe('without a terminal', () => {
  const written = (play: (region: LiveRegion) => void): string => {
    let text = '';
    const region = createLiveRegion({ write: (part) => (text += part), colours: createColours(0), live: false });
    play(region);
    region.close();
    return text;
  };

  test('lines alone; once a minute a sign of life of what takes long', () => {
    const text = written((region) => {
      const slot = region.open('a.md');
      slot.line('begins');
      slot.set({ title: '2.1 shell  Run', facts: () => 'gateway: 3 permitted' });
      vi.advanceTimersByTime(59_000);
      slot.line('still quiet');
      vi.advanceTimersByTime(70_000);
      slot.set(undefined);
      vi.advanceTimersByTime(600_000);
    });
    expect(text).toBe(
      'a.md  begins\na.md  still quiet\na.md  still at 2.1 shell Run 1m 00s gateway: 3 permitted\na.md  still at 2.1 shell Run 2m 00s gateway: 3 permitted\n',
    );
  });

  test('what is quick gives no sign, and nothing is written over', () => {
    const text = written((region) => {
      const slot = region.open();
      for (let step = 0; step < 100; step += 1) {
        slot.set({ title: `step ${step}` });
        vi.advanceTimersByTime(30_000);
        slot.line(`✓ ${step}`);
      }
    });
    expect(text.split('\n').length).toBe(101);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
