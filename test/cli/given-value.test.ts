import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGiven } from '../../src/cli/given-value.ts';
import type { CommandContext } from '../../src/cli/command-context.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function given(options: Partial<Parameters<typeof readGiven>[0]>, cwd = '/', environment: Record<string, string> = {}) {
  const context = { workingFolder: cwd, environment, sources: new Map() } as unknown as CommandContext;
  return readGiven({ set: [], setSecret: [], params: undefined, ...options }, context);
}

test('everything behind the first `=` is the value', async () => {
  const { value } = await given({ set: ['a=b=c', 'empty=', 'x.y-z= spaced '] });
  expect(value).toEqual([
    { name: 'a', value: { type: 'text', text: 'b=c' }, origin: { kind: 'input', source: '--set' } },
    { name: 'empty', value: { type: 'text', text: '' }, origin: { kind: 'input', source: '--set' } },
    { name: 'x.y-z', value: { type: 'text', text: ' spaced ' }, origin: { kind: 'input', source: '--set' } },
  ]);
});

test('a secret comes from the command line or, unseen by others, from the environment', async () => {
  const { value } = await given({ setSecret: ['a=s3cret', 'TOKEN'] }, '/', { TOKEN: 't0ken' });
  expect(value).toEqual([
    { name: 'a', value: { type: 'text', text: 's3cret' }, origin: { kind: 'input', source: '--set-secret' }, secret: true },
    { name: 'TOKEN', value: { type: 'text', text: 't0ken' }, origin: { kind: 'input', source: '--set-secret' }, secret: true },
  ]);
});

test('values of a file keep the form in which they are written', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'p.yaml'), 'large: 9007199254740993\nversion: 1.10\nflag: true\nquoted: "007"\n');
  writeFileSync(join(cwd, 'p.json'), '{ "a": "b", "n": 1e3 }');
  expect((await given({ params: 'p.yaml' }, cwd)).value?.map(({ name, value }) => [name, value.text])).toEqual([
    ['large', '9007199254740993'],
    ['version', '1.10'],
    ['flag', 'true'],
    ['quoted', '007'],
  ]);
  expect((await given({ params: 'p.json' }, cwd)).value?.map(({ name, value }) => [name, value.text])).toEqual([
    ['a', 'b'],
    ['n', '1e3'],
  ]);
});
