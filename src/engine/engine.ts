import type { EngineContext, StepEngine } from '../model/contract.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { Step, StepKind } from '../model/step.ts';
import { coordinatorEngine } from './coordinator-engine.ts';
import { rgEngine } from './rg-engine.ts';
import { shellEngine } from './shell-engine.ts';
import { sqlEngine } from './sql-engine.ts';

/** One engine for each kind of step. */
export type Engines = { readonly [K in StepKind]: StepEngine<Extract<Step, { readonly kind: K }>> };

export function createEngines(): Engines {
  return { shell: shellEngine, 'sql-assert': sqlEngine, 'rg-check': rgEngine, 'coordinator-call': coordinatorEngine };
}

/** Carries out one attempt at a step. A new kind of step does not compile until it has an engine here. */
export function runStep(step: Step, context: EngineContext, engines: Engines = createEngines()): Promise<StepEvidence> {
  switch (step.kind) {
    case 'shell':
      return engines.shell.run(step, context);
    case 'sql-assert':
      return engines['sql-assert'].run(step, context);
    case 'rg-check':
      return engines['rg-check'].run(step, context);
    case 'coordinator-call':
      return engines['coordinator-call'].run(step, context);
  }
}
