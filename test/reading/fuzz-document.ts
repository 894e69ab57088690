/** Documents made at random from the constructs of the trade, and what must hold of the reading of any of them. */
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { compilePlan, type CompiledPlan } from '../../src/compile/compile-plan.ts';
import { parseMarkdown } from '../../src/parse/markdown-document.ts';
import { parseText } from '../../src/parse/text-document.ts';
import type { SqlParser } from '../../src/policy/sql-parser.ts';
import { root } from '../support/command.ts';

const path = 'fuzz.md';

export function compileBytes(bytes: Uint8Array, parser: SqlParser, beside?: Uint8Array, name = path): Promise<CompiledPlan> {
  return compilePlan({
    path: name,
    bytes,
    hasDatabase: true,
    parser,
    sha256: (digested) => createHash('sha256').update(digested).digest('hex'),
    ...(beside ? { addendum: { path: 'fuzz.addendum.yaml', bytes: beside } } : {}),
  });
}

/** Compiles twice and checks what must hold of every reading: places, the account, the texts of the steps, the same answer. */
export async function expectSoundReading(document: string | Uint8Array, parser: SqlParser): Promise<void> {
  const bytes = typeof document === 'string' ? new TextEncoder().encode(document) : document;
  const compiled = await compileBytes(bytes, parser);
  const text = parseText(bytes, path).value;
  const length = text?.text.length ?? bytes.length;
  for (const { span, help, message } of compiled.diagnostics) {
    expect(message).not.toBe('');
    expect(help).toEqual(expect.any(String));
    if (span !== undefined) expectInside(span, length);
  }
  expect(JSON.stringify(await compileBytes(bytes, parser))).toBe(JSON.stringify(compiled));
  const { plan } = compiled;
  if (!plan || !text) {
    expect(compiled.diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
    return;
  }
  const accounted = new Set(plan.blocks.map(({ type, span }) => `${type} ${span.start.offset} ${span.end.offset}`));
  const blocks = parseMarkdown(text).value?.blocks ?? [];
  for (const { type, start, end } of blocks) expect(accounted).toContain(`${type} ${start} ${end}`);
  for (const { span } of plan.blocks) expectInside(span, length);
  const source = squash(text.text);
  for (const step of plan.steps) {
    expectInside(step.span, length);
    for (const expectation of step.expectations) expectInside(expectation.span, length);
    const around = blocks.find(({ code, start, end }) => code && start <= step.span.start.offset && step.span.end.offset <= end);
    const isTranscript = around?.code !== undefined && /^\s*(?:\S*[$#%>]|>>>|\S+@\S+)\s/m.test(around.code.value);
    for (const part of isTranscript ? step.text.split('\n') : [step.text]) expect(source).toContain(squash(part));
  }
}

/** Line ends, indentation, markers of a quote and the bar of a table's cell do not belong to a command. */
function squash(text: string): string {
  return text
    .replaceAll('\\|', '|')
    .replace(/[\s>]+/g, ' ')
    .trim();
}

function expectInside(span: { readonly start: { readonly offset: number }; readonly end: { readonly offset: number } }, length: number): void {
  expect(span.start.offset).toBeGreaterThanOrEqual(0);
  expect(span.end.offset).toBeGreaterThanOrEqual(span.start.offset);
  expect(span.end.offset).toBeLessThanOrEqual(length);
}

const odd = fc.constantFrom(
  '\u{feff}',
  '\u202e',
  '\u200b',
  '\u00ad',
  '\t',
  '\u00a0',
  '\u2028',
  '\u{1f6ab}',
  'e\u0301',
  '\u3000',
  'ß',
  '\\',
  '&amp;',
  '&#0;',
  '\u0001',
);
const sentences = fc.constantFrom(
  'Never delete rows from `payments`.',
  'Run `psql -c "select 1"` on the primary.',
  'The output must contain `ready`.',
  'Expected: 1 row, `status` = DONE',
  '**Expected:** exit code 0',
  'If the zone is empty, stop and call the on-call.',
  'Record `ward_id`.',
  'Do not:',
  'Execute from `backend/`:',
  'Optional: restart the queue, then wait 5 minutes.',
  'Pass only if all of the following hold:',
  '`app.py` contains no `eval`:',
  'Verify that the _backup_ exists; otherwise roll back.',
  'Date: 2026-01-02',
  'For example:',
  'Results: <pass/fail>',
  'Approved by: ______',
  'see [the plan](other.md), [ref][a] and https://example.org/x',
  'PASS',
  'Fail if latency > 200 ms or `count` < 3.',
);
const commands = fc.constantFrom(
  'echo one',
  'psql "$DB_URL" -c "delete from runs"',
  '$ make test\nok\n$ make build',
  'SELECT count(*) AS n FROM beds WHERE ward = <ward_id>;\nSELECT 1',
  'curl -s http://localhost/<name> | jq .status',
  'rg -n "a|b" src/',
  'for i in 1 2; do\n  echo $i\ndone',
  'cat <<EOF\n`a`\nEOF',
  'export A=1\necho ${A} "$B"',
  '{"a": 1}',
  '* * * * * root run',
  'python -m pytest -q',
  '# Expected: 3',
  ')((',
);
const languages = fc.constantFrom('bash', 'sql', '', 'console', 'json', 'sh id=x', '{.bash}', 'python', '8sh', 'yaml', 'psql timeout=3s');
const prose = fc
  .array(fc.oneof({ weight: 6, arbitrary: sentences }, { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) }, odd), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(' '));
const titles = fc.constantFrom(
  'Preconditions',
  'Policy',
  '1. Steps',
  '2.1 Verify (DB Read-Only)',
  'Acceptance Criteria',
  'Rollback',
  'Output Report',
  'Parameters',
  'Expected',
  'What not to do',
  'Appendix',
  'Notes',
  'Task: cleanup',
  'If it fails',
);
const indent = (text: string, first: string, rest: string): string =>
  text
    .split('\n')
    .map((line, index) => (index === 0 ? first : rest) + line)
    .join('\n');

const { block } = fc.letrec<{ block: string; blocks: string }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    prose,
    fc.tuple(fc.integer({ min: 1, max: 6 }), titles).map(([level, title]) => `${'#'.repeat(level)} ${title}`),
    fc.tuple(languages, commands, fc.constantFrom('```', '~~~', '````')).map(([language, command, fence]) => `${fence}${language}\n${command}\n${fence}`),
    fc.tuple(languages, commands).map(([language, command]) => `\`\`\`${language}\n${command}`),
    fc
      .array(fc.tuple(commands, sentences), { maxLength: 3 })
      .map((rows) =>
        [
          '| Command | Expected |',
          '|---|---|',
          ...rows.map(([command, text]) => `| \`${command.replace(/\n/g, ' ')}\` | ${text.replaceAll('|', '\\|')} |`),
        ].join('\n'),
      ),
    fc.constantFrom(
      '<details><summary>Old output</summary>',
      '</details>',
      '<!-- note',
      '-->',
      '[a]: http://x',
      '[^1]: a note',
      '---',
      '***',
      '> [!WARNING]\n> Never do it.',
      '<br/>',
      '\\',
      '~~~',
      '```',
    ),
    fc.tuple(tie('blocks'), fc.constantFrom('- ', '1. ', '* ', '- [ ] ', '10) ')).map(([text, mark]) => indent(text, mark, ' '.repeat(mark.length))),
    tie('blocks').map((text) => indent(text, '> ', '> ')),
    tie('blocks').map((text) => indent(text, '[^2]: ', '    ')),
  ),
  blocks: fc.tuple(fc.array(tie('block'), { minLength: 1, maxLength: 3 }), fc.constantFrom('\n\n', '\n')).map(([parts, between]) => parts.join(between)),
}));

