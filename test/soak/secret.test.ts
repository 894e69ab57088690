/** Random secrets, written by random encoders within each other, in random pieces: none can be read from what is left. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from '../../src/model/redaction.ts';
import { findCanaries } from '../support/secret-search.ts';

const core = fc.string({ unit: fc.constantFrom(...Array.from('abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789')), minLength: 10, maxLength: 24 });
const rest = fc.string({ unit: fc.constantFrom(...Array.from(`"'\\/ &<>%+$=:@{};ä€😀\``)), maxLength: 6 });

const hex = (text: string, separator: string, prefix = ''): string =>
  [...Buffer.from(text)].map((byte) => prefix + byte.toString(16).padStart(2, '0')).join(separator);
/** Nobody does that to what is escaped already. */
const inNumbers = (text: string): string => Array.from(text, (character) => `&#${character.codePointAt(0)};`).join('');
const encoders: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text),
  (text) => JSON.stringify({ [text]: text }),
  (text) => encodeURIComponent(text),
  (text) => new URLSearchParams({ x: text }).toString(),
  inNumbers,
  (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  (text) => `'${text.replaceAll("'", "''")}'`,
];
/** These tie characters together: they come last. */
const packers: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(`uu${text}v`).toString('base64url'),
  (text) => Buffer.from(`user:${text}`).toString('base64').replace(/.{64}/g, '$&\n'),
  (text) => hex(text, ''),
  (text) => hex(text, ':').toUpperCase(),
  (text) => hex(text, ', ', '0x'),
  (text) => hex(text, '', '\\x'),
];

const pick = <T>(list: readonly T[]) => fc.constantFrom(...(list as T[]));

test.each(Array.from({ length: 10 }, (_, seed) => seed + 1))('2,000 random texts, seed %i', (seed) => {
  const part = fc.record({ outer: pick(encoders), inner: pick(encoders), packer: pick(packers) });
  fc.assert(
    fc.property(core, rest, fc.array(part, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(), { maxLength: 12 }), (name, more, parts, places) => {
      const secret = `${name}${more}`;
      const redactor = createRedactor([secret, 'another-secret']);
      // Within an encoding that ties characters together the secret stands as it is, or in one other form.
      const text = parts
        .map(({ outer, inner, packer }) => (packer !== packers[0] ? packer(secret) : outer === inNumbers ? outer(secret) : outer(inner(secret))))
        .join('\n');
      const bytes = Buffer.from(text);
      const borders = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
      const stream = redactor.stream();
      const left = Buffer.concat([...borders.slice(1).map((end, index) => Buffer.from(stream.push(bytes.subarray(borders[index], end)))), stream.end()]);
      expect(left.toString()).toBe(redactor.text(text));
      expect(findCanaries(left, [name])).toEqual([]);
    }),
    { numRuns: 2000, seed },
  );
});
