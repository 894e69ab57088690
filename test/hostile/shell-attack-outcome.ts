/** What came of a play: the row of the table, and what must hold of every one. */
import { expect } from 'vitest';
import { decideShell } from '../../src/policy/decide-shell.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';
import type { SqlParser } from '../../src/policy/sql-parser.ts';
import type { ShellAttack } from './shell-attack.ts';

export interface Played {
  readonly exitCode: number | null;
  readonly said: string;
  readonly verdict: string | undefined;
  readonly decisions: readonly { readonly source: string; readonly effect: string; readonly rule: string }[];
  readonly tripwires: readonly { readonly kind: string; readonly effect: string; readonly explained: boolean }[];
  /** Codes of diagnostics, warnings too. */
  readonly codes: readonly string[];
  readonly tookEffect: boolean;
  readonly audit: number | null;
}

/** One row of the table. */
export interface ShellOutcome {
  readonly family: string;
  readonly name: string;
  readonly without: string;
  readonly static: string;
  readonly execution: string;
  readonly exitCode: number | null;
  readonly stoppedBy: string | null;
  readonly detectedBy: string | null;
  /** The same on a machine where processes cannot be kept apart; null where that makes no difference. */
  readonly withoutIsolation: string | null;
}

/** What the text alone says. */
export async function judgeText(parser: SqlParser, attack: ShellAttack): Promise<string> {
  const rules = new Set<string>();
  for (const text of [attack.first, attack.step, attack.later, attack.block])
    for (const { decision } of text === undefined
      ? []
      : await decideShell(parser, parseShell(text), { access: { capability: 'read', writes: [] }, protectedTables: ['runs'], productionPath: false }))
      if (decision.effect === 'refuse') return decision.rule;
      else if (decision.rule.startsWith('opaque-')) rules.add('opaque');
  return rules.size > 0 ? 'opaque' : 'nothing';
}

interface Plays {
  readonly without: string;
  readonly static: string;
  readonly played: Played;
  readonly bare?: Played;
}

export function outcomeOf(attack: ShellAttack, { without, static: said, played, bare }: Plays): ShellOutcome {
  const named = namesOf(played);
  const refusal = played.decisions.find(({ effect }) => effect === 'refuse');
  const byIsolation = bare !== undefined && (bare.tookEffect || bare.exitCode !== played.exitCode);
  const stopped = played.tookEffect
    ? null
    : refusal
      ? `${refusal.source}: ${refusal.rule}`
      : (attack.stops ?? (byIsolation ? 'isolation' : (attack.stands ?? null)));
  const differs = bare !== undefined && (bare.tookEffect !== played.tookEffect || bare.exitCode !== played.exitCode);
  return {
    family: attack.family,
    name: attack.name,
    without,
    static: said,
    execution: executionOf(played),
    exitCode: played.exitCode,
    stoppedBy: stopped,
    detectedBy: named.find((each) => each !== stopped) ?? null,
    withoutIsolation: differs
      ? `${executionOf(bare)}${bare.tookEffect ? `, took effect${bare.exitCode === 0 ? '' : `, ${namesOf(bare)[0] ?? 'no exit code'}`}` : ''}`
      : null,
  };
}

function executionOf(played: Played): string {
  return played.verdict ?? (played.exitCode === 2 ? 'not compiled' : 'no verdict');
}

/** Whatever says that something was not as it should be. */
function namesOf({ decisions, tripwires, codes }: Played): readonly string[] {
  const refusal = decisions.find(({ effect }) => effect === 'refuse');
  const wire = tripwires.find(({ effect, explained }) => effect === 'refuse' || !explained);
  return [...(refusal ? [`${refusal.source}: ${refusal.rule}`] : []), ...(wire ? [`tripwire: ${wire.kind}`] : []), ...codes];
}

/** What must hold of every play: no pass with something forbidden in it, and the departure named. */
export function expectHarmless(attack: ShellAttack, played: Played): void {
  const said = played.said.slice(-4000);
  if (attack.open !== undefined) return;
  if (played.exitCode === 0) {
    expect(played.verdict, said).toBe('passed');
    expect(played.tookEffect, `passed with an effect\n${said}`).toBe(false);
    expect(attack.stops ?? attack.bare, `a pass that nobody accounts for\n${said}`).toBeDefined();
    expect(played.audit).toBe(0);
  }
  if (attack.exit !== undefined) expect(attack.exit, said).toContain(played.exitCode);
  // Without an exit code and a verdict nothing claims to be one.
  if (attack.effect !== 'pass' && played.exitCode !== 0 && played.exitCode !== null && played.tookEffect)
    expect(played.codes.length, `an effect without a name\n${said}`).toBeGreaterThan(0);
}
