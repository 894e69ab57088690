/**
 * What a sentence of a part that tells what to do is: tables of shapes, matched against the folded sentence. A sentence that
 * matches none is narrative. Knows no section and no step.
 */

/** What the words before a block say about whether it runs. */
export type IntroKind = 'negative' | 'branch' | 'older' | 'example';

const intros: readonly { readonly kind: IntroKind; readonly words: RegExp }[] = [
  {
    kind: 'negative',
    words:
      /^(?:[\u274c\u2717\u2718\u{1f6ab}\u26d4]\ufe0f? ?|(?:wrong|bad|incorrect|anti-?patterns?|what not to do|how not to|not like this|forbidden|not allowed|instead of)\b)/u,
  },
  {
    kind: 'negative',
    words:
      /\b(?:do not|don't|never|must not|mustn't|may not|should not|shouldn't|avoid)\b(?=.*(?::$|\b(?:following|below|these commands|this command)\b)|(?: run| execute| do| use)?$)/,
  },
  {
    kind: 'older',
    words:
      /\bas captured\b|\b(?:older|old|previous|earlier|original|former|superseded|deprecated|obsolete|legacy|outdated)\b.*\b(?:plan|runbook|version|procedure|steps?|instructions?|script|commands?|flow)\b/,
  },
  {
    kind: 'branch',
    words:
      /^(?:(?:and|or|but) )?(?:only )?(?:if|when|unless|in case|should (?:it|this|the|any|a|step)\b.*\bfail)\b|^(?:optional(?:ly)?|alternatively|alternative|otherwise|or|or else|on (?:mac ?os|macos|osx|linux|windows|ubuntu|debian|fedora|failure|error)|for (?:mac ?os|macos|linux|windows)|as a last resort|last resort|manual(?:ly)? alternative|if needed|(?:you|one) (?:can|may|could)(?: also)?)\b|\brepeat (?:the following|this|until)\b/,
  },
  { kind: 'example', words: /^(?:for )?(?:example|e\.g\.|sample)\b/ },
];

/** The kind of introduction that a sentence or a label before a block is; undefined where it introduces plainly. */
export function introOf(folded: string): IntroKind | undefined {
  return intros.find((row) => row.words.test(folded))?.kind;
}

/** Headings and their brackets: commands below never run, or only when a person decides so. */
const headings: readonly { readonly kind: 'never' | 'decided'; readonly words: RegExp }[] = [
  {
    kind: 'never',
    words:
      /^(?:do not|don't|never|what not to|how not to|wrong|bad|incorrect|deprecated|obsolete|superseded|legacy|old|older|previous|outdated|example|quick reference|cheat ?sheet|faq|frequently asked|what was done|results? of (?:the |an? )?(?:last|previous|earlier)|if (?:it|this|that|anything|something|a step|the \w+) (?:fails|goes wrong|breaks)|in case of|on failure|failure handling|last resort|out of scope|archived?)\b/,
  },
  {
    kind: 'never',
    words:
      /\b(?:last resort|deprecated|obsolete|superseded|do not (?:run|execute|use)|not to be (?:run|executed)|only (?:if|when|on|in case)|if (?:it|this|the \w+|anything|a \w+) fail\w*|for reference|as captured|historical)\b/,
  },
  {
    kind: 'decided',
    words: /^(?:alternatives?|optional|manual fallback|fallback)\b|^(?:optional|manual|if needed|if necessary|if required|ops only|alternative)$/,
  },
];

export function headingCaution(title: string, brackets: readonly string[]): 'never' | 'decided' | undefined {
  const texts = [title, ...brackets];
  return headings.find((row) => texts.some((text) => row.words.test(text)))?.kind;
}

/** "Execute from `backend/`:", "All commands run from `x`", "Working directory: `x`", "cd into the `x` folder". */
const directories: readonly { readonly all: boolean; readonly words: RegExp }[] = [
  {
    all: false,
    words: /^(?:execute|run)(?: (?:this|it|them|the following|the command))? (?:from|in|inside)(?: the)? `([^`]+)`(?: (?:directory|folder))?\s*[:.]?$/i,
  },
  {
    all: true,
    words:
      /^(?:(?:execute|run) )?(?:all|the|these)? ?commands?(?: below)?(?: in this \w+)? ?(?:are |is |must be |should be )?(?:run|executed)?(?: from| in| inside)(?: the)? `([^`]+)`(?: (?:directory|folder))?\s*[:.]?$/i,
  },
  { all: true, words: /^(?:working directory|work(?:ing)? dir|cwd)\s*:\s*`([^`]+)`\s*\.?$/i },
  {
    all: true,
    words: /^(?:change|switch|go|cd) (?:in)?to(?: the)? `([^`]+)`(?: (?:directory|folder))?(?:,? and (?:run|execute)(?: the following)?)?\s*[:.]?$/i,
  },
];

export function directoryOf(text: string): { readonly path: string; readonly all: boolean } | undefined {
  for (const row of directories) {
    const path = row.words.exec(text)?.[1];
    if (path !== undefined) return { path: path.replace(/\/+$/, '') || '.', all: row.all };
  }
  return undefined;
}

const claimLead =
  /^(?:expect(?:ed)?(?: results?| outputs?| outcome)?|verify|check|assert|ensure|confirm|make sure|you should (?:see|get|now)|should|must|pass(?:es|ed)?(?: if| when)?:|fails?(?: if| when)?:|result:)(?:\s|:|$)/;
const demand = /\b(?:must|should|shall|has to|have to|needs? to|is expected to|are expected to)\b/;
/** "This should take five minutes" and its like ask nothing of evidence. */
const idleDemand = /\bshould (?:only |not |usually |normally )?(?:take|be familiar|be aware|know|read|understand)\b|\b(?:this|it) should help\b/;
const statement =
  /^(?:it|this|the (?:command|output|response|query|script|endpoint|call|exit (?:code|status)|std(?:out|err))|output|stdout|stderr|response|exit (?:code|status)|nothing|all \w+) (?:returns?|prints?|outputs?|shows?|contains?|displays?|exits?|succeeds?|fails?|is|are|equals|has|have|reports?|answers?)\b/;

/** `status = OK`, "exit code 0", "`make build` should exit with 0". */
const bareClaim =
  /^`?[a-z_][\w.]*\s*(?:==|!=|<>|>=|<=|=|<|>)\s*[^\s].*$|^exit (?:code|status) \d|^std(?:out|err) \w+|^(?:exactly|at least|at most|no|one|\d+) (?:[\w.-]+ ){0,3}rows?\b|^`[^`]+` (?:should|must|returns?|prints?|exits?|shows?|outputs?|succeeds?|equals)\b/;

/** Does a sentence say what evidence must show? Whether the closed language can express it is found out later. */
export function isClaim(folded: string): boolean {
  if (/:$/.test(folded) && !/`/.test(folded)) return false;
  return (
    bareClaim.test(folded) ||
    claimLead.test(folded) ||
    (demand.test(folded) && !idleDemand.test(folded) && !instructsReader.test(folded)) ||
    statement.test(folded)
  );
}

const instructsReader =
  /^(?:(?:first|then|next|now|finally|also),? )?(?:you|we|the (?:operator|engineer|tester|user)) (?:must|should|shall|need to|have to) (?!see\b|get\b|be\b|have\b)/;

const verbs =
  'restart stop start wait approve ask open click log deploy notify announce install enable disable set unset update upgrade configure create delete remove drop edit change apply migrate back restore pull push merge tag repeat run execute build rebuild copy move rename replace add insert send switch select choose go navigate press scale drain shut fail promote tell contact page sign review inspect schedule download upload import export kill reload rotate revoke grant reboot connect disconnect turn toggle follow complete perform test monitor watch submit publish release roll revert clean prepare generate seed truncate fix patch re-run rerun coordinate escalate inform take get obtain request ssh login lock unlock pause resume trigger register assign provision attach detach mount unmount compare count';
const imperative = new RegExp(
  String.raw`^(?:(?:please|then|now|next|first|finally|also|afterwards|manually|again|and),? )*(?:${verbs.split(' ').join('|')})\b(?! (?:is|are|was|were|of|time|notes?|plan|taken|has|have|takes?|runs?)\b)(?=[ .]|$)`,
);

/** Does a sentence tell a person to do something? Such a sentence without a command is a task. */
export function isInstruction(folded: string): boolean {
  return (imperative.test(folded) && !/:$/.test(folded)) || (instructsReader.test(folded) && !/:$/.test(folded));
}

/** "If `n = 0`, stop." → the claim whose opposite stops. */
export function stopConditionOf(text: string): string | undefined {
  return (
    /^(?:if|when) (.+?),? (?:then )?(?:stop|abort|halt|fail|do not (?:continue|proceed))\b(?! the| a)/i.exec(text)?.[1] ??
    /^(?:stop|abort|halt) (?:if|when|unless) (.+?)\.?$/i.exec(text)?.[1]
  );
}

/** Does a sentence before inline code say to run it, forbid it, or leave it to somebody? Matched against the folded text before it. */
export function commandLead(before: string, after: string): 'run' | 'branch' | 'none' {
  if (before === '') return /^ ?(?:should|must|returns?|prints?|exits?|succeeds?|passes|shows?|outputs?)\b/.test(after) ? 'run' : 'none';
  if (/^(?:alternatively|optionally|or|otherwise)\b/.test(before) && !/^otherwise$/.test(before)) return 'branch';
  const told = /\b(?:run|execute|invoke|issue|type|call)(?:ning|ing)?(?: (?:the|this|these|following|commands?))*:?$/.test(before);
  if (!told) return /^(?:and |,)?(?:then|next|finally|afterwards|and then)$/.test(before) ? 'run' : 'none';
  if (/\b(?:if|unless|when|in case)\b/.test(before)) return 'branch';
  return /\b(?:can|may|could|might|to|not|never|don't|avoid|without|was|were|by|instead of|from|that|which|before|after|by running)\b/.test(
    before.replace(/\b(?:need|have) to\b/, ''),
  )
    ? 'none'
    : 'run';
}
