/** The hash-chain witnesses of an execution: what each read when the production path had ended, and what it reads later. */
import type { Guard } from '../model/contract.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { HashChainWitness } from '../model/environment.ts';
import type { WitnessData } from '../model/event.ts';
import type { Step } from '../model/step.ts';
import type { BindingStore } from './binding-store.ts';
import type { Driver } from './driver.ts';
import { readChain } from './hash-chain-witness.ts';
import type { ChainReading } from './judgement.ts';

export interface ChainKeeper {
  /** Reads every chain anew, into the record. */
  readonly read: (moment: WitnessData['moment'], step: string, attempt?: number) => Promise<void>;
  readonly chainOf: (root: string) => { readonly witness: HashChainWitness; readonly first?: ChainReading; readonly now?: ChainReading } | undefined;
  /** A reading of an earlier process of this execution. */
  readonly restore: (data: WitnessData) => void;
  /** Chains whose rows are not those of the reading before the last one, or that something stored contradicts. `step` is the production path. */
  readonly changes: (step: Step | undefined) => readonly Diagnostic[];
  /** Chains that the production path wrote, a coordinator was called for, and no claim was about (`claimed` roots): believed on its own word. */
  readonly uncompared: (call: Step | undefined, claimed: ReadonlySet<string>) => readonly Diagnostic[];
}

export function createChainKeeper(witnesses: readonly HashChainWitness[], guard: Guard | undefined, store: BindingStore, driver: Driver): ChainKeeper {
  const first = new Map<string, ChainReading>();
  const previous = new Map<string, ChainReading>();
  const now = new Map<string, ChainReading>();
  const take = (witness: string, moment: WitnessData['moment'], reading: ChainReading): void => {
    if (moment === 'production') first.set(witness, reading);
    previous.set(witness, now.get(witness) ?? reading);
    now.set(witness, reading);
  };

  return {
    read: async (moment, step, attempt = 1) => {
      if (!guard) return;
      for (const witness of witnesses) {
        const seed = store.get(witness.seed)?.value.text ?? undefined;
        if (seed === undefined && moment === 'end') continue;
        const outcome = (reading: ChainReading): { readonly kind: 'witness'; readonly data: WitnessData } => {
          const { step: _step, ...found } = reading;
          return { kind: 'witness', data: { witness: witness.name, moment, step, seed: seed ?? null, ...found } };
        };
        const reading = await driver.step(`witness ${witness.name}: ${moment} ${step}, attempt ${attempt}`, { once: false, outcome }, () =>
          readChain(witness, seed, step, guard.assertion),
        );
        take(witness.name, moment, reading);
      }
    },
    restore: ({ witness, moment, step, root, rows, problem }) => take(witness, moment, { step, root, rows, ...(problem === undefined ? {} : { problem }) }),
    chainOf: (root) => {
      const witness = witnesses.find((candidate) => candidate.root === root);
      if (!witness) return undefined;
      const [before, after] = [first.get(witness.name), now.get(witness.name)];
      return { witness, ...(before ? { first: before } : {}), ...(after ? { now: after } : {}) };
    },
    uncompared: (call, claimed) =>
      witnesses.filter(({ name, root }) => call && (first.get(name)?.root ?? null) !== null && !claimed.has(root)).map((witness) => notCompared(witness, call)),
    changes: (step) =>
      witnesses.flatMap((witness): readonly Diagnostic[] => {
        const [before, after] = [previous.get(witness.name), now.get(witness.name)];
        if (after?.contradictions) return [contradicted(witness, after.contradictions, step)];
        if (!before || !after || before.problem !== undefined || (before.root === after.root && after.problem === undefined)) return [];
        return [
          {
            severity: 'failed',
            code: 'execute/stored-rows-changed',
            message: `stored steps changed between step ${before.step} and the end`,
            ...(step ? { span: step.span, label: 'written here' } : {}),
            notes: [
              `root after step ${before.step}: ${before.root ?? 'null'} (${before.rows} rows)`,
              `root at the end: ${after.root ?? after.problem ?? 'null'} (${after.rows} rows)`,
            ],
            help: 'find out what wrote to the stored rows after the production path',
          },
        ];
      }),
  };
}

function notCompared({ name, root }: HashChainWitness, step: Step | undefined): Diagnostic {
  return {
    severity: 'warning',
    code: 'execute/chain-not-compared',
    message: `no step shows \`${root}\`, so the chain \`${name}\` was compared with nothing`,
    ...(step ? { span: step.span, label: 'the coordinator is called here' } : {}),
    notes: ['what a coordinator says about a chain proves little without the root that it found'],
    help: `let the coordinator's program print \`${root}\``,
  };
}

/** A chain may be whole and tell of a failure that the rest of what is stored, and the command that wrote it, call a success. */
function contradicted(witness: HashChainWitness, contradictions: readonly string[], step: Step | undefined): Diagnostic {
  return {
    severity: 'failed',
    code: 'execute/stored-rows-contradict',
    message: `what is stored beside the rows of \`${witness.name}\` contradicts them: ${contradictions[0] ?? ''}`,
    ...(step ? { span: step.span, label: 'written here' } : {}),
    notes: [...contradictions.slice(1), 'asked with the `contradiction` of the witness in the configuration'],
    help: 'find out which of the two is true, and mend what wrote the other',
  };
}
