import type { DatabaseFacts } from '../environment/probe.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { DatabaseGuardFacts } from '../policy/guard-layer.ts';

/** What was found out about a database, as the judgement of the guard's layers wants it. */
export function describeDatabase(
  { user }: DatabaseAddress,
  { major, superuser, countsTables, seesSessions, pooled }: DatabaseFacts,
  ownServer: boolean,
): DatabaseGuardFacts {
  return { ownServer, serverVersion: major * 10_000, user, superuser, countsTables, seesSessions, pooler: pooled ? 'a pooler' : undefined };
}
