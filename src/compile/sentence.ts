/**
 * What one sentence is, by its words: a rule for whoever executes the plan, a claim on evidence, something to record, an
 * instruction. Tables of shapes, matched against the folded sentence; knows no section and no step. What matches none is narrative.
 */
import { imperative } from './verb.ts';

/** Headings and their brackets under which nothing runs. */
const deadTitles =
  /^if (?:it|this|that|things?|anything|something|everything|all)(?: \w+)? (?:all )?(?:fails?|goes|go|breaks?|real|happens)\b|^(?:emergency|in an emergency)\b(?!.*\b(?:tests?|drill|rehearsal|exercise|check)\b)|\b(?:last resort|deprecated|obsolete|superseded|do not (?:run|execute|use)|not to be (?:run|executed)|for reference|as captured|historical|was done|were done)\b|^(?:in case of|on failure|failure handling)\b|\bonly (?:if|when|in case) (?:it|the|a|this|that|something)\b.*\bfail/;

const dead = String.raw`(?:skip(?:ped)?|not (?:yet )?(?:approved|active|released|used|in use|applicable|executed|run)|n\/a|no longer (?:used|needed|valid|in use)|withdrawn|cancell?ed)`;
/** Marks in brackets, or before or behind a dash or colon, that take a section out: "(skipped)", "Purge - n/a". */
const deadMarks = new RegExp(String.raw`^${dead}$|^${dead}\s*[,:;-]`);
const deadEnds = new RegExp(String.raw`^${dead}\s*[:-]\s|[\s)][:\u2013-]\s*${dead}$`);

