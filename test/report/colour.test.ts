import { expect, test } from 'vitest';
import { decideColourLevel, decideLive } from '../../src/report/colour.ts';

test.each([
  [{}, true, 1],
  [{}, false, 0],
  [{ TERM: 'xterm-256color' }, true, 2],
  [{ TERM: 'xterm', COLORTERM: 'truecolor' }, true, 3],
  [{ TERM: 'dumb' }, true, 0],
  [{ NO_COLOR: '1' }, true, 0],
  [{ NO_COLOR: '' }, true, 1],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, 0],
  [{ FORCE_COLOR: '1' }, false, 1],
  [{ FORCE_COLOR: '' }, false, 1],
  [{ FORCE_COLOR: '3', TERM: 'dumb' }, false, 3],
  [{ FORCE_COLOR: '0' }, true, 0],
  [{ FORCE_COLOR: 'false' }, true, 0],
  [{ CI: 'true' }, false, 0],
] as const)('%o, terminal %s: level %i', (environment, isTty, level) => {
  expect(decideColourLevel({ isTty, columns: 80, environment })).toBe(level);
});

test.each([
  [{}, true, 80, true],
  [{}, false, 80, false],
  [{}, true, undefined, false],
  [{}, true, 0, false],
  [{ CI: 'true' }, true, 80, false],
  [{ TERM: 'dumb' }, true, 80, false],
  [{ FORCE_COLOR: '1' }, false, undefined, false],
] as const)('%o, terminal %s of %s columns: live %s', (environment, isTty, columns, live) => {
  expect(decideLive({ isTty, columns, environment })).toBe(live);
});
