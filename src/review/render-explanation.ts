/** `explain` for people: the document's blocks with line numbers in the margin, what each became, and the account at the end. */
import type { ExplainedBlock, ExplainedCriterion, ExplainedStep, Explanation } from './explanation.ts';
import { plainStyle } from './page-style.ts';
import { plainLine } from './plain-text.ts';

/** Text without a last line feed, at most `columns` wide except for a word that is wider. No control character of the plan is in it. */
export function renderExplanation(explanation: Explanation, { columns } = plainStyle): string {
  const margin = Math.max(3, String(explanation.blocks.at(-1)?.endLine ?? 0).length);
  const dispositionWidth = 12;
  const indent = ' '.repeat(margin + 2 + dispositionWidth + 2);
  const detail = (text: string, mark = '→ '): readonly string[] => wrap(text, columns - indent.length - mark.length).map((line, index) => `${indent}${index === 0 ? mark : ' '.repeat(mark.length)}${line}`);
  const said = new Set<string>();
  const blocks = withoutContainers(explanation.blocks).flatMap((block) => {
    const head = `${String(block.line).padStart(margin)}  ${block.disposition.padEnd(dispositionWidth)}  ${firstLine(block.text, columns - indent.length)}`;
    const details = block.becomes.flatMap((became) => (said.has(became) ? detail(became) : describe(became, explanation).flatMap((line) => detail(line.text, line.mark))));
    for (const became of block.becomes) said.add(became);
    return [head, ...details, ...(block.boundBy === undefined ? [] : detail('bound by the addendum', '+ ')), ...(block.reason === undefined ? [] : detail(block.reason, '  '))].map((line) => line.trimEnd());
  });
  const elsewhere = new Set(explanation.preconditions.flatMap((precondition) => precondition.checks));
  const steps = explanation.steps.filter((step) => !said.has(`step ${step.id}`) && !said.has(`probe ${step.id}`) && !elsewhere.has(`step ${step.id} holds`)).flatMap((step) => describe(`step ${step.id}`, explanation).flatMap((line) => detail(line.text, line.mark)));
  const policies = explanation.policies.filter((policy) => policy.origin === 'baseline').flatMap((policy) => detail(`policy ${policy.id} (${policy.kind}), by the project's baseline: ${policy.text}`));
  return [
    ...(explanation.plan === undefined ? [] : [...hanging(`${explanation.plan.path}: ${explanation.plan.title}`, 0, columns), ...(explanation.plan.addendum === undefined ? [] : [`with ${plainLine(explanation.plan.addendum.path)}`]), '']),
    ...blocks,
    ...section('steps that stand in no block of the document', steps),
    ...section('policies from outside the document', policies),
    ...section('placeholders', explanation.placeholders.flatMap((each) => hanging(`<${each.name}> ${each.type}${each.secret ? ', secret' : ''}: ${each.suppliedBy === null ? 'supplied by nothing' : `from ${each.suppliedBy}`}${each.neededBy.length === 0 ? '' : `, for ${each.neededBy.join(', ')}`}`, margin + 2, columns))),
    ...(explanation.protectedTables.length === 0 ? [] : ['', ...wrap(`tables that only the production path may write: ${explanation.protectedTables.join(', ')}`, columns)]),
    '',
    ...wrap(renderAccount(explanation), columns),
  ].join('\n');
}

/** `68 of 68 blocks accounted for, 3 bound by the addendum`. */
function renderAccount({ counts }: Pick<Explanation, 'counts'>): string {
  return [
    `${counts.accounted} of ${counts.total} blocks accounted for`,
    ...(counts.boundByAddendum === 0 ? [] : [`${counts.boundByAddendum} bound by the addendum`]),
    ...(counts.unread === 0 ? [] : [`${counts.unread} unread`]),
    ...(counts.unclaimed === 0 ? [] : [`${counts.unclaimed} unclaimed`]),
  ].join(', ');
}

/**
 * A list, an item or a paragraph of several lines stands for its parts: it is shown only where it says more than they do, and
 * then only that. Blocks come in the order of the text, so that one is a container if the next begins on its lines. A rule
 * between sections says nothing at all.
 */
function withoutContainers(blocks: readonly ExplainedBlock[]): readonly ExplainedBlock[] {
  const parts = new Set(blocks.filter((block, index) => (blocks[index + 1]?.line ?? Number.POSITIVE_INFINITY) > block.endLine));
  const told = new Set([...parts].flatMap((block) => block.becomes));
  return blocks.flatMap((block) => {
    if (parts.has(block)) return block.type === 'rule' ? [] : [block];
    const becomes = block.becomes.filter((became) => !told.has(became));
    for (const became of becomes) told.add(became);
    return becomes.length > 0 || block.disposition === 'unclaimed' || block.disposition === 'unread' ? [{ ...block, becomes }] : [];
  });
}

interface Detail {
  readonly text: string;
  readonly mark: string;
}

const nested = '  ';

