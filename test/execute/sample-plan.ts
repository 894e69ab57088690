/** Plans as objects: what a compiler would make, small enough to read. */
import { createHash } from 'node:crypto';
import type { Claim, Expectation } from '../../src/model/claim.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Policy, PolicyRule } from '../../src/model/policy.ts';
import type { Span } from '../../src/model/span.ts';
import type { Capture, CoordinatorCallStep, RgCheckStep, ShellStep, SqlAssertStep, Step } from '../../src/model/step.ts';

const planText = '# A sample plan\n\nIts steps are written by hand in the test.\n';
export const planBytes = new TextEncoder().encode(planText);

/** A place in the sample document: line by line, so that messages can be told apart. */
export function spanAt(line: number): Span {
  return { path: 'sample.md', start: { offset: line * 10, line, column: 1 }, end: { offset: line * 10 + 5, line, column: 6 } };
}

function expectation(step: string, index: number, claim: Claim, text = `claim ${index}`): Expectation {
  return { id: `${step}/${index}`, step, text, span: spanAt(100 + index), claim, origin: 'text' };
}

export const exitsWithZero: Claim = { kind: 'exit-code', code: 0 };

interface StepOptions {
  readonly section?: string;
  readonly claims?: readonly Claim[];
  readonly captures?: readonly Capture[];
  readonly role?: Step['role'];
  readonly capability?: Step['access']['capability'];
  readonly writes?: readonly string[];
  readonly timeoutMs?: number;
  readonly condition?: Step['condition'];
}

function base(
  id: string,
  text: string,
  { section = id.split('.')[0] ?? id, claims, captures = [], role = 'step', capability = 'read', writes = [], timeoutMs = 60_000, condition }: StepOptions,
  implied: readonly Claim[],
) {
  return {
    id,
    title: `step ${id}`,
    section,
    text,
    span: spanAt(Number.parseInt(id, 10) * 10 || 1),
    access: { capability, writes },
    captures,
    expectations: (claims ?? implied).map((claim, index) => expectation(id, index + 1, claim)),
    timeoutMs,
    role,
    once: false,
    ...(condition ? { condition } : {}),
  } as const;
}

export function shell(id: string, command: string, options: StepOptions & Partial<Pick<ShellStep, 'splices' | 'environment' | 'testRunner'>> = {}): ShellStep {
  const { splices = [], environment = {}, testRunner, ...rest } = options;
  return {
    ...base(id, command, rest, [exitsWithZero]),
    kind: 'shell',
    command,
    splices,
    workingDirectory: '.',
    environment,
    ...(testRunner ? { testRunner } : {}),
  };
}

export function coordinator(id: string, command: string, fields: readonly string[], options: StepOptions = {}): CoordinatorCallStep {
  return { ...base(id, command, options, [exitsWithZero]), kind: 'coordinator-call', command, splices: [], workingDirectory: '.', environment: {}, fields };
}

export function sql(id: string, statement: string, options: StepOptions & Partial<Pick<SqlAssertStep, 'parameters' | 'columns' | 'mode'>> = {}): SqlAssertStep {
  const { parameters = [], columns = [], mode = 'read', ...rest } = options;
  return {
    ...base(id, statement, { ...rest, capability: mode === 'probe' ? 'probe' : 'read' }, []),
    kind: 'sql-assert',
    sql: statement,
    splices: [],
    parameters,
    columns,
    mode,
  };
}

export function search(id: string, patterns: readonly string[], paths: readonly string[], claims: readonly Claim[]): RgCheckStep {
  const pattern = patterns.join('|');
  return {
    ...base(id, `rg -n "${pattern}" ${paths.join(' ')}`, { claims, capability: 'none' }, []),
    kind: 'rg-check',
    arguments: ['-n', pattern, ...paths],
    patterns,
    paths,
    fixedStrings: false,
  };
}

export function capture(name: string, options: Partial<Capture> = {}): Capture {
  return { name, type: 'text', span: spanAt(90), optional: false, source: { kind: 'label', label: name }, ...options };
}

export function policy(id: string, rule: PolicyRule, options: Partial<Policy> = {}): Policy {
  return { id, text: `policy ${id}`, span: spanAt(Number(id.slice(1))), scope: { kind: 'document' }, rule, origin: 'text', ...options };
}

export function plan(steps: readonly Step[], more: Partial<Plan> = {}): Plan {
  return {
    path: 'sample.md',
    form: 'markdown',
    title: 'A sample plan',
    sha256: createHash('sha256').update(planBytes).digest('hex'),
    metadata: [],
    inputs: [],
    preconditions: [],
    tasks: [],
    policies: [],
    steps,
    criteria: [],
    report: [],
    blocks: [],
    protectedTables: [],
    ...more,
  };
}
