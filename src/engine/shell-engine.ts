import type { StepEngine } from '../model/contract.ts';
import type { ShellStep } from '../model/step.ts';
import { runCommand } from './run-command.ts';

/** Runs the author's command, byte for byte, in a fresh shell: a shared one would let a step fake the next. */
export const shellEngine: StepEngine<ShellStep> = {
  kind: 'shell',
  run: (step, context) => runCommand(step, [], context),
};
