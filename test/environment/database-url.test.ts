/** URL ↔ address: what libpq accepts and the gateway can stand before; everything else is said plainly and without the password. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDatabaseUrl, renderDatabaseUrl } from '../../src/environment/database-url.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const address: DatabaseAddress = { host: 'db.example', port: 5432, user: 'app', password: 'secret', database: 'shop', tls: true, tlsOpen: 'tls-first' };
/** Without the choice that an URL without sslmode leaves. */
const { tlsOpen: _open, ...settled } = address;

test.each<[string, Partial<DatabaseAddress>]>([
  ['postgresql://app:secret@db.example:5432/shop', {}],
  ['postgres://app:secret@db.example/shop', {}],
  ['POSTGRESQL://app:secret@db.example/shop', {}],
  ['postgresql://app:secret@db.example/shop?sslmode=prefer', {}],
  ['postgresql://app:secret@db.example/shop?sslmode=allow', { tls: false, tlsOpen: 'plain-first' }],
  ['postgresql://app:p%40s%2Fs%3A%25@db.example/shop', { password: 'p@s/s:%' }],
  ['postgresql://app:se:cr:et@db.example/shop', { password: 'se:cr:et' }],
  ['postgresql://app:se+cret@db.example/shop', { password: 'se+cret' }],
  ['postgresql://app:@db.example/shop', { password: '' }],
  ['postgresql://app@db.example/shop', { password: '' }],
  ['postgresql://app:secret@db.example', { database: 'app' }],
  ['postgresql://app:secret@db.example/', { database: 'app' }],
  ['postgresql://app:secret@[::1]:5432/shop', { host: '::1' }],
  ['postgresql://app:secret@db.example/%C3%A4', { database: 'ä' }],
  ['postgresql://ignored/shop?host=db.example&user=app&password=sec+ret&port=6000', { password: 'sec+ret', port: 6000 }],
])('%s', (url, difference) => {
  expect(parseDatabaseUrl(url)).toEqual({ value: { ...address, ...difference }, diagnostics: [] });
});

describe('what cannot be used', () => {
  test.each([
    ['mysql://app:secret@db.example/shop', '`mysql://` is not `postgresql://`'],
    ['postgresql+asyncpg://app:secret@db.example/shop', '`postgresql+asyncpg://` is not `postgresql://`'],
    ['host=db.example dbname=shop', 'it does not begin with `postgresql://`'],
    ['', 'it does not begin with `postgresql://`'],
    [
      'postgresql://app:sec#ret@db.example/shop',
      'it cannot be taken apart: a special character in the user, the password or the database is not percent-encoded',
    ],
    [
      'postgresql://app:sec/ret@db.example/shop',
      'it cannot be taken apart: a special character in the user, the password or the database is not percent-encoded',
    ],
    [
      'postgresql://app:sec?ret@db.example/shop',
      'it cannot be taken apart: a special character in the user, the password or the database is not percent-encoded',
    ],
    [
      'postgresql://app:se@cret@db.example/shop',
      'it cannot be taken apart: a special character in the user, the password or the database is not percent-encoded',
    ],
    [
      'postgresql://app:12/34@db.example/shop',
      'it cannot be taken apart: a special character in the user, the password or the database is not percent-encoded',
    ],
    ['postgresql://app:se%ret@db.example/shop', 'a `%` in it is not followed by two hexadecimal digits (`%25` is a percent sign)'],
    ['postgresql://app:secret@one,two/shop', 'it names several hosts, and the gateway stands before one'],
    ['postgresql://app:secret@one:5432,two:5433/shop', 'it names several hosts, and the gateway stands before one'],
    ['postgresql://app:secret@db.example:0/shop', 'its port `0` is not a number from 1 to 65535'],
    ['postgresql://app:secret@db.example:65536/shop', 'its port `65536` is not a number from 1 to 65535'],
    ['postgresql://app:secret@db.example:5432x/shop', 'its port `5432x` is not a number from 1 to 65535'],
    ['postgresql://db.example/shop', 'it names no user'],
    [
      'postgresql://app:secret@db.example/shop?sslmode=maybe',
      'its sslmode `maybe` is none of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`',
    ],
  ])('%s', (url, reason) => {
    const parsed = parseDatabaseUrl(url);
    expect(parsed.value).toBeUndefined();
    expect(parsed.diagnostics).toMatchObject([{ severity: 'error', code: 'environment/database-url', notes: [reason] }]);
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });

  test.each([
    ['postgresql:///shop', 'the database URL names no host, which means a local socket'],
    ['postgresql://app@/shop', 'the database URL names no host, which means a local socket'],
    ['postgresql://app@%2Fvar%2Frun%2Fpostgresql/shop', 'the database URL names a local socket, `/var/run/postgresql`'],
    ['postgresql://app@db.example/shop?host=/tmp', 'the database URL names a local socket, `/tmp`'],
    ['postgresql://app@%40abstract/shop', 'the database URL names a local socket, `@abstract`'],
  ])('a socket: %s', (url, message) => {
    expect(parseDatabaseUrl(url).diagnostics).toMatchObject([{ code: 'environment/socket-address', message }]);
  });
});

