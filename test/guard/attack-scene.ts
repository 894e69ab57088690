/** Where an attack is played: a database of its own with the attack's set-up, an observer in it, and a guard before it when one is wanted. */
import { readCatalogue } from '../../src/guard/catalogue-reader.ts';
import { DatabaseLogin } from '../../src/guard/database-login.ts';
import { createGuard } from '../../src/guard/guard.ts';
import type { Catalogue } from '../../src/model/catalogue.ts';
import type { Guard, StepWatch } from '../../src/model/contract.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import type { Access } from '../../src/model/step.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import type { SqlParser } from '../../src/policy/sql-parser.ts';
import { must } from '../support/postgres.ts';
import { withPlaces, type Attack } from './attack-corpus.ts';
import { observe, type Observer } from './attack-observer.ts';
import { replay, type Replay, type ReplayTarget } from './attack-replay.ts';
import { run, type AttackDatabase, type AttackServer } from './attack-server.ts';
import { reading } from './fixture.ts';

export const protectedTables: readonly string[] = ['runs', 'aos_traces', 'aos_trace_steps'];
export const sparing: Access = { capability: 'write-except-protected', writes: [] };

/** A guard whose tripwires have been looking since it was made: what leaves no trace needs no look of its own. */
interface Watched {
  readonly guard: Guard;
  readonly watch: StepWatch;
}

export interface Scene {
  readonly database: AttackDatabase;
  readonly observer: Observer;
  /** The attacker's own account. */
  readonly account: DatabaseAddress;
  /** As set up. */
  readonly catalogue: () => Promise<Catalogue>;
  readonly guard: () => Promise<Watched>;
  /** Has the guard been made? */
  readonly isGuarded: () => boolean;
  /** The attack with the names of this place in it. */
  readonly here: (attack: Attack) => Attack;
  readonly close: () => Promise<void>;
}

export async function openScene(server: AttackServer, parser: SqlParser, original: Attack): Promise<Scene> {
  const database = await server.copy();
  const { port, database: name, password } = database.owner;
  const here = (attack: Attack): Attack => withPlaces(attack, { folder: database.folder, port: String(port), database: name, password });
  const { superuser, setup } = here(original);
  if (superuser !== undefined) await run(database.superuser, superuser);
  if (setup !== undefined) await run(database.owner, setup);
  const observer = await observe(database, /victim/.test(JSON.stringify(original)));
  const account = original.as === 'superuser' ? database.superuser : database.owner;
  let watched: Watched | undefined;
  const guard = async (): Promise<Watched> => {
    if (watched !== undefined) return watched;
    const made = await createGuard({
      execution: 'attack',
      database: account,
      superuser: database.superuser,
      ownServer: true,
      protectedTables,
      sqlitePolicy: false,
      workspace: import.meta.dirname,
      decide: (text, access, catalogue) => decideSql(parser, text, { access, protectedTables, ...(catalogue === undefined ? {} : { catalogue }) }),
    });
    const raised = must(made);
    watched = { guard: raised, watch: await raised.watch('attack', reading) };
    // Making it has moved what all databases share.
    await observer.compare(true);
    return watched;
  };
  let read: Promise<Catalogue> | undefined;
  const close = async (): Promise<void> => {
    await watched?.guard.close();
    await observer.close();
    void database.drop();
  };
  return { database, observer, account, catalogue: () => (read ??= catalogueOf(database)), guard, isGuarded: () => watched !== undefined, here, close };
}

/** As the attack finds it: what its own statements change meanwhile a judge of texts does not see. */
async function catalogueOf(database: AttackDatabase): Promise<Catalogue> {
  const client = await new DatabaseLogin().open(database.owner, { search_path: 'pg_catalog' });
  try {
    return await readCatalogue(client, ['app', 'public']);
  } finally {
    await client.end();
  }
}

/** Replays an attack at an address, and looks while the attacker's sessions are still there. */
export async function play(
  { database, observer }: Scene,
  attack: Attack,
  address: DatabaseAddress,
  keptBack?: ReplayTarget['keptBack'],
): Promise<{ readonly replayed: Replay; readonly effects: readonly string[] }> {
  const replayed = await replay(attack.run, { address, outside: database.owner, ...(keptBack === undefined ? {} : { keptBack }) });
  const seen = await observer.compare(attack.alone === true);
  await replayed.end();
  return { replayed, effects: [...new Set([...seen, ...replayed.effects])].sort() };
}
