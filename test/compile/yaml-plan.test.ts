import { describe, expect, test } from 'vitest';
import { createCompiler, said } from './plan-of.ts';

const compile = createCompiler();
const step = '  - { kind: shell, id: "1.1", run: ./bin/save }\n';
/** A game's save files. */
const plan = (more: string, steps = step): string => `title: Save games\n${more}steps:\n${steps}`;
const errors = async (text: string): Promise<readonly string[]> => said(await compile('save.plan.yaml', text)).filter((line) => !line.includes(' warning '));

describe('every scalar keeps its source', () => {
  test('as metadata', async () => {
    const written = ['9007199254740993', '1e3', '0x10', '010', 'yes', 'null', '~', '2026-11-21', '1.10', '.5', '-0', 'True', '+1', '1_000'];
    const compiled = await compile(
      'save.plan.yaml',
      plan(`metadata:\n${written.map((text, index) => `  k${index}: ${text === 'null' || text === '~' ? `'${text}'` : text}\n`).join('')}`),
    );
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.metadata.map(({ text }) => text)).toEqual(written);
  });

  test('in an environment, in a variable, and in a claim', async () => {
    const steps =
      '  - kind: shell\n    id: "1.1"\n    run: ./bin/save\n    environment: { SLOT: 010, SIZE: 9007199254740993, ON: yes, RATE: 1e3 }\n    captures: [{ name: slot, type: integer, label: Slot }]\n    expect: slot = 9007199254740993\n';
    const compiled = await compile('save.plan.yaml', plan('preconditions:\n  - { text: slot is fixed, variable: { name: SLOT, value: 010 } }\n', steps));
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.steps[0]).toMatchObject({ environment: { SLOT: '010', SIZE: '9007199254740993', ON: 'yes', RATE: '1e3' } });
    expect(compiled.plan?.steps[0]?.expectations[0]?.claim).toMatchObject({ right: { value: { text: '9007199254740993' } } });
    expect(compiled.plan?.preconditions[0]?.checks).toEqual([{ kind: 'environment', variable: 'SLOT', value: '010', unmetBy: [] }]);
  });

  test('a number where a text is wanted is an error, not a guess', async () => {
    expect(await errors(plan('', '  - { kind: shell, id: 1.1, run: ./a }\n'))).toEqual([expect.stringMatching(/^3:24 error compile\/wrong-type/)]);
  });
});

