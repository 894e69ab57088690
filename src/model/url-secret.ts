/**
 * The secret of a URL's user part (RFC 3986, 3.2.1), whoever it belongs to: `scheme://user:password@host`. Of HTTP and FTP the
 * user is masked as well, because a token often stands there alone (`https://token@host`).
 */
import type { Walk } from './byte-trie.ts';

/** `://` as a number. */
export const urlMark = 0x3a2f2f;

/** So many bytes before `://` are looked at. */
export const longestScheme = 6;

const longestUserPart = 512;
const [colon, at] = [0x3a, 0x40];

/** Where a user part cannot go on: white space, quotes, brackets of prose, and what begins the rest of a URL. */
const stops = new Set(Array.from('\t\n\r "\'`<>/?#|', (character) => character.charCodeAt(0)));

/** Nobody's password: a hole, a variable, a mask, or the word of an example. */
const isExample = /^(?:\$.*|\{.*|%.*%|\*+|x{3,}|\.{3}|\[.*|(?:user|username):password|password|pass|pw|PASSWORD)$/i;

/** `position` is that of `://`. `walk.open` is set where more bytes are needed to say; the range lies behind `position`. */
export function findUrlSecret(bytes: Uint8Array, position: number, walk: Walk): { readonly start: number; readonly end: number } | undefined {
  const begin = position + 3;
  let end = -1;
  let separator = -1;
  let place = begin;
  for (; place < bytes.length && place - begin <= longestUserPart; place += 1) {
    const byte = bytes[place] as number;
    if (stops.has(byte)) break;
    // The last one: a password with an `@` in it is written by people, too.
    if (byte === at) end = place;
    if (byte === colon && separator < 0) separator = place;
  }
  if (place === bytes.length) walk.open = true;
  if (end < 0) return undefined;
  const named = separator >= 0 && separator < end;
  const whole = /(?:https?|ftps?)$/i.test(String.fromCharCode(...bytes.subarray(Math.max(0, position - longestScheme), position)));
  if (!named && !whole) return undefined;
  const start = whole ? begin : separator + 1;
  const text = String.fromCharCode(...bytes.subarray(start, end));
  return end === start || isExample.test(text) ? undefined : { start, end };
}

/**
 * The password of a URL as it stands there, and decoded. The URL need not be a valid one: what stands before its last `@` is
 * meant to be hidden. One that is the user's own name, or the database's, is no secret.
 */
export function urlPasswords(url: string): readonly string[] {
  const [, user, password, database] = /^[a-z][a-z0-9+.-]*:\/\/([^:@/]*):(.*)@[^@/]*(?:\/([^?#]*))?/is.exec(url) ?? [];
  const parameter = /[?&]password=([^&#]*)/.exec(url)?.[1];
  return [password, parameter]
    .flatMap((text) => (text === undefined || [user, database, ''].includes(text) ? [] : [text, decoded(text)]))
    .filter((text, index, list) => list.indexOf(text) === index);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
