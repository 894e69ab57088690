// The types that a Parse names for its parameters by their numbers. A value of a domain is checked as it comes in, by whatever the
// domain calls; so a type of the database's own counts as if the text named it.
import { escapeIdentifier } from 'pg';
import type { Catalogue } from '../model/catalogue.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';

/** The first number that is not the server's own (transam.h, FirstNormalObjectId). */
const firstOwn = 16_384;

/** Numbers of types of the database's own in a Parse whose text ends before `offset` (protocol chapter "Message Formats"). */
export function ownParameterTypes(message: Buffer, offset: number): readonly number[] {
  if (message.length < offset + 2) return [];
  const count = Math.min(message.readUInt16BE(offset), Math.floor((message.length - offset - 2) / 4));
  const types = Array.from({ length: count }, (_, index) => message.readUInt32BE(offset + 2 + 4 * index));
  return [...new Set(types.filter((type) => type >= firstOwn))];
}

/** A text that names them; undefined where one of them is not known. */
export function namingText(types: readonly number[], catalogue: Catalogue): string | undefined {
  const names = types.map((id) => catalogue.types.find((type) => type.id === id || type.array === id));
  if (names.includes(undefined)) return undefined;
  return `SELECT ${names.map((type) => `NULL::${escapeIdentifier(type?.schema ?? '')}.${escapeIdentifier(type?.name ?? '')}`).join(', ')}`;
}

/** The judgement of a text, unless the types alone are refused. */
export async function judgeWithTypes(
  text: string,
  types: readonly number[],
  decide: (text: string) => SqlJudgement | Promise<SqlJudgement>,
  naming: (types: readonly number[]) => Promise<string | undefined>,
): Promise<SqlJudgement> {
  const named = await naming(types);
  if (named === undefined) return { decision: unknownType, statements: [] };
  const ofTypes = await decide(named);
  return ofTypes.decision.effect === 'refuse' ? ofTypes : decide(text);
}

const unknownType = { effect: 'refuse', rule: 'unknown-type', reason: 'a parameter of a type that the catalogue does not have', sqlstate: '42704' } as const;
