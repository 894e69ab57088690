/**
 * The closed language of expectations: text → claims. A conjunction becomes several claims. What the language cannot
 * express is undefined, never guessed; the caller reports it.
 *
 *     claim := term { ("," | "and" | "&&" | "+") term }
 *     term  := operand op operand | [exactly | at least | at most | no] N noun… row(s)
 *            | name (exists | is null | is not null | is true | is false | passes) | name in { a, b } | fails with …
 *            | exit code [is] N | stdout contains "…"
 */
import type { Claim, Operand, Operator } from '../model/claim.ts';
import type { Value } from '../model/value.ts';
import { claimForm } from './claim-phrase.ts';
import { fold } from './prose.ts';

/** The names that evidence can supply, so that a bare word is a name only when something supplies it. */
export interface ClaimNames {
  /** The full name that evidence supplies: `status` may be `runs.status` where only one table shows it. */
  readonly resolve: (name: string) => string | undefined;
}

export type ClaimReading =
  | { readonly kind: 'claims'; readonly claims: readonly Claim[] }
  /** `unknown`: names that nothing supplies. */
  | { readonly kind: 'unknown-name'; readonly names: readonly string[] }
  /** Constant, self-comparing or otherwise unable to fail. */
  | { readonly kind: 'vacuous'; readonly why: string }
  | { readonly kind: 'none' };

const operators: Readonly<Record<string, Operator>> = {
  '==': '==',
  '=': '==',
  is: '==',
  equals: '==',
  '!=': '!=',
  '<>': '!=',
  '\u2260': '!=',
  '>=': '>=',
  '\u2265': '>=',
  '<=': '<=',
  '\u2264': '<=',
  '>': '>',
  '<': '<',
  contains: 'contains',
  matches: 'matches',
};

const numberWords: Readonly<Record<string, number>> = {
  no: 0,
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
};

const name = String.raw`[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)?`;

export function compileClaim(sentence: string, names: ClaimNames): ClaimReading {
  const terms = splitTerms(claimForm(sentence)).map(claimForm);
  if (terms.length === 0) return { kind: 'none' };
  const claims: Claim[] = [];
  const unknown: string[] = [];
  for (const term of terms) {
    const reading = compileTerm(term, names);
    if (reading.kind === 'unknown-name') unknown.push(...reading.names);
    else if (reading.kind === 'claims') claims.push(...reading.claims);
    else return reading;
  }
  return unknown.length > 0 ? { kind: 'unknown-name', names: unknown } : { kind: 'claims', claims };
}

/** `integer`, `number`, `boolean` or `text` of a literal as it stands in a claim. */
export function literalOf(text: string): Value {
  if (/^-?\d+$/.test(text)) return { type: 'integer', text };
  if (/^-?\d+\.\d+$/.test(text)) return { type: 'number', text };
  if (/^(true|false)$/i.test(text)) return { type: 'boolean', text: text.toLowerCase() };
  return { type: 'text', text };
}

/** A class or a code of SQLSTATE by the words that people use for it. */
const sqlstates: readonly (readonly [RegExp, string])[] = [
  [/\bnot[- ]null\b/, '23502'],
  [/\bunique\b|\bduplicate key\b/, '23505'],
  [/\bforeign[- ]key\b/, '23503'],
  [/\bcheck\b/, '23514'],
  [/\bexclusion\b/, '23P01'],
  [/\bpermission denied\b|\binsufficient privilege\b/, '42501'],
  [/\bundefined column\b|\bno such column\b/, '42703'],
  [/\bundefined table\b|\bno such table\b/, '42P01'],
];

