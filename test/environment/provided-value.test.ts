/** Exactly one line of what was printed, the whole of it, and nothing guessed. */
import { expect, test } from 'vitest';
import { readProvided } from '../../src/environment/provided-value.ts';

const id = '78d877a8-9f1e-4bf5-b060-1d5e23949a68';
const other = 'cf6c5f9e-f642-4a86-ac8b-f61c689aaf72';
const read = (pattern: string, stdout: string, more: { name?: string; type?: 'integer' | 'text' | 'boolean' } = {}) =>
  readProvided(
    { kind: 'prepare-line', name: more.name ?? 'agent_id', prepare: 0, pattern, ...(more.type === undefined ? {} : { type: more.type }) },
    'create',
    stdout,
  );

test.each<[string, string, string, string, { name?: string; type?: 'integer' | 'text' | 'boolean' }]>([
  ['a uuid', 'Created agent: <uuid>', `starting\nCreated agent: ${id}\ndone\n`, id, {}],
  ['blanks and a carriage return around it', 'Created agent: <uuid>', `  Created agent: ${id} \r\n`, id, {}],
  ['the hole of its own name', '<agent_id>: <name> (<status>)', `${id}: demo (active)\n`, id, {}],
  ['the type where the hole is a name', 'Port: <port>', 'Port: abc\nPort: 5432\n', '5432', { name: 'port', type: 'integer' }],
  ['text up to the end', 'Name: <text>', 'Name: two words\n', 'two words', {}],
  ['signs that mean something in patterns', 'a.b* [x] (<integer>)?', 'a.b* [x] (7)?\n', '7', {}],
  ['a last line without an end', 'Id: <uuid>', `Id: ${id}`, id, {}],
])('%s', (_name, pattern, stdout, value, more) => {
  expect(read(pattern, stdout, more)).toEqual({ value, diagnostics: [] });
});

test.each([
  ['none', 'Created agent: <uuid>', 'nothing\n', 'no line'],
  ['a part of a line', 'Created agent: <uuid>', `> Created agent: ${id}\nCreated agent: ${id} twice\n`, 'no line'],
  ['not a uuid', 'Created agent: <uuid>', 'Created agent: 78d877a8\n', 'no line'],
  ['two different', 'Created agent: <uuid>', `Created agent: ${id}\nCreated agent: ${other}\n`, '2 lines'],
  ['twice the same', 'Created agent: <uuid>', `Created agent: ${id}\nCreated agent: ${id}\n`, '2 lines'],
  ['no output at all', 'Created agent: <uuid>', '', 'no line'],
])('%s', (_name, pattern, stdout, found) => {
  const taken = read(pattern, stdout);
  expect(taken.value).toBeUndefined();
  expect(taken.diagnostics).toMatchObject([
    {
      severity: 'error',
      code: 'environment/provides-line',
      message: `\`agent_id\`: ${found} of what a prepare command printed fit \`Created agent: <uuid>\`, and exactly one must`,
    },
  ]);
  expect(taken.diagnostics[0]?.notes?.[0]).toBe('command: `create`');
});

test.each([
  ['Created agent:', 'the line pattern for `agent_id` has no hole such as `<uuid>`'],
  ['<uuid>: <name>', 'the line pattern for `agent_id` has several holes, and none is `<agent_id>`'],
])('a pattern that cannot be used: %s', (pattern, message) => {
  expect(read(pattern, `${id}: demo\n`).diagnostics).toMatchObject([{ code: 'environment/provides-pattern', message }]);
});
