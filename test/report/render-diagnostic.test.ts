import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { Span } from '../../src/model/span.ts';
import { createColours } from '../../src/report/colour.ts';
import { renderDiagnostic, type DiagnosticStyle } from '../../src/report/render-diagnostic.ts';

const code = 'parse/empty-document';

function at(path: string, line: number, column: number, length: number, endLine = line): Span {
  return { path, start: { offset: 0, line, column }, end: { offset: 0, line: endLine, column: column + length } };
}

function style(source: string | undefined, columns = 80): DiagnosticStyle {
  return { colours: createColours(0), columns, sourceOf: () => source };
}

function seed(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../plans', name), 'utf8');
}

test('a message about a plan has the five parts', () => {
  const diagnostic: Diagnostic = {
    severity: 'error',
    code,
    message: 'nothing supplies `<agent_id>` before this step needs it',
    span: at('plans/run-proof-v4.md', 50, 15, 10),
    label: 'needed by step 2.1 (shell)',
    notes: ['supplied so far: `db_url` (--set), `tenant_id` (--set)'],
    help: 'pass --set agent_id=<value>, or record `agent_id` in an earlier step',
  };
  expect(renderDiagnostic(diagnostic, style(seed('run-proof-v4.md')))).toBe(
    [
      'error[parse/empty-document]: nothing supplies `<agent_id>` before this step needs it',
      '  --> plans/run-proof-v4.md:50:15',
      '   |',
      "50 |   --agent-id '<agent_id>' \\",
      '   |               ^^^^^^^^^^ needed by step 2.1 (shell)',
      '   |',
      '   = note: supplied so far: `db_url` (--set), `tenant_id` (--set)',
      '   = help: pass --set agent_id=<value>, or record `agent_id` in an earlier step',
    ].join('\n'),
  );
});

test('the gutter grows with the line number', () => {
  const diagnostic: Diagnostic = { severity: 'failed', code, message: 'm', span: at('p.md', 129, 4, 26), label: 'chain_length is 0, step_count is 7' };
  expect(
    renderDiagnostic(diagnostic, style(seed('run-proof-v2.md')))
      .split('\n')
      .slice(1),
  ).toEqual(['   --> p.md:129:4', '    |', '129 | - `chain_length == step_count`', '    |    ^^^^^^^^^^^^^^^^^^^^^^^^^^ chain_length is 0, step_count is 7']);
});

test('without a place there is no frame, and facts still line up', () => {
  const diagnostic: Diagnostic = { severity: 'error', code, message: 'm', notes: ['n'], help: 'h' };
  expect(renderDiagnostic(diagnostic, style(undefined))).toBe('error[parse/empty-document]: m\n  = note: n\n  = help: h');
});

test('a file that cannot be shown leaves its place and the label', () => {
  const diagnostic: Diagnostic = { severity: 'error', code, message: 'm', span: at('gone.md', 3, 1, 1), label: 'here' };
  expect(renderDiagnostic(diagnostic, style(undefined))).toBe('error[parse/empty-document]: m\n --> gone.md:3:1\n  = note: here');
});

test.each([
  ['tabs', '\tab\tcd', 5, 2, ' |         ^^'],
  ['wide characters', '日本 ab', 4, 2, ' |      ^^'],
  ['an emoji of several code points', '👩‍👩‍👧 ab', 10, 2, ' |    ^^'],
  ['combining marks', 'e\u0301e\u0301 ab', 6, 2, ' |    ^^'],
  ['a wide character is marked whole', 'a日b', 2, 1, ' |  ^^'],
  ['an empty span', 'abc', 4, 0, ' |    ^'],
])('carets stand under %s', (_name, line, column, length, expected) => {
  const rendered = renderDiagnostic({ severity: 'error', code, message: 'm', span: at('p', 1, column, length) }, style(line));
  expect(rendered.split('\n').at(-1)).toBe(` ${expected}`);
});

