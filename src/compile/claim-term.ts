/**
 * A sentence in its terms, each with its quotations taken out: what stands in quotes is matched by no rule and changed by
 * none. In `text` the quotation number `n` is written `\uE000n\uE001`.
 */

export interface Quote {
  readonly text: string;
  /** `code` stood in backticks: a name or a value. `text` in quotes: a value. `pattern` between slashes. */
  readonly mark: 'code' | 'text' | 'pattern';
}

export interface Term {
  readonly text: string;
  readonly quotes: readonly Quote[];
}

/** Source of a regular expression that matches one quotation. */
export const quoteSource = String.raw`\uE000\d+\uE001`;

export const everyQuote = new RegExp(quoteSource, 'g');

const patternStart = /\bmatch(?:es|ing)?\s+(?:(?:the )?(?:pattern|regex(?:p)?|regular expression)\s+)?$/i;

/** Where the quotation that begins at `start` ends (its closing mark); -1 where none begins, or it never ends. */
function quotationEnd(text: string, start: number): number {
  const unit = text.charAt(start);
  if (unit === '/' && patternStart.test(text.slice(Math.max(0, start - 80), start))) {
    for (let at = start + 1; at < text.length; at += 1) {
      if (text.charAt(at) === '\\') at += 1;
      else if (text.charAt(at) === '/') return at + (/^[ims]*(?=$|[\s,.;])/.exec(text.slice(at + 1))?.[0].length ?? 0);
    }
    return -1;
  }
  if (unit === "'" && /\w/.test(text.charAt(start - 1))) return -1;
  const closing = { '`': '`', '"': '"', "'": "'", '\u201c': '\u201d', '\u2018': '\u2019' }[unit];
  return closing === undefined ? -1 : text.indexOf(closing, start + 1);
}

/** `10,000` and `a + 1` are one thing; `1 row, 2 lines` and `a + b` are two. */
const separator = /^(?:,\s*(?:and\s+)?|\s+and\s+|\s*&&\s*|\s+\+\s+(?!\d))/i;

const range = /\bbetween\s+[^\s,]+(?:\s(?!and\b)[^\s,]+)?$/i;

/** Splits a conjunction at commas, `and`, `&&`, `+`; never inside backticks, quotes, brackets, numbers or a range. */
export function splitTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let depth = 0;
  let current = '';
  for (let index = 0; index < text.length; index += 1) {
    const end = quotationEnd(text, index);
    if (end > index) {
      current += text.slice(index, end + 1);
      index = end;
      continue;
    }
    const unit = text.charAt(index);
    if (/[([{]/.test(unit)) depth += 1;
    else if (/[)\]}]/.test(unit)) depth -= 1;
    const found = depth === 0 ? separator.exec(text.slice(index, index + 80))?.[0] : undefined;
    const inNumber = unit === ',' && /\d$/.test(current) && /^,\d{3}(?!\d)/.test(text.slice(index, index + 5));
    if (found && !inNumber && !(/and/i.test(found) && range.test(current.slice(-200)))) {
      terms.push(current);
      current = '';
      index += found.length - 1;
    } else current += unit;
  }
  terms.push(current);
  return terms.map((term) => term.trim()).filter((term) => term !== '');
}

/** Takes the quotations out and folds the rest: one kind of hyphen and space, no emphasis, no closing punctuation. */
export function maskTerm(raw: string): Term {
  const quotes: Quote[] = [];
  let text = '';
  let plain = '';
  const source = raw.replace(/[\uE000\uE001]/g, ' ');
  for (let index = 0; index < source.length; index += 1) {
    const end = quotationEnd(source, index);
    if (end <= index) {
      plain += source.charAt(index);
      continue;
    }
    text += `${foldPlain(plain)}\uE000${quotes.length}\uE001`;
    plain = '';
    quotes.push(quoteOf(source.slice(index, end + 1)));
    index = end;
  }
  return {
    text: (text + foldPlain(plain))
      .replace(/\s+/g, ' ')
      .replace(/[.;:!]+$/, '')
      .trim(),
    quotes,
  };
}

function quoteOf(written: string): Quote {
  const slashed = written.startsWith('/') ? written : undefined;
  if (slashed !== undefined) {
    const at = slashed.lastIndexOf('/');
    return { text: withFlags(slashed.slice(1, at), slashed.slice(at + 1)), mark: 'pattern' };
  }
  return { text: written.slice(1, -1), mark: written.startsWith('`') ? 'code' : 'text' };
}

/** `/x/i` as the engine writes it; a slash needs no backslash there. */
function withFlags(source: string, flags: string): string {
  return `${flags === '' ? '' : `(?${flags})`}${source.replace(/\\\//g, '/')}`;
}

/** A pattern that somebody wrote in backticks or quotes, with or without slashes. */
export function patternOf(quote: Quote): string {
  const slashed = quote.mark === 'pattern' ? null : /^\/(.+)\/([ims]*)$/s.exec(quote.text);
  return slashed ? withFlags(slashed[1] ?? '', slashed[2] ?? '') : quote.text;
}

function foldPlain(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\u03bc(?=s\b)/g, '\u00b5')
    .replace(/[\u2010-\u2015\u2212\u00ad\ufe63\uff0d]/g, '-')
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/\*\*|__(?=\W|$)|(?<=^|\W)__/g, '')
    .replace(/\s+/g, ' ');
}

/** The quotation that the whole text is. */
export function loneQuote(text: string, quotes: readonly Quote[]): Quote | undefined {
  const at = /^\uE000(\d+)\uE001$/.exec(text)?.[1];
  return at === undefined ? undefined : quotes[Number(at)];
}

/** The text with its quotations as they were written, for messages and for texts that are no claim. */
export function unmask(text: string, quotes: readonly Quote[]): string {
  return text.replace(/\uE000(\d+)\uE001/g, (_, at: string) => {
    const quote = quotes[Number(at)];
    return quote === undefined ? '' : { code: `\`${quote.text}\``, text: `"${quote.text}"`, pattern: `/${quote.text}/` }[quote.mark];
  });
}