describe('what is refused, each at its place', () => {
  test.each([
    ['an unknown key', plan('stepz: 1\n'), '2:1 error compile/unknown-key'],
    ['an unknown key of a step', plan('', '  - { kind: shell, run: ./a, expects: "1 row" }\n'), '3:30 error compile/unknown-key'],
    ['a key of another kind of step', plan('', '  - { kind: sql-assert, sql: select 1, workingDirectory: x }\n'), '3:40 error compile/unknown-key'],
    ['a duplicate key', plan('title: Again\n'), '2:1 error parse/yaml-duplicate-key'],
    ['no expectations in a list of them', plan('', '  - { kind: shell, run: ./a, expect: [] }\n'), '3:38 error compile/empty-value'],
    ['no steps', plan('', '').replace('steps:\n', 'steps: []\n'), '2:8 error compile/empty-value'],
    ['an expectation twice', plan('', '  - { kind: shell, run: ./a, expect: [exit code is 0, exit code is 0] }\n'), '3:55 error compile/duplicate-entry'],
    ['an empty claim', plan('', '  - { kind: shell, run: ./a, expect: "" }\n'), '3:38 error compile/empty-value'],
    ['a step without a kind', plan('', '  - { run: ./a }\n'), '3:5 error compile/missing-key'],
    ['an unknown kind', plan('', '  - { kind: http, run: ./a }\n'), '3:13 error compile/wrong-value'],
    [
      'a vacuous claim as it is judged',
      plan('', '  - { kind: shell, run: ./a, expect: { text: x, is: { kind: rows, bound: at-least, count: 0, noun: "" } } }\n'),
      '3:53 error compile/vacuous-claim',
    ],
    [
      'a claim about a name that nothing supplies',
      plan('', '  - { kind: shell, run: ./a, expect: { text: x, is: { kind: "null", name: slot, negated: true } } }\n'),
      '3:38 error compile/unknown-name',
    ],
    [
      'a judged claim of an unknown kind',
      plan('', '  - { kind: shell, run: ./a, expect: { text: x, is: { kind: works } } }\n'),
      '3:61 error compile/wrong-value',
    ],
    [
      'two words for one claim',
      plan('', '  - { kind: shell, run: ./a, expect: { text: x, claim: exit code is 0, is: { kind: exit-code, code: 0 } } }\n'),
      '3:72 error compile/conflicting-keys',
    ],
    ['two ids alike', plan('', `${step}${step}`), '4:5 error compile/duplicate-entry'],
    [
      'a capture twice in one step',
      plan('', '  - { kind: shell, run: ./a, captures: [{ name: slot, label: Slot }, { name: slot, column: slot }] }\n'),
      '3:70 error compile/duplicate-entry',
    ],
    [
      'a pattern without a hole',
      plan('', '  - { kind: shell, run: ./a, captures: [{ name: slot, line: Slot saved }] }\n'),
      '3:61 error compile/pattern-without-hole',
    ],
    [
      'a hole that the line has not',
      plan('', '  - { kind: shell, run: ./a, captures: [{ name: slot, line: "Slot <n>", take: size }] }\n'),
      '3:61 error compile/pattern-without-hole',
    ],
    [
      'two sources in one',
      plan('', '  - { kind: shell, run: ./a, captures: [{ name: slot, label: Slot, stdout: true }] }\n'),
      '3:55 error compile/conflicting-keys',
    ],
    ['two witnesses in one', plan('criteria:\n  - { text: saved, witness: { step: "1.1", policy: P1 } }\n'), '3:44 error compile/conflicting-keys'],
    ['two sources of a field', plan('report:\n  - { label: Slot, name: slot, rows: "1.1" }\n'), '3:32 error compile/conflicting-keys'],
    ['a witness that is no step', plan('criteria:\n  - { text: saved, witness: { step: "7.1" } }\n'), '3:37 error compile/quotation-not-found'],
    [
      'an expectation with a number too high',
      plan('criteria:\n  - { text: saved, witness: { expectation: 1.1/9 } }\n'),
      '3:44 error compile/quotation-not-found',
    ],
    [
      'a precondition by a step that is none',
      plan('preconditions:\n  - { text: ready, checks: [{ step: "1.1" }] }\n'),
      '3:37 error compile/quotation-of-nothing',
    ],
    [
      'a policy for a step that is not there',
      plan('policies:\n  - { text: read only, rule: { kind: read-only }, step: "7.1" }\n'),
      '3:57 error compile/entry-binds-nothing',
    ],
    ['a search that is no search', plan('', '  - { kind: rg-check, run: cat saves }\n'), '3:28 error compile/wrong-value'],
    ['patterns without files', plan('', '  - { kind: rg-check, patterns: x }\n'), '3:23 error compile/missing-key'],
    ['both forms of a search', plan('', '  - { kind: rg-check, patterns: x, in: [a], run: rg x a }\n'), '3:45 error compile/conflicting-keys'],
    ['shell that nobody can parse', plan('', '  - { kind: shell, run: "echo \'x" }\n'), '3:31 error compile/unparsable-shell'],
    ['SQL that nobody can parse', plan('', '  - { kind: sql-assert, sql: selekt 1 }\n'), 'error compile/unparsable-sql'],
    ['a second document', `${plan('')}---\n${plan('')}`, 'error parse/yaml-multiple-documents'],
    ['a tag', plan('metadata: { a: !!binary aGk= }\n'), 'error parse/yaml-tag'],
    ['an invisible character', plan('metadata: { a: "x\u200by" }\n'), 'error parse/yaml-control-character'],
  ])('%s', async (_, text, expected) => {
    const found = await errors(text);
    expect(
      found.some((line) => line.includes(expected)),
      found.join('\n'),
    ).toBe(true);
  });

  test('a policy for a section without steps is said; its words decide no scope', async () => {
    expect(said(await compile('save.plan.yaml', plan('policies:\n  - { text: read only, rule: { kind: read-only }, section: "9" }\n')))).toEqual([
      expect.stringMatching(/^3:60 warning compile\/entry-binds-nothing: no step is in section 9/),
    ]);
    const { plan: compiled } = await compile('save.plan.yaml', plan('policies:\n  - No manual DB inserts in this section.\n'));
    expect(compiled?.policies.map(({ scope }) => scope)).toEqual([{ kind: 'document' }]);
  });

  test('an addendum beside a YAML plan has no effect, and is said; that of a document of the same name is not meant', async () => {
    const found = await compile('save.yaml', plan(''), { beside: 'plan: save.yaml\ninputs: {}\n' });
    expect(said(found)).toEqual(['1:7 error compile/entry-binds-nothing: a YAML plan binds everything itself, so this file has no effect']);
    expect(said(await compile('save.yaml', plan(''), { beside: 'plan: save.md\ninputs: {}\n' }))).toEqual([]);
  });

  test('five errors are five messages', async () => {
    const text = plan('stepz: 1\nmetadata: []\ninputs: { Slot: { type: text }, b: { typ: text } }\npolicies: [5]\n');
    expect((await errors(text)).length).toBeGreaterThanOrEqual(5);
  });

  test('aliases are read, and capped', async () => {
    const shared = plan('', '  - &s { kind: shell, run: ./a, expect: &e [exit code is 0] }\n  - { kind: shell, run: ./b, expect: *e }\n');
    expect((await compile('save.plan.yaml', shared)).plan?.steps.map(({ expectations }) => expectations.length)).toEqual([1, 1]);
    const bomb = plan(
      `metadata:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n  b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n  c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n  d: [*c, *c, *c, *c]\n`,
    );
    expect(await errors(bomb)).toEqual([expect.stringContaining('error parse/yaml-alias-limit')]);
    expect(await errors(plan('metadata: &m { a: *m }\n'))).not.toEqual([]);
  });
});

