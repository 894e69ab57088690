import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan, type CompiledPlan } from '../../src/compile/compile-plan.ts';
import { diagnosticCodes } from '../../src/model/diagnostic-code.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'reading', 'codes');
const parser = createSqlParser();
afterAll(() => parser.close());

const compile = (code: string, name: 'bad' | 'good'): Promise<CompiledPlan> => {
  const path = join(folder, code.replace('/', '-'), `${name}.md`);
  const addendum = path.replace(/\.md$/, '.addendum.yaml');
  return compilePlan({
    path,
    bytes: readFileSync(path),
    ...(existsSync(addendum) ? { addendum: { path: addendum, bytes: readFileSync(addendum) } } : {}),
    parser,
    sha256: () => '',
  });
};

/** Codes of the configuration have their fixtures in `config.test.ts`; a file of 16 MB is made there where it is needed. */
const elsewhere = new Set(['compile/unknown-environment', 'compile/unknown-prepare', 'compile/unprovided-name', 'parse/yaml-too-large']);
const codes = Object.keys(diagnosticCodes).filter((code) => /^(?:compile|parse)\//.test(code) && !elsewhere.has(code));

describe('every code of reading has a bad document and its mended form', () => {
  test('no folder without a code', () => {
    expect(readdirSync(folder).toSorted()).toEqual(codes.map((code) => code.replace('/', '-')).toSorted());
  });

  test.each(codes)('%s', async (code) => {
    const [bad, good] = [await compile(code, 'bad'), await compile(code, 'good')];
    const found = bad.diagnostics.filter((diagnostic) => diagnostic.code === code);
    expect(bad.diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    expect(found.every((diagnostic) => diagnostic.message !== '' && diagnostic.help !== undefined && diagnostic.span !== undefined)).toBe(true);
    expect(good.diagnostics.map((diagnostic) => diagnostic.code)).not.toContain(code);
  });
});
