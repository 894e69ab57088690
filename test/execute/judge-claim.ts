/** Judges one claim over made-up evidence. */
import type { Claim } from '../../src/model/claim.ts';
import type { StatementRecord } from '../../src/model/contract.ts';
import type { StepEvidence } from '../../src/model/evidence.ts';
import type { Binding, ValueType } from '../../src/model/value.ts';
import { createBindingStore } from '../../src/execute/binding-store.ts';
import { judgeExpectation } from '../../src/execute/judge-expectation.ts';
import { writesOf } from '../../src/execute/write-data.ts';
import type { Gathered, JudgeFacts, Judgement } from '../../src/execute/judgement.ts';
import { spanAt } from './sample-plan.ts';

const completed: StepEvidence = { outcome: 'completed', durationMs: 1, observations: [] };

export function bound(name: string, text: string | null, type: ValueType = 'text', step = '1.1'): Binding {
  return { name, value: { type, text }, origin: { kind: 'output', step, stream: 'stdout', lineNumber: 1 } };
}

export interface Given extends Pick<JudgeFacts, 'doubt' | 'printed'> {
  readonly evidence?: Partial<StepEvidence>;
  readonly names?: readonly Binding[];
  readonly gathered?: Gathered;
  readonly statements?: readonly StatementRecord[];
}

export function judge(claim: Claim, { evidence = {}, names = [], gathered, statements = [], ...more }: Given = {}): Judgement {
  const expectation = { id: 'e', step: '1.1', text: 'claim', span: spanAt(1), claim, origin: 'text' } as const;
  return judgeExpectation(expectation, {
    evidence: { ...completed, ...evidence },
    names: createBindingStore(names),
    statements: writesOf(statements),
    producers: ['2.1'],
    ...more,
    ...(gathered ? { gathered } : {}),
  });
}