const front = fc.constantFrom(
  '',
  '',
  '---\ntitle: x\n---\n',
  '---\nsteps: [{at: x}]\n---\n\n',
  '+++\na = 1\n+++\n',
  '---\n',
  '---\n*a\n---\n',
  '---\n<<: {a: 1}\n? [x]\n---\n',
);
const ends = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r');

/** Markdown of any construct in any other. */
export const documents: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '\u{feff}', '\u{feff}\u{feff}'), front, fc.array(block, { minLength: 1, maxLength: 9 }), fc.constantFrom('\n\n', '\n'), ends)
  .map(([bom, matter, blocks, between, end]) => (bom + matter + blocks.join(between)).replaceAll('\n', end));

const markup = fc.constantFrom(
  '`',
  '*',
  '_',
  '~~',
  '[',
  ']',
  '(',
  ')',
  '>',
  '- ',
  '1. ',
  '# ',
  '|',
  '\n',
  '\n\n',
  '  ',
  '\t',
  '<',
  '>',
  '```',
  ':',
  '**',
  'a',
  'Run',
  ' ',
  '=',
  '---',
  '!',
  '&',
  '\\',
  '\r',
  '[^',
  ']:',
  '$',
  '"',
  '<!--',
);
export const signs: fc.Arbitrary<string> = fc.array(markup, { maxLength: 120 }).map((parts) => parts.join(''));

const folder = join(root, 'fixtures/reading');

/** Every document of the fixtures and both seeds. */
export function fixtureDocuments(): readonly string[] {
  return [
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => join(folder, file)),
    join(root, 'plans/run-proof-v2.md'),
    join(root, 'plans/run-proof-v4.md'),
  ];
}

/** Lines cut, doubled and swapped, characters too. */
export function damaged(text: string): fc.Arbitrary<string> {
  const lines = text.split('\n');
  const line = fc.nat(lines.length - 1);
  const place = fc.nat(text.length);
  return fc.oneof(
    line.map((at) => lines.toSpliced(at, 1).join('\n')),
    line.map((at) => lines.toSpliced(at, 0, lines[at] ?? '').join('\n')),
    fc.tuple(line, line).map(([at, other]) =>
      lines
        .with(at, lines[other] ?? '')
        .with(other, lines[at] ?? '')
        .join('\n'),
    ),
    place.map((at) => text.slice(0, at)),
    place.map((at) => text.slice(at)),
    place.map((at) => text.slice(0, at) + text.slice(at + 1)),
    fc.tuple(place, markup).map(([at, sign]) => text.slice(0, at) + sign + text.slice(at)),
    fc.tuple(place, odd).map(([at, sign]) => text.slice(0, at) + sign + text.slice(at)),
    fc.tuple(place, place).map(([at, other]) => text.slice(0, at) + (text[other] ?? '') + text.slice(at + 1)),
  );
}
