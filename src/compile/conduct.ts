/**
 * What a sentence says about how a step is carried out: again after a failure, until something holds, in how much time, once, in any
 * case. Matched as a whole: what is left when its numbers and times are taken out must be one of the heads of a table, so that words
 * that nobody knows ("with exponential backoff") are reported and never dropped. Knows no step.
 */
import { fieldsOf, millisecondsOf, type ConductFields } from './conduct-term.ts';

/** A repetition as its words say it; times in milliseconds. Without any bound it is an error, which the binding reports. */
export interface RepetitionWords {
  readonly kind: 'retry' | 'eventually';
  readonly attempts?: number;
  readonly withinMs?: number;
  readonly pauseMs?: number;
  readonly giveUpWhen?: string;
  /** The claim that ends it, where the sentence has one. */
  readonly until?: string;
}

export type Conduct =
  | { readonly kind: 'repetition'; readonly repetition: RepetitionWords; readonly each: boolean }
  /** Time for one attempt at a step. */
  | { readonly kind: 'limit'; readonly limitMs: number; readonly each: boolean }
  | { readonly kind: 'once'; readonly each: boolean }
  /** Also after a failure. */
  | { readonly kind: 'always'; readonly each: boolean }
  /** Speaks of conduct and is not understood as a whole, or says what nothing here keeps. */
  | { readonly kind: 'unclear'; readonly why: string };

const noun = String.raw`(?:commands?|steps?|checks?|quer(?:y|ies)|calls?|requests?|tests?|scripts?|assertions?|probes?|blocks?|statements?|search(?:es)?|polls?|attempts?)`;
const one = String.raw`(?:it|this|that|(?:the|this|that)(?: (?:failed|failing|whole|same|above|following|next|previous|last|first))? ${noun}(?: (?:above|below))?)`;
const each = String.raw`(?:them|(?:each|every|any|all|a)(?: of)?(?: the| these)?(?: (?:failed|failing))? ${noun}(?: (?:here|below|above|(?:of|in) this (?:section|part|plan|document)))?|failed ${noun})`;
const object = String.raw`(?:${one}|${each})`;
const ofEach = new RegExp(`\\b${each}(?![\\w-])`, 'i');
const fails = String.raw`(?:fails?|errors?|times out|(?:does not|doesn't|do not) (?:pass|succeed|hold|work|answer)(?: at first| yet| at once)?|(?:is|are) not (?:yet )?(?:met|green|ok|there|ready|so))`;
const afterFailure = String.raw`(?:(?:if|when|should|whenever|in case|as long as|while) ${object} ${fails}[,:]? |(?:on|upon|in case of|after) (?:an? |any |each |every )?(?:failure|error|time-?out)s?[,:]? |if (?:not|unsuccessful|(?:this|that|it) is not the case)[,:]? )?(?:then )?`;
const lead = String.raw`^(?:(?:please|and|also|otherwise),? |(?:you|we) (?:may|can|should|must) )*`;
const modal = String.raw`(?:may|can|should|must|shall|is to|are to|will|has to|have to)`;

const behindFailure = new RegExp(
  `(?<=.),? (?:(?:if|when|whenever|in case) ${object} ${fails}|(?:on|upon|in case of) (?:an? |any )?(?:failure|error|time-?out)s?)$`,
  'i',
);

interface Head {
  readonly kind: 'retry' | 'poll' | 'wait';
  readonly words: RegExp;
}

/** `§` stands where numbers and times were. */
const heads: readonly Head[] = [
  { kind: 'retry', words: new RegExp(`${lead}${afterFailure}(?:re-?try|re-?run|repeat)(?: ${object})?(?: again)?$`, 'i') },
  { kind: 'retry', words: new RegExp(`${lead}${afterFailure}(?:try|attempt|run|execute)(?: ${object})? again$`, 'i') },
  { kind: 'retry', words: new RegExp(`${lead}${object} ${modal} be (?:re-?tried|repeated|re-?run|tried again)$`, 'i') },
  {
    kind: 'retry',
    words:
      /^(?:(?:with|allow|make|use)|(?:give up|stop)(?: trying| retrying)? after) § tries$|^§ tries$|^§ (?:tries|counted) (?:are|is|may be) (?:allowed|permitted|made)$/i,
  },
  { kind: 'retry', words: new RegExp(`${lead}try(?: ${object})?$`, 'i') },
  { kind: 'poll', words: new RegExp(`${lead}(?:poll|keep (?:on )?(?:trying|polling|retrying|checking|asking))(?: ${object})?$`, 'i') },
  { kind: 'poll', words: new RegExp(`${lead}(?:check|query|ask|re-?check|run|execute|repeat)(?: ${object})?(?: again and again| repeatedly| again)?$`, 'i') },
  { kind: 'wait', words: new RegExp(`${lead}wait$`, 'i') },
];

