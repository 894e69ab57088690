/** Claims about named values: comparison, range, membership, null. */
import type { Claim, Operand, Operator } from '../model/claim.ts';
import type { Value } from '../model/value.ts';
import { nameOf, nearest, operandOf, type ClaimNames, type OperandReading } from './claim-name.ts';
import { claims, impossible, type ClaimReading } from './claim-reading.ts';
import { loneQuote, patternOf, quoteSource, type Term } from './claim-term.ts';
import { bareLiteral, literalOf } from './claim-value.ts';

/** Longer words first: `is at least` is not `is`. */
const operators: readonly { readonly words: string; readonly operator: Operator }[] = [
  { words: '===|==', operator: '==' },
  { words: '!==|!=|<>|\u2260', operator: '!=' },
  { words: '>=|\u2265', operator: '>=' },
  { words: '<=|\u2264', operator: '<=' },
  { words: '=', operator: '==' },
  { words: '>', operator: '>' },
  { words: '<', operator: '<' },
  {
    words: 'is not equal to|does not equal|is different from|differs from|is other than|is unequal to|is not exactly|does not be',
    operator: '!=',
  },
  {
    words:
      'is at least|is no less than|is not less than|is no fewer than|is not fewer than|is not below|is greater than or equal to|is more than or equal to|is equal to or greater than|is not before',
    operator: '>=',
  },
  {
    words:
      'is at most|is no more than|is not more than|is not greater than|is not above|does not exceed|is less than or equal to|is fewer than or equal to|is equal to or less than|is up to|is not after|is no greater than',
    operator: '<=',
  },
  { words: 'is more than|is greater than|is above|exceeds|is over|is larger than|is higher than|is bigger than|is after|is later than', operator: '>' },
  { words: 'is less than|is below|is under|is fewer than|is smaller than|is lower than|is before|is earlier than', operator: '<' },
  { words: 'does not contain|does not include', operator: 'does not contain' },
  { words: 'contains?|includes?', operator: 'contains' },
  { words: 'starts? with|begins? with', operator: 'starts with' },
  { words: 'ends? with', operator: 'ends with' },
  { words: 'does not match the pattern|does not match the regex|does not match', operator: 'does not match' },
  { words: 'matches the pattern|matches the regex|match the pattern|match the regex|matches|match', operator: 'matches' },
  { words: 'is exactly|is equal to|equals?|is the same as|has the value|has value|is precisely', operator: '==' },
  { words: 'is not', operator: '!=' },
  { words: 'is', operator: '==' },
];

const symbols = /^[^a-z]/i;
const signs = operators.filter((row) => symbols.test(row.words));
const words = operators.filter((row) => !symbols.test(row.words)).toSorted((a, b) => longest(b.words) - longest(a.words));
const bySign = new RegExp(String.raw`^(.+?)\s*(${signs.map((row) => row.words).join('|')})\s*(.+)$`);
const byWord = new RegExp(
  String.raw`^(.+?) (${words
    .flatMap((row) => row.words.split('|'))
    .toSorted((a, b) => b.length - a.length)
    .join('|')}) (.+)$`,
  'i',
);

function longest(text: string): number {
  return Math.max(...text.split('|').map((each) => each.length));
}

const exactly = operators.map((row) => ({ words: new RegExp(`^(?:${row.words})$`, 'i'), operator: row.operator }));

function operatorOf(sign: string): Operator | undefined {
  return exactly.find((row) => row.words.test(sign))?.operator;
}

export function compileComparison(term: Term, names: ClaimNames): ClaimReading | undefined {
  return rangeClaim(term, names) ?? memberClaim(term, names) ?? nullClaim(term, names) ?? plainComparison(term, names);
}

/** `1 <= x <= 10`, `x is between 1 and 10`. */
function rangeClaim({ text, quotes }: Term, names: ClaimNames): ClaimReading | undefined {
  const chain = /^(\S+)\s*(<=?|\u2264)\s*(.+?)\s*(<=?|\u2264)\s*(\S+)$/.exec(text);
  const between = /^(.+?)(?: is)? (?:between|in the range(?: of| from)?|in range|from) (.+?) (?:and|to) (.+)$/i.exec(text);
  const [low, name, high] = chain ? [chain[1], chain[3], chain[5]] : [between?.[2], between?.[1], between?.[3]];
  if (low === undefined || name === undefined || high === undefined) return undefined;
  const [least, most] = [bareLiteral(loneQuote(low, quotes)?.text ?? low), bareLiteral(loneQuote(high, quotes)?.text ?? high)];
  if (!least || !most || least.type === 'boolean') return undefined;
  const middle = operandOf(name, quotes, names);
  if (middle?.kind === 'unknown') return { kind: 'unknown-name', names: [middle.name] };
  if (middle?.kind !== 'name') return undefined;
  if (least.type === 'integer' && most.type === 'integer' && BigInt(least.text ?? '') > BigInt(most.text ?? ''))
    return impossible(`nothing is at least ${least.text} and at most ${most.text}`);
  const [from, to]: readonly Operator[] = [chain?.[2] === '<' ? '>' : '>=', chain?.[4] === '<' ? '<' : '<='];
  return claims(
    { kind: 'compare', left: middle, operator: from ?? '>=', right: { kind: 'literal', value: least } },
    { kind: 'compare', left: middle, operator: to ?? '<=', right: { kind: 'literal', value: most } },
  );
}

