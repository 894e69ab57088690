/** A plan's YAML form, given out only where it compiles to the same plan. */
import type { CompiledPlan } from '../compile/compile-plan.ts';
import { hasErrors, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import { planDifferences } from './convert-comparison.ts';
import { convertPlan } from './convert-plan.ts';
import { wordings } from './convert-shape.ts';
import { renderYamlPlan } from './convert-text.ts';

/** The most readable wording that means the same, with a line feed at its end; `compile` reads it as the file that it will be. */
export async function convertFaithfully(plan: Plan, compile: (yaml: string) => Promise<CompiledPlan>): Promise<Checked<string>> {
  let differences: readonly string[] = [];
  for (const wording of wordings) {
    const yaml = renderYamlPlan(convertPlan(plan, wording));
    const compiled = await compile(yaml);
    if (compiled.plan !== undefined && !hasErrors(compiled.diagnostics)) {
      differences = planDifferences(plan, compiled.plan);
      if (differences.length === 0) return { value: yaml, diagnostics: [] };
    } else {
      differences = compiled.diagnostics.filter(({ severity }) => severity !== 'warning').map(({ message }) => message);
    }
  }
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'review/conversion-differs',
    message: `\`${plan.path}\` says something that has no YAML form with the same meaning`,
    notes: differences.slice(0, 10).map((difference) => `differs: ${difference}`),
    help: 'keep the Markdown form, or say these parts more plainly',
  };
  return { value: undefined, diagnostics: [diagnostic] };
}
