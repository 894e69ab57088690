import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import { fillClaim } from '../../src/execute/fill-claim.ts';
import type { Binding } from '../../src/model/value.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const bash = (text: string): string => `\`\`\`bash\n${text}\n\`\`\`\n`;

async function read(text: string, addendum?: string) {
  const { plan, diagnostics } = await compilePlan({
    path: 'plan.md',
    bytes: encode(text),
    ...(addendum === undefined ? {} : { addendum: { path: 'plan.addendum.yaml', bytes: encode(addendum) } }),
    parser,
    sha256: () => '',
  });
  return { plan, told: diagnostics.filter((each) => each.severity === 'error').map((each) => `${each.span?.start.line} ${each.code}`) };
}

describe('what is recorded fills what comes later', () => {
  test.each([
    ['a label', `# T\n\n${bash('./order')}\nRecord: Order ID\n\n${bash("./ship '<order_id>'")}`, { kind: 'label', label: 'Order ID' }],
    ['a name in backticks', `# T\n\n${bash('./order')}\nRecord the \`order_id\`.\n\n${bash("./ship '<order_id>'")}`, { kind: 'label', label: 'order_id' }],
    [
      'a column',
      `# T\n\n\`\`\`sql\nSELECT order_id FROM orders LIMIT 1;\n\`\`\`\n\nRecord: order_id\n\n${bash("./ship '<order_id>'")}`,
      { kind: 'column', column: 'order_id' },
    ],
  ])('%s', async (_name, text, source) => {
    const { plan, told } = await read(text);
    expect(told).toEqual([]);
    expect(plan?.steps[0]?.captures).toMatchObject([{ name: 'order_id', source, optional: false }]);
    expect(plan?.steps[1]).toMatchObject({ command: './ship "$PP_order_id"' });
    expect(plan?.inputs).toEqual([]);
  });

  test('in SQL, a URL, JSON and a here-document', async () => {
    const { plan, told } = await read(
      `# T\n\n${bash('./admit')}\nRecord: Patient ID\n\n\`\`\`sql\nSELECT ward FROM patient WHERE id = '<patient_id>';\n\`\`\`\n\n${bash('curl https://ward.test/<patient_id>')}\n${bash('curl -d \'{"id": "<patient_id>"}\' h')}\n${bash('./discharge <<EOF\n<patient_id>\nEOF')}`,
    );
    expect(told).toEqual([]);
    expect(plan?.steps.slice(1).map((step) => (step.kind === 'sql-assert' ? step.sql : 'command' in step ? step.command : ''))).toEqual([
      'SELECT ward FROM patient WHERE id = $1;',
      'curl https://ward.test/"${PP_patient_id_url}"',
      `curl -d '{"id": "'"$PP_patient_id_json"'"}' h`,
      './discharge <<EOF\n${PP_patient_id}\nEOF',
    ]);
  });

  test('needed before it is recorded', async () =>
    expect((await read(`# T\n\n${bash("./ship '<order_id>'")}\n${bash('./order')}\nRecord: Other ID\n`)).told).toEqual(['4 compile/unbound-placeholder']));
  test('a name that is a hole of the very step comes from outside', async () => {
    for (const hole of ['<order_id>', '{{order_id}}', '__ORDER_ID__']) {
      const { plan } = await read(`# T\n\n${bash(`./order --again '${hole}'`)}\nRecord: Order ID\n`, 'plan: plan.md\ninputs:\n  order_id: { type: text }\n');
      expect(plan?.steps[0]?.captures).toEqual([]);
      expect(plan?.inputs.map((input) => input.name)).toEqual(['order_id']);
    }
  });
  test('a type from the addendum, and a line with holes', async () => {
    const { plan, told } = await read(
      `# T\n\n${bash('./zones')}\n${bash("./move '<zone>'")}`,
      "plan: plan.md\ncaptures:\n  - { at: ./zones, name: zone, type: uuid, line: 'zone <uuid> of <name>' }\n",
    );
    expect(told).toEqual([]);
    expect(plan?.steps[0]?.captures).toMatchObject([{ name: 'zone', type: 'uuid', source: { kind: 'pattern', take: 'uuid' } }]);
  });
});

describe('the text of a claim', () => {
  const names = (text: string | null, disputed = false) => ({
    get: (name: string): Binding | undefined =>
      name === 'id' ? { name, value: { type: 'text', text }, origin: { kind: 'input', source: '--set' } } : undefined,
    disputed: () => disputed,
  });
  const claim = (operator: 'contains' | 'matches', name = 'id') =>
    ({
      kind: 'output',
      operator,
      text: 'run <id> of <id>!',
      negated: false,
      holes: [
        { name, offset: 4, length: 4 },
        { name, offset: 12, length: 4 },
      ],
    }) as const;
  test('holds the value', () => expect(fillClaim(claim('contains'), names('a<id>$&'))).toMatchObject({ text: 'run a<id>$& of a<id>$&!' }));
  test("is no pattern by the value's own doing", () => {
    const filled = fillClaim(claim('matches'), names('.*[a-z]/(b|c)?^$+{2}\\-'));
    expect('text' in filled && new RegExp(`^${filled.text}$`).test('run .*[a-z]/(b|c)?^$+{2}\\- of .*[a-z]/(b|c)?^$+{2}\\-!')).toBe(true);
  });
  test.each([
    ['missing', claim('contains', 'other'), names('x')],
    ['null', claim('contains'), names(null)],
    ['empty', claim('contains'), names('')],
    ['in dispute', claim('contains'), names('x', true)],
  ])('%s: a problem, never an empty text', (_name, each, known) => {
    expect(fillClaim(each, known)).toHaveProperty('problem');
  });
});