export function isDeadTitle(title: string, brackets: readonly string[]): boolean {
  return [title, ...brackets].some((text) => deadTitles.test(text)) || brackets.some((words) => deadMarks.test(words)) || deadEnds.test(title);
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
  /^(?:(?:i|we) expect|expect(?:ed)?(?: results?| outputs?| outcome)?|verify|check|assert|ensure|confirm|make sure|you (?:should|must|will) (?:see|get|now)|should|must|pass(?:es|ed)?(?: if| when)?:|fails?(?: if| when)?:|result:)(?:\s|:|$)/;
const demand = /\b(?:must|should|shall|has to|have to|needs? to|is expected to|are expected to|is supposed to|are supposed to|ought to)\b/;
/** "This should take five minutes" and its like ask nothing of evidence. */
const idleDemand =
  /\b(?:ago|formerly|in the past|on purpose)\b|\bshould (?:only |not |usually |normally )?(?:take|be familiar|be aware|know|read|understand|suffice|help)\b|\b(?:this|it) should (?:help|not be a problem|be fine)\b|\byou (?:should|must) (?:have|know|be (?:able|familiar))\b|\bshould (?:you|it|this|anything)\b/;
const subject = String.raw`(?:it|this|that|both|each(?: \w+)?|all(?: \w+){0,3}|every \w+|none(?: of \w+){0,2}|nothing|no \w+|there|the (?:[\w-]+ ){0,3}(?:commands?|outputs?|responses?|query|queries|scripts?|endpoint|call|exit (?:code|status)|std(?:out|err)|page|header|body|log|logs|status|count|value|result|results|list|table|line|lines|row|rows|file|files|total|totals|number|sum|date|dates|hash|hashes|checksum|checksums|size|latency|lag|rate)|output|stdout|stderr|response|exit (?:code|status)|text|body|log|status|count|result|pod list|page)`;
const statement = new RegExp(
  String.raw`^${subject} (?:now )?(?:(?:does not|do not|doesn't) )?(?:returns?|prints?|outputs?|shows?|contains?|displays?|exits?|succeeds?|fails?|is|are|equals?|has|have|reports?|answers?|says?|ends? with|starts? with|begins? with|match(?:es)?|lists?|stays?|remains?|exists?|differs?|agrees?|names?|mentions?|includes?)\b`,
);
/** Things that a statement in a story says, and no claim: times past, habits, causes. */
const story =
  /^it is (?:in|at|on|an?|the|there|here|called)\b|\b(?:was|were|had|did|used to|usually|normally|often|sometimes|typically|generally|mostly|because|means? that|which means|since|so that|may|might|can|could|would|probably|internally)\b|\bsuch as$|\blike$|\b(?:you|we) will (?:get|see)\b.*\blike\b|\bfor example\b|\bin (?:\d{4}|the past)\b|\b(?:called|known as|located|needed|used (?:by|for|to)|responsible|available (?:in|at|on|from)|about)\b/;

/** "No output expected.", "3 rows are expected": the word stands behind what it claims. */
export const expectedBehind = /^(?!.*\b(?:as|than|not|isn't) expected\b)(?!(?:if|when|you|we|it|they)\b).{2,60} expected[.!]?$/;

/** `status = OK`, "exit code 0", "`make build` should exit with 0", "`state` is `done`". */
const bareClaim =
  /^`?[a-z_][\w.]*(?: [-+*] [a-z_][\w.]*)+`? ?(?:==?|!=|>=?|<=?) ?\S|^`?[a-z_][\w.]*(?:\([^()]*\))?`?\s*(?:==|!=|<>|>=|<=|=|<|>|\u2265|\u2264|\u2260)\s*[^\s].*$|^exit (?:code|status) (?:is )?\d|^std(?:out|err) \w+|^(?:exactly|at least|at most|no|zero|one|two|three|\d+) (?:[\w.-]+ ){0,3}(?:rows?|lines?)\b|^`[^`]+` (?:should|must|has to|finds|yields|returns?|prints?|exits?|shows?|says?|outputs?|succeeds?|passes|equals|is|are|contains?|exists?|reports?|lists?|answers?|ends|starts|stays|appears)\b|^`[^`]+`\s*(?:->|=>|\u2192|\u2013|-)\s*(?:must|should|shows?|prints?|\d|`)|^http (?:status )?\d{3}\b|^status(?: code)? \d{3}\b/;

/** What an output or a figure must not be or hold is a claim, not a rule for anybody. */
const outputSubject =
  /^(?:must|should) not (?:be (?:empty|blank|null|zero|negative|in the output)\b|contain|mention|show|print|return|exceed|appear|include|differ|list|report)|^(?:\W*`[^`]+`(?=\s)|(?:the |its |this |each |every )?(?:[\w-]+ ){0,3}(?:std)?(?:out(?:put)?|err|response|logs?|exit code|status|count|number|value|rate|latency|lag|size|total|sum|rows?|lines?|page|header|body|result|queue|replica|table|column|list|report|file|date|hash|checksum)\b).{0,40}\b(?:must|should|may|shall|can) not (?:be (?!(?:edited|changed|touched|used|run|deleted|modified|restarted|written|inserted|copied|moved|dropped|truncated|committed|shared)\b)|contain|mention|show|print|return|exceed|have|appear|include|grow|rise|drop|fall|fail|differ|list|report)/;

/** Does a sentence say what evidence must show? Whether the closed language can express it is found out later. */
export function isClaim(folded: string): boolean {
  if (/:$/.test(folded) && !/`/.test(folded)) return false;
  if (/\b(?:such as|e\.g\.|for example|looks? like|like this|like)[.:]?$/.test(folded)) return false;
  if (outputSubject.test(folded)) return true;
  // "`refused` -> the ACL": what a sign means, not what must be shown.
  if (/^`[^`]+` ?(?:\u2192|->|=>) (?!\d|`|must|should)/.test(folded)) return false;
  if (
    bareClaim.test(folded) &&
    !/^`[^`]+` (?:is|are) (?:an? |the |in |on |for |used|called|where|our|not (?:used|needed)|only|handy|useful|available|responsible)/.test(folded)
  )
    return true;
  if (claimLead.test(folded) || expectedBehind.test(folded)) return true;
  if (demand.test(folded) && !idleDemand.test(folded) && !instructsReader.test(folded)) return true;
  return false;
}

/** "The output lists three pods", "It prints nothing": a claim only where a command stands before it, else a description. */
export function isStatement(folded: string): boolean {
  return statement.test(folded) && !story.test(folded) && !/:$/.test(folded);
}

const instructsReader =
  /^(?:(?:first|then|next|now|finally|also),? )?(?:you|we|the (?:operator|engineer|tester|user|on-?call|agent|second person|dba|owner)|somebody|someone|a person|a second person|another person|two people) (?:must|should|shall|need to|needs to|have to|has to) (?!see\b|get\b|be\b|have\b|now see\b|then see\b|find\b)/;

/** Somebody other than the runner does it: "second person reads the offset back". */
const somebody =
  /^(?:(?:then|and|now),? )?(?:(?:the |a |an |another |your |our )?(?:second person|on-?call|dba|owner|lead|manager|operator|engineer|tester|colleague|supervisor|nurse|pharmacist|technician|treasury|security|finance|product owner|release manager|incident commander|team|person|human)s?|two people|both) (?:reads?|signs?|confirms?|checks?|decides?|approves?|looks?|says?|watches|tells?|writes?|opens?|takes?|calls?|does|repeats?|presses|counts?|compares?|agrees?)\b/;

/** A role that acts: "Scribe starts the watch", "Lena or her deputy changes the secret"; things that act are no people. */
const role =
  /^(?:the |an? |one )?(?!(?:it|this|that|command|script|query|service|server|job|test|tool|page|log|output|system|app|api|database|db|cluster|pod|alert|endpoint|response|which|step|plan|nothing|everything|table|row|column|file|client|worker|batch|import|load|loader|process|program|proxy|gateway|queue|broker|bot|runner|pipeline|build|controller|operator|scheduler|monitoring|dashboard|mail|message|user|users|customers?|browser|code|document|section|list|there)\b)[a-z]+(?: (?:of|on|from) [\w ]{2,20}| or (?:her|his|their) deputy)? (?:starts|writes|reads|calls|tells|confirms|signs|asks|says|presses|decides|picks|compares|changes|buys|announces|watches|counts)\b/;

/** Does a sentence tell a person to do something? Such a sentence without a command is a task. */
export function isInstruction(folded: string): boolean {
  if (/:$/.test(folded)) return false;
  if (reminder.test(folded)) return true;
  if (/^give it\b|^let (?:it|them|the|\d)|^allow \d/.test(folded)) return true;
  return (
    imperative.test(folded.replace(/^\*\*|^["'(]+/, '')) || instructsReader.test(folded) || somebody.test(folded) || role.test(folded) || /^wait\b/.test(folded)
  );
}

/** "Don't forget to tell the auditors" asks for the telling. */
const reminder = /^(?:(?:and|but|also|please),? )?(?:do not|don't|never) forget to\b/;

/** Clauses in which "do not" speaks to the reader: at the start, after a sign, after a word that goes on. */
const toReader =
  /(?:^|[,;:(\u2013-]\s*|\b(?:so|please|then|also|you|you should|you must|agents?|operators?|but|otherwise|instead|always|and please|again)\s+)(?:do \*{0,2}not\*{0,2}|don't|never|under no circumstances)\b/;
const executor =
  /^(?:the |an |any |this )?(?:agents?|executors?|operators?|runners?|testers?|engineers?|you|nobody|no one|no-one|nobody else)\b.*\b(?:never|does not|doesn't|do not|don't|must not|may not|shall not|is not allowed|are not allowed)\b|^(?:only )?(?:the )?[a-z -]{3,30} may only\b/;

/** Forbids or demands a way of working of whoever executes the plan; a tale of what never happened does not. */
export function isRule(folded: string): boolean {
  if (reminder.test(folded)) return false;
  if (/^(?:if|when)\b[^:]*: (?:stop|abort|halt)\b/.test(folded)) return true;
  if (outputSubject.test(folded) || /\b(?:must|should|may) not (?:take (?:longer|more)|exceed|last (?:longer|more)|need (?:a|an|more|any))\b/.test(folded))
    return false;
  if (/\b(?:if you|when you|in case you|because (?:we|they|you)|so (?:we|they|you)) (?:do not|don't)\b/.test(folded)) return false;
  if (
    /\b(?:must|shall|may|should) (?:not|never)\b|\bmustn't\b|\bshouldn't be (?:edited|changed|touched|used|run|deleted|modified)\b/.test(folded) &&
    !/^(?:it|this|that|there) should (?:not|never)\b|\b(?:should|must) never be (?:`|["'\d]|null\b|empty\b|negative\b)|\bmust not be `|\bshould (?:not|never) (?:be (?!edited|changed|touched|used|run|deleted|modified|restarted|committed)|take|see|get|have|happen|matter|hurt|change|differ|contain|show|appear|fail)\b|\bmay not (?:be (?:available|visible|there|the)|work|have|show|see|exist)\b/.test(
      folded,
    )
  )
    return true;
  if (/\b(?:forbidden|prohibited|under no circumstances|not (?:allowed|permitted)|refrain from|off[- ]limits|is taboo)\b/.test(folded)) return true;
  if (toReader.test(folded) && !/\b(?:we|they|users?|it|i|customers?|that|which|who) (?:do not|don't|never)\b/.test(folded)) return true;
  if (/\band (?:do not|don't|never)\b/.test(folded) && (isInstruction(folded) || /^(?:please|you)\b/.test(folded))) return true;
  if (
    /^(?:nobody|no one|no-one) (?!(?:knows?|has|had|was|noticed|saw|ever|talks|uses|complains|else|is(?! (?:allowed|permitted|to)\b))\b)(?:\w+s|may|can)\b/.test(
      folded,
    )
  )
    return true;
  if (
    executor.test(folded) &&
    !/^(?:you|nobody|no one|no-one) (?:may (?:see|get|have|want|need|also|already)|(?:do not|don't) (?:need|have|see|get|know|want))\b|^(?:nobody|no one) (?:knows?|has|had|ever|was|noticed|saw)\b/.test(
      folded,
    )
  )
    return true;
  return demands.some((row) => row.test(folded));
}

const demands: readonly RegExp[] = [
  /^(?:this|the) (?:[\w-]+ )?(?:documents?|pages?|runbooks?|plans?|procedures?|checklists?|guides?|sections?) (?:is|was|are|has been|have been) (?:now |long )?(?:obsolete|deprecated|superseded|outdated|out of date|withdrawn|archived|replaced|no longer (?:valid|used|maintained|current))\b/,
  /\b(?:may|must|can) be [a-z]+ (?:only|exclusively)\b|\b(?:out of the question|an? (?:absolute )?no-?no|(?:is|are) to be avoided)\b|\b(?:stays?|remains?|(?:is|are) left) untouched\b|^no [\w -]{3,40}, please\b/,
  /^(?:please )?(?:be careful|take care|make sure|ensure|see to it)(?: that)? (?:not to|nobody|no one|you (?:do not|don't|never))\b|^without (?:an? )?(?:[\w-]+ )?(?:ticket|approval|order|permission|consent)\b.*\b(?:nothing|nobody|no)\b|^requires? (?:the |an? )?(?:[\w-]+ ){0,2}(?:approval|consent|permission|sign-?off)\b/,
  // What is said behind a command takes it back: it must not pass as mere words.
  /\b(?:commands?|blocks?|scripts?|quer(?:y|ies)|steps?|lines?|snippets?)(?: (?:shown|given|just))? above (?:is|are|was|were) (?:only |just |merely )?(?:(?:an? )?(?:examples?|illustrations?)|not (?:to be |meant to be )?(?:run|executed)|for (?:illustration|reference))/,
  /^(?:someone|somebody|at least (?:one|two) (?:people|persons?|engineers?)|two people|both of you)\b.*\bmust\b/,
  /^(?:only|exclusively) (?!(?:possible|available|works?|needed|necessary|necessary|applies|relevant|useful|if|when|in case|the (?:first|last)|one|two|three|\d|\w+ (?:rows?|lines?)|then)\b)\w+/,
  /\b(?:staging|test|canary|sandbox|replica|read)s?(?:[- ]environments?| numbers| accounts?)? only[!.]?$|\b(?:only|nothing but|nowhere but) (?:on|in|against|with|from|by) (?:the )?(?:staging|test|canary|sandbox|replica)\b/,
  /^(?:one|two) (?:[\w-]+ )?(?:at a time|people|persons?|pair of eyes)\b|\btwo[- ](?:person|man|people) (?:rule|principle)\b|^four[- ]eyes\b|\bone \w+ at a time\b/,
  /^(?:no|zero) [\w-]+(?: [\w-]+){0,4} (?:please|allowed|permitted|without|until|unless|during|while|in the course|here|in the ticket|outside|before|on production|in production|of any kind|whatsoever)\b|^no (?:exceptions?|shortcuts?|work-?arounds?|heroics|retries|parallel|manual|hand-?made|emojis|second|partial|force|edits?|changes?|writes?|deploys?|deployments?|pushes?|direct|other|skipping|guessing)\b/,
  /^(?:hard stop|stop|abort|halt|give up|break off|back out)(?: (?:here|there|at once|immediately|and report|and (?:tell|write|call|escalate)|on|at the first|the (?:plan|execution|run|test|drill|exercise|gate|release)|if|when|unless|after)\b|[!.,:;]|$)/,
  /\b(?:then |just |and |, |: |- )(?:stop|abort|halt|give up)(?: (?:here|there|at once|immediately|and (?:report|tell|write|call|escalate|say)|the (?:plan|execution|run|test|drill|exercise|gate|release|whole))\b|[!.,]|$)|\b(?:you stop|we stop|stop there|stop here)\b/,
  /\b(?:nothing|no step|no command|none of (?:this|the steps)) (?:below|else|after|further|that follows)?\s?(?:is|may be|must be|will be|gets) (?:executed|run|done|started|changed)\b/,
  /^(?:always|strictly|without exception)\b|\bin (?:exactly )?(?:this|the given|the listed) order\b|\border matters\b|^(?:wait|hold) (?:for|until) .*\bbefore (?:you|the|starting|going|beginning|touching)\b/,
  /^(?:evidence first|safety first|hands off)\b|\b(?:is|are) (?:mandatory|compulsory|not optional|non-negotiable|not negotiable)\b/,
  /^(?:leave|keep) .*\b(?:untouched|alone|as it is|as they are|unchanged|switched (?:on|off)|read-only|in place)\b|\b(?:stays?|remains?) (?:switched )?(?:on|off|untouched|closed|locked|frozen|read-only|in place)(?: for| during| while| until| throughout)\b/,
  /\b(?:must|may|can|shall) (?:only|exclusively)\b|\b(?:only|solely) be (?:run|used|done|executed|changed|written)\b|\b(?:is|are) (?:only|strictly) (?:allowed|permitted|for)\b/,
  /\b(?:do not|don't|never) (?:proceed|continue|go on|start|begin|finish|merge|deploy|touch|skip)\b|\bdo not finish before\b/,
  /^(?:absolutely|categorically|definitely|strictly) no\b|\b(?:is|are) (?:strictly )?read-only (?:during|while|for the|throughout|until|in this|within)\b/,
  /\b(?:invalidates?|voids?|disqualifies|disqualify) (?:this|the|all|any|your) (?:[\w-]+ )?(?:tests?|runs?|results?|plans?|proofs?|executions?|evidence|validations?|audits?)\b/,
  /\bis a (?:privacy|security) (?:incident|violation|breach)\b|\b(?:=|means|counts as|is) (?:an? )?(?:abort|no[- ]go)\b/,
];

/** "If `n = 0`, stop." → the claim whose opposite stops. */
export function stopConditionOf(text: string): string | undefined {
  return (
    /^(?:if|when) (.+?),? (?:then )?(?:stop|abort|halt|fail|do not (?:continue|proceed))\b(?! the| a)/i.exec(text)?.[1] ??
    /^(?:stop|abort|halt) (?:if|when|unless) (.+?)\.?$/i.exec(text)?.[1]
  );
}

const recordVerb = String.raw`(?:record|capture|note(?: down)?|write down|jot down|make a note of|take (?:a )?note of|copy down|put down|log down)`;
const recorded = new RegExp(
  String.raw`^(?:(?:please|then|and|also|now|again),? )*(?:(?!note: (?!\x60))${recordVerb}(?! that\b)(?:\s|:)|(?:keep|remember|save|memorise|memorize|hold on to|copy|take)(?: the| its| this| that| both)? (?:\x60[\w.]+\x60|[\w -]*\b(?:id|ids|name|number|value|hash|digest|timestamp|token)\b)(?!.*\b(?:as|to|into|in) \x60[^\x60]*[./]))`,
);

/** Does a sentence ask to write down a value that a step shows? */
export function isRecord(folded: string): boolean {
  return (
    recorded.test(folded) ||
    /^(?:please )?(?:write|note|jot) [^.]{3,60} down\b/.test(folded) ||
    /[,;\u2013-] (?:please )?(?:note|write|record|jot)(?: (?:it|them|that|this|both))?(?: down)?[.!]?$/.test(folded)
  );
}

/** Does a sentence before inline code say to run it, forbid it, or leave it to somebody? Matched against the folded text before it. */
export function commandLead(before: string, after: string): 'run' | 'branch' | 'none' {
  if (before === '')
    return /^ ?(?:should|must|returns?|prints?|exits?|succeeds?|passes|shows?|outputs?|says?|has to|answers?|reports?|lists?|contains?|gives?|is (?:empty|green|ok|0|zero)|ends|gives|finds|yields|counts|matches|stays|(?:->|=>|\u2192|==?|<=?|>=?|\u2264|\u2265|\u2013|-|:)\s?\S|,? (?:on|at|from|in) [^.,]{1,30}, (?:result|exit|answer|must|should|\d))/.test(
      after,
    )
      ? 'run'
      : 'none';
  if (/^(?:alternatively|optionally|or|otherwise)\b/.test(before) && !/^otherwise$/.test(before)) return 'branch';
  const told =
    /\b(?:(?:run|execute|invoke|issue|type|call|enter|use|do|start|try)|by (?:running|executing|invoking|calling|typing|issuing))(?: (?:the|this|these|following|commands?|command|with|again|now))*:?$/.test(
      before,
    );
  if (!told)
    return /^(?:and |,)?(?:then|next|finally|afterwards|and then|with)$/.test(before) ||
      /\b(?:check|verify|confirm|look|list|count|test|see|find(?: out)?)\b[^.`]{0,40}(?::|\bwith|\bby|\bvia|\busing|\bin)$/.test(before)
      ? 'run'
      : 'none';
  if (/\b(?:if|unless|when|in case)\b/.test(before)) return 'branch';
  return /\b(?:can|may|could|might|to|not|never|don't|avoid|without|was|were|by|instead of|from|that|which|before|after|by running)\b/.test(
    before.replace(/\b(?:need|have) to\b/, ''),
  )
    ? 'none'
    : 'run';
}

/** "The build may go to production when sections 2 and 4 are without deviation": says when all of it counts as passed. */
export function isCriterion(folded: string): boolean {
  return criteria.some((row) => row.test(folded));
}

const criteria: readonly RegExp[] = [
  /\b(?:may|can) (?:only )?(?:be (?:closed|released|merged|shipped|promoted|signed off|published|approved|accepted)|go (?:live|to production|out|ahead)|ship|leave)\b[^.]*\b(?:when|if|once|as soon as)\b/,
  /^(?:it|this|that|we|the|this|a)? ?(?:[\w-]+ ){0,4}(?:is|are|counts as|count as) (?:only )?(?:accepted|closed|good|met|done|passed|complete|finished|proven|successful|over|released|green|hardened|considered \w+|regarded as \w+)\b[^.]*?\b(?:when|if|once|as soon as)\b(?! not\b)/,
  /^(?:closed|accepted|passed|done|met|finished|complete|successful|success|go)(?: if| when| =)/,
  /\b(?:regard|consider|count) [^.]* as (?:closed|done|passed|successful|complete)\b[^.]*\b(?:when|if|once)\b/,
];

export function isStory(folded: string): boolean {
  return story.test(folded);
}
