/** Claims about every row of an answer: `every row has status = 'paid'`, `all totals …`, `id is unique`. */
import type { CellTest, Claim } from '../model/claim.ts';
import { compileComparison } from './claim-compare.ts';
import { nameOf, type ClaimNames } from './claim-name.ts';
import { claims, type ClaimReading } from './claim-reading.ts';
import { loneQuote, maskTerm, quoteSource, type Term } from './claim-term.ts';

const noun = String.raw`(?:the |of the )?(?:returned |[\w-]+ )?(?:rows?|records?|tuples?)`;
const verb = String.raw`(?:has|have|with|shows?|in which|where|for which)`;

const withoutVerb = new RegExp(`^(${quoteSource}|[\\w.]+) (?=${quoteSource}$|[A-Z0-9'-])`);

/** Forms of "for each row", each with the part that is claimed of one row. `opposite`: of none; `some`: of one or more. */
const forms: readonly { readonly words: RegExp; readonly opposite?: true; readonly some?: true }[] = [
  { words: new RegExp(`^(?:there is )?(?:at least (?:one|1)|some|one or more) ${noun} ${verb} (?:an? |the )?(.+)$`, 'i'), some: true },
  { words: new RegExp(`^(?:in )?(?:all|every|each|in every|in each|for all|for every|for each) ${noun},? ${verb} (?:an? |the )?(.+)$`, 'i') },
  { words: new RegExp(`^(?:in|for|on) (?:all|every|each) ${noun},? (.+)$`, 'i') },
  { words: new RegExp(`^(.+) (?:in|for|on) (?:all|every|each) ${noun}$`, 'i') },
  { words: new RegExp(`^(?:there is )?no ${noun} ${verb} (?:an? |the )?(.+)$`, 'i'), opposite: true },
  { words: /^(?:all|every|each) (?!rows?\b|records?\b)(.+)$/i },
];

const unique: readonly RegExp[] = [
  /^(?:each |every |all )?(.+?) is (?:unique|distinct|all (?:different|distinct|unique))$/i,
  /^(?:there is )?no duplicates? (?:values? )?(?:in|of|for) (.+)$/i,
  /^(?:there is )?no duplicate (.+?)(?: values?)?$/i,
  /^(.+?) has no duplicates?(?: values?)?$/i,
];

const neverNull: readonly RegExp[] = [
  /^(?:there is )?no null(?:s| values?)? in (.+)$/i,
  /^no (.+?) is (?:null|empty)$/i,
  /^(.+?) is (?:not|never) null in any row$/i,
  /^(.+?) is never null$/i,
  /^(.+?) has no null(?:s| values?)?$/i,
];

export function compileColumn({ text, quotes }: Term, names: ClaimNames): ClaimReading | undefined {
  for (const words of neverNull) {
    const name = nameOf(words.exec(text)?.[1] ?? '', quotes, names);
    if (name !== undefined) return claims({ kind: 'each-row', name, test: { kind: 'null', negated: true } });
  }
  for (const words of unique) {
    const name = nameOf(words.exec(text)?.[1] ?? '', quotes, names);
    if (name !== undefined) return claims({ kind: 'unique', name });
  }
  for (const form of forms) {
    const said = form.words.exec(text)?.[1];
    if (said === undefined) continue;
    // "every row has status `paid`" leaves the verb out; "have a total" asks for any value.
    // A comparison may stand in backticks as a whole: "every row has `total > 0`".
    const inner = loneQuote(said, quotes);
    const whole = inner?.mark === 'code' && /[<>=\u2264\u2265\u2260]| is | in /.test(inner.text) ? maskTerm(inner.text) : undefined;
    const [one, another] = [
      said,
      said
        .replace(withoutVerb, '$1 is ')
        .replace(/ not null$/i, ' is not null')
        .replace(/\bis is\b/i, 'is'),
    ];
    const reading = whole
      ? compileComparison(whole, names)
      : (compileComparison({ text: one, quotes }, names) ?? compileComparison({ text: another, quotes }, names));
    const name = reading ? undefined : nameOf(said, quotes, names);
    const some = form.some ? { some: true as const } : {};
    if (name !== undefined && form.opposite !== true && /\b(?:has|have)\b/i.test(text))
      return claims({ kind: 'each-row', name, test: { kind: 'null', negated: true }, ...some });
    if (reading?.kind !== 'claims') return reading;
    const made = reading.claims.map((claim) => eachRow(claim, form.opposite === true));
    const all = made.filter((claim) => claim !== undefined);
    // "no row has 1 <= x <= 5" is no conjunction, and of some row both must hold in the same one.
    const single = form.opposite === true || form.some === true;
    return all.length === made.length && (!single || all.length === 1) ? claims(...all.map((claim) => ({ ...claim, ...some }))) : undefined;
  }
  return undefined;
}

const opposites = {
  '==': '!=',
  '!=': '==',
  '>=': '<',
  '<=': '>',
  '>': '<=',
  '<': '>=',
  contains: 'does not contain',
  'does not contain': 'contains',
  matches: 'does not match',
  'does not match': 'matches',
} as const;

function eachRow(claim: Claim, opposite: boolean): Extract<Claim, { readonly kind: 'each-row' }> | undefined {
  const found = cellOf(claim);
  if (!found) return undefined;
  const test = opposite ? oppositeOf(found.test) : found.test;
  return test && { kind: 'each-row', name: found.name, test };
}

function cellOf(claim: Claim): { readonly name: string; readonly test: CellTest } | undefined {
  if (claim.kind === 'member') return { name: claim.name, test: { kind: 'member', values: claim.values, negated: claim.negated === true } };
  if (claim.kind === 'null') return { name: claim.name, test: { kind: 'null', negated: claim.negated } };
  if (claim.kind !== 'compare' || claim.left.kind !== 'name' || claim.left.plus !== undefined || claim.right.kind !== 'literal') return undefined;
  return { name: claim.left.name, test: { kind: 'compare', operator: claim.operator, value: claim.right.value } };
}

function oppositeOf(test: CellTest): CellTest | undefined {
  if (test.kind !== 'compare') return { ...test, negated: !test.negated };
  const operator = test.operator === 'starts with' || test.operator === 'ends with' ? undefined : opposites[test.operator];
  return operator && { ...test, operator };
}
