import { expect } from 'vitest';

/** Each line that a document shows was printed, in its order; `…` stands for anything, alone for any lines. */
export function expectShown(shown: readonly string[], printed: readonly string[]): void {
  let from = 0;
  for (const wanted of shown.filter((each) => each !== '' && each !== '…')) {
    const pattern = new RegExp(
      `^${wanted
        .split('…')
        .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
        .join('.*')}$`,
    );
    const found = printed.findIndex((each, index) => index >= from && pattern.test(each));
    expect(found, `\`${wanted}\` was not printed in\n${printed.join('\n')}`).toBeGreaterThanOrEqual(from);
    from = found + 1;
  }
}