describe('places', () => {
  test('in a block scalar, in a folded line, and in a quoted one', async () => {
    const text = plan(
      '',
      "  - kind: shell\n    run: |\n      echo one\n      echo '<slot>'\n  - kind: sql-assert\n    sql: >-\n      select 1 as a\n      where '<slot>' = 'x'\n  - { kind: shell, run: \"echo '<size>'\" }\n",
    );
    const compiled = await compile('save.plan.yaml', text);
    const places = compiled.diagnostics
      .filter(({ code }) => code === 'compile/unbound-placeholder')
      .map(({ span }) => text.slice(span?.start.offset, span?.end.offset));
    expect(places).toHaveLength(2);
    for (const place of places) expect(place).toMatch(/<s(?:lot|ize)>/);
  });

  test('each part of a plan has its own', async () => {
    const text = plan(
      'metadata: { Owner: Ada }\npolicies:\n  - Stop on failure.\ncriteria:\n  - { text: it ends, witness: { step: "1.1" } }\nreport:\n  - { label: Code, yes: "1.1" }\ntasks:\n  - { text: Close the game }\n',
    );
    const { plan: compiled } = await compile('save.plan.yaml', text);
    const cut = (part: { readonly span: { readonly start: { readonly offset: number }; readonly end: { readonly offset: number } } } | undefined): string =>
      text.slice(part?.span.start.offset, part?.span.end.offset);
    expect(cut(compiled?.metadata[0])).toBe('Ada');
    expect(cut(compiled?.policies[0])).toBe('Stop on failure.');
    expect(cut(compiled?.criteria[0])).toContain('it ends');
    expect(cut(compiled?.report[0])).toContain('Code');
    expect(cut(compiled?.tasks[0])).toContain('Close the game');
    expect(cut(compiled?.steps[0])).toContain('./bin/save');
  });
});

