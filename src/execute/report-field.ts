import type { ReportFieldData } from '../model/event.ts';
import type { ReportField } from '../model/plan.ts';
import type { SearchHit } from '../model/evidence.ts';
import type { Origin } from '../model/value.ts';
import { renderOrigin, renderValue } from './binding-store.ts';
import { verdictOfWitnesses, type WitnessLookup } from './judge-criterion.ts';
import type { KnownNames } from './judgement.ts';
import { matchPattern } from './pattern.ts';

export interface ReportFacts {
  readonly names: KnownNames;
  readonly verdictOf: WitnessLookup;
  /** Every hit of a step's search; undefined when it did not run. */
  readonly hitsOf: (step: string) => readonly SearchHit[] | undefined;
  /** How many rows a step's query answered; undefined when it did not. */
  readonly rowCountOf: (step: string) => number | undefined;
}

/** A field's value from evidence. What no evidence supplies, or what two sources dispute, stays unfilled: never a guess. */
export function fillReportField(field: ReportField, facts: ReportFacts): ReportFieldData {
  const { label, span, hole } = field;
  const filled = valueOf(field, facts);
  return { label, span, hole, ...filled };
}

function valueOf({ source }: ReportField, facts: ReportFacts): Pick<ReportFieldData, 'value' | 'origin' | 'source'> | undefined {
  switch (source.kind) {
    case 'name': {
      const binding = facts.names.get(source.name);
      if (!binding || facts.names.disputed(source.name)) return undefined;
      return { value: binding.secret ? '***' : renderValue(binding.value), origin: renderOrigin(binding.origin), source: binding.origin };
    }
    case 'word': {
      const verdict = verdictOfWitnesses(source.of.map(facts.verdictOf));
      if (verdict === 'unproven' || verdict === 'error') return undefined;
      const origin: Origin = { kind: 'verdict', of: source.of.map((witness) => `${witness.kind} ${witness.id}`) };
      return { value: verdict === 'passed' ? source.yes : source.no, origin: renderOrigin(origin), source: origin };
    }
    case 'files': {
      const hits = facts.hitsOf(source.step)?.filter((hit) => source.except === undefined || matchPattern(source.except, hit.text).kind !== 'held');
      if (!hits || hits.length === 0) return undefined;
      return {
        value: [...new Set(hits.map((hit) => hit.path))].sort().join(', '),
        origin: `search of step ${source.step}`,
        source: { kind: 'search', step: source.step },
      };
    }
    case 'row-count': {
      const count = facts.rowCountOf(source.step);
      return count === undefined ? undefined : { value: String(count), origin: `rows of step ${source.step}` };
    }
    case 'none':
      return undefined;
  }
}
