/** What a rejected statement was rejected for: "a NOT NULL violation on column x", "SQLSTATE 23505", "check constraint `c`". */
import { claims, impossible, type ClaimReading } from './claim-reading.ts';
import { loneQuote, quoteSource, type Term } from './claim-term.ts';

/** What people call an SQLSTATE. `names`: what the server names with it; a claim about another thing is never met. */
const states: readonly { readonly sqlstate: string; readonly words: string; readonly names?: 'column' | 'constraint' }[] = [
  { sqlstate: '23502', words: 'not[- ]null|null constraint|null value', names: 'column' },
  { sqlstate: '23505', words: 'unique(?:ness)?|duplicate[- ]key(?: value)?|primary[- ]key', names: 'constraint' },
  { sqlstate: '23503', words: 'foreign[- ]key|referential integrity', names: 'constraint' },
  { sqlstate: '23514', words: 'check', names: 'constraint' },
  { sqlstate: '23P01', words: 'exclusion', names: 'constraint' },
  { sqlstate: '42501', words: 'permission denied|insufficient privileges?|permission' },
  { sqlstate: '42601', words: 'syntax' },
  { sqlstate: '42703', words: 'undefined column|no such column|unknown column' },
  { sqlstate: '42P01', words: 'undefined table|no such table|undefined relation|unknown table' },
  { sqlstate: '42P07', words: 'duplicate table' },
  { sqlstate: '25006', words: 'read[- ]only(?: (?:sql )?transaction)?' },
  { sqlstate: '40001', words: 'serialization' },
  { sqlstate: '40P01', words: 'deadlock(?: detected)?' },
  { sqlstate: '22P02', words: 'invalid (?:input syntax|text representation)' },
  { sqlstate: '22001', words: 'string (?:data )?(?:right truncation|too long)|value too long' },
  { sqlstate: '22003', words: 'numeric (?:value )?out of range' },
  { sqlstate: '22012', words: 'division by zero' },
];

/** Two figures of a class that exists and three more; `12345` alone is no state. */
const sqlstate = String.raw`(?:SQLSTATE[: ]{0,2})?((?:0[0-9A-F]|2[0-9BDF]|3[489BDF]|4[024]|5[3-8]|72|F0|HV|P0|XX)[0-9A-Z]{3})`;
export const wholeState = new RegExp(`^${sqlstate}$`);
const lastState = new RegExp(`,? ${sqlstate}$`);
const statePhrases = states.map((state) => ({
  sqlstate: state.sqlstate,
  words: new RegExp(String.raw`^(?:${state.words})(?:[ -](?:violations?|errors?|exceptions?|failures?|constraints?))*$`, 'i'),
}));
const nameForm = String.raw`(?:${quoteSource}|[\w.]+)`;
const place = new RegExp(
  String.raw`(?:,? (?:on|for|of|in|by|via|from|at)(?: (?:the )?(column|constraint|table|relation))?| (?:the )?(column|constraint|table|relation)) \(?(${nameForm})\)?$`,
  'i',
);

/** Undefined for a text that names no SQLSTATE, or says more than one and its place. */
export function sqlFailure(what: string, quotes: Term['quotes']): ClaimReading | undefined {
  let rest = what
    .trim()
    .replace(/^violates? (?:an? |the )?/i, '')
    .replace(/^(?:error|code) (?:code )?/i, '');
  const places: { kind: string | undefined; name: string }[] = [];
  for (;;) {
    const plain = plainState(rest);
    if (plain !== undefined) return withPlaces(plain, places);
    const found = places.length < 3 ? place.exec(rest) : null;
    if (!found || found.index === 0) return undefined;
    const name = loneQuote(found[3] ?? '', quotes)?.text ?? found[3] ?? '';
    places.push({ kind: (found[1] ?? found[2])?.toLowerCase().replace('relation', 'table'), name });
    rest = rest.slice(0, found.index).trim();
  }
}

/** The state of a text that says nothing else. */
function plainState(text: string): string | undefined {
  const bare = text.trim().replace(/ \((.+)\)$/, ' $1');
  const direct = wholeState.exec(bare)?.[1];
  if (direct !== undefined) return direct;
  const words = bare.replace(lastState, '');
  const given = words === bare ? undefined : lastState.exec(bare)?.[1];
  const row = statePhrases.find((state) => state.words.test(words));
  // The words and the number must not contradict each other.
  return row && (given === undefined || given === row.sqlstate) ? row.sqlstate : undefined;
}

function withPlaces(state: string, places: readonly { readonly kind: string | undefined; readonly name: string }[]): ClaimReading | undefined {
  const named = states.find((row) => row.sqlstate === state)?.names;
  const parts: { column?: string; constraint?: string; table?: string } = {};
  for (const { kind, name } of places) {
    const what = kind ?? named;
    if (what !== 'column' && what !== 'constraint' && what !== 'table') return undefined;
    // Without its word, a name after "unique violation on" may be a column or a constraint.
    if (kind === undefined && what === 'constraint') return undefined;
    if (parts[what] !== undefined) return undefined;
    parts[what] = name;
  }
  const nowhere = named === undefined && places.length > 0;
  // The server names no table with this state, but its message does.
  if (nowhere)
    return state === '42501' && parts.table !== undefined ? claims({ kind: 'fails', pattern: `permission denied for table ${parts.table}` }) : undefined;
  if (named === 'constraint' && parts.column !== undefined) return impossible(`with ${state} PostgreSQL names the constraint, not the column`);
  return claims({ kind: 'sql-fails', sqlstate: state, ...parts });
}
