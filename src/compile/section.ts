/** What a heading means, with or without a number. The table is the rule: a row is a meaning and the words that say it. */
import { conditionOfTitle, type ConditionKind } from './condition.ts';
import { fold } from './prose.ts';

export type SectionMeaning =
  | 'preconditions'
  | 'policy'
  | 'tasks'
  | 'search'
  | 'criteria'
  | 'report'
  | 'parameters'
  | 'narrative'
  | 'reference'
  /** A story of what was: its prose is told, its code and lists are shown. */
  | 'history'
  /** "What not to do": code is shown, sentences are rules. */
  | 'forbidden'
  | 'expectation'
  | 'steps';

interface Row {
  readonly meaning: SectionMeaning;
  readonly words: RegExp;
}

/** First match wins; `reference` first, so that "Appendix: acceptance criteria of v1" never becomes live. */
const meanings: readonly Row[] = [
  {
    meaning: 'history',
    words:
      /^\d{1,2}\.?(?:-\d{1,2}\.?)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|^(?:19|20)\d\d(?:-\d\d){0,2}\b|^(?:post-?mortem|post-?incident|retrospective)\b|^(?:findings? of\b.*|what (?:the )?\w+ run (?:gave|said|showed)|results? of\b.*\b(?:run|last|dry run)\b.*|histor(?:y|ical)|lessons? learned|timeline|what used to \w+|how (?:the|it|this|that) .*(?:started|happened|broke|began)|notes (?:from|of) (?:last|yesterday|the last).*|post-?mortem|incident (?:log|timeline|history|report)|what (?:we|i|they|people|the \w+) (?:\w+ed|did|saw|found|ran|tried|knew)\b.*|what (?:happened|was done|went wrong|we did|(?:we|you) (?:no longer|do not|don't|did not|didn't)\b.*)|the plan as (?:it was )?(?:executed|captured|run)|(?:the )?last (?:run|time|execution)|results? of (?:the |an? )?(?:last|previous|earlier)|.*\bat the time$|minutes of|root cause analysis)\b(?!.*\b(?:tests?|drill|checks?)\b)/,
  },
  {
    meaning: 'forbidden',
    words:
      /^(?:what|things) (?:(?:you|we|one) )?(?:(?:must|should|may|can|do) )?(?:not|never)\b(?! (?:work|in|covered|tested|included|needed))|^(?:do not|don't|never)(?: (?:do|try|run|execute|use|copy)(?: (?:this|these|that|those|it|so|any of (?:this|these))(?: .*)?)?)?$|^(?:dos and )?don'?ts$|^anti-?patterns?$|^how not to\b|^forbidden\b(?! by)|^counter-?examples?\b|^(?:avoid|not recommended|discouraged)\b|^(?:dangerous|harmful|forbidden|prohibited) (?:commands?|steps?|queries|things|ways?)$/,
  },
  {
    meaning: 'reference',
    words:
      /^(?:appendi(?:x|ces)|annex(?:es)?)\b|^(?:attachments?|(?:change|revision|document|version) ?(?:log|history)|changelog|glossary|further reading|reading list|see also|bibliography|acknowledge?ments|back-?out|cheat ?sheet|(?:useful|handy|common) (?:commands|queries)|(?:code |command )?snippets|quick reference|faq|frequently asked|examples?(?: of)?|sample (?:output|run|report|session)|emergenc(?:y|ies)|config(?:uration)? (?:snippets?|examples?|reference))\b(?!.*\b(?:tests?|drill|checks?|verification|rehearsal|validation|exercise)\b)/,
  },
  {
    meaning: 'reference',
    words:
      /^(?:rollback|roll-?back|(?:the )?way back|going back|fall-?back plan|contingency|revert(?:ing)?|undo(?:ing)?|abort procedures?|break[- ]glass|plan b|backup plan)\b(?!.*\b(?:tests?|tested|drill|checks?|verification|rehearsal|validation|exercise|works|succeeds|possible)\b)/,
  },
  {
    meaning: 'reference',
    words:
      /^(?:revisions?|terms|definitions|abbreviations|references?|related(?: \w+)?|(?:useful |external |important |more )?links?|resources|more (?:information|info)|credits|contacts?|contributors|licen[cs]e|deprecated(?: \w+)?|obsolete(?: \w+)?|superseded(?: \w+)?|archived|legacy|retired|future (?:work|steps|ideas|plans?)|ideas|wish ?list|out of scope|wrong|bad|incorrect|repair|(?:old|older|previous|earlier|former|legacy|outdated|removed|retired|withdrawn|disabled|unused|bad|wrong|incorrect|superseded)(?: (?:plans?|versions?|procedures?|steps|runbooks?|instructions|ways?|approach(?:es)?|methods?|commands?|examples?|texts?|notes|documents?))+)(?:\s*[:(\u2013-].*| (?:and|&) (?:references|resources|links|contacts|notes|documents|support))?$/,
  },
  {
    meaning: 'reference',
    words:
      /^(?:anhang|verboten|alte[rs]? (?:schritte|versionen|version|anleitung|plan|verfahren|vorgehen)|veraltet|was man nicht|falls (?:der|die|das|ein|es|man) |ancien(?:ne)?s? (?:proc\u00e9dures?|versions?|plan|\u00e9tapes)|\u00e0 ne pas|interdit|no hacer|prohibido|antigu[oa]s? (?:procedimiento|pasos|versi\u00f3n|plan)|proibido|exemplos?$|revers\u00e3o|vietato|vecchi[oa]? (?:procedura|versione|passi|piano)|esempi[o]?$|verboden|voorbeeld|oude (?:stappen|versie|procedure|plan)|zabronione|wycofanie|przyk\u0142ad|\u7981\u6b62|\u4f8b$|\u793a\u4f8b|\u65e7(?:\u624b\u9806|\u7248|\u8a08\u753b|\u6b65\u9aa4|\u6d41\u7a0b)|\u043e\u0442\u043a\u0430\u0442|\u043d\u0435 \u0434\u0435\u043b\u0430\u0442\u044c|\u043f\u0440\u0438\u043c\u0435\u0440|\u0430\u0440\u0445\u0438\u0432$|\u0437\u0430\u043f\u0440\u0435\u0449|falls etwas|wenn (?:etwas|es) |si (?:algo|quelque chose|l'|la |le |el )|en cas d|en caso d|qu\u00e9 no hacer|ce qu'il ne faut pas|was nicht zu tun|r\u00fcckfall\w*|r\u00fcckbau\w*|r\u00fcck(?:nahme|abwicklung|kehr)\w*|zur\u00fcckrollen|notfall\w*|historie$|verlauf$|beispiele?$|annexes?$|retour (?:arri\u00e8re|en arri\u00e8re)|plan de repli|repli$|secours|urgence|historique$|exemples?$|anexos?$|ap\u00e9ndices?|reversi\u00f3n|marcha atr\u00e1s|vuelta atr\u00e1s|emergencia|historial|ejemplos?|appendice|ripristino|emergenza|bijlage|terugdraaien|ap\u00eandice|\u4ed8\u9332|\u30ed\u30fc\u30eb\u30d0\u30c3\u30af|\u5207\u308a\u623b\u3057|\u7dca\u6025|\u53c2\u8003|\u9644\u5f55|\u56de\u6eda)/,
  },
  {
    meaning: 'expectation',
    words: /^(?:what (?:is|you should|we) expect(?:ed)?|expected(?=$| (?:results?|outputs?|outcomes?|behaviou?rs?|state)\b)|expectations?)\b/,
  },
  {
    meaning: 'report',
    words:
      /\b(?:report|output|results?|summary|protocol|record|minutes) (?:template|form|sheet)\b|^(?:output|final|test|execution|run|result|drill|summary|outcome) report\b|^report\b(?! (?:a|an|any|the|to|bugs?|issues?)\b)|^(?:template|form) (?:for|of) (?:the )?(?:report|results?|protocol)|^(?:outputs?|results?|protocol|verdict|minutes|sign-?offs?(?: sheet)?|to be filled in|hand-?over|log sheet|shift log)$|^what to (?:report|send|write down)|\b(?:result|score|time|record|sign-?off|report) (?:sheet|form|card)$|^(?:mail|message|answer|reply|feedback|notice) to\b|^log (?:of|for) this\b/,
  },
  {
    meaning: 'criteria',
    words:
      /^(?!if\b|when\b|what\b|how\b|only\b).+\b(?:when|if|once)$|\b(?:acceptance|pass|exit|success|pass\/fail|completion|go\/no-?go|release|done) criteri(?:a|on)\b|^(?:(?:final|mandatory|completion|closing|exit|release|sign-?off|verification|acceptance|post-?[\w-]+)[ -])*check-?list\b(?!.*\bbefore (?:you (?:start|begin)|the|starting|any)\b)|\bcheck-?list before you say\b|^before (?:you|we) (?:finish|leave|close|say|hand|go home|sign|submit|report|are done|stop)\b|^definition of done\b|^(?:done|finished|complete|accepted|passed|green|successful|ready|closed|ok|go) (?:when|if|means|once)\b|^(?:acceptance|success|exit|exit gate|verdict criteria)$|^when (?:is|are) (?:it|we|this) (?:done|finished)|^(?:required|expected|mandatory) (?:output|result|deliverable)s?(?: files?)?\b|^(?:deliverables|required (?:files|artifacts|artefacts)|output files)\b|^(?:go ?\/ ?no-?go|gate)$|^(?:the )?(?:test|drill|migration|release|cutover|exercise) (?:is )?(?:passed|successful|done|accepted|counts as)/,
  },
  {
    meaning: 'preconditions',
    words:
      /^pre-?(?:flight|checks?|deploy(?:ment)?|change|run|start|migration|work)(?: checks?)?$|\bpre-?conditions?\b|\bpre-?requisites?\b|^pre-?[\w-]+ check(?:s|-?list)?\b|^checks? before\b|\bcheck-?list before\b|\bentry criteria\b|^before (?:you|we|starting|beginning|the|any)\b(?! (?:and after|finish|leave|close|say|hand|go home|sign|submit|report|are done|stop|end))|^before$|^dependenc(?:y|ies)\b|^(?:system |software |hardware |access )?requirements?(?: before| for running)?\b|^(?:what )?you(?:'ll| will)? need\b|^what (?:you|is|we) need(?:ed)?\b|^(?:access|permissions?|rights)(?: (?:needed|required))?$|^needed$|^(?:is it|am i|are we|may i|can i) (?:allowed|safe|ok|ready|permitted)|^assumptions?$|^(?:set-?up|environment) requirements\b|^preparations? \(?check|^entry (?:gate|checks?)\b|^required before\b|^(?:gate|stage) 0\b|^readiness\b|^ready\?$|^(?:test )?(?:environment|equipment|test ?bed|things to have|materials?|starting point|initial state|given)$/,
  },
  {
    meaning: 'parameters',
    words:
      /^(?:(?:input|required|optional|run|execution|template|script|job) )?(?:parameters?|inputs?|arguments?|variables?|placeholders?|options)(?: (?:and|\/) \w+)?$|^environment variables?$|^(?:values|names) (?:used|to set|to replace)/,
  },
  {
    meaning: 'policy',
    words:
      /^(?:abort|stop|halt)(?: conditions?| criteria| if| when)$|^hard limits$|^(?!(?:alert|firewall|iptables|lint|routing|recording|validation|business|nat|dns|rewrite|routing|scoring|matching|mapping)\b)(?:[\w-]+ ){0,3}rules(?: (?:of|for) (?:the |an? |this |all )?[\w-]+)?$|\bnon-?negotiables?\b|^(?:execution |run |test |general |testing )?polic(?:y|ies)\b|^(?:hard |house |ground |golden |basic |safety |the |general |money |execution |test )*(?:rules|constraints|guard ?rails|principles|prohibitions)(?! of thumb)(?: of (?:engagement|the (?:house|game|road)|this \w+)| for (?:the|this|all|agents?|executors?|everybody)\b.*)?(?:$|\s*[:(\u2013-])|\bout of bounds\b|^(?:not allowed|forbidden|prohibited|hands off)\b|^safety(?: first)?$|^(?:must|must not)$|^(?:limits|boundaries|red lines)$|^instructions (?:for|to) (?:the )?(?:agent|executor)s?$/,
  },
  {
    meaning: 'tasks',
    words:
      /\b(?:design|required|code|schema|config(?:uration)?|manual) (?:fix|fixes|change|changes|tasks?|work|actions?)\b|^(?:fix|changes|tasks|to-?dos?)\b(?! to )|^fix [a-z0-9]+ -|^(?:manual|human|follow-?up|post-?\w+|action) (?:tasks?|items?|actions?)\b|^(?:next|follow-?up) steps$|^follow-?ups?$|^(?:approvals?|communication|notifications?|escalation)(?: \w+)?$/,
  },
  { meaning: 'search', words: /\bstatic (?:verification|checks?|analysis|validation)\b|^(?:file|source|code) checks?\b/ },
  {
    meaning: 'narrative',
    words:
      /^(?:goals?|purpose|(?:test )?objectives?|overview|background|summary|tl;?dr|introduction|intro|about|context|audience|(?:in |out of )?scope|motivation|rationale|meaning|impact|symptoms?|(?:root |possible |probable |likely )?causes?|descriptions?|details?|explanations?|architecture|concepts?|terminology|notes?|remarks?|comments?|pitfalls?|gotchas?|caveats?|common (?:mistakes|pitfalls)|tips?(?: and tricks)?|hints?|(?:known )?limitations?|severity|status|signs|roles?(?: and responsibilities)?|responsibilit(?:y|ies)|people|team|schedule|time ?table|(?:table of )?contents?|toc|conclusions?|discussion|risks?|duration|window|why|(?:customer|business|user) impact)(?:$|\s*[:(\u2013-]| (?:of|on|and|&|for|to|this|these|the)\b)(?!.*\b(?:pre-?conditions?|tests?|checks?|verification)\b)|^(?:what (?:is|are|this|it)\b(?! expected)|how (?:it|this|the [\w-]+) (?:works?|is built)|who (?:is|does|are)|when (?:to use|not to use|this)\b|why\b|estimated \w+$)/,
  },
];

/** Headings whose steps run at the end in any case. Narrow: "Restore the backup" may be what a plan is about. */
const teardown =
  /^(?:[a-z]\d{1,2} )?(?:tear-? ?downs?|clean-? ?ups?|clean(?:ing)? up|afterwards?|after the (?:tests?|drill|rehearsal|exercise)|put(?:ting)? everything back|leave no trace|tidy(?:ing)? up|restor(?:e|ing) (?:the )?(?:original|previous|initial|former|normal|default|old)\b.*|(?:reset|return|revert|back) to (?:the )?(?:original|initial|previous|normal|former) (?:state|settings|configuration|operation))(?: (?:the |all |of |after )?(?:the )?(?:tests?|drill|rehearsal|exercise|resources?|everything|environment|data|test data|state|steps?|run|demo|plan|project|cluster|database|artifacts|objects|section|phase)| when (?:done|finished)| at the end| again)*$/;

export interface HeadingReading {
  /** `2` of "2. Customer CLI Run", `1.3` of "1.3 Files"; undefined without a number. */
  readonly number: string | undefined;
  readonly title: string;
  /** The words in round brackets, folded: they may carry a policy or an order. */
  readonly brackets: readonly string[];
  readonly meaning: SectionMeaning;
  readonly teardown: boolean;
  /** No row of the table matched: the meaning is the default. */
  readonly byDefault: boolean;
  /** Commands below are decisions of a person: an option, a case, a remedy. */
  readonly condition: ConditionKind | undefined;
}

const ordinal =
  /^\s*(?:(?:section|step|phase|part|stage|task|test|check|no\.?|nr\.?|\u00a7)\s*)?(\d+(?:\.\d+)*(?:[a-z](?=[.):]))?)(?!\.?\s*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b)[.):]?\s+(?:[-\u2010-\u2015:]\s*)?/i;
const lettered =
  /^\s*(?:(?:step|phase|part|stage|task|test|check|gate)\s+)?[a-z]\d*(?:[.):]|\s+[-\u2010-\u2015\u00b7|]|(?<=\w\s\w))\s+(?:[-\u2010-\u2015]\s+)?|^\d{1,2}[:.]\d\d(?:\s*(?:utc|cet|am|pm))?[,:]?\s+(?:[-\u2010-\u2015]\s+)?/i;
/** Signs that decorate a heading. */
const decoration = /^[^\p{L}\p{N}(`<"'[]+|[\s:]+$/gu;

export function compileHeading(text: string): HeadingReading {
  const bare = text.replace(decoration, '');
  const number = ordinal.exec(`${bare} `)?.[1];
  const title = `${bare} `.replace(ordinal, '').trim();
  const brackets = [...title.matchAll(/[([]([^()[\]]*)[)\]](?!\()/g)].map((match) => fold(match[1] ?? ''));
  const words = fold(title.replace(lettered, '').replace(/\([^()]*\)/g, ' '))
    .replace(/^(?:the|our|your|some|all|any) /, '')
    .trim();
  const row = meanings.find((candidate) => candidate.words.test(words));
  const condition = conditionOfTitle(words, brackets);
  return { number, title, brackets, meaning: row?.meaning ?? 'steps', teardown: teardown.test(words), byDefault: row === undefined, condition };
}
