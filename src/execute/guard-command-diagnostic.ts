/** What is said where a command under the guard was not started, or ended with the guard. */
import type { CanaryResult, Guard } from '../model/contract.ts';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { nearestName } from '../model/nearest-name.ts';

export function notStarted(program: string, reason: string, help = 'see what this machine lacks: `proofplan doctor`'): Diagnostic {
  return { severity: 'error', code: 'execute/command-not-started', message: `\`${program}\` could not be started`, notes: [reason], help };
}

/** A guard without its record does not hold. */
export function recordNotBegun(error: unknown): Diagnostic {
  const message = 'the record of the guard cannot be begun, and the command was not started';
  return { severity: 'error', code: 'execute/guard-failed', message, notes: [messageOf(error)], help: 'name a file that has room' };
}

export function notRefused({ name, detail }: CanaryResult): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/canary-not-refused',
    message: `the guard does not hold: ${name} was not refused`,
    notes: [detail, 'the command was not started'],
    help: 'see with `proofplan doctor` what this account and this server allow',
  };
}

export function guardDied(reason: string): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/guard-failed',
    message: 'the guard ended in the middle, and the command was ended with it',
    notes: [reason],
    help: 'see that the database server runs, then start the command again',
  };
}

/** The guard speaks to plans; here a name stands on the command line. */
export async function rephrase(diagnostic: Diagnostic, guard: Guard | undefined, database: DatabaseAddress): Promise<Diagnostic> {
  if (diagnostic.code === 'guard/superuser-account') {
    return {
      ...diagnostic,
      message: `the command's sessions run under the superuser \`${database.user}\``,
      help: 'name an ordinary account that has the rights which the command needs',
    };
  }
  if (diagnostic.code !== 'guard/no-such-table' || guard === undefined) return diagnostic;
  const name = /`([^`]+)`/.exec(diagnostic.message)?.[1] ?? '';
  const near = nearestName(name, await tableNames(guard));
  const help =
    near === undefined ? 'name a table as `name` (in any schema) or `schema.name`, with capitals as the catalogue has them' : `did you mean \`${near}\`?`;
  return {
    severity: 'error',
    code: 'guard/no-such-table',
    message: `\`${name}\` is to be protected, and the database \`${database.database}\` has no table of that name`,
    help,
  };
}

const tableQuery = `SELECT CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_' ORDER BY 1 LIMIT 2000`;

async function tableNames(guard: Guard): Promise<readonly string[]> {
  const answer = await guard.assertion({ sql: tableQuery, parameters: [], mode: 'read', timeoutMs: 10_000 });
  return answer.kind === 'rows' ? answer.rows.flatMap(([name]) => name ?? []) : [];
}
