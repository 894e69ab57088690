/** What the guard will be able to do here, before anything is executed: which layers, and how strongly each kind of policy is kept. */
import { readdirSync } from 'node:fs';
import type { ChalkInstance } from 'chalk';
import { probeIsolation } from '../guard/isolation-probe.ts';
import type { EnvironmentConfig } from '../model/environment.ts';
import type { PolicyKind, Strength } from '../model/policy.ts';
import { decideStrength, type StrengthFacts } from '../policy/decide-strength.ts';
import { decideLayers, type DatabaseGuardFacts, type GuardLayer } from '../policy/guard-layer.ts';
import { renderLine, renderRemedy } from '../report/terminal-line.ts';
import type { CommandContext } from './command-context.ts';

export interface GuardOutlook {
  readonly layers: readonly GuardLayer[];
  readonly policies: readonly PolicyOutlook[];
}

/** What a sentence of this kind can reach at most; what a plan's steps make of it is not known here. */
interface PolicyOutlook {
  readonly kind: PolicyKind;
  readonly strength: Strength;
  readonly by: string;
  readonly raise?: string;
}

/** In the order of the strengths; `accepted` is no rule that a guard could keep. */
const kinds: Readonly<Record<Exclude<PolicyKind, 'accepted'>, true>> = {
  'no-manual-writes': true,
  'read-only': true,
  'no-ddl': true,
  'no-network': true,
  isolation: true,
  'no-sqlite-fallback': true,
  'fresh-evidence': true,
  'no-workspace-change': true,
  'no-undeclared-env': true,
  'no-execution': true,
  'no-substitution': true,
  'forbidden-target': true,
  'forbidden-command': true,
  'stop-on-failure': true,
  order: true,
  'attempt-limit': true,
};

/** `database`: undefined where none is named or none answers. */
export async function foretellGuard(
  environment: EnvironmentConfig | undefined,
  database: DatabaseGuardFacts | undefined,
  context: CommandContext,
): Promise<GuardOutlook> {
  const { level } = await probeIsolation();
  const workspaceTracked = hasFiles(environment?.workspace ?? context.workingFolder);
  const facts: StrengthFacts = { database, isolation: level, workspaceTracked, inherited: environment?.inherit ?? [] };
  const policies = (Object.keys(kinds) as (keyof typeof kinds)[]).map((kind): PolicyOutlook => {
    const { strength, by, raise } = decideStrength(kind, facts);
    return { kind, strength, by, ...(raise === undefined ? {} : { raise }) };
  });
  return { layers: decideLayers(facts), policies };
}

/** Is there anything in it that can be seen to change? */
function hasFiles(workspace: string): boolean {
  try {
    return readdirSync(workspace).length > 0;
  } catch {
    return false;
  }
}

/** Layers by line, then the policies that share a strength and its reason together. */
export function renderOutlook({ layers, policies }: GuardOutlook, colours: ChalkInstance, columns: number | undefined): string {
  const width = Math.max(...layers.map(({ name }) => name.length));
  // What several lack for one reason is said once, below the last of them.
  const layerLines = layers.map(({ name, inForce, fact, raise }, index) => {
    const [mark, paintMark] = inForce ? ['✓', colours.green] : ['–', colours.yellow];
    const rest = ` ${name.padEnd(width)}  `;
    const line = renderLine({ lead: `${paintMark(mark)}${rest}`, plainLead: `${mark}${rest}`, text: fact }, columns);
    const next = layers[index + 1];
    const again = next !== undefined && next.fact === fact && next.raise === raise;
    return raise === undefined || again ? line : `${line}\n${renderRemedy(raise, width + 4, columns)}`;
  });
  const order: readonly Strength[] = ['PREVENTED', 'DETECTED', 'ATTESTED', 'UNENFORCED'];
  const policyLines = [...groupBy(policies).values()]
    .toSorted(([a], [b]) => order.indexOf(a?.strength ?? 'UNENFORCED') - order.indexOf(b?.strength ?? 'UNENFORCED'))
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const plainLead = `${first.strength.padEnd(10)}  `;
      const lead = `${paint(first.strength, colours)(plainLead.trimEnd())}${' '.repeat(plainLead.length - first.strength.length)}`;
      const line = renderLine({ lead, plainLead, text: `${group.map(({ kind }) => kind).join(', ')}: ${first.by}` }, columns);
      return [line, ...(first.raise === undefined ? [] : [renderRemedy(first.raise, 12, columns)])];
    });
  return ['layers of the guard', ...layerLines, '', 'how strongly a policy can be kept', ...policyLines].join('\n');
}

function groupBy(policies: readonly PolicyOutlook[]): ReadonlyMap<string, readonly PolicyOutlook[]> {
  const groups = new Map<string, PolicyOutlook[]>();
  for (const policy of policies) {
    const key = `${policy.strength}\0${policy.by}\0${policy.raise}`;
    groups.set(key, [...(groups.get(key) ?? []), policy]);
  }
  return groups;
}

function paint(strength: Strength, colours: ChalkInstance): (text: string) => string {
  switch (strength) {
    case 'PREVENTED':
      return (text) => colours.green(text);
    case 'UNENFORCED':
      return (text) => colours.red(text);
    default:
      return (text) => colours.yellow(text);
  }
}
