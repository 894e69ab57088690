import { describe, expect, test } from 'vitest';
import { createCompiler, said } from './plan-of.ts';

const compile = createCompiler();
const fence = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\`\n`;

/** A ward's handover check. */
const ward = (frontMatter: string, eol = '\n'): string =>
  `---\n${frontMatter}---\n# Night handover\n\n## 1. Beds\n\n${fence('bash', "python3 -m ward.beds --ward '<ward>'")}\n**Record**\n- Occupied\n\n## 2. Charts\n\n${fence('sql', "SELECT count(*) AS open_charts FROM charts WHERE ward = '<ward>';")}\n**Expected:** \`open_charts = 0\`\n`.replaceAll(
    '\n',
    eol,
  );

describe('front matter binds as an addendum does', () => {
  test('inputs, defaults and captures', async () => {
    const compiled = await compile(
      'ward.md',
      ward('inputs:\n  ward: { type: integer }\ndefaults:\n  shell: { workingDirectory: clinic }\ncaptures:\n  - { name: occupied, type: integer }\n'),
    );
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.inputs.map(({ name, type }) => [name, type])).toEqual([['ward', 'integer']]);
    expect(compiled.plan?.steps[0]).toMatchObject({ workingDirectory: 'clinic', captures: [{ name: 'occupied', type: 'integer' }] });
    expect(compiled.plan?.addendum).toBeUndefined();
    expect(compiled.plan?.blocks[0]).toMatchObject({ type: 'front-matter', disposition: 'metadata', reason: 'binds inputs, defaults, captures' });
  });

  test('reads as the same addendum in a file of its own', async () => {
    const bindings =
      'inputs:\n  ward: { type: integer }\nsteps:\n  - at: python3 -m ward.beds\n    timeoutMs: 5000\nexpectations:\n  - { at: python3 -m ward.beds, expect: occupied >= 1 }\ncaptures:\n  - { name: occupied, type: integer }\n';
    const [inside, beside] = [await compile('ward.md', ward(bindings)), await compile('ward.md', ward('title: x\n'), { beside: `plan: ward.md\n${bindings}` })];
    const steps = (compiled: typeof inside): unknown =>
      compiled.plan?.steps.map(({ id, timeoutMs, captures, expectations }) => [
        id,
        timeoutMs,
        captures.map((capture) => capture.type),
        expectations.map(({ claim, origin }) => [claim, origin]),
      ]);
    expect(said(inside)).toEqual([]);
    expect(steps(inside)).toEqual(steps(beside));
  });

  test('places are those of the document, with any line ends and behind a byte order mark', async () => {
    for (const [text, eol] of [
      ['', '\n'],
      ['', '\r\n'],
      ['\uFEFF', '\n'],
    ] as const) {
      const compiled = await compile('ward.md', text + ward('inputs:\n  ward: { type: integre }\n', eol));
      expect(said(compiled)[0]).toMatch(/^3:17 error compile\/wrong-value/);
      const span = compiled.diagnostics[0]?.span;
      expect(ward('inputs:\n  ward: { type: integre }\n', eol).slice(span?.start.offset, span?.end.offset)).toBe('integre');
    }
  });

  test('a quotation does not find itself: what it quotes must stand below', async () => {
    const compiled = await compile('ward.md', ward('inputs:\n  ward: { type: integer }\nsteps:\n  - at: python3 -m ward.bedz\n    timeoutMs: 5000\n'));
    expect(said(compiled)).toEqual(['5:9 error compile/quotation-not-found: `python3 -m ward.bedz` does not stand in `ward.md`']);
    expect(compiled.diagnostics[0]?.help).toMatch(/^quote the text of line 13 as it stands/);
  });
});

describe('a quotation that no longer matches', () => {
  const bound = (at: string): string => ward(`inputs:\n  ward: { type: integer }\nexpectations:\n  - { at: '${at}', expect: open_charts = 0 }\n`);
  test.each([
    ['a word changed', 'SELECT count(*) AS closed_charts FROM charts'],
    ['a beginning', 'python3 -m ward.bed --ward'],
    ['other quotes and case', 'select COUNT(*) as OPEN_CHARTS from charts where'],
  ])('%s: the nearest text is named', async (_, at) => {
    const compiled = await compile('ward.md', bound(at.replaceAll("'", "''")));
    const found = compiled.diagnostics.find(({ code }) => code === 'compile/quotation-not-found');
    const line = Number(/line (\d+)/.exec(found?.help ?? '')?.[1]);
    expect(bound(at).split('\n')[line - 1]).toMatch(/open_charts FROM|ward\.beds/);
    expect(found?.notes?.[0]).toMatch(/^the nearest line is \d+: /);
  });

  test('nothing near: nothing is guessed', async () => {
    const compiled = await compile('ward.md', bound('an entirely different sentence'));
    expect(compiled.diagnostics[0]).toMatchObject({
      code: 'compile/quotation-not-found',
      help: 'quote the text as it stands in the plan, or remove the entry',
    });
  });
});

