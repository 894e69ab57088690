import { expect } from 'vitest';

/**
 * A document shows what is printed: all of it, in its order. `…` in a line stands for anything in it, and a line that is nothing
 * but `…` for any lines. Empty lines do not count.
 */
export function expectShown(shown: readonly string[], printed: readonly string[]): void {
  const said = compareShown(shown, printed);
  expect(said, `${said}, in what was printed:\n${printed.join('\n')}`).toBeUndefined();
}

/** Undefined where they agree; else the first line that does not. */
export function compareShown(shown: readonly string[], printed: readonly string[]): string | undefined {
  const lines = printed.map((each) => each.trimEnd()).filter((each) => each !== '');
  let from = 0;
  let open = false;
  for (const wanted of shown.map((each) => each.trimEnd()).filter((each) => each !== '')) {
    if (wanted === '…') {
      open = true;
      continue;
    }
    const pattern = patternOf(wanted);
    const found = open ? lines.findIndex((each, index) => index >= from && pattern.test(each)) : from;
    const line = lines[found];
    if (line === undefined) return `\`${wanted}\` was not printed`;
    if (!pattern.test(line)) return `\`${line}\` was printed where the document shows \`${wanted}\``;
    from = found + 1;
    open = false;
  }
  const rest = lines[from];
  return open || rest === undefined ? undefined : `\`${rest}\` was printed, and the document does not show it (\`…\` stands for any lines)`;
}

function patternOf(wanted: string): RegExp {
  const parts = wanted.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
