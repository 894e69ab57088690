/** Clients of databases, by name: what a call of one says before its statements are read. */
import type { Decision } from '../model/policy.ts';
import type { SqlPolicy } from './decide-sql.ts';
import type { ShellProgram } from './shell-program.ts';
import type { ShellScript } from './shell-script.ts';

export interface ShellPolicy extends SqlPolicy {
  /** The step is the plan's production path, beside which no database client may stand. */
  readonly productionPath: boolean;
}

/** Clients with psql's options and its way to read a script. */
export const psqlLike: ReadonlySet<string> = new Set(['psql', 'usql', 'pgcli']);

/** A way to a database that is not the step's own door. */
export function elsewhere(what: string, matched: string): Decision {
  return { effect: 'refuse', rule: 'connection-elsewhere', reason: `${what}, which leads round the guard`, matched };
}

const sqlitePrograms = new Set(['sqlite', 'sqlite3', 'litecli', 'sqlite-utils']);
const schemaPrograms = new Set(['createdb', 'dropdb', 'createuser', 'dropuser']);
const maintenancePrograms = new Set(['vacuumdb', 'reindexdb', 'clusterdb']);

/** What is to be said against a program as such. */
export function judgeProgram(program: ShellProgram, script: ShellScript, policy: ShellPolicy): Decision | undefined {
  const { name, remote } = program;
  if (name === undefined) return undefined;
  const matched = name;
  const production = policy.access.capability === 'production' || policy.access.capability === 'full';
  if (sqlitePrograms.has(name))
    return { effect: 'refuse', rule: 'sqlite-program', reason: `a call of \`${name}\`, where SQLite is no substitute`, matched, policy: 'no-sqlite-fallback' };
  const client = psqlLike.has(name) || name === 'pg_restore' || name === 'pgbench' || schemaPrograms.has(name) || maintenancePrograms.has(name);
  if (!client) return undefined;
  if (remote) return elsewhere(`\`${name}\` in another place`, name);
  if (policy.productionPath && script.commands.length > 1) {
    return { effect: 'refuse', rule: 'client-beside-production-path', reason: `\`${name}\` beside the production path`, matched, policy: 'no-manual-writes' };
  }
  if (schemaPrograms.has(name)) return { effect: 'refuse', rule: 'ddl', reason: `a call of \`${name}\`, a change of the schema`, matched, policy: 'no-ddl' };
  if (production) return undefined;
  if (maintenancePrograms.has(name))
    return { effect: 'refuse', rule: 'side-effect', reason: `a call of \`${name}\`, which does more than read`, matched, policy: 'no-manual-writes' };
  const options = program.arguments.map(({ sketch }) => sketch);
  const restores = name === 'pg_restore' && options.some((option) => /^(?:-d|--dbname)/.test(option));
  const loads = name === 'pgbench' && !options.some((option) => option === '-S' || option === '--select-only');
  return restores || loads
    ? { effect: 'refuse', rule: 'opaque', reason: `a call of \`${name}\`, of which nobody knows here what it writes`, matched, policy: 'no-manual-writes' }
    : undefined;
}
