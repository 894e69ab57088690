/** The schemas of CI systems (fixtures/ci/schema), as validators. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { root } from '../support/command.ts';

export type CiSchema = 'github-actions' | 'github-workflows' | 'gitlab-ci' | 'azure-pipelines';

/** Answers with what speaks against the value: nothing where it is valid. */
export function ciProblems(name: CiSchema, value: unknown): readonly string[] {
  // Not strict: they are written for editors. Their patterns are not meant to be read with the flag `u`.
  const ajv = new Ajv({ strict: false, unicodeRegExp: false, logger: false, validateFormats: false });
  const schema = JSON.parse(readFileSync(join(root, 'fixtures/ci/schema', `${name}.json`), 'utf8')) as object;
  const validate = ajv.compile(schema);
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