test('a span over several lines marks the first and says where it ends', () => {
  const rendered = renderDiagnostic({ severity: 'error', code, message: 'm', span: at('p', 1, 1, 1, 3), label: 'step' }, style('one\ntwo\nthree'));
  expect(rendered.split('\n').slice(-2)).toEqual(['1 | one', '  | ^^^ step, to line 3']);
});

test('a long line is cut so that the marked part is in sight, and nothing is wider than the terminal', () => {
  const line = `${'a'.repeat(300)} HERE ${'b'.repeat(300)}`;
  for (const columns of [40, 80, 120]) {
    const lines = renderDiagnostic({ severity: 'error', code, message: 'm', span: at('p', 1, 302, 4), label: 'the label' }, style(line, columns)).split('\n');
    const [shown, carets] = lines.slice(3);
    expect(shown?.slice(carets?.indexOf('^'), (carets?.lastIndexOf('^') ?? 0) + 1)).toBe('HERE');
    expect(lines.every((each) => each.length <= columns)).toBe(true);
  }
});

test('a label that does not fit beside stands below, wrapped', () => {
  const label = 'a label of quite a number of words that cannot stand beside the carets at all here';
  const lines = renderDiagnostic({ severity: 'error', code, message: 'm', span: at('p', 1, 40, 6), label }, style(`${' '.repeat(39)}marked`)).split('\n');
  expect(lines.every((line) => line.length <= 80)).toBe(true);
  expect(
    lines
      .slice(5)
      .map((line) => line.slice(4).trim())
      .join(' '),
  ).toBe(label);
});

test('notes wrap at the width, but never inside backticks', () => {
  const command = '`proofplan run plans/run-proof-v4.md --environment run-proof --set agent_id=1`';
  const lines = renderDiagnostic({ severity: 'error', code, message: 'm', help: `repeat with ${command} and look again` }, style(undefined)).split('\n');
  expect(lines.some((line) => line.includes(command))).toBe(true);
  expect(lines[1]).toBe('  = help: repeat with');
  expect(lines[3]).toBe('          and look again');
});

test('lines of a note that are indented are kept as they are', () => {
  const lines = renderDiagnostic({ severity: 'error', code, message: 'm', notes: ['the last lines:\n  a  b\n  c'] }, style(undefined)).split('\n');
  expect(lines.slice(1)).toEqual(['  = note: the last lines:', '            a  b', '            c']);
});

test('nothing that a plan or a child wrote reaches the terminal as a command', () => {
  const evil = 'a\u001b[2Jb\u009b31mc\u202e\rd\u0007';
  const diagnostic: Diagnostic = { severity: 'error', code, message: evil, span: at(`p${evil}`, 1, 1, 3), label: evil, notes: [evil], help: evil };
  const rendered = renderDiagnostic(diagnostic, style(`x${evil}`));
  expect(rendered).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(rendered).toContain('␛');
});

test('colour changes no character', () => {
  const diagnostic: Diagnostic = { severity: 'refused', code, message: 'm', span: at('p', 1, 1, 2), label: 'l', notes: ['n'], help: 'h' };
  const coloured = renderDiagnostic(diagnostic, { ...style('ab'), colours: createColours(1) });
  expect(coloured).toContain('\u001b[');
  expect(coloured.replaceAll(/\u001b\[[0-9;]*m/g, '')).toBe(renderDiagnostic(diagnostic, style('ab')));
});

test('a word of megabytes is told by its beginning and its end, in whole characters', () => {
  const long = `${'𝔛'.repeat(500_000)}!`;
  const diagnostic: Diagnostic = {
    severity: 'error',
    code,
    message: `nothing supplies ${long}`,
    span: at('p.md', 1, 1, 1),
    label: long,
    notes: [long],
    help: `write ${long}`,
  };
  const text = renderDiagnostic(diagnostic, style('x'));
  expect(text.length).toBeLessThan(12_000);
  expect(text).not.toMatch(/\p{Cs}/u);
  expect(text.match(/characters\)/g)).toHaveLength(4);
});