const inList = new RegExp(
  String.raw`^(.+?)\s+(?:is\s+)?(not\s+)?(?:(?:in|(?:any |either )?one of|any of|one of the values)\s*:?\s*[{(\[]\s*(.+?)\s*[})\]]|(?:one of|any of|one of the values):? (.+))$`,
  'i',
);
const orList = new RegExp(
  String.raw`^(.+?) (?:(?:is|equals|==?) (neither |either |one of )?)?((?:${quoteSource}|[\w.%-]+)(?:(?:, | or |, or | nor |, nor | ?\| ?)(?:${quoteSource}|[\w.%-]+))+)$`,
  'i',
);

function memberClaim({ text, quotes }: Term, names: ClaimNames): ClaimReading | undefined {
  const list = inList.exec(text);
  if (list) {
    const braced = list[3] !== undefined;
    return member(list[1] ?? '', itemsOf(list[3] ?? list[4] ?? '', quotes, braced ? undefined : names), list[2] !== undefined, quotes, names);
  }
  const choice = orList.exec(text);
  if (!choice) return undefined;
  const none = /neither/i.test(choice[2] ?? '');
  if (none !== / nor /i.test(choice[3] ?? '') || (!none && !/ or |\|/i.test(choice[3] ?? ''))) return undefined;
  // "`a` or `b` is set" has its names on the other side; only a name is followed by a list.
  if (nameOf(choice[1] ?? '', quotes, names) === undefined) return undefined;
  return member(choice[1] ?? '', itemsOf(choice[3] ?? '', quotes, names), none, quotes, names);
}

/** Words after "or" that are no value: `5 or so`, `paid or null`. */
const vague =
  /^(?:so|more|less|fewer|higher|lower|greater|above|below|not|nothing|null|none|any|anything|something|other|another|similar|better|worse|later|earlier|equivalent|empty|missing|hopefully|maybe|perhaps|possibly|ideally|usually|etc)$/i;

/** The values of a list; undefined where an item is a phrase, or (outside braces) a name that evidence supplies. */
function itemsOf(text: string, quotes: Term['quotes'], names: ClaimNames | undefined): readonly Value[] | undefined {
  const items = text
    .split(/\s*,\s*(?:(?:or|and|nor)\s+)?|\s+(?:or|nor|and)\s+|\s*\|\s*/i)
    .map((item) => item.trim())
    .filter((item) => item !== '');
  // Quoted values and a bare word are no list: the word says something about them.
  const bare = items.filter((item) => loneQuote(item, quotes) === undefined && bareLiteral(item) === undefined).length;
  if (names && (items.some((item) => vague.test(item)) || (bare > 0 && bare < items.length))) return undefined;
  const values = items.map((item): Value | undefined => {
    const quote = loneQuote(item, quotes);
    if (quote) return quote.mark === 'text' ? { type: 'text', text: quote.text } : quote.mark === 'code' ? literalOf(quote.text) : undefined;
    if (!/^[\w.%+-]+$/.test(item) && bareLiteral(item) === undefined) return undefined;
    return names?.resolve(item) === undefined ? literalOf(item) : undefined;
  });
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length && known.length > 0
    ? known.filter((value, at) => known.findIndex((other) => other.text === value.text) === at)
    : undefined;
}

function member(phrase: string, values: readonly Value[] | undefined, negated: boolean, quotes: Term['quotes'], names: ClaimNames): ClaimReading | undefined {
  if (values === undefined) return undefined;
  return named(phrase, quotes, names, (name) => ({ kind: 'member', name, values, ...(negated ? { negated: true } : {}) }));
}

const filled =
  /^(.+?) (?:exists?|is (?:present|set|not null|non-null|not empty|non-empty|not blank|filled(?: in)?|populated|defined|assigned|recorded|given)|has a value|(?:!=|<>|\u2260) ?null|is not none)$/i;
const absent = /^(.+?) (?:is (?:null|not set|unset|none)|==? ?null)$/i;
const blank = /^(.+?) is (?:empty|blank)$/i;

function nullClaim({ text, quotes }: Term, names: ClaimNames): ClaimReading | undefined {
  const set = filled.exec(text);
  if (set) return named(set[1] ?? '', quotes, names, (name) => ({ kind: 'null', name, negated: true }));
  const unset = absent.exec(text);
  if (unset) return named(unset[1] ?? '', quotes, names, (name) => ({ kind: 'null', name, negated: false }));
  const nothing = blank.exec(text);
  const value = { kind: 'literal', value: { type: 'text', text: '' } } as const;
  return nothing
    ? named(nothing[1] ?? '', quotes, names, (name) => ({ kind: 'compare', left: { kind: 'name', name }, operator: '==', right: value }))
    : undefined;
}

