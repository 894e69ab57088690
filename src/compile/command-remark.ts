/**
 * What the words behind an inline command say about it: "`x` => 0", "(should print `ok`)", "and verify that it prints 3" claim
 * something; "twice", "on each node" and "as root" ask for more than one go of the command as it is written. A table of shapes.
 */
import { isCommand } from './code-content.ts';
import { fold } from './prose.ts';
import { isInstruction } from './sentence.ts';

export type CommandRemark =
  | { readonly kind: 'claim'; readonly text: string }
  /** Something that a person does afterwards. */
  | { readonly kind: 'task'; readonly text: string }
  | { readonly kind: 'conduct'; readonly why: string };

const looks =
  /^[,;:]?\s*(?:(?:and|then|and then|&),?\s+)?(?:please )?(?:verify|check|confirm|ensure|assert|expect|make sure|observe|see)\b(?: (?:that|if|whether)\b)?\s*:?\s*(?=\S)/i;
const says =
  /^(?:(?:it|this|which) )?(?:must|should|has to|expect(?:s|ed)?\b|returns?|prints?|exits?|succeeds?|fails? with|passes|shows?|outputs?|says?|answers?|reports?|lists?|contains?|gives|finds|yields|ends with|no (?:output|rows|lines|matches)\b|nothing\b|empty\b|\d|"[^"]+"|'[^']+'|\u201c[^\u201d]+\u201d|is (?:empty|silent|zero|\d))/i;
const sign = /^(?:->|=>|\u2192|==?|<=?|>=?|\u2264|\u2265)\s*\S/;
const conduct: readonly { readonly words: RegExp; readonly why: string }[] = [
  {
    words: /^(?:twice|thrice|\d+ times|(?:two|three|four|five|ten|several|many) times|(?:\d+|a few|several)x)\b/,
    why: 'the command runs once, and its sentence asks for more',
  },
  {
    words: /^(?:on|for|in|from|against|with) (?:each|every|all|both|any|one of)\b|^(?:once )?per\b/,
    why: 'the command runs once, and its sentence asks for more',
  },
  {
    words: /^as (?:(?:the )?(?:root|admin(?:istrator)?|superuser|postgres|another user)|(?:the )?user\b|`)/,
    why: 'the command runs as the user of the runner',
  },
  { words: /^(?:in parallel|simultaneously|concurrently|at the same time|in the background)\b/, why: 'the command runs alone, and its sentence asks for more' },
];

/** `behind`: the source from the end of the command to the end of its sentence. */
export function remarkOf(behind: string): CommandRemark | undefined {
  const text = behind
    .replace(/^`+/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.!;:]+$/, '');
  const asked = conduct.find(({ words }) => words.test(fold(text)));
  if (asked) return { kind: 'conduct', why: asked.why };
  const looked = looks.exec(text)?.[0].length ?? 0;
  // What is looked at with another command, or read somewhere, is no claim on this one.
  if (looked > 0) return [...text.matchAll(/`([^`]+)`/g)].some((code) => isCommand(code[1] ?? '')) ? undefined : { kind: 'claim', text: text.slice(looked) };
  const then = /^,?\s*(?:and|then|and then)\s+(?=[a-z])(.+)$/.exec(text)?.[1];
  if (
    then !== undefined &&
    !/`/.test(then) &&
    isInstruction(fold(then)) &&
    !/^(?:record|note|write down|save|capture|keep|remember|copy|continue|proceed|go on|move on|repeat|retry|try)\b/i.test(then)
  )
    return { kind: 'task', text: then };
  if (/^within \d/i.test(text)) return { kind: 'claim', text };
  const bare = text.replace(/^\((.*)\)$/, '$1').replace(/^(?:(?:[,;:\u2013\u2014]|-(?!>))\s*)?(?:and\s+)?(?:it\s+(?=must|should))?/, '');
  if (sign.test(bare)) return { kind: 'claim', text: bare };
  return says.test(bare) ? { kind: 'claim', text: /^(?:must|should|has to)\b/i.test(bare) ? `it ${bare}` : bare } : undefined;
}