describe('front matter of others', () => {
  test.each([
    ['plain metadata', 'title: Night handover\ntags: [ward, night]\nsidebar_position: 3\n'],
    ['a tutorial', 'title: Beds\nms.author: somebody\nms.custom: innovation-engine\n'],
    ['not YAML at all', 'title: [unclosed\n  : : :\n'],
    ['empty', ''],
    ['a comment', '# nothing\n'],
    ['a list', '- a\n- b\n'],
  ])('%s is silent', async (_, frontMatter) => {
    const compiled = await compile('ward.md', ward(frontMatter), { given: ['ward'] });
    expect(said(compiled)).toEqual([]);
  });

  test('its scalars are metadata', async () => {
    const compiled = await compile('ward.md', ward('title: Handover\nversion: 1.10\nbig: 9007199254740993\ntags: [a]\n'), { given: ['ward'] });
    expect(compiled.plan?.metadata.map(({ name, text }) => [name, text])).toEqual([
      ['title', 'Handover'],
      ['version', '1.10'],
      ['big', '9007199254740993'],
    ]);
  });

  test('a key of ours in another form is a word of theirs, and said', async () => {
    const compiled = await compile('ward.md', ward('report: weekly\nsteps: 4\ntags: [x]\n'), { given: ['ward'] });
    expect(said(compiled)).toEqual([
      '2:1 warning compile/unknown-key: `report` is read as plain metadata: it has not the form that binds something',
      '3:1 warning compile/unknown-key: `steps` is read as plain metadata: it has not the form that binds something',
    ]);
  });
});

describe('front matter that binds, and more', () => {
  test('an unknown key is said; a misspelt one is an error; common metadata is silent', async () => {
    const compiled = await compile(
      'ward.md',
      ward('title: Handover\ninputs:\n  ward: { type: integer }\nsidebar_position: 3\ncaptured:\n  - { name: occupied }\n'),
    );
    expect(said(compiled)).toEqual([
      '5:1 warning compile/unknown-key: `sidebar_position` binds nothing and is kept as metadata',
      '6:1 error compile/unknown-key: unknown key `captured`',
    ]);
  });

  test('an unknown key inside one of ours is an error as in an addendum', async () => {
    expect(said(await compile('ward.md', ward('inputs:\n  ward: { typ: integer }\n')))[0]).toMatch(/^3:11 error compile\/unknown-key: unknown key `typ`/);
  });

  test('a duplicate key, a tag, a bomb of aliases: each an error in its place', async () => {
    for (const [frontMatter, code] of [
      ['inputs: {}\ninputs: {}\n', '3:1 error parse/yaml-duplicate-key'],
      ['inputs: !!js/function x\n', '2:9 error parse/yaml-tag'],
      [
        `inputs: {}\na: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c]\n`,
        '5:8 error parse/yaml-alias-limit',
      ],
    ] as const) {
      const line = said(await compile('ward.md', ward(frontMatter))).find((each) => each.includes(code.slice(code.indexOf(' '))));
      expect(line).toContain(code.slice(code.indexOf(' ')));
    }
  });
});

describe('an addendum beside it', () => {
  const beside = (text: string): string => `plan: ward.md\n${text}`;
  const front = 'inputs:\n  ward: { type: integer }\n';

  test('each binds its part', async () => {
    const compiled = await compile('ward.md', ward(`${front}defaults:\n  shell: { timeoutMs: 1000 }\n`), {
      beside: beside('defaults:\n  shell: { workingDirectory: clinic }\n'),
    });
    expect(said(compiled)).toEqual([]);
    expect(compiled.plan?.steps[0]).toMatchObject({ workingDirectory: 'clinic', timeoutMs: 1000 });
    expect(compiled.plan?.addendum?.path).toBe('ward.addendum.yaml');
  });

  test('the same twice is no contradiction', async () => {
    expect(said(await compile('ward.md', ward(front), { beside: beside(front) }))).toEqual([]);
  });

  test.each([
    ['an input', front, 'inputs:\n  ward: { type: text }\n'],
    ['a default', `${front}defaults:\n  shell: { timeoutMs: 1000 }\n`, 'defaults:\n  shell: { timeoutMs: 2000 }\n'],
    ['a capture', `${front}captures:\n  - { name: occupied, type: integer }\n`, 'captures:\n  - { name: occupied, type: text }\n'],
    ['a step', `${front}steps:\n  - { at: python3 -m ward.beds, timeoutMs: 1000 }\n`, 'steps:\n  - { at: ward.beds --ward, timeoutMs: 2000 }\n'],
    [
      'a report field or a block',
      `${front}accept:\n  - { at: Night handover, by: Ada Lovelace, as: narrative, reason: title }\n`,
      'accept:\n  - { at: Night handover, by: Grace Hopper, as: narrative, reason: title }\n',
    ],
  ])('%s with different values in both is an error', async (_, inside, outside) => {
    const compiled = await compile('ward.md', ward(inside), { beside: beside(outside) });
    expect(compiled.diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toContain('compile/duplicate-entry');
  });
});
