import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonFields } from '../../src/engine/json-field.ts';

test('fields come as their source text', () => {
  expect(readJsonFields(' {"a": 9007199254740993, "b":"x\\"}\\u0041", "c": null, "d": [1,{"a":2}], "e":{"}":","} , "f":1.50}')).toEqual([
    { key: 'a', text: '9007199254740993', offset: 2 },
    { key: 'b', text: 'x"}A', offset: 25 },
    { key: 'c', text: null, offset: 43 },
    { key: 'd', text: '[1,{"a":2}]', offset: 54 },
    { key: 'e', text: '{"}":","}', offset: 72 },
    { key: 'f', text: '1.50', offset: 88 },
  ]);
});

test.each(['', '[]', '1', '"{}"', '{', '{"a":1', '{"a":1} x', "{'a':1}", `${'{"a":'.repeat(50_000)}`])('no object: %j', (text) => {
  expect(readJsonFields(text)).toBeUndefined();
});

test('an empty object has no fields', () => {
  expect(readJsonFields('{ \n }')).toEqual([]);
});

test('whatever an object holds, its scalar fields are those that JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 2), (object, indent) => {
      const fields = readJsonFields(JSON.stringify(object, null, indent)) ?? [];
      // A string is unescaped; anything else is source text.
      const read = ({ key, text }: (typeof fields)[number]): unknown => (typeof object[key] === 'string' || text === null ? text : JSON.parse(text));
      expect(Object.fromEntries(fields.map((field) => [field.key, read(field)]))).toEqual(JSON.parse(JSON.stringify(object)));
    }),
  );
});
