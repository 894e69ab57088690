import type { DatabaseFacts } from '../environment/probe.ts';
import { hasErrors, type Checked } from '../model/diagnostic.ts';
import type { ReadyEnvironment } from '../model/environment.ts';
import type { Plan } from '../model/plan.ts';
import { createGuard } from '../guard/guard.ts';
import { decideSql } from '../policy/decide-sql.ts';
import { createSqlParser } from '../policy/sql-parser.ts';
import { describeDatabase } from './describe-database.ts';
import type { Guarded } from './execution-context.ts';

export interface GuardOptions {
  readonly execution: string;
  readonly plan: Plan;
  readonly ready: ReadyEnvironment;
  /** What the environment's database was found to be. */
  readonly account: DatabaseFacts;
  readonly workspace: string;
  /** Where the gateway also listens on a Unix socket. */
  readonly socketFolder?: string;
}

/** The guard with the one judge of statements. `close` ends both; safe to call when the guard is dead. */
export interface OpenGuard extends Guarded {
  readonly close: () => Promise<void>;
}

/** Puts a guard before the environment's database; no value and no diagnostics where there is none. */
export async function openGuard({ execution, plan, ready, account, workspace, socketFolder }: GuardOptions): Promise<Checked<OpenGuard>> {
  const { database, superuser, ownServer } = ready;
  if (!database) return { value: undefined, diagnostics: [] };
  const parser = createSqlParser();
  const opened = await createGuard({
    execution,
    database,
    ...(superuser ? { superuser } : {}),
    ownServer,
    protectedTables: plan.protectedTables,
    sqlitePolicy: plan.policies.some((policy) => policy.rule.kind === 'no-sqlite-fallback'),
    workspace,
    ...(socketFolder === undefined ? {} : { socketFolder }),
    decide: (text, access, catalogue) =>
      decideSql(parser, text, { access, protectedTables: plan.protectedTables, ...(catalogue === undefined ? {} : { catalogue }) }),
  });
  const guard = opened.value;
  if (!guard || hasErrors(opened.diagnostics)) {
    await guard?.close().catch(() => undefined);
    await parser.close();
    return { value: undefined, diagnostics: opened.diagnostics };
  }
  const facts = describeDatabase(database, account, ownServer);
  const dead = new AbortController();
  guard.died.catch((reason: unknown) => dead.abort(reason));
  const close = async (): Promise<void> => {
    await guard.close().catch(() => undefined);
    await parser.close();
  };
  return { value: { guard, database, facts, died: dead.signal, close }, diagnostics: opened.diagnostics };
}
