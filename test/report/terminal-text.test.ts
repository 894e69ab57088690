import { describe, expect, test } from 'vitest';
import { asciiText } from '../../src/report/ascii-text.ts';
import { decideAscii, decideLive } from '../../src/report/colour.ts';
import { displayWidth } from '../../src/report/display-width.ts';
import { stripButColour } from '../../src/report/strip-control.ts';
import { verdictMarks } from '../../src/report/verdict-mark.ts';

describe('a locale that is not UTF-8', () => {
  test.each([
    [{}, false],
    [{ LANG: '' }, false],
    [{ LANG: 'C' }, true],
    [{ LANG: 'POSIX' }, true],
    [{ LANG: 'de_DE.ISO-8859-1' }, true],
    [{ LANG: 'C.UTF-8' }, false],
    [{ LANG: 'en_GB.utf8' }, false],
    [{ LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, true],
    [{ LANG: 'C', LC_CTYPE: 'UTF-8' }, false],
    [{ LANG: 'en_GB.UTF-8', LC_CTYPE: 'C', LC_ALL: '' }, true],
  ])('%j: %s', (environment, expected) => {
    expect(decideAscii({ environment })).toBe(expected);
  });

  test('is shown ASCII alone, each sign as wide as it was', () => {
    const marks = `${Object.values(verdictMarks).join('')}…─│→·–⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏`;
    expect(asciiText(marks)).toMatch(/^[ -~]+$/);
    expect(asciiText(marks).length).toBe(displayWidth(marks));
    expect(new Set(Object.values(verdictMarks).map(asciiText)).size).toBe(Object.keys(verdictMarks).length);
    expect(asciiText('für Ærø 日本 \u001b[31mx')).toBe('fur ?r? ???? \u001b[31mx');
  });
});

test.each(['CI', 'GITHUB_ACTIONS', 'TF_BUILD', 'GITLAB_CI', 'TEAMCITY_VERSION', 'BUILDKITE', 'JENKINS_URL'])('with %s nothing is written over', (name) => {
  expect(decideLive({ isTty: true, columns: 80, environment: {} })).toBe(true);
  expect(decideLive({ isTty: true, columns: 80, environment: { [name]: 'true' } })).toBe(false);
});

test('only colour is left of what a terminal obeys', () => {
  expect(stripButColour('\u001b[1;31ma\u001b[0m\u001b[2J\u001b]0;t\u0007\u001b[?25lb\rc\u0007\u009b31md\u001b[>4;1m\u202e')).toBe('\u001b[1;31ma\u001b[0mbcd');
});
