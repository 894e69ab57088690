import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileLinePattern } from '../../src/engine/line-pattern.ts';

const id = '78d877a8-9f1e-4bf5-b060-1d5e23949a68';

function match(pattern: string, line: string): Record<string, string> | undefined {
  const found = compileLinePattern(pattern)(line);
  return found === undefined ? undefined : Object.fromEntries(found);
}

test.each([
  ['<uuid>: <name> (<status>)', `${id}: my agent (active)`, { uuid: id, name: 'my agent', status: 'active' }],
  ['<uuid>: <name> (<status>)', `  ${id}: a: b (c) (d)  `, { uuid: id, name: 'a: b', status: 'c) (d' }],
  ['Created agent: <agent_uuid>', `Created agent: ${id}`, { agent_uuid: id }],
  ['<name> has <n> rows', 'runs has 3 rows', { name: 'runs', n: '3' }],
  ['<all>', 'anything at all', { all: 'anything at all' }],
  ['<x>-<x>', 'a-a', { x: 'a' }],
  ['<a><b>', 'xyz', { a: 'x', b: 'yz' }],
  ['fixed', 'fixed', {}],
])('%s takes %s', (pattern, line, holes) => {
  expect(match(pattern, line)).toEqual(holes);
});

test.each([
  ['<uuid>: <name> (<status>)', 'not-a-uuid: my agent (active)'],
  ['<uuid>: <name> (<status>)', `${id}: my agent (active) and more`],
  ['<uuid>: <name> (<status>)', `before ${id}: my agent (active)`],
  ['<uuid>: <name> (<status>)', `${id}:  (active)`],
  ['Created agent: <uuid>', `Created agent: ${id}0`],
  ['<x>-<x>', 'a-b'],
  ['<a><b>', 'x'],
  ['fixed', 'fixed and more'],
  ['<all>', ''],
])('%s does not take %s', (pattern, line) => {
  expect(match(pattern, line)).toBeUndefined();
});

test('a line that is made from the pattern always matches, and filling the holes found gives the line again', () => {
  const word = fc.stringMatching(/^[a-z:() ]{1,6}$/).map((text) => text.replace(/^\s|\s$/g, 'x'));
  fc.assert(
    fc.property(word, word, word, (one, two, three) => {
      const line = `${one}: ${two} (${three})`;
      const found = match('<a>: <b> (<c>)', line);
      expect(`${found?.['a']}: ${found?.['b']} (${found?.['c']})`).toBe(line);
    }),
  );
});
