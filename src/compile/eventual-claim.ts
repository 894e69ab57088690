/** Claims that may take their time: "eventually", and a time before the claim. Behind one ("… within 30 s") it is a claim on the step's own time. */
import { claimLike, given, plain, type RepetitionWords } from './conduct.ts';
import { fieldsOf, millisecondsOf, type ConductFields } from './conduct-term.ts';

/** "Eventually (within 30 s) `status` is `ready`", "`status` eventually becomes `ready` within 30 s": the claim, and how long it may take. */
export function eventuallyIn(sentence: string): { readonly claim: string; readonly repetition: RepetitionWords } | undefined {
  if (sentence.length > 400 || !/\beventually\b|^\W*within\b/i.test(sentence)) return undefined;
  const text = plain(sentence);
  const first = /^within ([^,`]{1,40}), (.+)$/i.exec(text) ?? /^within (\S+ \w+),? ((?:the |all )?(?:`|output|std(?:out|err)|row).+)$/i.exec(text);
  const withinMs = millisecondsOf(first?.[1] ?? '');
  if (first && withinMs !== undefined && claimLike.test(first[2] ?? '')) return { claim: first[2] ?? '', repetition: { kind: 'eventually', withinMs } };
  if (!/\beventually\b/i.test(text)) return undefined;
  const behind = /^eventually,? (?:\(([^()]*)\),? )?(.+)$/i.exec(text);
  const inside = /^([^,;]+?) (?:must |should |will |has to |have to )?eventually (?:\(([^()]*)\) )?(.+)$/i.exec(text);
  if (!behind && (!inside || hedged.test(inside[1] ?? ''))) return undefined;
  const said = behind ? (behind[2] ?? '') : `${inside?.[1] ?? ''} ${inside?.[3] ?? ''}`;
  const { claim, fields } = splitBudget(said, behind ? behind[1] : inside?.[2]);
  return { claim: claim.replace(/ (?:becomes?|turns?|gets?|be|reach(?:es)?) /i, ' is '), repetition: { kind: 'eventually', ...given(fields) } };
}

/** "may eventually", "would eventually": a tale. */
const hedged = /\b(?:may|might|could|would|can|usually|often|sometimes|we|they|you|i|he|she)$/i;

/** A claim with a time behind it, and what stood in brackets: "… is ready within 30 s, every 2 s". */
function splitBudget(said: string, brackets: string | undefined): { readonly claim: string; readonly fields: ConductFields } {
  const inBrackets = brackets === undefined ? undefined : fieldsOf(brackets);
  const trailing = /^(.+?),? \(?((?:within|for up to|max\.?|at most|every) \d[^`()]*)\)?$/i.exec(said);
  const behind = trailing && fieldsOf(trailing[2] ?? '');
  const known = behind?.rest.trim() === '' && (behind.withinMs !== undefined || behind.pauseMs !== undefined);
  return { claim: known ? (trailing?.[1] ?? said) : said, fields: { rest: '', ...given(inBrackets), ...(known ? given(behind) : {}) } };
}
