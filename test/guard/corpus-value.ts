/** Values of every type that PostgreSQL has by itself, as they are written, and some as a client sends them in binary (the types' receive functions). */
import { int32 } from './wire-client.ts';

/** Type → texts that it reads; each with its extremes. */
const written: Readonly<Record<string, readonly string[]>> = {
  bool: ['t', 'f'],
  int2: ['0', '-32768', '32767'],
  int4: ['0', '-2147483648', '2147483647'],
  int8: ['0', '-9223372036854775808', '9223372036854775807'],
  numeric: ['0', '-1.50', 'NaN', 'Infinity', '1e100', '0.00000001'],
  float4: ['1.5', '-0', 'NaN', '-Infinity', '1e-30'],
  float8: ['1.5', '0.1', 'Infinity', '1e300'],
  money: ['12.34', '-0.01'],
  text: ['', 'a', "it''s", 'ä€😀', '\\ and "quotes"', 'line\nline\ttab', 'x'.repeat(3000)],
  'varchar(5)': ['', 'abcde', 'ä'],
  'bpchar(4)': ['ab', ''],
  name: ['relation', 'ä'],
  '"char"': ['a', ''],
  bytea: ['\\x', '\\x00ff10'],
  date: ['2024-02-29', '-infinity', '0001-01-01 BC'],
  time: ['00:00', '23:59:59.999999', '24:00'],
  timetz: ['12:00+02'],
  timestamp: ['2024-02-29 12:34:56.789', 'infinity'],
  timestamptz: ['2024-02-29 12:34:56+02', '-infinity', '1900-01-01 00:00+00'],
  interval: ['1 year 2 mons -3 days 04:05:06.7', '-1 us', '0'],
  uuid: ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  json: ['{"a": [1, 2, {"b": null}]}', '"ä"', '[]'],
  jsonb: ['{"a": [1, 2, {"b": null}]}', '1e400', 'null'],
  inet: ['192.168.0.1/24', '::1'],
  cidr: ['10.0.0.0/8'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  point: ['(1,2)'],
  line: ['{1,2,3}'],
  lseg: ['[(0,0),(1,1)]'],
  box: ['(1,1),(0,0)'],
  path: ['[(0,0),(1,1)]', '((0,0),(1,1))'],
  polygon: ['((0,0),(1,1),(1,0))'],
  circle: ['<(0,0),1>'],
  'bit(4)': ['1010'],
  varbit: ['', '10101'],
  tsvector: ['a:1 fat:2A cat:3'],
  tsquery: ['fat & !rat'],
  int4range: ['[1,10)', 'empty', '(,)'],
  tstzrange: ['[2024-01-01,2024-02-01)'],
  int4multirange: ['{[1,2),[5,9)}', '{}'],
  oid: ['0', '4294967295'],
  xid8: ['18446744073709551615'],
  pg_lsn: ['16/B374D848'],
  regtype: ['int4'],
  'int4[]': ['{}', '{1,NULL,3}', '[2:3]={1,2}', '{{1,2},{3,4}}'],
  'text[]': ['{"a,b","\\"",NULL,"NULL"}', '{}'],
  'numeric[]': ['{1.5,NaN}'],
  mood: ['glad', 'sad'],
  pair: ['(1,"a b")', '(,)'],
  small: ['7'],
};

/** `'…'::type` for every type and text, and a NULL of each type. */
export const literals: readonly string[] = Object.entries(written).flatMap(([type, texts]) => [
  ...texts.map((text) => `'${text.replaceAll(/(?<!')'(?!')/g, "''")}'::${type}`),
  `NULL::${type}`,
]);

/** One parameter as a Bind carries it: its type's name, format (0 text, 1 binary) and bytes; null for NULL. */
export interface Parameter {
  readonly type: string;
  readonly format: 0 | 1;
  readonly bytes: Buffer | null;
}

const asText: readonly Parameter[] = Object.entries(written)
  .filter(([type]) => !type.startsWith('"'))
  .flatMap(([type, texts]) => [
    ...texts.map((text): Parameter => ({ type, format: 0, bytes: Buffer.from(text.replaceAll("''", "'")) })),
    { type, format: 0, bytes: null },
  ]);

/** What cannot be read as its type: the server says so (class 22). */
const unfit: readonly Parameter[] = ['int4', 'bool', 'date', 'uuid', 'jsonb', 'inet', 'mood', 'int4[]', 'int4range', 'numeric'].map((type) => ({
  type,
  format: 0,
  bytes: Buffer.from('no such value'),
}));

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

const binary: readonly Parameter[] = (
  [
    ['bool', Buffer.from([1])],
    ['int2', Buffer.from([0x80, 0])],
    ['int4', int32(-7)],
    ['int4', Buffer.from([1, 2])],
    ['int8', long(-(2n ** 63n))],
    ['float8', double(Number.NaN)],
    ['float8', double(-0.1)],
    ['text', Buffer.from('binary ä\n')],
    ['text', Buffer.from([0xff, 0xfe])],
    ['bytea', Buffer.from([0, 1, 2, 255])],
    ['uuid', Buffer.alloc(16, 7)],
    ['uuid', Buffer.alloc(3)],
    ['timestamptz', long(0n)],
    ['date', int32(1)],
    ['jsonb', Buffer.from('\u0001{"a": 1}')],
    ['jsonb', Buffer.from('{"a": 1}')],
    ['int4[]', Buffer.concat([int32(1), int32(0), int32(23), int32(2), int32(1), int32(4), int32(5), int32(4), int32(6)])],
    ['interval', Buffer.concat([long(1n), int32(2), int32(3)])],
    ['pair', Buffer.concat([int32(2), int32(23), int32(4), int32(5), int32(25), int32(-1)])],
  ] as const
).map(([type, bytes]) => ({ type, format: 1, bytes }));

export const parameters: readonly Parameter[] = [...asText, ...unfit, ...binary, ...binary.map(({ type }): Parameter => ({ type, format: 1, bytes: null }))];
