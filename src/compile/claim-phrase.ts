/**
 * The ways people lead into a claim and the duties they put into it, as tables: `The total must not be 5` → `The total is not
 * 5`. What fits no row stays as it is. Quotations are taken out before, so they are kept as written.
 */
import type { Term } from './claim-term.ts';
import { loneQuote, maskTerm, unmask } from './claim-term.ts';

const lead =
  /^(?:(?:(?:and|but|then|so|also|finally)\b(?! ?[=<>!]),?|expect(?:ed)?\b(?! ?[=<>!])(?: (?:results?|outcome|values?)\b)?(?: (?:is|to be|that)\b)?\s*:?|(?:please )?(?:verify|check|assert|ensure|confirm|validate|make sure)\b(?: that\b)?(?! ?(?:[=<>!]|is\b))\s*:?|pass(?:es|ed)?(?: criteria| criterion| condition)?(?: if| when)?\s*:|result\s*:|you should (?:now )?(?:get|have)\b|(?:→|=>|->|✓|✔))\s*)+/iu;

/** In this order: each row's form is a text that later rows may change. */
const duties: readonly { readonly words: RegExp; readonly form: string }[] = [
  { words: /\b(is|are|was|were|do|does|did|must|should|has|have)n't\b/gi, form: '$1 not' },
  { words: /\b(?:can't|cannot|can not|won't|will not|may not)\b/gi, form: 'must not' },
  {
    words: /\b(?:(?:is|are) (?:expected|required|supposed) to|ought to|(?:has|have|needs?) to|must|should|shall|will) (?:(?:also|always|now) )?/gi,
    form: '\uE002',
  },
  { words: /\uE002(?:not|never) (?:be|equal) /g, form: 'is not ' },
  { words: /\uE002(?:not|never) /g, form: 'does not ' },
  { words: /\uE002(?:be|equal) /g, form: 'is ' },
  { words: /\uE002/g, form: '' },
  { words: /\b(?:do|did) not\b/gi, form: 'does not' },
  { words: /\bare\b/gi, form: 'is' },
  { words: /\bis (?:still|now|also|then) /gi, form: 'is ' },
  { words: /\bnever (?=contain|match|print|show|include|display|exceed|start|end)/gi, form: 'does not ' },
];

/** "The following query", "the command below": the one that the claim is about. */
const pointed = /^(?:the|this) (?:(?:following|next) (query|command|statement|script|call)|(query|command|statement|script|call) below)\b/i;

/** One term as the rules of the language read it. A term that stands in backticks as a whole is read as if it did not. */
export function plainTerm(raw: string): Term {
  const term = maskTerm(raw.replace(pointed, (_, before?: string, behind?: string) => `the ${before ?? behind ?? ''}`));
  const start = lead.exec(term.text)?.[0].length ?? 0;
  const bare = (start > 0 && start < term.text.length ? term.text.slice(start) : term.text)
    .trim()
    .replace(/(?<!\b(?:as|than|not|was)) (?:is |are )?expected$/i, '');
  const whole = loneQuote(bare, term.quotes);
  // `stdout contains "x"` in backticks is the claim itself; a lone `OK` is nothing but a word.
  if (whole?.mark === 'code' && /[\s<>=]/.test(whole.text)) return plainTerm(whole.text);
  const text = duties.reduce((said, row) => said.replace(row.words, row.form), bare);
  return { text: text.replace(/\s+/g, ' ').trim(), quotes: term.quotes };
}

const opposites: readonly { readonly words: RegExp; readonly form: string }[] = [
  { words: /^(\S+) (?:==|=|equals) ?(.+)$/, form: '$1 != $2' },
  { words: /^(\S+) (?:!=|<>|is not)(?! ?(?:null|set|empty)$) ?(.+)$/, form: '$1 = $2' },
  { words: /^(\S+) (?:(?:is not|!=|<>) ?(?:null|empty|set)|exists)$/, form: '$1 is null' },
  { words: /^(\S+) (?:is null|is not set|==? ?null)$/, form: '$1 is not null' },
  { words: /^(\S+) >= ?(.+)$/, form: '$1 < $2' },
  { words: /^(\S+) <= ?(.+)$/, form: '$1 > $2' },
  { words: /^(\S+) (?:>|is (?:more|greater) than|exceeds) ?(.+)$/, form: '$1 <= $2' },
  { words: /^(\S+) (?:<|is less than) ?(.+)$/, form: '$1 >= $2' },
  { words: /^(\S+) is (\uE000\d+\uE001|-?\d[\d.]*|[A-Z][A-Z0-9_]*|true|false)$/, form: '$1 != $2' },
  { words: /^(?:there is )?no rows(?: is (?:returned|found))?$/, form: 'at least 1 row' },
  { words: /^(?:there is )?any rows?(?: is (?:returned|found))?$/, form: 'no rows' },
  { words: /^(output|stdout|stderr|the output) contains? (\S+)$/, form: '$1 does not contain $2' },
  { words: /^(output|stdout|stderr|the output) does not contain (\S+)$/, form: '$1 contains $2' },
];

/** `n = 0` → `n != 0`; undefined where no single claim stands there. */
export function oppositeOf(text: string): string | undefined {
  const spaced = text.replace(/\s*(==|!=|<>|>=|<=|(?<![<>!=])=(?!=)|>(?!=)|<(?![=>]))\s*/g, ' $1 ');
  const term = plainTerm(spaced);
  const compound = /(?:,| and | or |&&)/.test(term.text) || /^(?:not|no) (?!rows\b)\S+ (?:=|is)/.test(term.text);
  const row = compound ? undefined : opposites.find((candidate) => candidate.words.test(term.text));
  return row && unmask(term.text.replace(row.words, row.form), term.quotes);
}
