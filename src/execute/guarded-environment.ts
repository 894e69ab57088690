/**
 * The environment of a command under the guard: the outside one, in which whatever led to the guarded database leads to its door,
 * and whatever leads to another database, or holds the real password, is gone and named.
 */
import type { DatabaseAddress } from '../model/environment.ts';
import { familyOf, leadsTo, readAddressVariable, type AddressPart, type StatedAddress } from './address-variable.ts';

export interface GuardedEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Names that lead to the door now, sorted. */
  readonly replaced: readonly string[];
  /** What is not passed on, sorted; `reason` ends the sentence "NAME is not passed on: it …". */
  readonly removed: readonly RemovedVariable[];
}

interface RemovedVariable {
  readonly name: string;
  readonly reason: string;
}

/** libpq, "Environment Variables": all that decide where a connection goes and as whom. The others (`PGTZ`, `PGAPPNAME`, `PGOPTIONS`, …) stay. */
const connectionVariables: Readonly<Record<string, AddressPart | 'manner' | 'file'>> = {
  PGHOST: 'host',
  PGHOSTADDR: 'host',
  PGPORT: 'port',
  PGDATABASE: 'database',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGPASSFILE: 'file',
  PGSERVICE: 'file',
  PGSERVICEFILE: 'file',
  PGCHANNELBINDING: 'manner',
  PGGSSDELEGATION: 'manner',
  PGGSSENCMODE: 'manner',
  PGGSSLIB: 'manner',
  PGKRBSRVNAME: 'manner',
  PGLOADBALANCEHOSTS: 'manner',
  PGMAXPROTOCOLVERSION: 'manner',
  PGMINPROTOCOLVERSION: 'manner',
  PGREQUIREAUTH: 'manner',
  PGREQUIREPEER: 'manner',
  PGREQUIRESSL: 'manner',
  PGSSLCERT: 'manner',
  PGSSLCERTMODE: 'manner',
  PGSSLCOMPRESSION: 'manner',
  PGSSLCRL: 'manner',
  PGSSLCRLDIR: 'manner',
  PGSSLKEY: 'manner',
  PGSSLMAXPROTOCOLVERSION: 'manner',
  PGSSLMINPROTOCOLVERSION: 'manner',
  PGSSLMODE: 'manner',
  PGSSLNEGOTIATION: 'manner',
  PGSSLROOTCERT: 'manner',
  PGSSLSNI: 'manner',
  PGTARGETSESSIONATTRS: 'manner',
};

/** A shorter password stands in too many words by chance. */
const shortestSearched = 8;

const elsewhere = 'leads to another database';
const unreadable = 'leads to a database in a way that cannot be told here';

/** `door` is the address that the command is given instead of `database`. */
export function guardEnvironment(outside: Readonly<Record<string, string | undefined>>, database: DatabaseAddress, door: DatabaseAddress): GuardedEnvironment {
  const variables: Record<string, string> = {};
  const replaced: string[] = [];
  const removed: RemovedVariable[] = [];
  const given = Object.entries(outside).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const families = readFamilies(given);
  const libpqStays = leadsTo(statedBy(given.map(({ name, value }) => ({ part: connectionVariables[name], value }))), database);
  for (const { name, value } of given) {
    const family = families.get(name);
    const manner = connectionVariables[name];
    const address = value === '' ? undefined : readAddressVariable(name, value);
    if (manner !== undefined) {
      if (manner === 'file' && value !== '') removed.push({ name, reason: unreadable });
      else if (manner !== 'manner' && !libpqStays) removed.push({ name, reason: elsewhere });
    } else if (address !== undefined) {
      if (address.leadsTo !== undefined && leadsTo(address.leadsTo, database)) {
        variables[name] = address.render(door);
        replaced.push(name);
      } else removed.push({ name, reason: address.leadsTo === undefined ? unreadable : elsewhere });
    } else if (family !== undefined && value !== '') {
      if (leadsTo(family.stated, database)) {
        variables[name] = String(door[family.part]);
        replaced.push(name);
      } else removed.push({ name, reason: elsewhere });
    } else if (database.password.length >= shortestSearched && value.includes(database.password)) {
      removed.push({ name, reason: 'holds the password of the guarded database' });
    } else variables[name] = value;
  }
  const own = doorVariables(door);
  const names = new Set([...replaced, ...Object.keys(own)]);
  return { variables: { ...variables, ...own }, replaced: [...names].toSorted(), removed: removed.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** What every command is given, whatever it had: libpq's own variables and the most common one. */
function doorVariables(door: DatabaseAddress): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: readAddressVariable('DATABASE_URL', 'postgresql://x@x/x')?.render(door) ?? '',
    PGHOST: door.host,
    PGPORT: String(door.port),
    PGUSER: door.user,
    PGPASSWORD: door.password,
    PGDATABASE: door.database,
    PGSSLMODE: 'disable',
  };
}

interface Member {
  readonly part: AddressPart;
  readonly stated: StatedAddress;
}

/** Members of families that are an address: with a host, or with the name of a database and an account. One word alone may be anything. */
function readFamilies(given: readonly { readonly name: string; readonly value: string }[]): ReadonlyMap<string, Member> {
  const families = new Map<string, { readonly name: string; readonly part: AddressPart; readonly value: string }[]>();
  for (const { name, value } of given) {
    const member = familyOf(name);
    if (member === undefined) continue;
    families.set(member.family, [...(families.get(member.family) ?? []), { name, part: member.part, value }]);
  }
  const members = new Map<string, Member>();
  for (const family of families.values()) {
    const parts = new Set(family.filter(({ value }) => value !== '').map(({ part }) => part));
    if (!parts.has('host') && !parts.has('password') && !(parts.has('database') && parts.has('user'))) continue;
    for (const { name, part } of family) members.set(name, { part, stated: statedBy(family) });
  }
  return members;
}

function statedBy(members: readonly { readonly part: AddressPart | 'manner' | 'file' | undefined; readonly value: string }[]): StatedAddress {
  const valueOf = (wanted: AddressPart): string => members.find(({ part, value }) => part === wanted && value !== '')?.value ?? '';
  return { host: valueOf('host'), port: valueOf('port'), database: valueOf('database') };
}
