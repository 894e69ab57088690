/**
 * Values of environment variables that lead to a database, in the forms that programs read: an URL (of a driver, of JDBC), libpq's
 * `host=… dbname=…`, and families of single parts (`DB_HOST`, `DB_PORT`, …). Says where each leads, and writes the same form for another.
 */
import { parseDatabaseUrl } from '../environment/database-url.ts';
import type { DatabaseAddress } from '../model/environment.ts';

/** What of an address a variable, or a family of them, states; an absent part is left to the program's default. */
export type StatedAddress = Partial<Pick<DatabaseAddress, 'host' | 'database' | 'user' | 'password'>> & { readonly port?: string };

export interface AddressVariable {
  /** Undefined where it is an address that cannot be read here: of another kind of database, of several hosts, of a socket. */
  readonly leadsTo: StatedAddress | undefined;
  /** The same form for another address. */
  readonly render: (address: DatabaseAddress) => string;
}

const postgresUrl = /^(jdbc:)?(postgres(?:ql)?)(\+[a-z0-9_]+)?:\/\//i;
/** Names under which programs look for an address, whatever stands there. */
const addressName = /(?:^|_)(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG)_(?:URL|URI|DSN)$/i;
const keywordPart = /(?:^|\s)(host|hostaddr|port|dbname|user|password)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s']*)/gi;

/** Undefined where the value is no address of a database. */
export function readAddressVariable(name: string, value: string): AddressVariable | undefined {
  const url = postgresUrl.exec(value);
  if (url !== null) {
    const [, jdbc = '', scheme = '', driver = ''] = url;
    return { leadsTo: readUrl(value), render: (address) => (jdbc === '' ? renderUrl(scheme, driver, address) : renderJdbc(address)) };
  }
  const stated = readKeywords(value);
  if (stated !== undefined) return { leadsTo: stated, render: renderKeywords };
  return addressName.test(name) ? { leadsTo: undefined, render: (address) => renderUrl('postgresql', '', address) } : undefined;
}

function readUrl(value: string): StatedAddress | undefined {
  // Who logs in does not count here, and may stand elsewhere (JDBC: in the query).
  const address = parseDatabaseUrl(value.replace(postgresUrl, value.includes('@') ? 'postgresql://' : 'postgresql://unstated@')).value;
  return address === undefined ? undefined : { host: address.host, port: String(address.port), database: address.database };
}

/** Only libpq reads `sslmode`; other drivers reject what they do not know. */
function renderUrl(scheme: string, driver: string, address: DatabaseAddress): string {
  const [user, password, database] = [address.user, address.password, address.database].map(encodeURIComponent);
  const libpq = driver === '' || driver.startsWith('+psycopg');
  return `${scheme}${driver}://${user}:${password}@${address.host}:${address.port}/${database}${libpq ? '?sslmode=disable' : ''}`;
}

function renderJdbc(address: DatabaseAddress): string {
  const [user, password, database] = [address.user, address.password, address.database].map(encodeURIComponent);
  return `jdbc:postgresql://${address.host}:${address.port}/${database}?user=${user}&password=${password}&sslmode=disable`;
}

/** libpq, "Keyword/Value Connection Strings". At least two keywords: one alone may be anything. */
function readKeywords(value: string): StatedAddress | undefined {
  const parts = new Map<string, string>();
  for (const [, keyword = '', written = ''] of value.matchAll(keywordPart)) {
    parts.set(keyword.toLowerCase(), written.startsWith("'") ? written.slice(1, -1).replace(/\\(.)/g, '$1') : written);
  }
  if (parts.size < 2) return undefined;
  const [host, port, database] = [parts.get('hostaddr') ?? parts.get('host'), parts.get('port'), parts.get('dbname')];
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }), ...(database === undefined ? {} : { database }) };
}

function renderKeywords(address: DatabaseAddress): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;
  return `host=${address.host} port=${address.port} dbname=${quoted(address.database)} user=${quoted(address.user)} password=${quoted(address.password)} sslmode=disable`;
}

export type AddressPart = keyof StatedAddress;

const familyName = /^((?:.*_)?(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG))_(HOST|HOSTNAME|SERVER|PORT|USER|USERNAME|PASSWORD|PASS|NAME|DB|DATABASE)$/i;
const partOf: Readonly<Record<string, AddressPart>> = {
  HOST: 'host',
  HOSTNAME: 'host',
  SERVER: 'host',
  PORT: 'port',
  USER: 'user',
  USERNAME: 'user',
  PASSWORD: 'password',
  PASS: 'password',
  NAME: 'database',
  DB: 'database',
  DATABASE: 'database',
};

/** `APP_DB_HOST` → the family `APP_DB` and the part `host`; undefined for another name. */
export function familyOf(name: string): { readonly family: string; readonly part: AddressPart } | undefined {
  const [, family, word = ''] = familyName.exec(name) ?? [];
  const part = partOf[word.toUpperCase()];
  return family === undefined || part === undefined ? undefined : { family: family.toUpperCase(), part };
}

const loopback = new Set(['localhost', '127.0.0.1', '::1', 'localhost.localdomain', 'ip6-localhost']);

/** Does what is stated lead to this database? An empty part is no part. */
export function leadsTo(stated: StatedAddress, address: DatabaseAddress): boolean {
  const host = (name: string): string => (loopback.has(name.toLowerCase()) ? 'localhost' : name.toLowerCase());
  return (
    (!stated.host || host(stated.host) === host(address.host)) &&
    (!stated.port || Number(stated.port) === address.port) &&
    (!stated.database || stated.database === address.database)
  );
}
