/**
 * A PostgreSQL URL and the address it means (libpq, "Connection URIs"). Only what the gateway can stand before: one host, by TCP.
 * A message never shows the URL, because it may hold a password.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseAddress } from '../model/environment.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { cannot, warn } from './finding.ts';

const notEncoded = 'it cannot be taken apart: a special character in the user, the password or the database is not percent-encoded';

const shape = 'postgresql://user:password@host:5432/database';

type Encryption = Pick<DatabaseAddress, 'tls' | 'tlsOpen' | 'certificate' | 'authority' | 'channelBinding'>;

/** Values of `sslmode`. Unlike libpq, `verify-…` without `sslrootcert` trusts whom Node trusts. */
const encryptionOf: ReadonlyMap<string, Encryption> = new Map<string, Encryption>([
  ['disable', { tls: false }],
  ['allow', { tls: false, tlsOpen: 'plain-first' }],
  ['prefer', { tls: true, tlsOpen: 'tls-first' }],
  ['require', { tls: true }],
  ['verify-ca', { tls: true, certificate: 'chain' }],
  ['verify-full', { tls: true, certificate: 'chain-and-host' }],
]);

/** Reads `postgresql://…`. A parameter that has no effect here is named in a warning. */
export function parseDatabaseUrl(text: string): Checked<DatabaseAddress> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== 'postgres' && scheme !== 'postgresql') {
    return wrong(scheme === undefined ? 'it does not begin with `postgresql://`' : `\`${scheme}://\` is not \`postgresql://\``);
  }
  // Taken apart by hand: the URL standard has no empty host and no list of hosts here, and says only "Invalid URL".
  const parts = /^(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#]*)(?::([^/?#]*))?(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text.slice(scheme.length + 3));
  if (parts === null) return wrong(notEncoded);
  const [, userinfo = '', hostText = '', portText = '', databaseText = '', queryText = ''] = parts;
  // What was meant as a password stands in another part then, and would be shown with it.
  if (`${hostText}${portText}${databaseText}`.includes('@') || /(?:^|&)[^=&]*@/.test(queryText)) return wrong(notEncoded);
  // A plus sign is itself here; only forms write a blank so.
  const query = new URLSearchParams(queryText.replaceAll('+', '%2B'));
  const colon = userinfo.indexOf(':');
  const decoded = [colon < 0 ? userinfo : userinfo.slice(0, colon), colon < 0 ? '' : userinfo.slice(colon + 1), hostText, databaseText].map(decode);
  if (decoded.includes(undefined)) return wrong('a `%` in it is not followed by two hexadecimal digits (`%25` is a percent sign)');
  const [userPart = '', passwordPart = '', hostPart = '', databasePart = ''] = decoded as readonly string[];
  const host = (query.get('host') ?? hostPart).replace(/^\[(.*)\]$/, '$1');
  const user = query.get('user') ?? userPart;
  const port = query.get('port') ?? (portText === '' ? '5432' : portText);
  const sslmode = query.get('sslmode') ?? 'prefer';
  const encryption = encryptionOf.get(sslmode);
  if (host === '' || host.startsWith('/') || host.startsWith('@')) {
    return cannot(
      'environment/socket-address',
      host === '' ? 'the database URL names no host, which means a local socket' : `the database URL names a local socket, \`${host}\``,
      {
        notes: ['the gateway stands between a step and the database, and reaches the database by TCP'],
        help: `name host and port: \`${shape}\``,
      },
    );
  }
  if (host.includes(',') || /,/.test(port)) return wrong('it names several hosts, and the gateway stands before one');
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return wrong(`its port \`${port}\` is not a number from 1 to 65535`);
  if (user === '') return wrong('it names no user');
  if (encryption === undefined) return wrong(`its sslmode \`${sslmode}\` is none of ${[...encryptionOf.keys()].map((mode) => `\`${mode}\``).join(', ')}`);
  const bound = withBinding(encryption, query.get('channel_binding') ?? 'prefer');
  if (bound.value === undefined) return { value: undefined, diagnostics: bound.diagnostics };
  const trusted = withAuthority(bound.value, query.get('sslrootcert'));
  if (trusted.value === undefined) return { value: undefined, diagnostics: trusted.diagnostics };
  const address = {
    host,
    port: Number(port),
    user,
    password: query.get('password') ?? passwordPart,
    database: query.get('dbname') ?? (databasePart || user),
    ...trusted.value,
  };
  return { value: address, diagnostics: withoutEffect(query) };
}

/** The URL of an address, for a program of the application: percent-encoded, the sslmode always said. */
export function renderDatabaseUrl(address: DatabaseAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const [user, password, database] = [address.user, address.password, address.database].map(encodeURIComponent);
  const authority = address.authority === undefined || sslmodeOf(address) === 'disable' ? '' : `&sslrootcert=${encodeURIComponent(address.authority.file)}`;
  const binding = address.channelBinding === undefined ? '' : '&channel_binding=require';
  return `postgresql://${user}:${password}@${host}:${address.port}/${database}?sslmode=${sslmodeOf(address)}${authority}${binding}`;
}