/** A claim about the one name that a phrase means. */
function named(phrase: string, quotes: Term['quotes'], names: ClaimNames, build: (name: string) => Claim): ClaimReading | undefined {
  const found = operandOf(phrase, quotes, names);
  if (found?.kind === 'unknown') return { kind: 'unknown-name', names: [found.name] };
  return found?.kind === 'name' && found.plus === undefined ? claims(build(found.name)) : undefined;
}

const mutual = /^(.+?) and (.+?) (is equal|is the same|is identical|agrees?|match|is different|differ|is not equal)$/i;

function plainComparison({ text, quotes }: Term, names: ClaimNames): ClaimReading | undefined {
  const equal = mutual.exec(text);
  if (equal) return compare(equal[1] ?? '', /differ|not/i.test(equal[3] ?? '') ? '!=' : '==', equal[2] ?? '', quotes, names);
  const bounded = /^(.+?) is (\S+(?: \S+)?) or (more|greater|higher|above|less|fewer|lower|below)$/i.exec(text);
  if (bounded) return compare(bounded[1] ?? '', /more|greater|higher|above/i.test(bounded[3] ?? '') ? '>=' : '<=', bounded[2] ?? '', quotes, names);
  const signed = /^(.+?) is (not )?(negative|positive|zero|non-?zero)$/i.exec(text);
  if (signed) return signClaim(signed, quotes, names);
  const match = bySign.exec(text) ?? byWord.exec(text);
  const operator = operatorOf(match?.[2] ?? '');
  // "Payments are settled" compares nothing.
  if (match && !symbols.test(match[2] ?? '') && [match[1], match[3]].every((side) => operandOf(side ?? '', quotes, names)?.kind === 'unknown'))
    return undefined;
  return match && operator ? compare(match[1] ?? '', operator, match[3] ?? '', quotes, names) : undefined;
}

/** What the words about a number's sign say, and what their denial does. */
const signWords: Readonly<Record<string, readonly [Operator, Operator]>> = {
  negative: ['<', '>='],
  positive: ['>', '<='],
  zero: ['==', '!='],
  nonzero: ['!=', '=='],
};

function signClaim(match: RegExpExecArray, quotes: Term['quotes'], names: ClaimNames): ClaimReading | undefined {
  const operator = signWords[(match[3] ?? '').toLowerCase().replace('-', '')]?.[match[2] === undefined ? 0 : 1];
  return operator && compare(match[1] ?? '', operator, '0', quotes, names);
}

const ordering: readonly Operator[] = ['>', '<', '>=', '<='];
const textual: readonly Operator[] = ['contains', 'does not contain', 'starts with', 'ends with', 'matches', 'does not match'];

function compare(left: string, operator: Operator, right: string, quotes: Term['quotes'], names: ClaimNames): ClaimReading | undefined {
  const first = operandOf(left, quotes, names);
  if (operator === 'matches' || operator === 'does not match') {
    const quote = loneQuote(right, quotes);
    if (first?.kind === 'unknown') return { kind: 'unknown-name', names: [first.name] };
    if (!quote || first?.kind !== 'name' || first.plus !== undefined) return undefined;
    return claims({ kind: 'compare', left: first, operator, right: { kind: 'literal', value: { type: 'text', text: patternOf(quote) } } });
  }
  const second = valueIn(operandOf(right, quotes, names), operator, first, names);
  if (!first || !second) return undefined;
  const unknown = [first, second].flatMap((side) => (side.kind === 'unknown' ? [side.name] : []));
  if (unknown.length > 0) return { kind: 'unknown-name', names: unknown };
  const sides = [first, second] as readonly [Operand, Operand];
  // Arithmetic stands between two observations; of one it is another way to write another constant.
  if (sides.some((side) => side.kind === 'name' && side.plus !== undefined) && (sides.some((side) => side.kind === 'literal') || textual.includes(operator)))
    return undefined;
  if (textual.includes(operator) && sides[0].kind === 'literal') return undefined;
  const unordered = sides.find((side) => side.kind === 'literal' && side.value.type === 'text' && literalOf(side.value.text ?? '').type === 'text');
  if (ordering.includes(operator) && unordered) return impossible('texts have no order here');
  return claims({ kind: 'compare', left: sides[0], operator, right: sides[1] });
}

/**
 * A word in backticks that is no name, beside one, is a value (`` `status` is `paid` ``), unless it is nearly a name. Only
 * where a mistake makes the claim fail: `` `a` != `b_` `` with a misspelt name would hold for ever.
 */
function valueIn(side: OperandReading | undefined, operator: Operator, other: OperandReading | undefined, names: ClaimNames): OperandReading | undefined {
  if (side?.kind !== 'unknown' || !side.quoted || other?.kind !== 'name') return side;
  const safe = operator === '==' || operator === 'contains' || operator === 'starts with' || operator === 'ends with';
  return safe && nearest(side.name, names) === undefined ? { kind: 'literal', value: literalOf(side.name) } : side;
}
