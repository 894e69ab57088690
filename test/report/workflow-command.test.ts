import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCommandFilter } from '../../src/report/workflow-command.ts';
import { obeyedByAny, obeyedByGitHub } from '../support/workflow-runner.ts';

const attacks: readonly string[] = [
  '::set-env name=PATH::/tmp/evil',
  '::error file=a,line=1::no',
  '   \t::add-mask::a',
  '\u00a0\u2003\u0085::add-path::/tmp',
  '\ufeff::stop-commands::x',
  '\r::warning::after a lone CR',
  'text\r::warning::after a lone CR',
  'ok\n::group::x',
  ':::error::y\n::error::z',
  '##[add-path]/tmp',
  'in the middle ##[group]x',
  '###[group]x',
  '##\u200b[group]x',
  '#\u00ad#\u0000[group]x',
  ':\u200d:error::x',
  '##vso[task.setvariable variable=PATH]x',
  'before ##VSO[task.complete result=Succeeded;]',
  "##teamcity[buildStatus status='SUCCESS']",
  'x##TeamCity[blockOpened]',
  'section_start:1560896352:my_first_section',
  'text section_end:1:x',
  'Section_Start:1:x',
  '##section_start:vso[##[x]::',
];

describe('a command that a plan or a child has written', () => {
  test.each(attacks)('%j is one for a runner, and none behind the filter', (attack) => {
    expect(obeyedByAny(attack)).not.toEqual([]);
    expect(obeyedByAny(createCommandFilter()(attack))).toEqual([]);
  });

  test('is none in pieces either, wherever it is broken', () => {
    for (const attack of attacks)
      for (let at = 1; at < attack.length; at += 1) {
        const filter = createCommandFilter();
        expect(obeyedByAny(filter(attack.slice(0, at)) + filter(attack.slice(at)))).toEqual([]);
        const single = createCommandFilter();
        expect(obeyedByAny(Array.from(attack, (each) => single(each)).join(''))).toEqual([]);
      }
  });

  test('is none in any mixture', () => {
    const piece = fc.constantFrom(
      '::',
      ':',
      '#',
      '##',
      '[',
      ']',
      '##[',
      '##vso[',
      '##teamcity[',
      'section_start:',
      'section_',
      'start',
      ':1:x',
      'error',
      ' ',
      '\t',
      '\n',
      '\r',
      '\u200b',
      '\u0085',
      'x',
      '\u001b',
    );
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 12 }), { maxLength: 5 }), (writes) => {
        const filter = createCommandFilter();
        return obeyedByAny(writes.map((pieces) => filter(pieces.join(''))).join('')).length === 0;
      }),
      { numRuns: 3_000 },
    );
  });
});

test.each([
  'a time 12:00::30, std::vector and ::1 later in a line: a::b\n',
  'C++: `std::cout`\n| column :: column |\n',
  '# a heading\n## another\n- [x] done\n### [link](#x)\n',
  'sections start: here\n',
  '',
  'für 日本 👍🏽 🏳️‍🌈\n',
])('what is no command stays as it is: %j', (text) => {
  expect(createCommandFilter()(text)).toBe(text);
});

test('a JSON text says the same', () => {
  const value = { text: '##[group]x', more: ['##vso[a]', 'section_start:1:x', '::error::y', '##teamcity[x', '##\u200b[x]'], 'key ##[': { '::': '::' } };
  for (const json of [JSON.stringify(value), JSON.stringify(value, undefined, 2)]) {
    const shown = createCommandFilter('json')(json);
    expect(obeyedByAny(shown)).toEqual([]);
    expect(JSON.parse(shown)).toEqual(value);
  }
});

test('the parser of the tests obeys stop-commands as GitHub does', () => {
  expect(obeyedByGitHub('::stop-commands::abc\n::error::x\n::abc::\n::error::y\n')).toEqual(['stop-commands', 'error']);
});

test('a long text takes linear time', () => {
  const text = '##'.repeat(100_000);
  const started = performance.now();
  createCommandFilter()(text);
  expect(performance.now() - started).toBeLessThan(5_000);
});