function sslmodeOf({ tls, tlsOpen, certificate }: DatabaseAddress): string {
  if (tlsOpen !== undefined) return tlsOpen === 'tls-first' ? 'prefer' : 'allow';
  if (!tls) return 'disable';
  return certificate === undefined ? 'require' : certificate === 'chain' ? 'verify-ca' : 'verify-full';
}

/** Binding needs TLS; where the URL left that open, it is settled. */
function withBinding(encryption: Encryption, binding: string): Checked<Encryption> {
  if (binding === 'disable' || binding === 'prefer') return { value: encryption, diagnostics: [] };
  if (binding !== 'require') return wrong(`its channel_binding \`${binding}\` is none of \`disable\`, \`prefer\`, \`require\``);
  const { tlsOpen, ...rest } = encryption;
  if (!encryption.tls && tlsOpen === undefined) return wrong('its `channel_binding=require` needs TLS, which its `sslmode=disable` rules out');
  return { value: { ...rest, tls: true, channelBinding: 'required' }, diagnostics: [] };
}

/** As for libpq, a named authority is asked whenever there is TLS, whatever the mode. `system` are those that Node trusts. */
function withAuthority(encryption: Encryption, file: string | null): Checked<Encryption> {
  const diagnostics: readonly Diagnostic[] = [];
  if (file === null || file === '' || (!encryption.tls && encryption.tlsOpen === undefined)) return { value: encryption, diagnostics };
  if (file === 'system') return { value: { ...encryption, certificate: 'chain-and-host' }, diagnostics };
  const path = resolve(file);
  try {
    const authority = { file: path, pem: readFileSync(path, 'utf8') };
    if (!authority.pem.includes('-----BEGIN CERTIFICATE-----')) return wrong(`its sslrootcert \`${path}\` holds no certificate (PEM)`);
    return { value: { certificate: 'chain', ...encryption, authority }, diagnostics };
  } catch (thrown) {
    return wrong(`its sslrootcert \`${path}\` cannot be read: ${messageOf(thrown)}`);
  }
}

function withoutEffect(query: URLSearchParams): readonly Diagnostic[] {
  const known = new Set(['host', 'port', 'user', 'password', 'dbname', 'sslmode', 'sslrootcert', 'channel_binding']);
  const ignored = [...new Set(query.keys())].filter((name) => !known.has(name));
  if (ignored.length === 0) return [];
  return [
    warn('environment/url-parameter', `the database URL has parameters that take no effect: ${ignored.map((name) => `\`${name}\``).join(', ')}`, {
      help: 'leave them out, or set them for the role or the database (`ALTER ROLE … SET …`)',
    }),
  ];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function wrong(reason: string): Checked<never> {
  return cannot('environment/database-url', 'the database URL cannot be used', { notes: [reason], help: `write \`${shape}\`` });
}
