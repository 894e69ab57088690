import { Ajv } from 'ajv';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileAddendum } from '../../src/compile/addendum.ts';
import { compileConfig } from '../../src/compile/config.ts';
import { validate as validateExplain } from '../../src/compile/generated/explain-validator.js';
import { validate as validatePlan } from '../../src/compile/generated/plan-validator.js';
import { validate as validateVerdict } from '../../src/compile/generated/verdict-validator.js';
import type { Claim } from '../../src/model/claim.ts';
import { schemaDiagnostics } from '../../src/compile/schema-diagnostic.ts';
import { parseYaml } from '../../src/parse/yaml-document.ts';
import { fixtureText, shown, yamlOf } from './fixture.ts';

type Schema = Readonly<Record<string, unknown>>;

const folder = join(import.meta.dirname, '..', '..', 'schemas');
const schemas = new Map(readdirSync(folder).map((name): [string, Schema] => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Schema]));

/** Every mapping inside a schema, with its JSON pointer. */
function* partsOf(value: unknown, pointer = ''): Generator<readonly [string, Schema]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [pointer, value as Schema];
  for (const [key, inner] of Object.entries(value)) {
    if (key !== 'examples' && key !== 'default' && key !== 'defaultSnippets')
      yield* partsOf(inner, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

describe.each([...schemas])('%s', (_, schema) => {
  const parts = [...partsOf(schema)].filter(([pointer]) => !/\/(properties|definitions|dependencies)$/.test(pointer));

  it('takes no key that it does not name', () => {
    const open = parts.filter(
      ([pointer, part]) =>
        [part['type']].flat().includes('object') &&
        part['additionalProperties'] === undefined &&
        part['discriminator'] === undefined &&
        part['then'] === undefined &&
        !/\/(if|then|else)$/.test(pointer),
    );
    expect(open.map(([pointer]) => pointer)).toEqual([]);
    const branches = parts.filter(
      ([, part]) => part['properties'] !== undefined && part['additionalProperties'] === undefined && part['discriminator'] === undefined,
    );
    expect(branches.map(([pointer]) => pointer)).toEqual([]);
  });

  it('has examples that are as it says', () => {
    const ajv = new Ajv({ keywords: ['defaultSnippets'], strict: true, strictRequired: false, allowUnionTypes: true, discriminator: true, schemas: [schema] });
    const withExamples = parts.filter(([, part]) => Array.isArray(part['examples']));
    const wrong = withExamples.flatMap(([pointer, part]) => {
      const validate = ajv.compile({ $ref: `${String(schema['$id'])}#${encodeURI(pointer)}` });
      return (part['examples'] as readonly unknown[])
        .filter((example) => !validate(example))
        .map((example) => `${pointer}: ${JSON.stringify(example)} ${ajv.errorsText(validate.errors)}`);
    });
    expect(wrong).toEqual([]);
  });

  it('names the form that a pattern stands for', () => {
    expect(parts.filter(([, part]) => typeof part['pattern'] === 'string' && typeof part['title'] !== 'string').map(([pointer]) => pointer)).toEqual([]);
  });
});

describe('plan.schema.json in an editor', () => {
  const schema = schemas.get('plan.schema.json') ?? {};
  const objects = [
    ['', schema] as const,
    ...Object.entries((schema['definitions'] as Readonly<Record<string, Schema>> | undefined) ?? {}).map(
      ([name, part]) => [`/definitions/${name}`, part] as const,
    ),
  ].filter(([, part]) => [part['type']].flat().includes('object'));

  it('describes every object, with an example and a snippet', () => {
    expect(objects.length).toBeGreaterThan(20);
    for (const key of ['description', 'examples', 'defaultSnippets'])
      expect(objects.filter(([, part]) => part[key] === undefined).map(([pointer]) => pointer)).toEqual([]);
  });

  it('has snippets that are as it says once they are filled in', () => {
    const ajv = new Ajv({ keywords: ['defaultSnippets'], strict: true, strictRequired: false, allowUnionTypes: true, discriminator: true, schemas: [schema] });
    const filled = (body: unknown): unknown => JSON.parse(JSON.stringify(body).replaceAll(/\$\{\d+:([^{}]*)\}/g, '$1'));
    const wrong = objects.flatMap(([pointer, part]) => {
      const validate = ajv.compile({ $ref: `${String(schema['$id'])}#${pointer}` });
      return (part['defaultSnippets'] as readonly { readonly label: string; readonly description: string; readonly body: unknown }[])
        .filter(({ label, description, body }) => label === '' || description === '' || !validate(filled(body)))
        .map(({ label }) => `${pointer} ${label} ${ajv.errorsText(validate.errors)}`);
    });
    expect(wrong).toEqual([]);
  });

  it('has a form for every kind of claim, but the one that only the runner asks', () => {
    const kinds: Readonly<Record<Claim['kind'], boolean>> = {
      compare: true,
      member: true,
      null: true,
      rows: true,
      'each-row': true,
      unique: true,
      'exit-code': true,
      'exit-codes': true,
      fails: true,
      output: true,
      'output-empty': true,
      'output-lines': true,
      'http-status': true,
      duration: true,
      'tests-pass': true,
      returns: true,
      'sql-fails': true,
      found: true,
      'match-count': true,
      'each-hit': true,
      fresh: true,
      'write-order': true,
      'hash-chain': false,
    };
    const { judgedClaim } = schema['definitions'] as Readonly<
      Record<string, { readonly properties: { readonly kind: { readonly enum: readonly string[] } }; readonly oneOf: readonly unknown[] }>
    >;
    expect(judgedClaim?.properties.kind.enum.toSorted()).toEqual(
      Object.entries(kinds)
        .filter(([, said]) => said)
        .map(([kind]) => kind)
        .toSorted(),
    );
    expect(judgedClaim?.oneOf).toHaveLength(judgedClaim?.properties.kind.enum.length ?? 0);
  });
});

describe('definitions of the same name', () => {
  // In a plan of its own these quote nothing, and so have another form than in an addendum.
  const different = new Set(['quotation', 'precondition', 'policy', 'capture', 'step', 'task', 'expectation', 'criterion', 'reportField', 'witness']);

  it('are the same in all schemas', () => {
    const first = new Map<string, unknown>();
    for (const schema of schemas.values()) {
      for (const [name, definition] of Object.entries((schema['definitions'] as Schema | undefined) ?? {})) {
        if (different.has(name)) continue;
        expect({ name, definition }).toEqual({ name, definition: first.get(name) ?? definition });
        first.set(name, definition);
      }
    }
  });
});

describe('whatever is written', () => {
  const key = fc.constantFrom(
    'plan',
    'steps',
    'at',
    'expect',
    'witness',
    'captures',
    'from',
    'inputs',
    'environments',
    'provides',
    'prepare',
    'witnesses',
    'hash-chain',
    'database',
    'rule',
    'kind',
    'policies',
    'criteria',
    'tasks',
    'verifiedBy',
    'valueOf',
    'constructor',
    '__proto__',
    'a/b~c',
    '0',
  );
  const scalar = fc.constantFrom(null, true, 0, -1.5, '', 'order', 'no-network', 'embedded', 'prepare.0', '<uuid>', 'x');
  const { value: any } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((pairs) => ({ pairs })),
    ),
  }));
  const render = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(render).join(', ')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const pairs = new Map((value as { readonly pairs: readonly (readonly [string, unknown])[] }).pairs);
    return `{${[...pairs].map(([name, inner]) => `${JSON.stringify(name)}: ${render(inner)}`).join(', ')}}`;
  };

  it('either compiles or is refused with a place; nothing throws', () => {
    fc.assert(
      fc.property(any, (value) => {
        const { value: yaml } = parseYaml(render(value), 'a.yaml');
        if (yaml === undefined) return;
        for (const compiled of [compileAddendum(yaml), compileConfig(yaml, { path: 'a.yaml', folder: '/' })]) {
          expect(compiled.value === undefined).toBe(compiled.diagnostics.length > 0);
          for (const { span, message, help } of compiled.diagnostics)
            expect([typeof span?.start.line, message !== '', help !== '']).toEqual(['number', true, true]);
          expect(new Set(compiled.diagnostics.map(({ span }) => span?.start.offset)).size).toBe(compiled.diagnostics.length);
        }
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});

describe('the schema of plans in YAML', () => {
  const whole = `title: a plan
metadata: { Date: 2026-02-09 }
inputs: { db_url: { type: database } }
preconditions:
  - { text: the database is reachable, holds: database-reachable }
  - { text: traces go to Postgres, variable: { name: USE_POSTGRES_TRACES, value: true } }
policies:
  - No manual DB inserts.
  - { text: no execution yet, rule: { kind: no-execution }, section: '1' }
steps:
  - { kind: rg-check, id: '1.1', patterns: [a, b], in: [backend], section: '1' }
  - kind: shell
    id: '2.1'
    run: python -m app.cli run --db '<db_url>'
    productionPath: true
    writes: [runs]
    captures: [{ name: run_id, type: uuid, line: 'Run ID: <uuid>' }]
    expect: exit code 0
  - { kind: sql-assert, sql: "select 1 as a where '<run_id>' <> ''", expect: [a = 1] }
  - { kind: coordinator-call, run: python -m app.coordinators, fields: [root_hash], onlyIf: { notCaptured: agent_id } }
criteria:
  - { text: it works, witness: { step: '2.1' } }
  - { text: both hold, clauses: [{ text: one, witness: { claim: a = 1 } }, { text: two, witness: [{ policy: no execution yet }] }] }
report: [{ label: Run ID, name: run_id }]
`;

  it('takes a whole plan', () => {
    expect(schemaDiagnostics(validatePlan, yamlOf(whole))).toEqual([]);
  });

  it.each([
    ['no steps', 'title: a\nsteps: []\n', ['2:8 compile/empty-value: `steps` is empty → give a value, or remove it']],
    ['a step without kind', 'title: a\nsteps: [{ run: ls }]\n', ['2:9 compile/missing-key: the key `kind` is missing → add `kind`']],
    [
      'a misspelt kind',
      'title: a\nsteps: [{ kind: shel, run: ls }]\n',
      ['2:17 compile/wrong-value: `kind` must be one of `shell`, `sql-assert`, `rg-check`, `coordinator-call` → did you mean `shell`?'],
    ],
    ['a key of another kind', 'title: a\nsteps: [{ kind: shell, run: ls, sql: select 1 }]\n', ['2:33 compile/unknown-key: unknown key `sql` → remove it']],
    [
      'an empty list of expectations',
      'title: a\nsteps: [{ kind: shell, run: ls, expect: [] }]\n',
      ['2:41 compile/empty-value: `expect` is empty → for example `status in { succeeded, failed }`'],
    ],
    [
      'a policy without meaning',
      'title: a\npolicies: [{ text: be kind }]\nsteps: [{ kind: shell, run: ls }]\n',
      ['2:12 compile/missing-key: one of `rule`, `accept` is missing → add one of `rule`, `accept`'],
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(schemaDiagnostics(validatePlan, yamlOf(text)).map(shown)).toEqual(expected);
  });
});

describe('the schemas of what is written', () => {
  const digest = 'a'.repeat(64);
  const verdict = {
    schemaVersion: 1,
    execution: '2026-02-09T12-00-00Z-abcdef',
    plan: { path: 'a.md', sha256: digest, readingSha256: digest },
    verdict: 'passed',
    exitCode: 0,
    reason: 'every step ran and every expectation held',
    steps: [{ id: '2.1', kind: 'shell', line: 12, outcome: 'completed', verdict: 'passed', durationMs: 12.5, attempts: 1 }],
    expectations: [{ step: '2.1', line: 12, text: 'exit code 0', verdict: 'passed', actual: '0' }],
    criteria: [{ line: 20, text: 'it works', verdict: 'passed', witnesses: [{ kind: 'step', id: '2.1', verdict: 'passed' }] }],
    policies: [{ line: 6, text: 'No manual DB inserts.', kind: 'no-manual-writes', strength: 'PREVENTED', canary: 'gateway-insert', permitted: 3, refused: 0 }],
    decisions: [{ step: '2.1', effect: 'refuse', policy: 'no-manual-writes', line: 6, sqlstate: '42501', text: 'insert into runs …' }],
    captures: { run_id: { value: 'x', origin: { kind: 'output', step: '2.1', stream: 'stdout', lineNumber: 3 } } },
    report: [
      { label: 'Run ID', value: 'x', origin: { kind: 'row', step: '3.1', row: 1, column: 'id' } },
      { label: 'Error', value: null },
    ],
    journal: { entries: 40, head: digest, root: digest },
  };

  it('takes a verdict, and no other', () => {
    expect(validateVerdict(verdict)).toBe(true);
    for (const key of Object.keys(verdict)) expect({ key, valid: validateVerdict({ ...verdict, [key]: undefined }) }).toEqual({ key, valid: false });
    expect(validateVerdict({ ...verdict, verdict: 'none' })).toBe(false);
    expect(validateVerdict({ ...verdict, exitCode: 2 })).toBe(false);
    expect(validateVerdict({ ...verdict, captures: { run_id: { value: 'x', origin: { kind: 'guess' } } } })).toBe(false);
    expect(validateVerdict({ ...verdict, journal: { ...verdict.journal, head: 'A'.repeat(64) } })).toBe(false);
  });

  it('takes a reading', () => {
    const reading = {
      schemaVersion: 1,
      blocks: [{ line: 1, column: 1, endLine: 1, type: 'heading', disposition: 'metadata', text: '# a', becomes: [] }],
      counts: { total: 1, accounted: 1, unclaimed: 0, boundByAddendum: 0 },
      steps: [
        {
          id: '2.1',
          kind: 'shell',
          line: 12,
          text: 'ls',
          captures: [{ name: 'run_id', type: 'uuid' }],
          expectations: [{ id: 'E1', text: 'exit code 0', line: 12, origin: 'implied' }],
        },
      ],
      policies: [{ id: 'P1', text: 'No manual DB inserts.', kind: 'no-manual-writes', line: 6 }],
      criteria: [{ id: 'C1', text: 'it works', line: 20, clauses: [{ text: 'it works', witnesses: ['step 2.1'] }] }],
      placeholders: [{ name: 'db_url', type: 'database', suppliedBy: 'input', neededBy: ['2.1'] }],
      diagnostics: [{ severity: 'warning', code: 'parse/damaged-text', message: 'a damaged character', path: 'a.md', line: 1, column: 25 }],
    };
    expect(validateExplain(reading)).toBe(true);
    expect(validateExplain({ ...reading, blocks: [{ ...reading.blocks[0], disposition: 'ignored' }] })).toBe(false);
  });
});

describe('the fixtures for editors', () => {
  it.each(['addendum/whole.yaml', 'config/whole.yaml'])('%s is valid by the published schema, compiled by ajv itself', (path) => {
    const schema = schemas.get(`${path.slice(0, path.indexOf('/'))}.schema.json`);
    const validate = new Ajv({
      keywords: ['defaultSnippets'],
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      discriminator: true,
      allErrors: true,
    }).compile(schema ?? false);
    validate(yamlOf(fixtureText(path)).value);
    expect(validate.errors ?? []).toEqual([]);
  });
});
