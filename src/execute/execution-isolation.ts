/** How far the processes of each step are kept apart in this execution: what the plan asks for, and what the machine reaches. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Isolation } from '../guard/isolation.ts';
import { type IsolationSupport, probeIsolation } from '../guard/isolation-probe.ts';
import type { CanaryResult, Sandbox, StepDoor } from '../model/contract.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import type { IsolationLevel } from '../model/policy.ts';
import type { Step } from '../model/step.ts';
import { decideIsolation, isStronger } from '../policy/decide-isolation.ts';
import type { ExecuteOptions } from './execution-option.ts';
import { isInScope } from './policy-scope.ts';

export interface ExecutionIsolation {
  readonly support: IsolationSupport;
  /** The level that the step's processes run under; `none` for a step that has none. */
  readonly levelOf: (step: Step) => IsolationLevel;
  readonly sandbox: (step: Step, temporaryFolder: string, door: StepDoor | undefined) => Sandbox | undefined;
  /** One for each level in use. */
  readonly canaries: () => Promise<readonly CanaryResult[]>;
  /** For the gateway's Unix socket; absent where no step is without a network. */
  readonly socketFolder?: string;
  readonly close: () => void;
}

export interface IsolationParts {
  readonly options: ExecuteOptions;
  readonly workspace: string;
  /** Is there a gateway before a database? */
  readonly guarded: boolean;
}

/** Does the step start programs, whatever they are? */
export function startsProcesses(step: Step): boolean {
  return step.kind !== 'sql-assert';
}

/** Undefined where nothing of the plan starts a process. */
export async function openIsolation({ options, workspace, guarded }: IsolationParts): Promise<ExecutionIsolation | undefined> {
  const { plan, stateFolder, cacheFolder, outFolder, watchedFiles = [], toolFolders = [], runnerFolders = [] } = options;
  if (!plan.steps.some(startsProcesses)) return undefined;
  const support = await probeIsolation();
  const documents = [plan.path, ...(plan.addendum === undefined ? [] : [plan.addendum.path])].map((path) => resolve(path));
  const socketFolder = guarded && levelsOf(plan, support).has('network') ? mkdtempSync(join(tmpdir(), 'proofplan-door-')) : undefined;
  const isolation = new Isolation({
    support,
    node: process.execPath,
    ground: {
      workspace,
      workspaceWritable: true,
      record: outFolder,
      protectedPaths: [...documents, ...watchedFiles, ...toolFolders, ...runnerFolders, cacheFolder],
      privateFolders: [stateFolder],
      guarded,
    },
  });
  return {
    support,
    levelOf: (step) => levelOf(plan, step, support),
    sandbox: (step, temporaryFolder, door) =>
      isolation.sandbox({
        level: levelOf(plan, step, support),
        folders: [temporaryFolder, ...(socketFolder === undefined ? [] : [socketFolder])],
        ...(door === undefined ? {} : { door }),
      }),
    canaries: async () => {
      const answers = await Promise.all([...levelsOf(plan, support)].map((level) => isolation.canary(level)));
      return answers.flatMap((answer) => answer ?? []);
    },
    ...(socketFolder === undefined ? {} : { socketFolder }),
    close: () => {
      if (socketFolder !== undefined) rmSync(socketFolder, { recursive: true, force: true });
    },
  };
}

/** Of two levels, the one that is asked for, as far as it can be had; `process` wherever it can. */
function levelOf(plan: Plan, step: Step, { level: supported }: IsolationSupport): IsolationLevel {
  if (!startsProcesses(step)) return 'none';
  const { wanted } = decideIsolation(plan.policies, (scope) => isInScope({ scope }, step));
  const asked = isStronger(wanted, 'process') ? wanted : 'process';
  return isStronger(asked, supported) ? supported : asked;
}

function levelsOf(plan: Plan, support: IsolationSupport): ReadonlySet<IsolationLevel> {
  return new Set(plan.steps.filter(startsProcesses).map((step) => levelOf(plan, step, support)));
}

/** One refusal for each sentence that demands more than this machine reaches, before anything is made ready. */
export async function isolationRefusals({ plan }: Pick<ExecuteOptions, 'plan'>): Promise<readonly Diagnostic[]> {
  const demands = plan.policies.flatMap((policy) => (policy.rule.kind === 'isolation' ? [{ policy, level: policy.rule.level }] : []));
  const reached = demands.filter(({ policy }) => plan.steps.some((step) => startsProcesses(step) && isInScope(policy, step)));
  if (reached.length === 0) return [];
  const support = await probeIsolation();
  return reached
    .filter(({ level }) => isStronger(level, support.level))
    .map(({ policy, level }) => ({
      severity: 'refused',
      code: 'policy/isolation-not-reached',
      message: `isolation \`${level}\` is demanded, and this machine reaches \`${support.level}\``,
      span: policy.span,
      label: 'demanded here',
      notes: [support.reason ?? 'a trial before the first step showed it', 'nothing was executed'],
      help: support.help ?? 'execute the plan on a machine with bubblewrap',
    }));
}
