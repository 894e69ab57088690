/** Phrases about the course of an execution: what runs at all, when it stops, and in which order. */
import { banned, mayBe, not, row, upTo, type Phrase } from './phrase-row.ts';

const anything = String.raw`(?:anything|any (?:of the )?(?:\S+ )?(?:commands?|code|programs?|scripts?|binar(?:y|ies)|executables?)|commands?|code|programs|scripts|the (?:code|program|application))(?=[\s.,!;:)]|$)(?! (?:against|on|as root|twice|unsandboxed|with|until|before|outside|from|unless|that|which|in parallel|in production|by hand|manually|other|not|except|reviews?))`;

const execution: readonly Phrase[] = [
  row(
    'no-execution',
    'bracket',
    'none',
    '(No Execution Yet)',
    /\bno execution\b|\bnothing (?:is )?(?:executed|run)\b|\bsearch(?:es)? only\b|\bstatic(?: \w+)? only\b|^(?:code )?(?:reading|review|desk check) only$|^(?:do not|don't) (?:run|execute)(?: anything)?(?: yet)?$|^no commands\b|^without execution$/,
    true,
  ),
  row(
    'no-execution',
    'forbid',
    'none',
    'Do not execute anything.',
    String.raw`\b(?:${not}|without) (?:ever )?(?:execut(?:e|ing)|run(?:ning)?|start(?:ing)?|launch(?:ing)?|invok(?:e|ing)) ${anything}`,
  ),
  row(
    'no-execution',
    'no-execution',
    'none',
    'No execution in this section.',
    /^no (?:code )?execution(?=[.!]|$| (?:yet|here|at all|in|of any|is)\b)(?! (?:plan|time)\b)/,
  ),
  row(
    'no-execution',
    'nothing',
    'none',
    'Nothing may be executed here.',
    String.raw`(?<!\bwithout .{0,60})\b(?:nothing|no (?:command|code|program|script|binary)s?) ${upTo(4)}(?:${mayBe}|is|are) (?:executed|run|started|launched)(?=[.,;!)]|$| (?:here|yet|at all|below|by this|in (?:this|the present)|during this)\b)`,
  ),
  row(
    'no-execution',
    'forbidden',
    'none',
    'Execution is not permitted here.',
    String.raw`\b(?:execution|running (?:code|commands|programs|anything)|executing (?:code|commands|programs|anything)) ${upTo(4)}${banned}`,
  ),
  row(
    'no-execution',
    'search-only',
    'none',
    'Only searches are allowed.',
    /(?<!\bthe )\b(?:only (?:text |file )?searches|searches only|static (?:checks?|verification|analysis|searches) only|only static (?:checks?|verification|analysis)|nothing but searches)\b/,
  ),
  row(
    'no-execution',
    'by-reading',
    'none',
    'Verify this by reading alone.',
    /\bby (?:reading|searching|inspection)(?: \S+){0,3}? (?:alone|only)(?=[.,;!)]|$)|\b(?:must|shall) (?:only )?be (?:verified|checked|established) (?:only )?by (?:reading|searching)\b/,
  ),
];

const trouble = String.raw`(?:failures?|errors?|failing|failed|mismatch(?:es)?|discrepanc(?:y|ies))`;
const check = '(?:step|check|test|command|assertion|query|probe|verification|gate|section|phase|part|item|row)s?';