function compileTerm(raw: string, names: ClaimNames): ClaimReading {
  const output = outputClaim(raw.replace(/[.;]$/, '').trim());
  if (output) return output;
  const text = raw.replace(/`/g, '').replace(/[.;]$/, '').trim();
  if (text === '') return { kind: 'none' };
  const folded = fold(text);

  const rows = folded.match(
    /^(exactly |at least |at most )?(no|zero|one|two|three|four|five|six|seven|eight|nine|ten|\d+) (?:([\w. -]+?) )?rows?(?: (?:exists?|(?:is|are) (?:returned|found|present|there)|returned|found))?$/,
  );
  if (rows) {
    const count = numberWords[rows[2] ?? ''] ?? Number(rows[2]);
    const bound = rows[1] === 'at least ' ? 'at-least' : rows[1] === 'at most ' ? 'at-most' : 'exactly';
    if (bound === 'at-least' && count === 0) return { kind: 'vacuous', why: 'at least 0 rows always holds' };
    return claim({ kind: 'rows', bound, count, noun: rows[3] ?? '' });
  }

  const matches = folded.match(
    /^(no|zero|0|at least (?:one|1)|some|one or more) (?:match(?:es)?|hits?|occurrences?)(?: (?:is |are )?(?:found|returned|shown|printed))?$/,
  );
  if (matches) return claim({ kind: 'found', quantity: /^(no|zero|0)$/.test(matches[1] ?? '') ? 'none' : 'any' });

  const exit = folded.match(/^(?:the )?exit (?:code|status)(?: is| =| ==|:)? (\d{1,3})$/) ?? folded.match(/^exits? (?:with )?(?:code |status )?(\d{1,3})$/);
  if (exit) return claim({ kind: 'exit-code', code: Number(exit[1]) });

  const fails = folded.match(/^(?:.*\b)?fails? (?:with|via|by) (?:an? |the )?(.+)$/);
  if (fails) {
    const what = fails[1] ?? '';
    const sqlstate = what.match(/\b([0-9][0-9a-z]{4})\b/)?.[1]?.toUpperCase() ?? sqlstates.find(([words]) => words.test(what))?.[1];
    if (sqlstate === undefined) return { kind: 'none' };
    const column = what.match(/\b(?:on|for) (?:the )?column ([\w."]+)/)?.[1];
    const constraint = what.match(/\b(?:on|by|via|for) (?:the )?constraint ([\w."]+)/)?.[1];
    return claim({ kind: 'sql-fails', sqlstate, ...(column ? { column } : {}), ...(constraint ? { constraint } : {}) });
  }

  const member = text.match(new RegExp(String.raw`^(${name})\s+(?:is\s+)?(?:in|one of|is one of)\s*[{(\[]\s*(.+?)\s*[})\]]$`, 'i'));
  if (member)
    return named(member[1] ?? '', names, (known) => ({
      kind: 'member',
      name: known,
      values: (member[2] ?? '').split(/\s*,\s*/).map((value) => literalOf(unquote(value))),
    }));

  const nullness = text.match(new RegExp(String.raw`^(${name})\s+(exists|is present|is (?:not )?null|is not empty|is set)$`, 'i'));
  if (nullness) return named(nullness[1] ?? '', names, (known) => ({ kind: 'null', name: known, negated: !/^is null$/i.test(nullness[2] ?? '') }));

  const comparison = text.match(/^(.+?)\s*(==|!=|<>|\u2260|>=|<=|\u2265|\u2264|=|>|<|\s(?:is equal to|equals|contains|matches|is)\s)\s*(.+)$/i);
  if (comparison)
    return compileComparison(comparison[1] ?? '', (comparison[2] ?? '').trim().toLowerCase().replace('is equal to', '=='), comparison[3] ?? '', names);

  return { kind: 'none' };
}

/** `stdout contains "x"`: one quoted text, or one bare word; of two texts or a phrase nothing is guessed. */
function outputClaim(text: string): ClaimReading | undefined {
  const bare = /^`[^`]*`$/.test(text) ? text.slice(1, -1) : text;
  const match = bare.match(/^(?:the )?(?:std)?out(?:put)? (does not contain|contains|matches) (.+)$/is);
  if (!match) return undefined;
  const operator = /matches/i.test(match[1] ?? '') ? 'matches' : 'contains';
  const wanted = (match[2] ?? '').trim();
  const inner = wanted.match(/^(["'`])(.*)\1$/s);
  if (inner?.[2] === '') return { kind: 'vacuous', why: 'every output contains an empty text' };
  if (inner ? inner[2]?.includes(inner[1] ?? '') === true : /\s/.test(wanted) || /^(?:nothing|errors?|anything|something|it|them)$/i.test(wanted))
    return { kind: 'none' };
  return claim({ kind: 'output', operator, text: inner?.[2] ?? wanted, negated: /not/i.test(match[1] ?? '') });
}

function compileComparison(left: string, sign: string, right: string, names: ClaimNames): ClaimReading {
  const operator = operators[sign];
  if (operator === undefined) return { kind: 'none' };
  const sides = [operand(left, names), operand(right, names)];
  if (sides.some((side) => side === undefined)) return { kind: 'none' };
  const unknown = sides.flatMap((side) => (side?.kind === 'unknown' ? [side.name] : []));
  if (unknown.length > 0) return { kind: 'unknown-name', names: unknown };
  const [first, second] = sides as [Operand, Operand];
  if (first.kind === 'literal' && second.kind === 'literal') return { kind: 'vacuous', why: 'both sides are constants' };
  if (first.kind === 'name' && second.kind === 'name' && first.name === second.name)
    return { kind: 'vacuous', why: `\`${first.name}\` is compared with itself` };
  return claim({ kind: 'compare', left: first, operator, right: second });
}

function operand(raw: string, names: ClaimNames): Operand | { readonly kind: 'unknown'; readonly name: string } | undefined {
  const text = raw.trim();
  const quoted = text.match(/^(['"])(.*)\1$/s);
  if (quoted) return { kind: 'literal', value: { type: 'text', text: quoted[2] ?? '' } };
  if (new RegExp(`^${name}$`).test(text)) {
    const known = names.resolve(text);
    if (known !== undefined) return { kind: 'name', name: known };
    if (/^(true|false)$/i.test(text)) return { kind: 'literal', value: literalOf(text) };
    if (/^[A-Z][A-Z0-9_]*$/.test(text)) return { kind: 'literal', value: { type: 'text', text } };
    return { kind: 'unknown', name: text };
  }
  if (/^-?\d+(\.\d+)?$/.test(text)) return { kind: 'literal', value: literalOf(text) };
  return undefined;
}

function named(text: string, names: ClaimNames, build: (known: string) => Claim): ClaimReading {
  const known = names.resolve(text);
  return known === undefined ? { kind: 'unknown-name', names: [text] } : claim(build(known));
}

function claim(value: Claim): ClaimReading {
  return { kind: 'claims', claims: [value] };
}

function unquote(text: string): string {
  return text.trim().replace(/^(["'`])(.*)\1$/s, '$2');
}

/** Splits a conjunction at commas, `and`, `&&`, `+`; never inside backticks, quotes or brackets. */
export function splitTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let depth = 0;
  let quote = '';
  let current = '';
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charAt(index);
    if (quote !== '') {
      if (unit === quote) quote = '';
      current += unit;
      continue;
    }
    if (unit === '`' || unit === '"' || (unit === "'" && !/\w/.test(text.charAt(index - 1)))) quote = unit;
    else if (/[([{]/.test(unit)) depth += 1;
    else if (/[)\]}]/.test(unit)) depth -= 1;
    const rest = text.slice(index);
    const separator = depth === 0 && quote === '' ? rest.match(/^(?:,\s*(?:and\s+)?|\s+and\s+|\s*&&\s*|\s+\+\s+)/)?.[0] : undefined;
    if (separator) {
      terms.push(current);
      current = '';
      index += separator.length - 1;
    } else current += unit;
  }
  terms.push(current);
  return terms.map((term) => term.trim()).filter((term) => term !== '');
}
