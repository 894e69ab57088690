/**
 * Conditions under which a sentence, a heading or an introduction puts what follows. The plan does not measure them itself:
 * what depends on one is a person's decision. Tables of words, matched against folded text.
 */

/** `failure`: only when something is wrong (the execution stops there instead). `choice`: an option, a case, an approval. */
export type ConditionKind = 'failure' | 'choice';

/** Only what cannot mean that all is well: "when the queue is down to zero" is no failure. */
const wrong =
  /\b(?:fail(?:s|ed|ing|ure|ures)?|error(?:s|ed)?|wrong|broken|breaks?|hangs?|hung|stuck|crash\w*|problems?|unhealthy|unavailable|unreachable|timed? ?out|times out|refuses?|refused|rejected|corrupt\w*|degraded|not (?:work|start|respond|answer|come|ready|running|there|found|match|succeed|ok|green|true|the case|possible|enough|resolved|available)\w*|(?:does|do|did|is|are|was|were|has|have|can|could|will|would)(?:n't| not)|isn't|won't|can't|cannot|mismatch|dies|died|otherwise|else|if not|incident|alarm|panic|emergency|last resort|go(?:es)? wrong)\b/;

const starts: readonly RegExp[] = [
  // A mark before a command that takes it out of the flow, or gives it to somebody else.
  /^(?:(?:old|was|deprecated|obsolete|formerly|dangerous|attack|legacy(?: command)?|cron|syntax|cause|dba|not|never again|skip(?:ped)?|todo|later|last (?:week|time|month|year))\s*:|[([]?(?:skip(?:ped)?|deprecated|obsolete|disabled|not yet|todo|n\/a)[)\]])/,
  /^(?:maybe|perhaps|possibly|imagine|suppose|pretend)\b|^(?:did|do|have) you\b|^(?:run|executed) by (?:cron|the|an?)\b/,
  /^(?:(?:and|or|but|then|so),? )?(?:only |except )?(?:if|unless|in case|should (?:it|this|that|the|any|a|an|one|there|you|they|some)\b|provided(?: that)?|assuming|depending on)\b/,
  /^(?:(?:and|or|but),? )?(?:only )?when(?:ever)?\b(?! (?:it is |it's |you are |you're |that is |that's |this is |everything is |all (?:is|are) )?(?:done|finished|ready|complete[d]?|over|prompted|asked|through)\b)(?!,)/,
  /^(?:optional(?:ly)?|alternatively|alternative(?:s)?|otherwise|or(?: else)?|either|as a (?:last resort|fallback|workaround)|last resort|if (?:needed|necessary|required|you (?:like|want|prefer))|for (?:each|every|mac ?os|osx|linux|windows|debian|ubuntu|rhel|centos|production|staging)|on (?:mac ?os|osx|linux|windows|ubuntu|debian|fedora|rhel|centos|failure|errors?|new(?:er)? \w+|old(?:er)? \w+)|(?:you|one|we) (?:can|may|could|might)(?: also)?(?! (?:also )?(?:check|verify|see|confirm|test|find|watch)\b)|variant|option [a-z0-9]+|case [a-z0-9]+|scenario [a-z0-9]+|manual(?:ly)? (?:alternative|variant|fallback)|(?:windows|mac ?os|osx|linux|debian|ubuntu|rhel|centos|fedora):?$|emergency (?:stop|exit|brake|shut-?down|procedure)|repeat|in (?:an )?emergenc(?:y|ies)|to (?:undo|revert|roll back|go back)|undo|revert|rollback|roll back|workaround)\b/,
  /^(?:only )?(?:after|once|with|upon|on) (?:(?:their|his|her|the|an?|written|explicit|your|our|\w+'s) )*(?:ok|okay|go(?:-ahead)?|green light|approval|consent|permission|sign-?off|confirmation|written order|decision)\b/,
  /^(?:with|on|upon|in case of|after|for) an? \W*(?:go|no-go|yes|no|red|green|failure)\b/,
  /^(?:once|as soon as|after|when) .{0,60}\b(?:has|have|had|is|are|was|were)? ?(?:approved?|confirmed|agreed|signed(?: off)?|decided|given (?:the|their|an?) (?:ok|go|approval))\b/,
];

/** The condition that a folded text begins with. */
export function conditionAtStart(folded: string): ConditionKind | undefined {
  const bare = folded.replace(/^\(/, '').replace(/^(?:[-*\u2022]|[a-z0-9]{1,2}[.)]|note:|hint:|tip:)\s+/, '');
  if (!starts.some((row) => row.test(bare))) return undefined;
  return wrong.test(bare.split(/[,:]| then /)[0] ?? bare) || /^(?:otherwise|undo|revert|rollback|roll back|workaround|to (?:undo|revert|roll))/.test(bare)
    ? 'failure'
    : 'choice';
}

/** The condition of an instruction, wherever it stands: "Expand the volume, if the class allows it". */
export function conditionOf(folded: string): ConditionKind | undefined {
  const start = conditionAtStart(folded);
  if (start !== undefined) return start;
  const inside =
    /(?:,| -) (?:but )?(?:only )?(?:if|unless|when|in case)\b(.*)$|\b(?:only|but only|except) (?:if|when|in case)\b(.*)$|\b(?:if|where) (?:needed|necessary|required|possible|applicable|in doubt|you (?:like|want|are curious|lost))\b|\bin case (?:of|you|the|it)\b(.*)$|\((?:only (?:on|in|for|with|at|after)|dry run only|not yet|later|optional|deprecated|skip(?:ped)?|disabled|never)\b[^()]*\)|(?: -|,) not (?:on|in) (?:production|prod|live)\b|\? no\b/.exec(
      folded,
    );
  if (!inside) return undefined;
  return wrong.test(inside[0]) ? 'failure' : 'choice';
}

/** Titles (numbers and brackets taken away, or the brackets' own words) under which commands are decisions of a person. */
const titles: readonly { readonly kind: ConditionKind; readonly words: RegExp }[] = [
  {
    kind: 'failure',
    words:
      /^(?:mitigations?|remediations?|resolutions?|remed(?:y|ies)|how to (?:fix|resolve|repair|mitigate)\b.*|(?:possible|known|common) (?:fixes|solutions|remedies|errors|problems|issues)|fix(?:es)?|solutions?|workarounds?|recovery actions?|corrective actions?|troubleshooting.*|what to do if .*|fall-?back)$/,
  },
  {
    kind: 'choice',
    words:
      /^(?:alternatives?|optional(?:ly)?|manual(?: fallback| alternative)?|fallback|or|variant|option|case|scenario(?! outline\b|:|$)|if|when(?! to\b)|in case|either|only if|only when|danger(?:ous)? zone|known bad|not for|attack(?= scenario|$))\b|^draft\s*[:-]|\b(?:in case (?:of|it|the|something)|if (?:needed|necessary|required))\b/,
  },
  {
    kind: 'choice',
    words:
      /^(?:optional(?:ly)?\b.*|manual(?:ly)?|by hand|(?:ops|humans?|people|admins?|dba) only|alternative|(?:if|only|when|after|not)? ?(?:needed|necessary|required|applicable)|disabled|draft|unused|removed|retired|on hold|only (?:if|when|on|for|in|after|with) .*|after .*\b(?:ok|go|approval|decision|consent)\b.*|when .*|if .*|d\u00e9cision humaine|manuell|manuel|manual|nur bei .*|falls .*|si .*)$/,
  },
];

export function conditionOfTitle(title: string, brackets: readonly string[]): ConditionKind | undefined {
  const row = titles.find((candidate, index) => (index < 2 ? candidate.words.test(title) : brackets.some((words) => candidate.words.test(words))));
  if (row === undefined) return undefined;
  return row.kind === 'choice' && wrong.test(title) ? 'failure' : row.kind;
}