const stops: readonly Phrase[] = [
  row(
    'stop-on-failure',
    'stop-on',
    'evidence',
    'Stop on failure and report evidence.',
    String.raw`(?<!\bnot )(?<!\bnever )(?<!n't )\b(?:stop|halt|abort|cease|quit|break off)(?: [^\s.;]+){0,3}? (?:on|at|upon|after|with) (?:the |an? )?(?:very )?(?:first |any |every )?(?:[^\s.;]+ )?${trouble}\b|\bstop and report\b|(?:^|\b(?:must|shall|to|and|plan|we|run) )fail fast\b`,
  ),
  row(
    'stop-on-failure',
    'if-fails',
    'evidence',
    'If a step fails, stop immediately.',
    String.raw`\b(?:if|when|whenever|once|as soon as) (?:an?|any|one|the|any single) ${upTo(3)}${check} (?:fails?|does not (?:pass|hold|succeed)|do not (?:pass|hold|succeed)|is not met|errors?),? (?:then )?${upTo(2)}(?:stop|abort|halt|do not (?:continue|proceed|go on))\b`,
  ),
  row(
    'stop-on-failure',
    'do-not-proceed',
    'evidence',
    'Do not proceed until step 1 passes.',
    String.raw`\b${not} (?:proceed(?:ing)?|continu(?:e|ing)|go(?:ing)? on|mov(?:e|ing) on|carry on)(?: [^\s.;]+){0,4}? (?:until|unless|if|after|when|past|with|despite)\b.{0,80}\b(?:pass|passes|passed|fail|fails|failed|failure|failing|succeeds?|succeeded|green|errors?|holds?|discrepanc(?:y|ies))\b`,
  ),
  row(
    'stop-on-failure',
    'stop-if',
    'evidence',
    'Stop as soon as one check fails.',
    String.raw`(?<!\bnot )\b(?:stop|abort|halt)(?: immediately| at once| the \S+)? (?:if|when|as soon as|once|whenever) (?:an?|any|one|any single|the) ${upTo(3)}${check} (?:fails?|does not|is not)\b`,
  ),
  row(
    'stop-on-failure',
    'on-failure',
    'evidence',
    'On the first failure, stop.',
    String.raw`^(?:on|upon|at|after|in case of) (?:the |an? )?(?:first |any )?(?:failed |failing )?(?:failures?|errors?|step|check|test|mismatch)(?: \S+){0,3}?,? ${upTo(2)}(?:stop|abort|halt|end the)\b`,
  ),
  row(
    'stop-on-failure',
    'ends',
    'evidence',
    'Any failure ends the drill.',
    String.raw`\b(?:an?|any|the first|every|one) (?:single )?(?:failure|error|failed ${check}|failing ${check}) (?:must |shall |immediately |also )?(?:ends?|stops?|aborts?|terminates?|halts?) (?:the |this )?(?:run|execution|drill|plan|procedure|migration|release|test|runbook|rollout|rehearsal)\b`,
  ),
  row(
    'stop-on-failure',
    'proceed-only',
    'evidence',
    'Continue only when all checks pass.',
    String.raw`\b(?:proceed|continue|go on|move on)\b (?:to \S+ \S+ )?only (?:if|when|after|once)\b.{0,80}\b(?:pass(?:es|ed)?|succeed(?:s|ed)?|green|holds?)\b`,
  ),
  row(
    'stop-on-failure',
    'no-step-after',
    'evidence',
    'No step may run after a failure.',
    String.raw`\bno (?:further |later |other |more )?(?:steps?|commands?) ${upTo(2)}(?:may|must|shall|can|should|is to|are to) (?:be )?(?:run|executed|started|follow|performed)\b.{0,40}\bafter (?:an?|the first|any) (?:failure|failed|error|failing)`,
  ),
];

const numbered = String.raw`(?:section|step|phase|part) \d[\d.]*[a-z]?`;
/** An hour or a day is no part of a plan. */
const noTime = String.raw`(?! ?(?:\d|noon|midnight|lunch|dawn|monday|tuesday|wednesday|thursday|friday|saturday|sunday|the weekend|you\b|we\b|it\b|they\b|release day))`;
const begin = String.raw`(?:start(?:ing)?|begin(?:ning)?|run(?:ning)?|execut(?:e|ing)|open(?:ing)?|enter(?:ing)?|proceed(?:ing)? (?:to|with)|go(?:ing)? to|mov(?:e|ing) on to|continu(?:e|ing) (?:with|to)|attempt(?:ing)?|apply(?:ing)?|deploy(?:ing)?)`;

const orders: readonly Phrase[] = [
  row(
    'order',
    'bracket',
    'parts',
    '(Required Before Testing)',
    /^required before\b|^(?:must be |to be )?(?:done|completed?|finished) before\b|^(?:do|complete|finish) (?:this )?(?:first|before .*)$|^before (?:testing|any|all|everything)\b/,
    true,
  ),
  row(
    'order',
    'before-work',
    'parts',
    'Fix the default before attempting any test run.',
    /\bbefore (?:attempting|running|starting|executing|any|testing|proceeding)\b/,
  ),
  row(
    'order',
    'numbered',
    'parts',
    'Complete section 2 before section 4.',
    String.raw`\b${numbered}\b.{0,60}?\b(?:before|after|precedes?|until|once|follows?)\b.{0,60}?\b${numbered}`,
  ),
  row(
    'order',
    'not-until',
    'parts',
    'Do not start the migration before the backup has been verified.',
    String.raw`\b${not} ${begin} .{1,80}?\b(?:before|until|unless|prior to)\b${noTime} .{1,80}`,
  ),
  row(
    'order',
    'only-after',
    'parts',
    'Run the migration only after the backup.',
    String.raw`^(?:please )?(?:run|start|begin|execute|apply|deploy|open)\b .{1,80}?\bonly (?:after|once)\b${noTime} [a-z]|\b(?:may|must|shall|can|should) only (?:start|begin|run|be \w+) (?:after|once)\b${noTime} [a-z]|\b(?:may|must|shall|can) (?:start|begin|run|be \w+) only (?:after|once)\b${noTime} [a-z]`,
  ),
  row(
    'order',
    'must-not-start',
    'parts',
    'The cutover must not begin until the rehearsal holds.',
    String.raw`\b(?:must|may|shall)(?: not| never) (?:start|begin|run|be (?:started|begun|run|applied|executed|opened))\b ?.{0,60}?\b(?:before|until|unless)\b${noTime}`,
  ),
  row('order', 'must-wait', 'parts', 'The restore must wait for the snapshot.', String.raw`\b(?:must|shall|has to|have to) wait (?:for|until)\b${noTime}`),
];

export const conductPhrases: readonly Phrase[] = [...execution, ...stops, ...orders];
