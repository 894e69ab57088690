/** The attacks of `fixtures/guard/attacks`, as data: one file for each family. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One thing that is sent; a text alone is one message of the simple protocol in session `a`. */
export interface AttackStep {
  readonly session?: string;
  /** One message of the simple protocol. */
  readonly sql?: string;
  /** Parse, Bind, Execute of each, and one Sync. */
  readonly pipeline?: readonly string[];
  /** Text parameters of the one statement of a `pipeline`. */
  readonly values?: readonly string[];
  /** What the client sends into the copy that `sql` begins. */
  readonly data?: string;
  /** Parse under a name; Bind and Execute of a name. */
  readonly parse?: readonly [name: string, text: string];
  readonly bind?: string;
  /** A fastpath call of the function, with one text argument. */
  readonly fastpath?: readonly [name: string, argument: string];
  /** Sent by another program under the same account, round whatever guard there is. */
  readonly outside?: string;
  /** The session is to be opened with these options of the startup packet. */
  readonly options?: string;
}

export interface Attack {
  readonly name: string;
  readonly family: string;
  /** What it tries, for people. */
  readonly tries: string;
  /** Before the attack: by the superuser, then by the owner. */
  readonly superuser?: string;
  readonly setup?: string;
  /** The account that the attacker's sessions run under; the owner's where absent. */
  readonly as?: 'superuser';
  readonly run: readonly AttackStep[];
  /** What shows that it took place (`attack-observer.ts`); `nothing` for what only looks like an attack, and has to be let through. */
  readonly effect: string;
  /** In a step that may write all but the protected tables it is no attack: `permitted`. */
  readonly write?: 'permitted';
  /** Changes what all databases share, or waits: has to be alone. */
  readonly alone?: true;
  /** Why what does nothing here may be refused nevertheless. */
  readonly caution?: string;
  /** Major versions of the server that have what it needs: `below` this one, `from` this one on. */
  readonly below?: number;
  readonly from?: number;
  /** Another program changes the catalogue under the guard: that change itself shows as a finding. */
  readonly outsideMade?: true;
  /** What is sent outside no gateway can see: it is to be detected, or is named in the document with this reason. */
  readonly beyond?: string;
}

type RawAttack = Omit<Attack, 'family' | 'run'> & { readonly run: string | readonly (string | AttackStep)[] };

export const attackFolder = join(import.meta.dirname, '..', '..', 'fixtures', 'guard');

export function readAttacks(): readonly Attack[] {
  const folder = join(attackFolder, 'attacks');
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const family = file.replace(/\.yaml$/, '');
      return (parse(readFileSync(join(folder, file), 'utf8')) as RawAttack[]).map((attack) => ({ ...attack, family, run: stepsOf(attack.run) }));
    });
}

function stepsOf(run: RawAttack['run']): readonly AttackStep[] {
  return (typeof run === 'string' ? [run] : run).map((step) => (typeof step === 'string' ? { sql: step } : step));
}

/** What stands in an attack for what only the server knows; `{loopback}` is a foreign server that leads back to it. */
export interface Places {
  readonly folder: string;
  readonly port: string;
  readonly database: string;
  readonly password: string;
}

const loopback = `CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{port}', dbname '{database}');
  CREATE USER MAPPING FOR PUBLIC SERVER loopback OPTIONS (user 'app', password '{password}'); GRANT USAGE ON FOREIGN SERVER loopback TO app`;

export function withPlaces(attack: Attack, places: Places): Attack {
  const filled = JSON.stringify(attack)
    .replaceAll('{loopback}', () => JSON.stringify(loopback).slice(1, -1))
    .replace(/\{(folder|port|database|password)\}/g, (_whole, name: keyof Places) => JSON.stringify(places[name]).slice(1, -1));
  return JSON.parse(filled) as Attack;
}

/** What a text of this step is given for its parameters: a statement prepared under a name is first bound by a later step. */
export function parametersOf(attack: Attack, step: AttackStep): readonly string[] {
  if (step.parse === undefined) return step.values ?? [];
  return attack.run.find(({ bind, values }) => bind === step.parse?.[0] && values !== undefined)?.values ?? [];
}

/** Every text of SQL that a step sends through the guard. */
export function textsOf({ sql, pipeline, parse: parsed }: AttackStep): readonly string[] {
  return [...(sql === undefined ? [] : [sql]), ...(pipeline ?? []), ...(parsed === undefined ? [] : [parsed[1]])];
}
