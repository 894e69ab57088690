import { expect, test } from 'vitest';
import { parseObserved, typeColumnValue } from '../../src/engine/observed-value.ts';
import type { ValueType } from '../../src/model/value.ts';

test.each<[ValueType, readonly string[], readonly string[]]>([
  [
    'uuid',
    ['78d877a8-9f1e-4bf5-b060-1d5e23949a68', '78D877A8-9F1E-4BF5-B060-1D5E23949A68'],
    ['78d877a8', '{78d877a8-9f1e-4bf5-b060-1d5e23949a68}', '78d877a8-9f1e-4bf5-b060-1d5e23949a68\n', 'None'],
  ],
  ['integer', ['0', '-7', '+7', '9007199254740993'], ['', '1.0', '1e3', '0x10', '1 ', '１']],
  ['number', ['0', '-1.5', '.5', '1e-3', '12345678901234567890.5'], ['', '.', '1,5', 'NaN', '1e']],
  ['boolean', ['true', 'False'], ['t', 'yes', '1', '']],
  [
    'timestamp',
    ['2026-02-09', '2026-02-09T10:30:00Z', '2026-02-09 10:30:00.123456+00', '2026-02-09 10:30:00+05:30'],
    ['10:30', 'yesterday', '2026-02', '2026-02-09T'],
  ],
  ['text', ['anything', ''], []],
])('%s', (type, good, bad) => {
  expect(good.map((text) => parseObserved(type, text)?.text)).toEqual(type === 'boolean' ? good.map((text) => text.toLowerCase()) : good);
  expect(bad.map((text) => parseObserved(type, text))).toEqual(bad.map(() => undefined));
});

test.each([
  ['int8', '9007199254740993', { type: 'integer', text: '9007199254740993' }],
  ['numeric', '1.50', { type: 'number', text: '1.50' }],
  ['float8', 'NaN', { type: 'text', text: 'NaN' }],
  ['bool', 't', { type: 'boolean', text: 'true' }],
  ['bool', 'false', { type: 'boolean', text: 'false' }],
  ['timestamptz', '2026-02-09 10:30:00.5+00', { type: 'timestamp', text: '2026-02-09 10:30:00.5+00' }],
  ['timestamptz', 'infinity', { type: 'text', text: 'infinity' }],
  ['uuid', '78d877a8-9f1e-4bf5-b060-1d5e23949a68', { type: 'uuid', text: '78d877a8-9f1e-4bf5-b060-1d5e23949a68' }],
  ['jsonb', '{}', { type: 'text', text: '{}' }],
  ['int4', null, { type: 'integer', text: null }],
])('a column of type %s with %s', (serverType, text, value) => {
  expect(typeColumnValue(serverType, text)).toEqual(value);
});
