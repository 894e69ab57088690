/** What stands at the database that an execution would use, and what its account is. */
import { probeDatabase } from '../environment/probe.ts';
import { describeDatabase } from '../execute/describe-database.ts';
import type { EnvironmentConfig } from '../model/environment.ts';
import type { DatabaseGuardFacts } from '../policy/guard-layer.ts';
import type { CommandContext } from './command-context.ts';
import { readSource } from './database-choice.ts';
import { from, ok, type DoctorCheck } from './doctor-check.ts';

export interface DatabaseFinding {
  readonly checks: readonly DoctorCheck[];
  /** What the guard's layers depend on; undefined where no database is named or none can be used. */
  readonly facts?: DatabaseGuardFacts;
}

/** Of the embedded server: an ordinary owner role for the steps, and all that is counted. */
const embeddedFacts: DatabaseGuardFacts = { ownServer: true, serverVersion: 150_000, user: 'app', superuser: false, countsTables: true, pooler: undefined };

export async function checkDatabase(environment: EnvironmentConfig | undefined, context: CommandContext): Promise<DatabaseFinding> {
  const source = environment?.database;
  if (environment === undefined || source === undefined) return { checks: [] };
  if (source.kind === 'embedded') {
    const fact = 'embedded: a server of each execution alone, with an ordinary owner role for the application and a superuser that stays with the runner';
    return { checks: [ok('database', fact)], facts: embeddedFacts };
  }
  const address = await readSource(source, context);
  if (address.value === undefined) return { checks: [from('database', 'missing', address)] };
  const found = await probeDatabase(address.value);
  if (found.value === undefined) return { checks: [from('database', 'missing', found)] };
  const { version, superuser, standby, pooled } = found.value;
  const { user, host, port, database } = address.value;
  const checks: readonly (DoctorCheck | undefined)[] = [
    ok('database', `PostgreSQL ${version} at ${host}:${port}, database ${database}, user ${user}`),
    pooled ? from('pooler', 'limited', found) : undefined,
    standby
      ? { name: 'writing', state: 'missing', fact: 'this server is a standby: nothing can be written there', help: 'name the primary server' }
      : undefined,
    superuser
      ? {
          name: 'account',
          state: 'limited',
          fact: `${user} is a superuser, who can switch off what the server enforces: policies are detected there, not prevented`,
          help: 'use an ordinary role that owns the database',
        }
      : ok('account', `${user} is an ordinary role: the gateway and read-only sessions prevent forbidden writes`),
    environment.prepare.length > 0 && !environment.prepareOutside
      ? {
          name: 'preparation',
          state: 'missing',
          fact: 'the environment prepares its database, and this one is not the embedded one',
          help: 'set `prepareOutside: true` if its commands may change this database',
        }
      : undefined,
  ];
  return { checks: checks.filter((check) => check !== undefined), facts: describeDatabase(address.value, found.value, false) };
}
