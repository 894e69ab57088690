/** Every code has a page with its reason and both forms of an example; the examples of reading are the fixtures. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRules } from '../../src/compile/open-rule.ts';
import { phrasebook } from '../../src/compile/phrasebook.ts';
import { diagnosticCodes, type DiagnosticCode } from '../../src/model/diagnostic-code.ts';
import { displayWidth } from '../../src/report/display-width.ts';
import { codePage, type CodePage } from '../../src/review/code-page.ts';
import { renderCodePage } from '../../src/review/render-code-page.ts';
import { root } from '../support/command.ts';

const codes = Object.keys(diagnosticCodes) as readonly DiagnosticCode[];
const folder = join(root, 'fixtures/reading/codes');
const style = (columns: number) => ({ columns, widthOf: displayWidth, paint: (text: string) => text });

test.each(codes)('%s', (code) => {
  const page = codePage(code);
  expect(page).toMatchObject({ schemaVersion: 1, code, meaning: diagnosticCodes[code] });
  expect(page.why).not.toBe('');
  expect(page.why).not.toMatch(/^[A-Z]|\.$/);
  expect(page.bad).not.toEqual([]);
  expect(page.mended).not.toEqual([]);
  expect(page.bad).not.toEqual(page.mended);
  for (const columns of [40, 80, 200]) {
    const lines = renderCodePage(page, style(columns)).split('\n');
    expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/[^\n\P{Cc}]/u);
  }
});

test('the examples of reading are the fixtures as they are now', () => {
  for (const code of codes) {
    const path = join(folder, code.replace('/', '-'), 'bad.md');
    if (!existsSync(path)) continue;
    const [document] = codePage(code).bad;
    expect(document).toEqual({ name: 'plan.md', text: readFileSync(path, 'utf8') });
  }
});

describe('two pages show a language', () => {
  const spoken = (page: CodePage): readonly string[] => (page.policies ?? []).flatMap((kind) => kind.sentences);

  test('policies: one sentence for each row of the phrasebook, and what no guard keeps', () => {
    const page = codePage('compile/unenforced-policy');
    expect(spoken(page)).toHaveLength(phrasebook.length);
    for (const phrase of phrasebook) expect(spoken(page).join('\n')).toContain(phrase.example.replace(/^\(|\)$/g, ''));
    expect(page.withoutGuard).toEqual(openRules.map((rule) => rule.about));
    const text = renderCodePage(page, style(80));
    for (const { kind } of page.policies ?? []) expect(text).toContain(`\n  ${kind}\n`);
  });

  test('claims: the grammar of src/compile/claim.ts, and sentences with what they become', () => {
    const page = codePage('compile/unclear-expectation');
    const head = readFileSync(join(root, 'src/compile/claim.ts'), 'utf8').split('*/')[0] ?? '';
    expect(page.grammar?.length).toBeGreaterThan(5);
    for (const line of page.grammar ?? []) expect(head).toContain(line.trim());
    const rows = ['counted-row', 'named-value', 'printed-output', 'step-ending']
      .map((name) => readFileSync(join(root, `fixtures/reading/claims/${name}.tsv`), 'utf8'))
      .join('\n');
    expect(page.claims?.length).toBeGreaterThan(20);
    for (const { sentence, reading } of page.claims ?? [])
      expect(rows.split('\n').some((row) => row.startsWith(`${sentence}\t`) && row.split('\t')[2] === reading)).toBe(true);
  });

  test('no other page has them', () => {
    const withLanguage = codes.map(codePage).filter((page) => page.policies !== undefined || page.grammar !== undefined);
    expect(withLanguage.map((page) => page.code)).toEqual(['compile/unclear-expectation', 'compile/unenforced-policy']);
  });
});

test('only lines that differ are marked, and a tab is seen', () => {
  const lines = renderCodePage(codePage('compile/unbound-pattern'), style(80)).split('\n');
  expect(lines.filter((line) => /^[-+] /.test(line))).toEqual([
    '- │ - `src/a.py` contains no customer run creation.',
    '+ │ - `src/a.py` contains `create_run`.',
  ]);
  expect(renderCodePage(codePage('parse/yaml-tab'), style(80))).toContain('⇥');
});
