import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CompiledPlan } from '../../src/compile/compile-plan.ts';
import { parseYaml } from '../../src/parse/yaml-document.ts';
import { renderYamlPlan } from '../../src/review/convert-text.ts';
import { root } from '../support/command.ts';
import { createCompiler } from './plan-of.ts';

const compile = createCompiler();
const whole = readFileSync(join(root, 'fixtures/same-plan/order-import.plan.yaml'), 'utf8');
const lines = whole.split('\n');

/** Whatever is said, it is said about a place that is there, with a next action. */
function expectSound({ diagnostics }: CompiledPlan, text: string): void {
  for (const { span, help, message } of diagnostics) {
    expect(message).not.toBe('');
    expect(help).toEqual(expect.any(String));
    if (span === undefined) continue;
    expect(span.start.offset).toBeGreaterThanOrEqual(0);
    expect(span.end.offset).toBeGreaterThanOrEqual(span.start.offset);
    expect(span.end.offset).toBeLessThanOrEqual(text.length);
  }
}

describe('YAML plans that were damaged', () => {
  const line = fc.nat(lines.length - 1);
  const mutants = fc.oneof(
    line.map((at) => lines.toSpliced(at, 1).join('\n')),
    fc.tuple(line, fc.string()).map(([at, text]) => lines.toSpliced(at, 1, text).join('\n')),
    fc
      .tuple(line, fc.constantFrom('null', '[]', '{}', '0', 'yes', '""', '!!x', '*a', '- - -', '\t', '"'))
      .map(([at, text]) => lines.with(at, (lines[at] ?? '').replace(/:.*$/, `: ${text}`)).join('\n')),
    fc.tuple(line, line).map(([at, other]) => lines.with(at, lines[other] ?? '').join('\n')),
    fc.nat(whole.length).map((end) => whole.slice(0, end)),
  );

  test('never crash the compiler, and every message has its place', async () => {
    await fc.assert(
      fc.asyncProperty(mutants, async (text) => {
        expectSound(await compile('fuzz.plan.yaml', text), text);
      }),
      { numRuns: 150 },
    );
  });
});

describe('front matter and info strings of any kind', () => {
  const info = fc
    .array(
      fc.oneof(
        fc.string(),
        fc.constantFrom('id=', 'timeout=', 'expect="', 'writes=a,', '{', '}', 'cwd=..', "'", '\\', 'once=true', 'id=x', 'timeout=3s', 'expect="1 row"'),
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join(' ').replaceAll(/[\r\n`]/g, ' '));
  const front = fc
    .oneof(
      fc.string(),
      fc.constantFrom(
        'inputs:\n  a: { type: text }',
        'steps:\n  - at: x',
        'steps: [{}]',
        'report:\n- {at: a, name: b}',
        'plan: [',
        'accept:\n  - *x',
        'captures:\n  - null',
      ),
    )
    .map((text) => text.replaceAll(/^---/gm, ''));

  test('never crash the compiler, and every message has its place', async () => {
    await fc.assert(
      fc.asyncProperty(front, info, fc.constantFrom('\n', '\r\n'), async (matter, words, eol) => {
        const text = `---\n${matter}\n---\n# T\n\n\`\`\`bash ${words}\necho one\n\`\`\`\n`.replaceAll('\n', eol);
        expectSound(await compile('fuzz.md', text), text);
      }),
      { numRuns: 150 },
    );
  });
});

test('any text survives as a scalar, in a list, in a block', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((each) => !each.includes('\0'));
  const awkward = fc.constantFrom(
    'yes',
    'null',
    '~',
    '010',
    '0x10',
    '1e3',
    '9007199254740993',
    '2026-11-21',
    ' a',
    'a ',
    'a\n',
    '\n',
    'a\n\n b',
    '- a',
    '# a',
    'a: b',
    '"',
    "'",
    '\t',
    '%a',
    '@a',
    '`a`',
    '&a',
    '*a',
    '!a',
    '|',
    '>',
    '---',
    '\u200b',
    '\u2028',
    '\ufeffx',
    'a\r\nb',
    'a\rb',
    '',
    'true',
    '.inf',
    '<<',
    '=',
    '1:2',
    '\u0085',
    '\u007f',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(text, awkward), { minLength: 1, maxLength: 5 }), (values) => {
      const read = parseYaml(renderYamlPlan({ title: values[0], steps: values, inner: { list: values.map((value) => ({ value })) } }), 'x.yaml');
      expect(read.diagnostics).toEqual([]);
      expect(JSON.parse(JSON.stringify(read.value?.value))).toEqual({ title: values[0], steps: values, inner: { list: values.map((value) => ({ value })) } });
    }),
    { numRuns: 500 },
  );
});
