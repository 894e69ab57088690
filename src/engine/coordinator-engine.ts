import type { StepEngine } from '../model/contract.ts';
import type { CoordinatorCallStep } from '../model/step.ts';
import { runCommand } from './run-command.ts';

/** Runs the plan's own program that asks a coordinator; the lines it prints for its `fields` are observations. */
export const coordinatorEngine: StepEngine<CoordinatorCallStep> = {
  kind: 'coordinator-call',
  run: (step, context) => runCommand(step, step.fields, context),
};