function describe(became: string, explanation: Explanation): readonly Detail[] {
  const [, noun, id] = /^(step|probe|policy|criterion|expectation|capture|precondition|task) (\S+)$/.exec(became) ?? [];
  const step = noun === 'step' || noun === 'probe' ? explanation.steps.find((each) => each.id === id) : undefined;
  if (step !== undefined) return describeStep(step, explanation);
  const criterion = noun === 'criterion' ? explanation.criteria.find((each) => each.id === id) : undefined;
  if (criterion !== undefined) return describeCriterion(criterion, explanation);
  const policy = noun === 'policy' ? explanation.policies.find((each) => each.id === id) : undefined;
  if (policy !== undefined) return [main(`policy ${policy.id}: ${policy.kind}${policy.acceptedBy === undefined ? '' : ` by ${policy.acceptedBy}`}, in ${policy.scope}`)];
  const precondition = noun === 'precondition' ? explanation.preconditions.find((each) => each.id.replace(/^\D+/, '') === id) : undefined;
  if (precondition !== undefined) return [main(became), ...precondition.checks.flatMap((check) => describeCheck(check, explanation))];
  const field = /^report field "(.*)"$/.exec(became)?.[1];
  const source = explanation.report.find((each) => each.label === field)?.from;
  if (source !== undefined) return [main(`${became} from ${source}`)];
  const task = noun === 'task' ? explanation.tasks.find((each) => each.id.replace(/^\D+/, '') === id) : undefined;
  if (task !== undefined) return [main(`${became}, done by a person: ${task.condition === 'failure' ? 'only if something fails' : task.verifiedBy.length === 0 ? 'needs an attestation' : `verified by ${task.verifiedBy.join(', ')}`}`)];
  const owner = explanation.steps.find((each) => each.expectations.some((expectation) => expectation.id === id));
  const expectation = owner?.expectations.find((each) => each.id === id);
  if (noun === 'expectation' && owner !== undefined && expectation !== undefined) return [main(`expectation ${id} of step ${owner.id}: ${expectation.claim}`)];
  const captured = noun === 'capture' ? explanation.steps.flatMap((each) => each.captures.map((capture) => ({ ...capture, step: each.id }))).find((each) => each.name === id) : undefined;
  if (captured !== undefined) return [main(`capture ${id} (${captured.type}${captured.optional ? ', optional' : ''}) of step ${captured.step}: ${captured.from}`)];
  return [main(became)];
}

/** A step that an addendum made for a precondition stands in no block: it is described where the precondition is. */
function describeCheck(check: string, explanation: Explanation): readonly Detail[] {
  const name = /^(step \S+) holds$/.exec(check)?.[1];
  const step = explanation.steps.find((each) => `step ${each.id}` === name);
  if (step === undefined || explanation.blocks.some((block) => block.becomes.includes(`step ${step.id}`))) return [below(check)];
  return describeStep(step, explanation).map((line) => below(line.text));
}

function describeStep(step: ExplainedStep, explanation: Explanation): readonly Detail[] {
  const access = { none: 'no database', read: 'may read', write: `may write ${step.access.writes.join(', ')}`, production: `production path: may write ${(step.access.writes.length > 0 ? step.access.writes : explanation.protectedTables).join(', ')}`, probe: 'probe: sent by the runner and rolled back' }[step.access.capability];
  const process = step.kind === 'shell' || step.kind === 'coordinator-call';
  return [
    main(`step ${step.id} (${step.kind}${step.role === 'step' ? '' : `, ${step.role}`}): ${step.title}`),
    below(`${access}${step.workingDirectory === undefined || step.workingDirectory === '.' ? '' : `, in ${step.workingDirectory}`}, ${step.timeoutMs / 1000} s at most`),
    ...(process && step.access.capability !== 'none' ? [below('given by the runner: DATABASE_URL')] : []),
    ...(step.condition === undefined ? [] : [below(step.condition)]),
    ...step.captures.map((capture) => below(`records ${capture.name} (${capture.type}${capture.optional ? ', optional' : ''}) from ${capture.from}`)),
    ...step.expectations.map((expectation) => below(`${{ text: 'expects', implied: 'implied', addendum: 'addendum', criterion: 'criterion' }[expectation.origin]}: ${expectation.claim}`)),
  ];
}

function describeCriterion(criterion: ExplainedCriterion, explanation: Explanation): readonly Detail[] {
  const claims: ReadonlyMap<string, string> = new Map(explanation.steps.flatMap((step) => step.expectations.map((each) => [`expectation ${each.id}`, `${each.claim} (step ${step.id})`] as const)));
  return [
    main(`criterion ${criterion.id}`),
    ...criterion.clauses.flatMap((clause) => [
      below(`${clause.text}${clause.witnesses.length === 0 ? ': no witness' : ', by'}`),
      ...clause.witnesses.map((witness) => ({ text: `${witness}${claims.has(witness) ? `: ${claims.get(witness)}` : ''}`, mark: '  · ' })),
    ]),
  ];
}

function main(text: string): Detail {
  return { text, mark: '→ ' };
}

function below(text: string): Detail {
  return { text, mark: nested };
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function hanging(text: string, indent: number, columns: number): readonly string[] {
  return wrap(text, columns - indent - 2).map((line, index) => `${' '.repeat(index === 0 ? indent : indent + 2)}${line}`);
}

function firstLine(text: string, columns: number): string {
  const line = plainLine(text);
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of plainLine(text).split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

