import { expect, test } from 'vitest';
import { keepMatchingOptions } from '../../src/engine/rg-argument.ts';

test.each([
  ['-n a|b src', []],
  ['-in pattern src', ['-i']],
  ['-FwnC3 pattern', ['-F', '-w']],
  ['-g *.py -g!test* -tpy --type=rust', ['-g', '*.py', '-g', '!test*', '-t', 'py', '--type=rust']],
  ['--glob *.py --iglob=*.md --max-depth 2', ['--glob=*.py', '--iglob=*.md', '--max-depth=2']],
  ['-uu --hidden --no-ignore-vcs -. -S', ['-u', '-u', '--hidden', '--no-ignore-vcs', '-.', '-S']],
  ['-e -i -e b', []],
  ['-e-i', []],
  ['-A 3 -i --context 2 --color always -m1 -l -c -q -o --json --vimgrep -r x', ['-i']],
  ['--pre ./evil --hostname-bin ./evil --pre-glob * -f patterns', []],
  ['--fixed-strings --no-fixed-strings --no-heading --no-line-number', ['--fixed-strings', '--no-fixed-strings']],
  ['pattern -- -i --hidden', []],
  ['- pattern', []],
  ['-g', []],
])('%s', (written, kept) => {
  expect(keepMatchingOptions(written.split(' '))).toEqual(kept);
});