/** What a sentence that only a repetition can begin with begins with. */
const speaksOfRepetition = new RegExp(`${lead}${afterFailure}(?:re-?try|poll|keep (?:on )?(?:trying|polling|retrying)|try(?: ${object})? again)\\b`, 'i');

/** "until it works" says no more than that it must not fail. */
const untilSuccess =
  /^(?:it|this|that|the (?:command|step|check|query|call|test)) (?:succeeds?|works?|passes|holds?|is (?:green|ok|successful|through)|(?:does not|no longer) fails?)$|^(?:success|successful)$/i;

/** "Wait for completion (status `succeeded` or `failed`)". */
const awaitedValues = /^wait for [^()`]{1,60}\((?:the )?`?([A-Za-z_]\w*)`?(?: (?:is|becomes|equals|=))? ((?:`[^`]+`(?:, or |, | or )?)+)\)$/i;

/** Words that name evidence, so that what stands behind "until" is a claim and no story. */
export const claimLike = /`|[=<>≤≥]|\b(?:outputs?|std(?:out|err)|exit (?:code|status)|rows?|lines?|http|status|match(?:es)?|tests? pass|returns?|prints?)\b/i;

/** In the brackets of a heading: "(max 10 s)", "(retry up to 3 times)", "(every 2 s, max 1 min)", "(once)". */
export function conductOfBrackets(words: string, title: string): Conduct | undefined {
  if (/^(?:once|exactly once|only once|once only)$/.test(words)) return { kind: 'once', each: false };
  const limitMs = millisecondsOf(timeLimit.exec(words)?.[1] ?? '');
  if (limitMs !== undefined) return { kind: 'limit', limitMs, each: false };
  const said = conductOf(words);
  if (said?.kind === 'repetition' || said?.kind === 'unclear') return said;
  return /^(?:poll|wait)\b/i.test(title) ? repetitionOf(`poll ${words}`) : undefined;
}

const timeLimit = /^(?:max(?:imum|\.)?(?: of)?|at most|within|no (?:longer|more) than|time-?out(?: of|:)?|time ?limit(?: of|:)?) (.+)$/;

/** Without one of these words no head of a repetition can match. */
const mayRepeat =
  /\b(?:re-?tr\w*|re-?run|repeat\w*|again|poll\w*|keep|try|tries|attempts?|wait)\b|\b(?:check|query|ask|run|execute)\b.*\b(?:every|until|more|times|at most|up to|within|for)\b/i;

/** Without one of these words no row can match: most sentences of a document are done with here. */
const anyConduct =
  /\b(?:re-?tr\w*|re-?run\w*|repeat\w*|again|poll\w*|keep|wait|until|once|single\s+time|twice|always|any\s+case|whatever\s+happens|even|regardless|time-?outs?|limit|deadline|idempotent|repeatable|safe|attempts?|tr(?:y|ies)|every|give\s+up|abort|kill|stop|cancel|end|interrupt)\b|\b(?:has|have|gets?|given|allowed|must|should|shall|may)\b.*\d/i;

export function conductOf(sentence: string): Conduct | undefined {
  if (sentence.length > 400 || !anyConduct.test(sentence)) return undefined;
  const text = plain(sentence);
  const counted = /^(?:the )?(?:retry (?:limit|count)|(?:max(?:imum|\.)? )?(?:number of )?(retries|attempts)) (?:is|are) (\d{1,6})$/i.exec(text);
  if (counted) return conductOfLabel(/^attempts$/i.test(counted[1] ?? '') ? 'attempts' : 'retries', counted[2] ?? '');
  return otherConduct(text) ?? (mayRepeat.test(text) ? repetitionOf(text) : undefined);
}

const addsConduct = /\b(?:re-?try|re-?trying|trying again|polling|repeat(?:ing)? (?:it|this))\b|`,? (?:until|every|up to|at most|for)\b|`.*again|\([^()]*\d/i;

/** "Run the check, retrying up to 3 times, 5 s apart:": what a sentence that says something else adds about its step. */
export function conductBehind(sentence: string): { readonly conduct: Conduct; readonly before: string } | undefined {
  if (sentence.length > 400 || !addsConduct.test(sentence)) return undefined;
  const text = plain(sentence);
  const repeated = /^(.+?)(?:[,;]| -| \(| (?=and )) ?(?:and )?(re-?try(?:ing)?|trying again|polling|repeating (?:it|this)|repeat (?:it|this))\b(.*?)\)?$/i.exec(
    text,
  );
  if (repeated) {
    const verb = /^poll/i.test(repeated[2] ?? '') ? 'poll' : 'retry';
    const conduct = repetitionOf(`${verb}${repeated[3] ?? ''}`);
    return conduct && { conduct, before: repeated[1] ?? '' };
  }
  const polled =
    /^((?:run|execute|call|query|check|issue) `[^`]+`(?: again)?(?: and again| repeatedly)?),? ((?:until|every|up to|at most|for up to|for at most)\b.*)$/i.exec(
      text,
    );
  const polling = polled && repetitionOf(`poll ${polled[2] ?? ''}`);
  if (polled && polling) return { conduct: polling, before: polled[1] ?? '' };
  const limited =
    /^(.+?),? \((?:max(?:imum|\.)?(?: of)?|at most|time-?out|time limit|within|no (?:longer|more) than|not longer than|up to)(?::| of)? ([^()]+)\)$/i.exec(
      text,
    );
  const fields = limited && fieldsOf(`within ${limited[2] ?? ''}`);
  if (!limited || fields?.withinMs === undefined || fields.rest.trim() !== '') return undefined;
  return { conduct: { kind: 'limit', limitMs: fields.withinMs, each: false }, before: limited[1] ?? '' };
}

