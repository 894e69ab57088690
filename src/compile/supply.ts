/** Who supplies which name, looked up once for a plan: claims, criteria and the report ask for it again and again. */
import type { Draft, StepDraft } from './draft.ts';

export interface SupplyIndex {
  /** Supplied names, and after them the inputs; in order, each once. */
  readonly all: readonly string[];
  readonly suppliers: ReadonlyMap<string, readonly StepDraft[]>;
  readonly has: (name: string) => boolean;
  /** `status` → `runs.status`, `traces.status`. */
  readonly qualified: (name: string) => readonly string[];
}

interface Known {
  readonly inputs: readonly string[];
  readonly index: SupplyIndex;
}

const known = new WeakMap<Draft, Known>();

/** Built when first asked for. Who adds a step or a supply after that, or sorts the steps, calls `forgetSupplies`. */
export function suppliesOf(draft: Draft, inputs?: readonly string[]): SupplyIndex {
  const kept = known.get(draft);
  if (kept && (inputs === undefined || kept.inputs === inputs)) return kept.index;
  const index = indexOf(draft, inputs ?? []);
  known.set(draft, { inputs: inputs ?? [], index });
  return index;
}

export function forgetSupplies(draft: Draft): void {
  known.delete(draft);
}

function indexOf(draft: Draft, inputs: readonly string[]): SupplyIndex {
  const suppliers = new Map<string, StepDraft[]>();
  for (const step of draft.steps) {
    for (const name of new Set([...step.supplies, ...step.captures.map((capture) => capture.name)])) {
      const steps = suppliers.get(name);
      if (steps) steps.push(step);
      else suppliers.set(name, [step]);
    }
  }
  const all = [...new Set([...suppliers.keys(), ...inputs])];
  const endings = new Map<string, string[]>();
  for (const name of all) {
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const ending = name.slice(dot + 1);
      const names = endings.get(ending);
      if (names) names.push(name);
      else endings.set(ending, [name]);
    }
  }
  const names = new Set(all);
  return { all, suppliers, has: (name) => names.has(name), qualified: (name) => endings.get(name) ?? [] };
}