describe('what a document has, a YAML plan can say', () => {
  test('a search by its command, each alternative for itself', async () => {
    const compiled = await compile(
      'save.plan.yaml',
      plan(
        '',
        '  - { kind: rg-check, id: "1.1", run: \'rg -n "slot|size" src\' }\n  - { kind: rg-check, id: "1.2", run: \'rg -n "slot|size" src\', found: any }\n  - { kind: rg-check, id: "1.3", patterns: cheat, in: [src], absent: true }\n',
      ),
    );
    expect(compiled.plan?.steps.map((each) => [each.kind === 'rg-check' && each.patterns, each.expectations[0]?.claim])).toEqual([
      [['slot', 'size'], { kind: 'found', quantity: 'each' }],
      [['slot', 'size'], { kind: 'found', quantity: 'any' }],
      [['cheat'], { kind: 'found', quantity: 'none' }],
    ]);
  });

  test('checks of a precondition, a step that only fills the report, numbered witnesses, counted rows', async () => {
    const text = `title: Saves
preconditions:
  - text: The database is reachable and the disk is mounted.
    checks: [{ step: '0.1' }, { holds: database-reachable }]
  - { text: 'The database is reachable.', checks: [{ step: '0.1' }] }
policies: [Stop on failure.]
tasks:
  - { text: Close the game, verifiedBy: 1.1/2 }
steps:
  - { kind: shell, id: '0.1', role: precondition, run: mount }
  - { kind: sql-assert, id: '1.1', sql: select id from saves, expect: [at least 1 row, { text: not too many, claim: at most 9 rows }] }
  - { kind: sql-assert, id: '2.1', role: report, title: Newest save, sql: select max(at) as at from saves }
criteria:
  - { text: there are saves, witness: [{ expectation: 1.1/1 }, { policy: P1 }] }
  - text: the last word
    clauses: [{ text: the last, witness: { step: '1.1' } }, { text: word }]
report:
  - { label: Saves, rows: '1.1' }
  - { label: Newest save, name: report.newest_save }
  - { label: Nobody knows }
`;
    const compiled = await compile('save.plan.yaml', text);
    expect(said(compiled)).toEqual([
      expect.stringContaining('warning compile/unwitnessed-clause'),
      expect.stringContaining('warning compile/unbound-report-field'),
    ]);
    expect(compiled.plan).toMatchObject({
      // Where the checks are listed, nothing is taken from the words beside them.
      preconditions: [{ checks: [{ kind: 'step', step: '0.1' }, { kind: 'database-reachable' }] }, { checks: [{ kind: 'step', step: '0.1' }] }],
      tasks: [{ verifiedBy: ['1.1/2'] }],
      steps: [{ role: 'precondition' }, { expectations: [{ text: 'at least 1 row' }, { text: 'not too many' }] }, { role: 'report' }],
      criteria: [
        {
          clauses: [
            {
              witnesses: [
                { kind: 'expectation', id: '1.1/1' },
                { kind: 'policy', id: 'P1' },
              ],
            },
          ],
        },
        { clauses: [{ witnesses: [{ id: '1.1' }] }, { witnesses: [] }] },
      ],
      report: [{ source: { kind: 'row-count', step: '1.1' } }, { source: { kind: 'name', name: 'report.newest_save' } }, { source: { kind: 'none' } }],
    });
  });

  test('a variable that is carried', async () => {
    const compiled = await compile(
      'save.plan.yaml',
      plan('', "  - { kind: shell, run: 'SLOT=$(./bin/free)', carries: [SLOT] }\n  - { kind: shell, run: './bin/save \"$SLOT\"' }\n"),
    );
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.steps[0]?.captures).toMatchObject([{ source: { kind: 'variable', variable: 'SLOT' } }]);
    const captured = await compile(
      'save.plan.yaml',
      plan(
        '',
        "  - { kind: shell, run: 'SLOT=$(./bin/free)', captures: [{ name: slot, variable: SLOT }] }\n  - { kind: shell, run: \"./bin/save '<slot>'\" }\n",
      ),
    );
    expect(said(captured)).toEqual([]);
    expect(captured.plan?.steps[0]?.captures).toMatchObject([{ name: 'slot', source: { kind: 'variable', variable: 'SLOT' } }]);
  });

  test('a task of a certain case', async () => {
    const compiled = await compile('save.plan.yaml', plan('tasks:\n  - { text: Restore the save, condition: failure }\n'));
    expect(compiled.plan?.tasks).toMatchObject([{ text: 'Restore the save', condition: 'failure' }]);
  });
});
