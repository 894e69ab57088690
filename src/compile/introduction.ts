/** What the words right before a block say about it: that it is forbidden, an option, older, or only shown. A table of words. */
import { conditionAtStart, type ConditionKind } from './condition.ts';

/** What the words before a block say about it. */
export type IntroKind = 'negative' | 'branch' | 'older' | 'example' | 'shown';

export interface Intro {
  readonly kind: IntroKind;
  readonly text: string;
  /** Of a branch: what it depends on. */
  readonly condition?: ConditionKind;
}

const intros: readonly { readonly kind: Exclude<IntroKind, 'branch'>; readonly words: RegExp }[] = [
  {
    kind: 'negative',
    words:
      /^(?:[\u274c\u2717\u2718\u{1f6ab}\u26d4\u{1f44e}]\ufe0f? ?|(?:wrong|bad|incorrect|anti-?patterns?|what not to do|how not to|not like this|not this|forbidden|not allowed|instead of|under no circumstances|refrain from|resist)\b)|^(?:the|these|this|those|all)(?: [\w-]+){0,4} (?:is|are) (?:strictly |absolutely |always )?(?:forbidden|prohibited|not allowed|off[- ]limits)\b[^:]*:$|^(?:please )?(?:dont|donot|do n't)\b[^:]*:$|^it(?: is|'s) (?:strictly |always )?(?:forbidden|prohibited|not allowed|wrong|harmful|dangerous|a mistake|a bad idea) to\b.*:$|^(?:this|that|it|the (?:following|next)\b.*) would (?:destroy|delete|wipe|break|lose|drop|kill|remove|ruin|overwrite|erase|harm|take down)\b.*:$/u,
  },
  {
    kind: 'negative',
    words:
      /(?:(?:^|[,;:(\u2013-]\s*|\b(?:please|you|so|and|but)\s+)(?:do not|don't|never|avoid)|\b(?:must not|mustn't|may not|should not|shouldn't|must never|should never))\b(?=.*(?::$|\b(?:following|below|these commands|this command)\b)|\b(?:run|execute|do|use|type|enter|try) (?:this|these|that|it|them)[.!]?$|(?: run| execute| do| use)?$)(?!.*\b(?:appear|be (?:printed|listed|there|seen|shown|found|any|more|less|fewer|empty|null|negative|zero|missing|older|larger|smaller)|exist|have|differ|overlap|contain|show|print|occur|happen|return|exceed)\b)(?!.*\b(?:always|not always)\b)/,
  },
  // The same in other languages: their prose is unread, but what it forbids must not run.
  {
    kind: 'negative',
    words:
      /\b(?:niemals|nicht (?:ausf\u00fchren|verwenden|starten)|ne (?:jamais|pas) \S+|nunca|n\u00e3o (?:execut|us|rod)\w*|no (?:ejecut|us)\w+|non (?:eseguire|usare|lanciare)|mai (?:eseguire|usare)|nooit|niet (?:uitvoeren|gebruiken)|nie (?:wolno|uruchamia\S*)|nigdy)\b[^:]*:$|(?:\u3057\u306a\u3044\u3067|\u5b9f\u884c\u3057\u306a\u3044|\u4e0d\u8981|\u52ff|\u7981\u6b62|\u043d\u0438\u043a\u043e\u0433\u0434\u0430|\u043d\u0435 (?:\u0437\u0430\u043f\u0443\u0441\u043a|\u0432\u044b\u043f\u043e\u043b\u043d)).*:$/u,
  },
  {
    kind: 'older',
    words: /^(?:(?:the )?(?:rollback|roll-?back|back-?out)\b.*:$|(?:in an? )?emergenc(?:y|ies)(?: only)?:$|(?:it is )?not part of (?:the|this)\b)/,
  },
  {
    kind: 'older',
    words:
      /^(?!.*\b(?:must|should|run|execute|now)\b)(?=.*\b(?:someone|somebody|people|we|i|they|he|she|last (?:week|month|year|time)|yesterday|ago|again|in \d[\d.]*|for \d[\d.]*|the agent)\b).*\b(?:repaired|got|did|was|were|saw|went|took|made|gave|found|fixed|solved|helped|worked|happened|broke|lost|seen|ran)\b/,
  },
  {
    kind: 'older',
    words:
      /\b(?:then|later|finally|afterwards) (?:ran|did|restarted|removed|deleted|executed|typed)\b|\bas seen (?:at|on|in)\b|\blater:$|\b(?:plan|runbook|checklist) (?:from|of) (?:january|february|march|april|may|june|july|august|september|october|november|december|last|(?:19|20)\d\d)\b|\bwas as follows\b|\bonly for the record\b|^search (?:on|in|for|the) .*\b(?:site|web|page|wiki|index|engine)\b.*:$|\bi keep here\b|\bkept (?:here )?(?:only )?for\b/,
  },
  { kind: 'older', words: /^(?:annex|appendix)\b|\bfor comparison[.:]?$/ },
  {
    kind: 'older',
    words:
      /\b(?:typed|was broken|were broken|broke):$|^(?:we|you|they|people|nobody) no longer (?:use|run|do|execute)\b[^.]*:$|\bcommented out\b[^.]*:$|^(?:the )?(?:contents?|source(?: code)?|text) of [^:]*:$|^(?:the |our )?(?:older|old|previous|earlier|former|legacy|deprecated|obsolete|outdated) (?:way|method|approach|variant)s?\b[^:]*:?$|^(?:the )?(?:file|script) `[^`]+`:$|^pseudo-? ?code\b|^(?:the |these |this )?(?:following|next|commands?|blocks?|steps?|scripts?)\b[^.]*\b(?:is|are) not (?:to be )?(?:executed|run)\b[^.]*:$/,
  },
  { kind: 'older', words: /\b(?:this is|here is|its|the) (?:its )?(?:core|heart|gist)\b.*:$|\bfor the curious\b/ },
  {
    kind: 'older',
    words:
      /\bas captured\b|\b(?:older|old|previous|earlier|original|former|superseded|deprecated|obsolete|legacy|outdated)\b.*\b(?:plan|runbook|version|procedure|steps?|instructions?|script|commands?|flow)\b|\b(?:we|you|one|i) would\b|\b(?:we|i|they|he|she|someone|somebody|it) (?:then )?(?:ran|executed|used to|did|typed|entered|called|tried|started|restarted)\b|^(?:until|before|in|back in|since) (?:\w+ )?(?:19|20)\d\d\b/,
  },
  {
    kind: 'shown',
    words:
      /^(?:it |this |which |and )?(?:prints?|shows?|returns?|outputs?|gives?|answers?|yields?)[.:]?$|\b(?:such as|looks? (?:like|something like|about like|similar to)(?: this| so| the following)?|like (?:this|so|that|the following|these)|similar to(?: this| the following)?|for example|e\.g\.|for instance|(?:it|this|that|they|which|you|we|the (?:[\w-]+ )?(?:command|query|script|call|answer|server|output)|`[^`]+`) (?:then |now |will |should )?(?:prints?|returns?|answers?|shows?|says?|outputs?|gives?)(?: something like)?|(?:you(?:'ll| will)?|we) (?:see|get|then see)|the (?:output|result|answer|response|reply|log|listing)(?: then)?(?: is| was| looks)?(?: like)?)[.:]?$|^(?:(?:a |an |the |some )?(?:sample|samples|typical|example|examples|excerpt|extract|snippet|output|response|result|results|answer|log line|listing|template)\b(?! (?:of|for) .*\b(?:run|execute)\b)[^.]{0,60}:$)|^(?:from|out of) the (?:log|journal|console|output|rule file|config\w*)\b|\bfor (?:your )?(?:information|reference|completeness|the record)\b.*:$/,
  },
  { kind: 'example', words: /^(?:for )?(?:example|e\.g\.|sample)\b/ },
];

/** Words before a command that warn of it, put it off, or give it to somebody else: then it is a person's. */
const leftOpen =
  /^(?:this|the following|the next)(?: (?:command|step|block|script|query|one))? is (?:[\w-]+ ){0,2}(?:dangerous|risky|destructive|unsafe|not (?:yet )?approved|disabled|on hold)\b[^.]*:$|^(?:an? |the )?(?:[\w-]+ ){0,3}(?:dangerous|risky|unsafe) [\w-]+:$|^(?:skip|leave out|omit) (?:this|the next|the following)\b|^(?:skip|leave out|omit)(?: it| that)? (?:if|when|unless|in case)\b|^(?:this|the(?: next| following)?) (?:step|command|check|query|block|script) (?:(?:runs?|is (?:run|executed|needed|required)|applies) only|is only (?:run|executed|needed|required)|only (?:runs|applies)) (?:if|when|unless|on|for|in)\b|^(?:only )?(?:run|execute) (?:this|it|the next one|the following)(?: (?:step|command|check|query|block|script))?,? (?:only )?(?:if|when|unless|in case)\b|^(?:only |not )?(?:needed|required|necessary)\b[^:]*:$|^(?:tomorrow|tonight|next (?:week|month)|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b[^:]*:$|^(?:on|from) (?:the|an) attacker\b[^:]*:$|^(?:create|write|save|put|make|edit|paste)\b[^:]*\bwith (?:this|these|the following) (?:contents?|lines?|text)\b[^:]*:$|^(?:later|not (?:today|yet|now))\b[^.]*:$|\bwill be (?:added|done)\b[^.]*\b(?:later|version|release|next)\b[^.]*:$|^(?:ask|tell|have|get) (?:the |an? |your )?[\w -]{2,30} (?:to )?(?:run|execute|type|enter|issue|do)\b[^.]*:$|^(?:the )?(?:dba|vendor|owner|on-?call|second person|operator|manufacturer|docs|documentation|internet)s? (?:runs?|executes?|types?|suggests?|recommends?|proposes?)\b[^.]*:$|\bwhat (?:the|a|an) [\w-]+ (?:suggests?|recommends?|proposes?)\b[^.]*:$/;

/** The kind of introduction that a folded sentence or label before a block is; undefined where it introduces plainly. */
export function introOf(folded: string, text = folded): Intro | undefined {
  // A remark in brackets introduces nothing.
  if (/^\(.*\)\.?$/.test(folded)) return undefined;
  const row = intros.find((candidate) => candidate.words.test(folded));
  if (row?.kind === 'negative') return { kind: row.kind, text };
  const condition =
    conditionAtStart(folded) ??
    (/\((?:only |but only )?(?:if|when|after|optional)\b|^how to\b.*:$|\b(?:you|one) (?:can|may|could)(?: also)? (?:do|run|use|try)\b.*:$/.test(folded)
      ? 'choice'
      : undefined) ??
    (/\b(?:pick|choose|use|take|select) (?:only )?(?:one|either)\b|\bone of the (?:two|three|following|options)\b/.test(folded) ? 'choice' : undefined) ??
    (/\b(?:repeat (?:the following|this|these|until|for)|do (?:this|the following|the same) (?:for|on) (?:each|every|all))\b|\bfor each (?:of|one)\b/.test(
      folded,
    )
      ? 'choice'
      : undefined) ??
    (leftOpen.test(folded) ? 'choice' : undefined);
  if (condition !== undefined) return { kind: 'branch', text, condition };
  return row === undefined ? undefined : { kind: row.kind, text };
}
