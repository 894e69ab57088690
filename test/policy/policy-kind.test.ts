/** The closed set of policy kinds: each has its own branch of the schemas, with its keys and no others. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it, test } from 'vitest';
import type { PolicyKind } from '../../src/model/policy.ts';

type WrittenKind = Exclude<PolicyKind, 'accepted'>;

/** What each kind may be given; `least` is the fewest keys that make a rule. A new kind does not compile until it stands here. */
const kinds: Readonly<Record<WrittenKind, { readonly least: object; readonly most: object; readonly wrong: object }>> = {
  'no-manual-writes': { least: {}, most: { tables: ['runs'], writer: 'run it' }, wrong: { tables: [''] } },
  'read-only': { least: {}, most: {}, wrong: { tables: ['runs'] } },
  'no-execution': { least: {}, most: {}, wrong: { sections: ['1'] } },
  'no-sqlite-fallback': { least: {}, most: { identifiers: ['SQLiteStore'], files: ['store.py'] }, wrong: { files: 'store.py' } },
  'stop-on-failure': { least: {}, most: { evidence: false }, wrong: { evidence: 'no' } },
  order: { least: { before: 'first', after: 'then' }, most: { before: 'first', after: 'then' }, wrong: { before: 'first' } },
  'no-ddl': { least: {}, most: {}, wrong: { permit: ['index'] } },
  'no-undeclared-env': { least: {}, most: {}, wrong: { permit: ['PATH'] } },
  'no-workspace-change': { least: {}, most: {}, wrong: { files: ['a'] } },
  'no-substitution': { least: {}, most: {}, wrong: { but: 'psql' } },
  'fresh-evidence': { least: {}, most: { names: ['run_id'] }, wrong: { names: 'run_id' } },
  'attempt-limit': { least: { attempts: 1 }, most: { attempts: 9 }, wrong: { attempts: 0 } },
  'no-network': { least: {}, most: { permit: ['registry.example'] }, wrong: { permit: 'all' } },
  'forbidden-target': { least: { names: ['production'] }, most: { names: ['production', 'ledger-1'] }, wrong: {} },
  'forbidden-command': { least: { commands: ['git push'] }, most: { commands: ['git push', 'rm'] }, wrong: { commands: 'rm' } },
  isolation: { least: { level: 'process' }, most: { level: 'network' }, wrong: { level: 'none' } },
};

interface Schema {
  readonly definitions: { readonly policyRule: { readonly properties: { readonly kind: { readonly enum: readonly string[] } } } };
}

describe.each(['addendum', 'plan'])('%s.schema.json', (name) => {
  const schema = JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8')) as Schema & object;
  const ajv = new Ajv({ strict: false, discriminator: true, validateFormats: false });
  const validate = ajv.compile({ definitions: schema.definitions, $ref: '#/definitions/policyRule' });

  test('names the closed set and nothing else', () => {
    expect([...schema.definitions.policyRule.properties.kind.enum].toSorted()).toEqual(Object.keys(kinds).toSorted());
    expect(validate({ kind: 'be-careful' })).toBe(false);
    expect(validate({})).toBe(false);
  });

  it.each(Object.entries(kinds))('%s', (kind, { least, most, wrong }) => {
    expect(validate({ kind, ...least })).toBe(true);
    expect(validate({ kind, ...most })).toBe(true);
    expect(validate({ kind, ...wrong })).toBe(false);
    // An unknown key is an error, never something that is quietly left out.
    expect(validate({ kind, ...least, strength: 'weak' })).toBe(false);
    for (const key of Object.keys(least))
      expect(validate({ kind, ...Object.fromEntries(Object.entries(least).filter(([other]) => other !== key)) })).toBe(false);
  });
});
