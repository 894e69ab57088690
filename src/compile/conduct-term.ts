/** The numbers and times of a sentence about conduct: how often, for how long, how far apart, until when, and when it is in vain. */

/** `rest` is the text without what was understood; `§` stands for a number or time that its place needs. */
export interface ConductFields {
  readonly rest: string;
  readonly attempts?: number;
  readonly withinMs?: number;
  readonly pauseMs?: number;
  readonly until?: string;
  readonly giveUpWhen?: string;
}

const units: readonly { readonly words: RegExp; readonly ms: number }[] = [
  { words: /^(?:ms|msec|milliseconds?)$/i, ms: 1 },
  { words: /^(?:s|secs?|seconds?)$/i, ms: 1_000 },
  { words: /^(?:m|mins?|minutes?)$/i, ms: 60_000 },
  { words: /^(?:h|hrs?|hours?)$/i, ms: 3_600_000 },
];
const numbers = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'fifteen',
  'twenty',
  'thirty',
  'sixty',
];
const values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 30, 60];

const count = String.raw`(?:\d{1,6}|${numbers.join('|')})`;
const time = String.raw`((?:\d{1,9}(?:\.\d{1,3})?|an?|half an|${numbers.join('|')}) ?-?(?:milliseconds?|msec|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)\b)`;
const tries = String.raw`(?:attempts?|tries|try|retries|re-?tries|polls?|times)`;
const spacing = String.raw`(?:between|in between)(?: (?:the |each |two |any two )?(?:attempts?|tries|retries|polls?|them))?`;

const pauses: readonly RegExp[] = [
  new RegExp(String.raw`\b(?:once )?every ${time}`, 'i'),
  new RegExp(String.raw`\b${time} apart\b`, 'i'),
  new RegExp(String.raw`\bat (?:intervals of ${time}|${time} intervals)`, 'i'),
  new RegExp(String.raw`\b(?:with|after|leaving)? ?(?:an? )?(?:pause|delay|break|wait|interval|gap)s? of ${time}(?: ${spacing})?(?: each)?`, 'i'),
  new RegExp(String.raw`\bwith (?:an? )?${time} (?:pause|delay|break|wait|interval)s?(?: ${spacing})?`, 'i'),
  new RegExp(
    String.raw`\b(?:and )?(?:waiting|wait|pausing|pause|sleeping|sleep|leaving)(?: for)? ${time} (?:${spacing}|(?:before|after) (?:each|every)(?: (?:attempt|try|retry|one))?)`,
    'i',
  ),
  new RegExp(String.raw`\b(?:with )?${time} ${spacing}`, 'i'),
  new RegExp(String.raw`\bafter ${time}(?=\s*(?:[,;]|$))`, 'i'),
];
/** Before "after 5 s" is taken for a pause. */
const ends: readonly RegExp[] = [new RegExp(String.raw`[,;]? ?\b(?:and |but )?(?:give up|stop(?: retrying| polling| trying)?) after ${time}`, 'i')];
const budgets: readonly RegExp[] = [
  new RegExp(
    String.raw`\b(?:(?:for|within|but|over)? ?(?:up to|at most|no more than|no longer than|not more than|not longer than|a maximum of|max(?:imum|\.)?(?: of)?)|within|for|during)(?: the next| a total of)? ${time}(?: (?:in total|at most|altogether|overall|max\.?))?`,
    'i',
  ),
  new RegExp(String.raw`\b(?:with )?(?:an? |the )?(?:overall |total )?(?:time-?out|time limit|deadline|limit)(?: of|:)? ${time}`, 'i'),
  new RegExp(String.raw`\b${time} (?:at most|max(?:imum|\.)?|in total|overall|altogether)`, 'i'),
];
const often: readonly { readonly words: RegExp; readonly read: (match: RegExpExecArray) => number | undefined }[] = [
  {
    words: new RegExp(
      String.raw`\b(?:(?:but )?(?:up to|at most|no more than|not more than|a maximum of|max(?:imum|\.)?(?: of)?|for)[: ]+)?(${count})(?: ?(x)\b| (?:more |further |additional |extra )?(${tries})\b)(?: (more|again)\b)?`,
      'i',
    ),
    read: (match) => numberOf(match[1] ?? ''),
  },
  {
    words: /\b(?:(?:but )?(?:up to|at most|no more than|not more than|only|just|exactly) )?(once|twice|thrice)\b()()(?: (more|again))?/i,
    read: (match) => ['', 'once', 'twice', 'thrice'].indexOf((match[1] ?? '').toLowerCase()),
  },
];

const bareTime = new RegExp(String.raw`\b(?:in|within)? ?${time}`, 'i');

