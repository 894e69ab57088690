import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileAddendum } from '../../src/compile/addendum.ts';
import { parseYaml } from '../../src/parse/yaml-document.ts';
import { renderAddendum, renderQuestions } from '../../src/review/new-addendum.ts';
import { questionsOf, unanswerable } from '../../src/review/new-question.ts';
import { createCompiler } from '../compile/plan-of.ts';
import { root } from '../support/command.ts';

const compile = createCompiler();
const documents = ['plans', 'fixtures/reading/labelled', 'fixtures/reading/codes', 'fixtures/same-plan']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`))
  .filter((path) => path.endsWith('.md'))
  .toSorted();

/** Most documents are asked about in both tests. */
const compiled = new Map<string, ReturnType<typeof compile>>();
function compileDocument(path: string): ReturnType<typeof compile> {
  const known = compiled.get(path) ?? compile(path, readFileSync(join(root, path)), { beside: 'plan: x.md\n' });
  compiled.set(path, known);
  return known;
}

const folded = (text: string): string => text.replace(/\s+/g, ' ');

describe('what a document leaves open', () => {
  test('every question of every document quotes it, is valid as a comment, and is YAML when it is uncommented', async () => {
    let asked = 0;
    for (const path of documents) {
      const source = new TextDecoder().decode(readFileSync(join(root, path)));
      const { plan, diagnostics } = await compileDocument(path);
      if (plan === undefined) continue;
      const questions = questionsOf(plan, diagnostics, source);
      asked += questions.length;
      for (const { quotation, lineNumber, ask } of questions) {
        expect(folded(source), path).toContain(quotation);
        expect(lineNumber).toBeLessThanOrEqual(source.split('\n').length);
        expect(ask.length).toBeGreaterThan(0);
      }
      const text = renderAddendum('x.md', questions);
      const written = parseYaml(text, 'x.addendum.yaml');
      expect(written.diagnostics).toEqual([]);
      expect(written.value && compileAddendum(written.value).diagnostics).toEqual([]);
      if (questions.length === 0) continue;
      const uncommented = parseYaml(`plan: x.md\n${renderQuestions(questions).replace(/^# /gm, '')}`, 'x.addendum.yaml');
      expect(uncommented.diagnostics, text).toEqual([]);
      const wrong = uncommented.value ? compileAddendum(uncommented.value).diagnostics : [];
      // A value that is not there yet is the only thing that may be wrong.
      expect(
        wrong
          .filter(({ code }) => !/^compile\/(?:wrong-type|empty-value|missing-key|wrong-value|duplicate-entry)$/.test(code))
          .map(({ code, message }) => `${path} ${code}: ${message}`),
      ).toEqual([]);
    }
    expect(asked).toBeGreaterThan(100);
  });

  test('every error is asked about, or said', async () => {
    for (const path of documents) {
      const source = new TextDecoder().decode(readFileSync(join(root, path)));
      const { plan, diagnostics } = await compileDocument(path);
      if (plan === undefined) continue;
      const said = unanswerable(plan, diagnostics, source);
      const lines = new Set(questionsOf(plan, diagnostics, source).map(({ lineNumber }) => lineNumber));
      const lost = diagnostics.filter(
        (diagnostic) => diagnostic.severity === 'error' && !said.includes(diagnostic) && !lines.has(diagnostic.span?.start.line ?? 0),
      );
      // One answer may be that of several messages: a folder for all steps of a kind, a value for all its places.
      expect(
        lost
          .filter(
            ({ code }) =>
              !/^compile\/(?:unbound-working-directory|unbound-placeholder|unset-variable|open-value|expectation-without-step|unbound-production-path)$/.test(
                code,
              ),
          )
          .map(({ code, span }) => `${path}:${span?.start.line} ${code}`),
      ).toEqual([]);
    }
  });

  test('the same words twice: the quotation grows until it is the only one', async () => {
    const text = '# T\n\n## Preconditions\n\n- Backup taken\n- Backup taken of the second disk\n\n## Steps\n\n```bash\n./a\n```\n';
    const { plan, diagnostics } = await compile('p.md', text, { beside: 'plan: p.md\n' });
    const questions = plan ? questionsOf(plan, diagnostics, text) : [];
    expect(questions.map(({ quotation }) => quotation)).toEqual(['## Preconditions - Backup taken', 'Backup taken of the second disk']);
  });
});
