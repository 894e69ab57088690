import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { renderShellWord } from '../../src/model/shell-word.ts';

test.each(['plans/a.md', '/tmp/out 1/x', "it's", '$(rm -rf x)`y`"z"\\', 'two\nlines\tand \u001b[31m', '漢字 é', '*?[!~#&;|<>(){}', ''])(
  'a shell reads %j as one word',
  (text) => {
    const word = renderShellWord(text);
    expect(word).not.toMatch(/\p{Cc}/u);
    expect(execFileSync('bash', ['-c', `printf %s ${word}`], { encoding: 'utf8' })).toBe(text);
  },
);
