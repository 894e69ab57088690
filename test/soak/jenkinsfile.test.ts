/** The Jenkinsfile of docs/ci.md by Groovy's own compiler: it is Groovy, and says what our reader of its blocks takes it to say. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJenkinsfile, shellLines, type JenkinsBlock } from '../ci/jenkinsfile.ts';
import { root } from '../support/command.ts';
import { need } from '../support/machine-need.ts';
import { readPage } from '../support/page.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

type Word = readonly [depth: number, name: string, texts: readonly string[]];

function wordsOf(blocks: readonly JenkinsBlock[], depth = 0): readonly (readonly [number, string])[] {
  return blocks.flatMap((block) => [[depth, block.name] as const, ...wordsOf(block.blocks ?? [], depth + 1)]);
}

test('Groovy reads the Jenkinsfile as we do', (context) => {
  const groovy = need(context, 'groovy');
  const text = readPage('docs/ci.md').blocks.find(({ file }) => file === 'Jenkinsfile')?.text ?? '';
  const read = (content: string): { readonly words: readonly Word[]; readonly said: string } => {
    const file = join(temporaryFolder(), 'Jenkinsfile');
    writeFileSync(file, content);
    const { stdout, stderr, status } = spawnSync(groovy, [join(root, 'test/support/jenkinsfile.groovy'), file], { encoding: 'utf8' });
    return {
      words:
        status === 0
          ? stdout
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line) as Word)
          : [],
      said: stderr,
    };
  };
  const { words, said } = read(text);
  // What is given to another word is told before that word.
  const own = words.filter(([, name]) => name !== 'file');
  expect(
    own.map(([depth, name]) => [depth, name]),
    said,
  ).toEqual(wordsOf(readJenkinsfile(text)));
  expect(own.filter(([, name]) => name === 'sh').flatMap(([, , texts]) => texts)).toEqual(shellLines(readJenkinsfile(text)));
  for (const broken of [text.replace("sh 'npm ci'", "sh 'npm ci"), text.replace(/\}\s*$/, ''), text.replace('timeout(time', 'timeout(time time')])
    expect(read(broken).words).toEqual([]);
});
