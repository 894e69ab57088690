/** What a bold lead, or a plain `Label:` at the start of a line, announces. The table is the rule. */
import { fold } from './prose.ts';

export type LabelMeaning =
  | 'metadata'
  | 'policy'
  | 'scope'
  | 'preconditions'
  | 'parameters'
  | 'narrative'
  | 'tasks'
  | 'search'
  | 'command'
  /** What follows is shown: an example, the output of an earlier go. */
  | 'example'
  | 'capture'
  | 'expectation'
  | 'acceptance'
  | 'criteria'
  | 'report'
  /** How often a step is tried: "Retries: 3". */
  | 'conduct'
  /** Says something that no claim expresses: a failure signature, a time limit. */
  | 'unsupported'
  /** A sign that the words behind it matter; it says nothing itself. */
  | 'warning'
  | 'title';

const labels: readonly { readonly meaning: LabelMeaning; readonly words: RegExp }[] = [
  {
    meaning: 'metadata',
    words:
      /^(?:date|dates|audience|goal|objective|owners?|authors?|written by|maintainers?|version|rev(?:ision)?|status|state|reviewers?|reviewed(?: by)?|last (?:reviewed|updated|changed?|modified|tested|verified)|approved by|duration|estimated (?:time|duration)|time needed|target|tickets?|issue|jira|epic|severity|priority|class|category|tags?|labels?|service|system|component|team|squad|contacts?|slack|channel|pager|on-?call|escalation|environment|region|cluster|alerts?|dashboards?|logs|runbook id|id|document(?: id)?|doc|title|language|classification|confidentiality|supersedes|valid (?:from|until)|next review|frequency|schedule|window|change(?: number| window| id)?|release|product|module|tester|executed by|participants|location|link to .*|source)$/,
  },
  {
    meaning: 'policy',
    words:
      /^(?:(?:\w+ )?polic(?:y|ies)|(?:\w+ )?rules?(?: of [\w ]+)?|constraints?|non-?negotiables?|guard ?rails?|prohibited|forbidden|not allowed|hard limits?|safety|(?:abort|stop|halt)(?: conditions?| criteria| rules?| if| when)?|must not|never|do not|don't|no-?gos?)$/,
  },
  { meaning: 'warning', words: /^(?:warning|caution|important|attention|danger|careful|beware|achtung|stop|read first|must read)!?$/ },
  { meaning: 'scope', words: /^(?:(?:in |out of )?scope)$/ },
  {
    meaning: 'preconditions',
    words:
      /^(?:pre-?conditions?|pre-?requisites?|pre-?reqs?|entry criteria|requires?|requirements?|needs?|needed|you need|dependenc(?:y|ies)|before you (?:start|begin))$/,
  },
  { meaning: 'parameters', words: /^(?:parameters?|inputs?|variables?|arguments?)$/ },
  {
    meaning: 'narrative',
    words:
      /^(?:problem|background|context|why|rationale|reason|notes?|hint|symptoms?|causes?|canonical path|motivation|tips?|info|information|summary|impact|meaning|explanation|remarks?|comments?|fyi|nb|n\.b\.|background info|see|see also|reference|references|links?|history|known issues?|limitations?)$/,
  },
  {
    meaning: 'tasks',
    words:
      /^(?:(?:required|design|manual) (?:fix|fixes|change|changes|tasks?|steps?|actions?)|fix|fixes|actions?(?: items?)?|tasks?|to-?do|human checkpoint|manual step|checkpoint|by hand|approval|sign-?off)$/,
  },
  { meaning: 'search', words: /^(?:(?:file|source|code|static) checks?)$/ },
  {
    meaning: 'command',
    words:
      /^(?:commands?|verification step|verification|verify|run|execute|query|queries|run with|check|checks|call|request|script|steps?|procedure|sql|shell|usage)$/,
  },
  {
    meaning: 'example',
    words:
      /^(?:(?:for )?examples?(?: \w+)?|e\.g\.|sample(?: \w+)?|(?:typical|sample|example|the|console|terminal) (?:output|response|result|run|session|log)|outputs?|response|results?|prints?|returns?|shows?|last (?:run|time)|looks like(?: this)?)$/,
  },
  { meaning: 'capture', words: /^(?:record|captures?|note down|write down|save|remember|keep|values? to (?:record|keep|note))$/ },
  {
    meaning: 'expectation',
    words:
      /^(?:expected(?: (?:results?|outputs?|outcomes?|values?|state|response|status|behaviou?r|answer|rows?|exit code|now|here|after\w*|similar|to (?:see|print|show).*))?|expect(?:s|ations?)?|(?:you |we )?should (?:see|print|show|return|be|get)|what (?:you|we) should see|pass(?:es)?(?: if| when)?|assert(?:ions?|s)?|must|must hold|outcomes?|er|exp|success(?: looks like| if| when)?|ok (?:if|when)|good|healthy|(?:(?:the |its )?(?:command |query |script |console )?(?:std(?:out|err)|outputs?|results?|response|answer|body|log)|it|this) (?:must|should|has to) (?:now )?(?:be|read|contain|show|print|return|include|say|display)(?: exactly| the following| this)?)$/,
  },
  { meaning: 'conduct', words: /^(?:retry|(?:max(?:imum|\.)? )?re-?tries|max(?:imum|\.)? attempts|polling|poll|retry (?:policy|limit|budget))$/ },
  {
    meaning: 'unsupported',
    words:
      /^(?:fail(?:s|ed|ure)?(?: if| when| criteria)?|(?:(?:over-?all|total|global|max(?:imum)?) )?(?:time-?out|time ?limit|deadline)|(?:(?:over-?all|total) )?max(?:imum)? (?:duration|(?:run ?)?time)|(?:time-?out|time ?limit|deadline|max(?:imum)? (?:duration|(?:run ?)?time)) (?:for|of) (?:the |this )?(?:(?:whole|entire|complete|full) )?(?:plan|document|test|run|runbook|procedure|execution|everything|all(?: the)? steps))$/,
  },
  { meaning: 'acceptance', words: /^(?:ac|acceptance(?: criteria)?(?: (?:for|of) .*)?)$/ },
  {
    meaning: 'criteria',
    words:
      /^(?:(?:pass|exit|success|completion|go\/no-?go) criteria|(?:done|passed|green|ok|successful|go|accepted|complete|finished|ready|(?:\w+ )?met) (?:when|if)|done|definition of done|gate|deliverables|required (?:output )?files|final checklist|checklist)$/,
  },
  { meaning: 'report', words: /^(?:report(?: template)?|to report|report back|fill in|please fill in|protocol)$/ },
];

export function compileLabel(label: string): LabelMeaning {
  const words = fold(label.replace(/\([^()]*\)/g, ' '))
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/[:.]$/, '')
    .trim();
  return labels.find((candidate) => candidate.words.test(words))?.meaning ?? 'title';
}
