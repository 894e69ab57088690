import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/model/nearest-name.ts';

describe('nearestName', () => {
  const names = ['workingDirectory', 'timeoutMs', 'expect', 'environment', 'run', 'sql', 'at'];

  it.each([
    ['workingDirectry', 'workingDirectory'],
    ['working_directory', 'workingDirectory'],
    ['timeout', 'timeoutMs'],
    ['exepct', 'expect'],
    ['enviroment', 'environment'],
    ['rnu', 'run'],
    ['SQL', 'sql'],
  ])('%s → %s', (name, meant) => {
    expect(nearestName(name, names)).toBe(meant);
  });

  it.each(['', '-', 'witness', 'x', 'z', 'policies', 'a'.repeat(101)])('guesses nothing for %j', (name) => {
    expect(
      nearestName(
        name,
        names.filter((candidate) => candidate !== 'at'),
      ),
    ).toBeUndefined();
  });

  it('swaps neighbours at the cost of one', () => {
    expect(nearestName('ba', ['xy', 'ab'])).toBe('ab');
  });

  it('takes the nearest, and of equally near ones the first given', () => {
    expect(nearestName('step_cuont', ['step_mount', 'step_count'])).toBe('step_count');
    expect(nearestName('runa', ['runb', 'runc'])).toBe('runb');
  });

  it('finds a name that is there, whatever else is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,12}$/), fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), (name, others) => {
        expect(nearestName(name, [...others, name])).toBe(name);
      }),
      { seed: 7 },
    );
  });
});