/** The words behind "Retry:", "Retries:", "Polling:". */
export function conductOfLabel(label: string, body: string): Conduct {
  const text = plain(body);
  const bare = /^\d+$/.test(text) ? `${text} ${/^attempts|^tries/i.test(label) ? 'attempts' : 'times'}` : text;
  const found = repetitionOf(`${/^poll/i.test(label) ? 'poll' : 'retry'} ${bare}`) ?? conductOf(text);
  return found ?? { kind: 'unclear', why: `\`${text.replaceAll('`', '')}\` tells neither how often nor for how long` };
}

function repetitionOf(sentence: string): Conduct | undefined {
  const text = sentence.replace(behindFailure, '');
  const fields = fieldsOf(text);
  const until = fields.until;
  const rest = fields.rest
    .replace(/\s*[,;§]+\s*$/g, '')
    .replace(/ ,/g, ',')
    .replace(/\s+/g, ' ')
    .trim();
  const head = heads.find(({ words }) => words.test(rest));
  const bounded = fields.attempts !== undefined || fields.withinMs !== undefined;
  const awaited = bounded ? awaitedValues.exec(rest) : null;
  if (awaited) {
    const values = [...(awaited[2] ?? '').matchAll(/`([^`]+)`/g)].map((value) => value[1] ?? '');
    return { kind: 'repetition', each: false, repetition: { kind: 'eventually', ...given(fields), until: `${awaited[1] ?? ''} in { ${values.join(', ')} }` } };
  }
  const paced = fields.pauseMs !== undefined || until !== undefined || fields.giveUpWhen !== undefined;
  if (head === undefined || (!bounded && !paced && head.kind !== 'poll')) {
    if (!speaksOfRepetition.test(text) || !(bounded || paced)) return undefined;
    return { kind: 'unclear', why: `of this sentence nothing is known that could be done with \`${(head === undefined ? rest : text).replaceAll('`', '')}\`` };
  }
  const works = until !== undefined && untilSuccess.test(until);
  if (until !== undefined && !works && !claimLike.test(until)) return undefined;
  // "Wait until …" without a limit is a claim like any other, judged once; "check …", "run …" say so only with a pace of theirs.
  if (head.kind === 'wait' && (until === undefined || !bounded)) return undefined;
  if (head.kind === 'poll' && !/^(?:.* )?(?:poll|keep)\b/i.test(rest) && !(fields.pauseMs !== undefined || (until !== undefined && bounded))) return undefined;
  const claim = until !== undefined && !works ? { until } : {};
  const kind = head.kind === 'retry' && claim.until === undefined ? 'retry' : 'eventually';
  return { kind: 'repetition', each: ofEach.test(rest), repetition: { kind, ...given(fields), ...claim } };
}

const verb = '(?:run|execute|start|perform|do|issue|send|call)';
const once = String.raw`(?:exactly once|only once|once only|once and only once|just once|a single time)`;
const others: readonly { readonly kind: 'once' | 'always'; readonly words: RegExp }[] = [
  { kind: 'once', words: new RegExp(`${lead}(?:only )?${verb}(?: ${object})? ${once}$|${lead}only ${verb} ${object} once$`, 'i') },
  { kind: 'once', words: new RegExp(`^${object} (?:must|may|shall|is to|should) (?:only )?be (?:run|executed|sent|issued|performed) ${once}$`, 'i') },
  {
    kind: 'once',
    words: new RegExp(`^${object} (?:must|may|shall|should|can)(?: not|not| never) be (?:repeated|re-?run|re-?tried|run (?:twice|again))$`, 'i'),
  },
  {
    kind: 'once',
    words: new RegExp(`${lead}(?:do not|don't|never|must not) (?:re-?run|repeat|re-?try|${verb} ${object} (?:again|twice))(?: ${object})?$`, 'i'),
  },
  { kind: 'once', words: new RegExp(`^${object} (?:is|are) not (?:idempotent|safe to (?:repeat|re-?run|run twice)|repeatable)$`, 'i') },
  {
    kind: 'always',
    words: new RegExp(
      `${lead}(?:always )?${verb} ${object},? (?:in any case|whatever happens|(?:also|even) (?:after (?:an? |any )?failure|(?:if|when) .{0,40}\\b(?:fail(?:s|ed)?|fails before))|regardless of .{0,40})$|${lead}always ${verb} ${object}$`,
      'i',
    ),
  },
];

const limits: readonly RegExp[] = [
  new RegExp(`^(?:${object}) (?:has|have|gets?|is given|is allowed) (?:at most |up to |no more than )?§(?: at most| to finish| to complete)?$`, 'i'),
  new RegExp(`${lead}(?:abort|kill|stop|cancel|end|interrupt) ${object} after §$`, 'i'),
  new RegExp(`^(?:the |its )?(?:time-?out|time limit|deadline)(?: (?:of|for) ${object})? is §$`, 'i'),
];

/** "The whole plan must finish within 15 minutes": understood, and kept by nothing. */
const wholePlan =
  /^(?:the |this )?(?:whole |entire |complete |full )?(?:plan|execution|drill|procedure|runbook|rehearsal|exercise|test plan|whole thing) (?:must|should|has to|shall|may|must not|may not|should not)\b.*\b(?:finish|complete|end|done|finished|take|last|longer|run)\b.*§/i;

const mayBeOther = /\b(?:once|single time|not|never|any case|whatever|even|also|regardless|always)\b|n't\b/i;
const mayBeLimit = /\b(?:has|have|gets?|given|allowed|abort|kill|stop|cancel|end|interrupt|time-?out|time limit|deadline|must|should|has to|shall|may)\b/i;

function otherConduct(text: string): Conduct | undefined {
  const row = mayBeOther.test(text) ? others.find(({ words }) => words.test(text)) : undefined;
  if (row) return { kind: row.kind, each: ofEach.test(text) };
  if (!mayBeLimit.test(text) || !/\d|\b(?:an?|half|one|two|three|four|five|ten|fifteen|twenty|thirty|sixty) [hms]/i.test(text)) return undefined;
  const timed = fieldsOf(text, 'any');
  if (timed.withinMs === undefined) return undefined;
  if (limits.some((words) => words.test(timed.rest))) return { kind: 'limit', limitMs: timed.withinMs, each: ofEach.test(text) };
  return wholePlan.test(timed.rest) ? { kind: 'unclear', why: 'a limit for the plan as a whole is kept by nothing' } : undefined;
}

/** What a sentence says in numbers, without the words that are left. */
export function given(fields: Partial<ConductFields> | undefined): Omit<RepetitionWords, 'kind' | 'until'> {
  const { attempts, withinMs, pauseMs, giveUpWhen } = fields ?? {};
  return {
    ...(attempts === undefined ? {} : { attempts }),
    ...(withinMs === undefined ? {} : { withinMs }),
    ...(pauseMs === undefined ? {} : { pauseMs }),
    ...(giveUpWhen === undefined ? {} : { giveUpWhen }),
  };
}

/** Without emphasis, closing signs and what typographers put in the place of plain ones. */
export function plain(sentence: string): string {
  return sentence
    .replace(/\*\*|__/g, '')
    .replace(/[‘’]/g, "'")
    .replace(/[‐-―]/g, '-')
    .replace(/ - /g, ', ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^[^\p{L}\p{N}`"'(<]+/u, '')
    .replace(/[.!:;]+$/, '')
    .trim();
}
