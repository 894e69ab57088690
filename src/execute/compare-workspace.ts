/** The tested source at the end: edited in the middle it is shown in any case, and refused where a policy forbids it. */
import type { ExecutionContext } from './execution-context.ts';
import type { Part } from './execution-part.ts';
import { steersPrograms } from '../policy/steering-file.ts';
import { findPlantedPrograms } from './planted-program.ts';
import { readWorkspace, type WorkspaceReading } from './workspace-state.ts';

const mostShown = 5;

/** Records what was found after the last step, and answers with what the verdict rests on. */
export async function compareWorkspace(before: WorkspaceReading, context: ExecutionContext): Promise<Part | undefined> {
  const { plan, decisions, diagnostics, record, workspaceWatch, config, evidenceFolder } = context;
  const [sentence, ...others] = plan.policies.filter((policy) => policy.rule.kind === 'no-workspace-change');
  const policies = sentence ? [sentence.id, ...others.map(({ id }) => id)] : [];
  const late = (workspaceWatch?.look('execution', 'after the last step') ?? []).filter(({ explained }) => !explained).map(({ what }) => what);
  const texts = plan.steps.flatMap((step) => (step.kind === 'sql-assert' ? [] : [step.text]));
  // What appears anew is no tested source, unless a program takes it for its own.
  const steering = ((await workspaceWatch?.appeared()) ?? []).filter((path) => steersPrograms(path, texts));
  const seen = workspaceWatch?.changes ?? [];
  const made = [
    ...steering.map((path) => `\`${path}\` was made, which programs load by themselves`),
    // The folder of the evidence is as old as the execution.
    ...findPlantedPrograms(config?.path ?? [], evidenceFolder).map((path) => `\`${path}\` was put in the place of a program that the search path finds later`),
  ];
  const edits = [...seen, ...made.map((what) => ({ step: 'execution', what }))];
  const compared = await compareReadings(before, context);
  // What a step was named for need not be told again without its name.
  const rest = [...late, ...(seen.length > 0 ? [] : compared.what), ...(sentence && before.digest === undefined ? await appeared(context) : [])];
  for (const what of rest)
    await record.record('tripwire', { step: 'execution', kind: 'workspace', what, explained: false, effect: sentence ? 'refuse' : 'shown', policies });
  const [what] = rest;
  if (sentence && what !== undefined) {
    const reason = `the workspace changed during the execution: ${what}`;
    await decisions.note({
      step: 'execution',
      source: 'tripwire',
      effect: 'refuse',
      rule: 'workspace',
      reason,
      policies,
      policy: 'no-workspace-change',
      text: rest.join('; '),
      count: 1,
      fates: [],
      span: sentence.span,
    });
    await diagnostics.report({
      severity: 'refused',
      code: 'policy/changed-behind-guard',
      message: reason,
      span: sentence.span,
      label: 'forbidden here',
      notes: rest.slice(1, mostShown),
      help: 'find out which step writes there, or let the workspace ignore what is no source',
    });
    return { verdict: 'refused', reason };
  }
  // No sentence forbids it; yet what was tested before the change is not what was tested after it.
  const refused = decisions.all().some(({ policy, effect }) => policy === 'no-workspace-change' && effect === 'refuse');
  if (refused || (edits.length === 0 && !compared.tracked)) return undefined;
  const reason = edits.length > 0 ? renderEdits(edits) : `the workspace changed during the execution: ${compared.what.join('; ')}`;
  await diagnostics.report({
    severity: 'warning',
    code: 'execute/workspace-changed',
    message: reason,
    notes: edits.length > 0 ? edits.slice(1, mostShown).map(describe) : ['commit and content of files that version control knows, compared before and after'],
    help: 'execute the plan again on a workspace that stays as it is; what is no source belongs into its .gitignore',
  });
  return { verdict: 'unproven', reason };
}

type Edits = NonNullable<ExecutionContext['workspaceWatch']>['changes'];

function renderEdits(edits: Edits): string {
  const [first] = edits;
  const more = edits.length > 1 ? `, and ${edits.length - 1} more` : '';
  return `the workspace changed during the execution: ${first ? describe(first) : ''}${more}`;
}

function describe({ step, what }: Edits[number]): string {
  return step === 'execution' ? what : `step ${step}: ${what}`;
}

/** What version control tells of the time between: in words, and whether it was about files that it knows. */
async function compareReadings(
  before: WorkspaceReading,
  { workspace, processEnvironment }: ExecutionContext,
): Promise<{ readonly what: readonly string[]; readonly tracked: boolean }> {
  const after = await readWorkspace(workspace, processEnvironment);
  if (before.digest === after.digest) return { what: [], tracked: false };
  const changed = after.state.dirty.filter((path) => !before.state.dirty.includes(path));
  const what =
    before.state.commit === after.state.commit
      ? `changed files: ${renderNames(changed.length > 0 ? changed : after.state.dirty)}`
      : `commit ${after.state.commit ?? 'none'} instead of ${before.state.commit ?? 'none'}`;
  return { what: [what], tracked: before.trackedDigest !== after.trackedDigest };
}

/** Where no version control says so: what was not there before. */
async function appeared({ workspaceWatch }: ExecutionContext): Promise<readonly string[]> {
  const names = (await workspaceWatch?.appeared()) ?? [];
  return names.length === 0 ? [] : [`new files: ${renderNames(names)}`];
}

function renderNames(names: readonly string[]): string {
  return `${names.slice(0, mostShown).join(', ')}${names.length > mostShown ? ', …' : ''}`;
}
