/** What a database account allows, layer by layer: which of the guard's layers prevent there, and which can only detect. */
import { parseDatabaseUrl } from '../environment/database-url.ts';
import { probeDatabase } from '../environment/probe.ts';
import type { EnvironmentConfig } from '../model/environment.ts';
import type { CommandContext } from './command-context.ts';
import { from, ok, type DoctorCheck } from './doctor-check.ts';

export async function checkDatabase(environment: EnvironmentConfig | undefined, context: CommandContext): Promise<readonly DoctorCheck[]> {
  const source = environment?.database;
  if (environment === undefined || source === undefined) return [];
  if (source.kind === 'embedded') {
    return [ok('database', 'embedded: a server of each execution alone, with an ordinary owner role for the application and a superuser that stays with the runner')];
  }
  const url = source.kind === 'url' ? source.url : context.environment[source.name];
  if (url === undefined || url === '') {
    return [{ name: 'database', state: 'missing', fact: `the variable ${source.kind === 'environment-variable' ? source.name : ''} is not set`, help: 'set it to a PostgreSQL URL' }];
  }
  const address = parseDatabaseUrl(url);
  if (address.value === undefined) return [from('database', 'missing', address)];
  const facts = await probeDatabase(address.value);
  if (facts.value === undefined) return [from('database', 'missing', facts)];
  const { version, superuser, createRole, standby } = facts.value;
  const { user, host, port, database } = address.value;
  return [
    ok('database', `PostgreSQL ${version} at ${host}:${port}, database ${database}, user ${user}`),
    ...(standby ? [{ name: 'writing', state: 'missing', fact: 'this server is a standby: nothing can be written there', help: 'name the primary server' } as const] : []),
    superuser
      ? { name: 'account', state: 'limited', fact: `${user} is a superuser, who can switch off what the server enforces: policies are detected there, not prevented`, help: 'use an ordinary role that owns the database' }
      : ok('account', `${user} is an ordinary role: the gateway and read-only sessions prevent forbidden writes`),
    createRole ? ok('own role for assertions', 'can be made') : { name: 'own role for assertions', state: 'limited', fact: `${user} may not make roles: assertions run as ${user} in a hardened read-only session`, help: 'nothing to do: this is enough for the guard' },
    ...(environment.prepare.length > 0 && !environment.prepareOutside
      ? [{ name: 'preparation', state: 'missing', fact: 'the environment prepares its database, and this one is not the embedded one', help: 'set `prepareOutside: true` if its commands may change this database' } as const]
      : []),
  ];
}