/** Everything that the sentence says in numbers. `any`: a time without a word before it is one, too ("has 30 s"). */
export function fieldsOf(sentence: string, bare: 'none' | 'any' = 'none'): ConductFields {
  // Codes may hold any words; they are put aside while numbers are looked for.
  const codes: string[] = [];
  let rest = sentence.replace(/`[^`]*`|"[^"]*"/g, (code) => `\u0001${codes.push(code) - 1}\u0002`);
  const restore = (text: string): string => text.replace(/\u0001(\d+)\u0002/g, (_, at: string) => codes[Number(at)] ?? '');
  const takeTime = (rows: readonly RegExp[]): number | undefined => {
    for (const row of rows) {
      const match = row.exec(rest);
      const ms = match && millisecondsOf(match.slice(1).find((group) => group !== undefined) ?? '');
      if (match && ms !== undefined && ms !== null) {
        rest = `${rest.slice(0, match.index)} ${rest.slice(match.index + match[0].length)}`;
        return ms;
      }
    }
    return undefined;
  };
  const endMs = bare === 'any' ? undefined : takeTime(ends);
  const pauseMs = bare === 'any' ? undefined : takeTime(pauses);
  const withinMs = bare === 'any' ? takeBare() : (endMs ?? takeTime(budgets));
  const attempts = bare === 'any' ? undefined : takeAttempts();
  const giveUpWhen = takeBehind(
    /[,;]?\s*(?:\(|and |but |or )*(?:give up|stop (?:retrying|polling|trying|waiting)|break off|abort)(?: early| at once| immediately| polling| retrying)? (?:if|when|once|as soon as) (.+?)\)?\s*$/i,
  );
  const until = takeBehind(/[,;]?\s*\buntil (.+?)\s*$/i);
  return {
    rest: restore(tidy(rest)),
    ...(attempts === undefined ? {} : { attempts }),
    ...(withinMs === undefined ? {} : { withinMs }),
    ...(pauseMs === undefined ? {} : { pauseMs }),
    ...(until === undefined ? {} : { until }),
    ...(giveUpWhen === undefined ? {} : { giveUpWhen }),
  };

  function takeBare(): number | undefined {
    const match = bareTime.exec(rest);
    const ms = match ? millisecondsOf(match[1] ?? '') : undefined;
    if (match && ms !== undefined) rest = `${rest.slice(0, match.index)} § ${rest.slice(match.index + match[0].length)}`;
    return ms;
  }

  /** The first try is none of the retries: "retry twice" is three attempts, "three attempts" are three. */
  function takeAttempts(): number | undefined {
    for (const { words, read } of often) {
      const match = words.exec(rest);
      const number = match ? read(match) : undefined;
      if (!match || number === undefined) continue;
      const unit = match[3] ?? '';
      const counted = /^(?:attempts?|tries|try|polls?)$/i.test(unit);
      const head = headOf(rest, match);
      rest = `${rest.slice(0, match.index)} ${head} ${rest.slice(match.index + match[0].length)}`;
      const again = /\b(?:re-?tr(?:y|ied|ying)|again|repeat(?:ed|ing)?|re-?run)\b/i.test(rest) || /^re-?tr/i.test(unit);
      return !counted && again ? number + 1 : number;
    }
    return undefined;
  }

  function headOf(text: string, match: RegExpExecArray): string {
    if (/^(?:with|allow|make|use|give up|stop)\b/i.test(text)) return '§ tries';
    if (match.index === 0 && /tr(?:y|ies)|attempt/i.test(match[3] ?? ''))
      return /^\d|^[a-z]+ (?:attempt|try|tries)/i.test(match[0]) && !/retr|re-tr/i.test(match[0]) ? '§ counted' : '§ tries';
    return match[4] === undefined ? ' ' : 'again';
  }

  function takeBehind(row: RegExp): string | undefined {
    const match = row.exec(rest);
    if (!match) return undefined;
    rest = rest.slice(0, match.index);
    return restore(tidy(match[1] ?? ''));
  }
}

/** `1.5 min` → 90000; undefined for what is no time, or longer than a day. */
export function millisecondsOf(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(.+?) ?-?([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = units.find(({ words }) => words.test(unit))?.ms;
  const value = /^half an$/i.test(number) ? 0.5 : /^an?$/i.test(number) ? 1 : numberOf(number);
  if (factor === undefined || value === undefined) return undefined;
  const ms = Math.round(value * factor);
  return ms <= 86_400_000 ? ms : undefined;
}

function numberOf(text: string): number | undefined {
  const at = numbers.indexOf(text.toLowerCase());
  if (at !== -1) return values[at];
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Commas, brackets and conjunctions that held what was taken out. */
function tidy(text: string): string {
  return text
    .replace(/\(\s*[,;]?\s*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/(?:\s*[,;]\s*)+(?=[,;]|$)/g, '')
    .replace(/\s+([,;])/g, '$1')
    .replace(/(?:[,;\s]+(?:and|but|or|with|for))+[,;\s]*$/i, '')
    .replace(/[,;]\s*(?:and|but)?\s*$/i, '')
    .trim();
}
