/** The lines of `guard --json` and `guard --record` (`schemas/guard.schema.json`): what was guarded, each statement, and the end. */
import type { GuardCommandEnd, GuardReady } from '../execute/guard-command.ts';
import type { StatementRecord } from '../model/contract.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { IsolationLevel } from '../model/policy.ts';
import { placeDiagnostic } from '../review/placed-diagnostic.ts';

const schemaVersion = 1;

export interface GuardTerms {
  readonly capability: string;
  readonly protect: readonly string[];
  readonly alone: boolean;
  readonly isolation: IsolationLevel;
}

export function openedLine(
  { capability, protect, alone, isolation }: GuardTerms,
  { host, port, database, user }: DatabaseAddress,
  { canaries, environment, diagnostics }: GuardReady,
): string {
  const { replaced, removed } = environment;
  return line({
    schemaVersion,
    kind: 'opened',
    database: { host, port, database, user },
    capability,
    protect,
    alone,
    isolation,
    canaries,
    replaced,
    removed,
    diagnostics: diagnostics.map(placeDiagnostic),
  });
}

export function statementLine({ sequence, session, text, decision, writes, rowCount, sqlstate, fate, settledAt }: StatementRecord): string {
  return line({ schemaVersion, kind: 'statement', sequence, session, text, decision, writes, rowCount, sqlstate, fate, settledAt });
}

export function closedLine({ exitCode, exit, summary, findings, leftover, diagnostics }: GuardCommandEnd): string {
  return line({
    schemaVersion,
    kind: 'closed',
    exitCode,
    command: exit ?? null,
    ...summary,
    findings,
    leftover,
    diagnostics: diagnostics.map(placeDiagnostic),
  });
}

function line(data: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(data)}\n`;
}
