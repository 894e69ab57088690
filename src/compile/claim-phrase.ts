/**
 * The ways people write a claim in a sentence, as a table: sentence → the closed language's own form. A sentence that fits no
 * row stays as it is, and is no claim then. Quoted text is kept as written.
 */
const lead =
  /^(?:expect(?:ed)?(?: results?| outputs?| outcome)?(?: is| to be)?\s*:?|verify(?: that)?\s*:?|check(?: that)?\s*:?|assert(?: that)?\s*:?|ensure(?: that)?\s*:?|confirm(?: that)?\s*:?|make sure(?: that)?|pass(?:es|ed)?(?: if| when)?\s*:|result\s*:|you should (?:see|get)|(?:→|=>|->)\s*)\s*/i;

const quoted = String.raw`(?:\x60[^\x60]+\x60|"[^"]+")`;
const output = String.raw`(?:it|this|the (?:command|output|response|call|script|endpoint|stdout)|(?:std)?out(?:put)?|response)`;
const duty = String.raw`(?:(?:must|should|shall|has to|is expected to|will) )?`;

const rows: readonly { readonly words: RegExp; readonly form: string }[] = [
  {
    words: new RegExp(
      String.raw`^(?:${output} )?${duty}(?:print|contain|show|include|output|display|mention)s?\s+(${quoted})(?: (?:in|on|to) (?:the )?(?:std)?out(?:put)?)?$`,
      'i',
    ),
    form: 'stdout contains $1',
  },
  {
    words: new RegExp(String.raw`^(?:${output} )?(?:must|should|shall|may) not (?:print|contain|show|include|output|display|mention)\s+(${quoted})$`, 'i'),
    form: 'stdout does not contain $1',
  },
  { words: new RegExp(String.raw`^(${quoted}) (?:in|on) (?:the )?(?:std)?out(?:put)?$`, 'i'), form: 'stdout contains $1' },
  {
    words:
      /^(?:it|this|the (?:command|script|call)|the exit (?:code|status)|exit (?:code|status))? ?(?:must|should|shall|has to)? ?(?:exits?|be|is|return)? ?(?:with |an? )?(?:exit )?(?:code |status )(?:is |of |be )?(\d{1,3})$/i,
    form: 'exit code $1',
  },
  { words: /^(?:the )?exit (?:code|status) (?:must|should|shall|has to) (?:be|equal) (\d{1,3})$/i, form: 'exit code $1' },
  { words: /^(?:it |this |the command )?(?:must|should|shall) exit with (\d{1,3})$/i, form: 'exit code $1' },
  { words: /^(?:it|this|the (?:command|script|call)|this (?:command|script)) (?:must |should |shall )?succeeds?$/i, form: 'exit code 0' },
  {
    words:
      /^(?:there |it |this |the query |the (?:select|statement) )?(?:must|should|shall) (?:be|return|show|give) ((?:exactly |at least |at most )?(?:no|zero|one|two|three|four|five|six|seven|eight|nine|ten|\d+) (?:[\w.-]+ ){0,3}rows?)$/i,
    form: '$1',
  },
  {
    words:
      /^(?:there (?:is|are) |it returns |the query returns |returns )((?:exactly |at least |at most )?(?:no|zero|one|two|three|four|five|six|seven|eight|nine|ten|\d+) (?:[\w.-]+ ){0,3}rows?)$/i,
    form: '$1',
  },
  {
    words:
      /^(\x60[A-Za-z_][\w.]*\x60) (?:must|should|shall|has to) (?:be|equal|be equal to) (true|false|-?\d+(?:\.\d+)?|[A-Z][A-Z0-9_]*|\x60[^\x60]+\x60|"[^"]+"|'[^']+')$/,
    form: '$1 = $2',
  },
  { words: /^(\x60[A-Za-z_][\w.]*\x60) (?:must|should|shall|has to) be (?:set|present)$/i, form: '$1 is not null' },
  { words: /^(\x60[A-Za-z_][\w.]*\x60) (?:must|should|shall|has to) be (?:at least|no less than) (-?\d+(?:\.\d+)?)$/i, form: '$1 >= $2' },
  { words: /^(\x60[A-Za-z_][\w.]*\x60) (?:must|should|shall|has to) be (?:at most|no more than) (-?\d+(?:\.\d+)?)$/i, form: '$1 <= $2' },
];

/** One term of a sentence in the closed language's form. */
export function claimForm(text: string): string {
  let bare = text.trim().replace(/[.;]$/, '').trim();
  const start = lead.exec(bare)?.[0].length ?? 0;
  if (start > 0 && start < bare.length) bare = bare.slice(start).trim();
  for (const row of rows) if (row.words.test(bare)) return bare.replace(row.words, row.form);
  return bare;
}

const opposites: Readonly<Record<string, string>> = {
  '==': '!=',
  '=': '!=',
  is: '!=',
  equals: '!=',
  '!=': '=',
  '<>': '=',
  '>=': '<',
  '<=': '>',
  '>': '<=',
  '<': '>=',
};

/** `n = 0` → `n != 0`; undefined where no single comparison stands there. */
export function oppositeOf(text: string): string | undefined {
  const bare = text.replace(/`/g, '').trim();
  const match = /^([A-Za-z_][\w.]*)\s*(==|!=|<>|>=|<=|=|>|<|\bis\b|\bequals\b)\s*("[^"]*"|'[^']*'|[\w.-]+)$/.exec(bare);
  const sign = opposites[match?.[2] ?? ''];
  return match && sign !== undefined ? `${match[1] ?? ''} ${sign} ${match[3] ?? ''}` : undefined;
}
