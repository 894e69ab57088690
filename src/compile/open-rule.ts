/**
 * What people demand that no guard can keep, as a table: so that the message says what is missing, and nobody takes the sentence
 * for a remark. Such a sentence is unenforced until it is accepted by name.
 */
export interface OpenRule {
  /** What the demand is about, as in "no guard keeps …". */
  readonly about: string;
  readonly pattern: RegExp;
}

export const openRules: readonly OpenRule[] = [
  {
    about: 'hours and days',
    pattern:
      /\b(?:only|not|never|no|don't) (?:[^\s.;]+ ){0,4}?(?:between|before|after|from|until|on|during) (?:the )?(?:\d{1,2}(?::\d\d| ?(?:h|am|pm|o'clock))|noon|midnight|mon|tue|wed|thu|fri|sat|sun|weekends?|office hours|business hours|working hours|night)|\bin the (?:maintenance|change) window only\b|\bonly (?:in|within|during) (?:the|a) (?:maintenance|change) window\b/,
  },
  {
    about: 'which place is used',
    pattern:
      /^(?:use |on |against |run (?:this |it )?(?:on |against ))?(?:the )?(?:staging|test|sandbox|rehearsal|dev(?:elopment)?|pre-?prod)(?: \S+){0,2} only(?=[.!]|$)|\bonly (?:on|against|in|use) (?:the )?(?:staging|test|sandbox|rehearsal|dev(?:elopment)?|pre-?prod)\b/,
  },
  {
    about: 'how many people are present',
    pattern: /\b(?:two|2|three|four|second)[- ](?:person|people|eyes?|man|operator)\b|\bnever (?:work )?alone\b|\b(?:two|three) people must\b|\bfour[- ]eyes\b/,
  },
  {
    about: 'deployments',
    pattern: /\b(?:no|never|do not|don't|must not|without) (?:[^\s.;]+ ){0,2}?(?:deploy(?:ments?|ing|s)?|releases?|rollouts?|publish(?:ing)?)(?=[\s.,;!)]|$)/,
  },
  {
    about: 'who is shown what',
    pattern:
      /\b(?:no|never|do not|don't|must not|may not) (?:[^\s.;]+ ){0,2}?(?:share|publish|forward|disclose|show|paste|copy|upload|send|print) (?:[^\s.;]+ ){0,5}?(?:outputs?|logs?|secrets?|passwords?|tokens?|credentials?|data|screenshots?|reports?|results?)\b/,
  },
  {
    about: 'what is restarted',
    pattern: /\b(?:never|do not|don't|must not|may not|forbidden to) (?:restart|reboot|stop|kill|shut down|drain) (?:the |any |a )?\S+/,
  },
];

/** What a demand without a guard is about; undefined where nothing known is demanded. */
export function openRuleOf(folded: string): string | undefined {
  return /\?$/.test(folded) ? undefined : openRules.find((rule) => rule.pattern.test(folded))?.about;
}