test.each<[string, Partial<DatabaseAddress>]>([
  ['disable', { tls: false }],
  ['require', { tls: true }],
  ['verify-ca', { tls: true, certificate: 'chain' }],
  ['verify-full', { tls: true, certificate: 'chain-and-host' }],
  ['verify-full&sslrootcert=system', { tls: true, certificate: 'chain-and-host' }],
  ['disable&sslrootcert=/nowhere', { tls: false }],
  ['require&channel_binding=prefer', { tls: true }],
  ['prefer&channel_binding=require', { tls: true, channelBinding: 'required' }],
  ['verify-full&channel_binding=require', { tls: true, certificate: 'chain-and-host', channelBinding: 'required' }],
])('sslmode=%s', (sslmode, encryption) => {
  const { tls: _tls, ...rest } = settled;
  expect(parseDatabaseUrl(`postgresql://app:secret@db.example/shop?sslmode=${sslmode}`)).toEqual({ value: { ...rest, ...encryption }, diagnostics: [] });
});

test('the authority that the URL names is read, and asked whatever the mode', () => {
  const file = join(temporaryFolder(), 'root ä.crt');
  const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
  writeFileSync(file, pem);
  const read = (sslmode: string): DatabaseAddress | undefined =>
    parseDatabaseUrl(`postgresql://app:secret@db.example/shop?sslmode=${sslmode}&sslrootcert=${encodeURIComponent(file)}`).value;
  expect(read('require')).toMatchObject({ certificate: 'chain', authority: { file, pem } });
  expect(read('prefer')).toMatchObject({ tlsOpen: 'tls-first', certificate: 'chain' });
  const full = read('verify-full');
  expect(full).toMatchObject({ certificate: 'chain-and-host', authority: { file } });
  if (full !== undefined) expect(parseDatabaseUrl(renderDatabaseUrl(full)).value).toEqual(full);
  writeFileSync(file, 'no certificate');
  for (const path of [file, '/nowhere/root.crt']) {
    const parsed = parseDatabaseUrl(`postgresql://app:secret@db.example/shop?sslmode=verify-ca&sslrootcert=${encodeURIComponent(path)}`);
    expect(parsed).toMatchObject({ value: undefined, diagnostics: [{ code: 'environment/database-url', notes: [expect.stringContaining(path)] }] });
  }
});

test('a parameter without effect is named, not swallowed', () => {
  const parsed = parseDatabaseUrl('postgresql://app:secret@db.example/shop?options=-c%20search_path%3Dx&application_name=y&options=z');
  expect(parsed.value).toEqual(address);
  expect(parsed.diagnostics).toMatchObject([
    { severity: 'warning', code: 'environment/url-parameter', message: 'the database URL has parameters that take no effect: `options`, `application_name`' },
  ]);
});

const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
test('an address survives being written and read', () => {
  const given = fc.record({
    host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
    port: fc.integer({ min: 1, max: 65_535 }),
    user: word,
    password: fc.string({ unit: 'binary', maxLength: 12 }),
    database: word,
    tls: fc.boolean(),
  });
  fc.assert(
    fc.property(given, (each) => {
      expect(parseDatabaseUrl(renderDatabaseUrl(each))).toEqual({ value: each, diagnostics: [] });
    }),
  );
});

test('any text gives an address or an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const url of [text, `postgresql://${text}`, `postgresql://a:${text}@h/d`, `postgresql://a@h/d?${text}`]) {
        const parsed = parseDatabaseUrl(url);
        expect(parsed.value === undefined).toBe(parsed.diagnostics.some((diagnostic) => diagnostic.severity === 'error'));
      }
    }),
  );
});
