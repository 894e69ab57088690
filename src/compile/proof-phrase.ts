/** Phrases about what makes an execution count: done as written, with evidence of its own, and not tried until it fits. */
import { banned, forbid, mayBe, mustNotBe, not, row, upTo, type Phrase } from './phrase-row.ts';

const retained: readonly Phrase[] = [
  // "(MANDATORY)" behind a heading: nothing of that part may be left out or replaced.
  row(
    'no-substitution',
    'mandatory-part',
    'none',
    '(MANDATORY)',
    /^(?:mandatory|compulsory|not optional|must not be skipped|do not skip)\b(?! (?:fields?|parameters?|files?|reading)\b)/,
    true,
  ),
  row(
    'no-substitution',
    'forbid',
    'none',
    'No workarounds.',
    String.raw`\b${forbid} ${upTo(2)}(?:substitut\w+|workarounds?|work-arounds?|shims?|equivalents?|alternative commands?|shortcuts?|short cuts?|stand-ins?)\b(?! teachers?)`,
  ),
  row(
    'no-substitution',
    'no-skipping',
    'none',
    'Do not skip any step.',
    String.raw`\b(?:${not}|no|without|not allowed to) skip(?:ping|ped)?(?=[.,;!)]|$| (?:(?:any|an?|the|this|these|single|one|of) ){0,3}(?:steps?|checks?|lines?|sections?|phases?|items?|gates?|tests?|commands?|quer(?:y|ies)|parts?|verifications?|it|them|ahead|over|anything)\b)`,
  ),
  row(
    'no-substitution',
    'in-order',
    'none',
    'Steps must be executed in order.',
    /\b(?:executed|run|performed|followed|carried out|completed) in (?:the )?(?:given |listed |this |exact |documented |written |stated )?(?:order|sequence)\b|\b(?:follow|keep) the (?:steps in |given |listed )?order(?: of (?:the )?steps)?(?=[.,;!)]|$)/,
  ),
  row(
    'no-substitution',
    'verbatim',
    'none',
    'Run every command exactly as written.',
    /(?:^(?:please )?(?:run|execute|type|use|enter|carry out)|\b(?:must|shall|should|is to|are to|has to|have to) be (?:run|executed|carried out|performed|entered|typed)) (?:\S+ ){0,4}?(?:verbatim|exactly as (?:written|shown|given|listed|printed|documented)|as written|word for word|letter for letter)\b/,
  ),
  row(
    'no-substitution',
    'forbid-replace',
    'none',
    'Never replace a command by a similar one.',
    String.raw`\b(?:${not}|without) ${upTo(1)}(?:replac|swap|alter|adapt|reword|shorten|abbreviat|improv|rewrit|chang|modify|edit|reorder|re-order|rearrang)(?:e|ing|ping)? (?:any |the |an? |of |these |those |single |listed ){0,3}(?:commands?|steps?|queries|query|instructions?)\b(?! (?:line|history|output))`,
  ),
  row(
    'no-substitution',
    'must-not-be',
    'none',
    'Steps must not be reordered.',
    String.raw`\b(?:no )?(?:commands?|steps?|queries|instructions?) (?:${mustNotBe}|${mayBe.replace('must|', '')}) ${upTo(1)}(?:replaced|changed|altered|adapted|shortened|reordered|re-ordered|rearranged|skipped|left out|omitted|substituted|merged)\b`,
  ),
  row(
    'no-substitution',
    'only-these',
    'none',
    'Only the commands of this plan may be run.',
    /\bonly (?:the |these |those )?(?:commands?|steps?|queries) (?:\S+ ){0,4}?(?:may|must|shall|are to|can) be (?:run|used|executed|sent)\b|\b(?:run|use|execute) only the (?:commands?|queries|steps?) (?:listed|shown|given|written|of this|in this|below)\b/,
  ),
];

const old = '(?:old|older|stale|earlier|previous|prior|cached|reused|re-used|recycled)';
const proof = '(?:evidence|runs?|rows?|results?|output|outputs|data|records?|logs?|screenshots?|measurements?|readings?)';

const fresh: readonly Phrase[] = [
  row(
    'fresh-evidence',
    'must-be',
    'identifiers',
    'All evidence must be fresh.',
    String.raw`\b${proof} (?:must|has to|have to|shall|is to|are to) be (?:fresh|new|newly (?:made|created|produced))\b`,
  ),
  row('fresh-evidence', 'no-old', 'identifiers', 'No stale evidence.', String.raw`\bno ${old} ${proof}\b(?! (?:exists?|found|in)\b)`),
  row(
    'fresh-evidence',
    'real-run',
    'identifiers',
    'A real run, not a DB seed.',
    /\breal (?:run|runs|execution|data)\b.*\bnot (?:an? )?(?:db |database )?(?:seed|seeded|mock|fake|stub)\w*\b/,
  ),
  row(
    'fresh-evidence',
    'forbid-reuse',
    'identifiers',
    'Do not reuse results of an earlier run.',
    String.raw`\b(?:${not}|without) ${upTo(1)}(?:reus|re-us|recycl|us|quot|copy|cit|tak)(?:e|ing|)(?: in)? (?:any |the |an? ){0,2}(?:${old} ${upTo(1)}${proof}|${proof} (?:of|from) (?:an? |any |the )?${upTo(1)}${old})\b|\b${not} (?:reus|re-us)(?:e|ing) ${upTo(1)}${proof}\b`,
  ),
  row(
    'fresh-evidence',
    'old-is-none',
    'identifiers',
    'Evidence from earlier runs does not count.',
    String.raw`\b(?:${old} ${upTo(1)}${proof}|${proof} (?:of|from) (?:an? |any |the )?${upTo(1)}${old} ${upTo(1)}\w+) (?:${banned}|${mustNotBe} (?:used|accepted|reused|counted|submitted)|(?:is|are) (?:not accepted|worthless|rejected|invalid)|(?:does|do) not count|counts? as (?:an? )?failures?)`,
  ),
  row(
    'fresh-evidence',
    'of-this-run',
    'identifiers',
    'Only evidence of this execution counts.',
    String.raw`\bonly ${proof} (?:of|from|produced (?:by|in|during)|made (?:by|in|during)) this (?:run|execution|drill|session|rehearsal) (?:counts?|(?:is|are) (?:accepted|valid|permitted)|may be used)|\b${proof} (?:must|shall|has to|have to) (?:come|stem|originate|be produced|be taken|be created) (?:\S+ )?(?:from|by|in|during) this (?:run|execution|drill|session|rehearsal)\b`,
  ),
];

const count = '(?:\\d+|one|two|three|four|five|six|seven|eight|nine|ten)';
const tries = '(?:attempts?|rounds?|tries|try|retries|retry|executions?)';

const attempts: readonly Phrase[] = [
  row(
    'attempt-limit',
    'maximum',
    'attempts',
    'Maximum of 3 attempts.',
    String.raw`(?:^|[(:,] ?|\b(?:is |are |allowed|make |allow |take |use |permit ))(?:an? )?max(?:imum|\.)?(?: of)?:? ${count} (?:full |complete |further |such )?${tries}\b(?! (?:to (?:log|sign|connect|reach)|at login|by the|per)\b)`,
  ),
  row(
    'attempt-limit',
    'at-most',
    'attempts',
    'At most two attempts are permitted.',
    String.raw`(?:^|\b(?:make|allow|take|use|permit|allowed|must be|may be|be (?:run|tried|attempted|executed)) )(?:at most|no more than|not more than|up to) ${count} (?:full |complete |further |such )?${tries}\b(?! (?:to (?:log|sign|connect|reach)|at login|per|each|by the (?:client|server|job))\b)|\b(?:be (?:run|tried|attempted|repeated|retried|executed)|retry|repeat|try) ${upTo(3)}(?:at most|no more than) (?:once|twice|${count} times)\b`,
  ),
  row(
    'attempt-limit',
    'no-retries',
    'attempts',
    'No retries.',
    String.raw`\bno (?:retries|retry|re-?runs?|second (?:attempt|try|chance)|repeated attempts?|repetitions?)(?=[\s.,;!)]|$)(?! (?:policy|logic|is configured|are configured))|\b(?:${not}) (?:retr(?:y|ies|ying)|re-?run(?:ning)?)(?=[.,;!)]|$| (?:it|this|anything|until|failed|a failed|the (?:plan|drill|suite|run|tests?|steps?|procedure))\b)`,
  ),
  row(
    'attempt-limit',
    'one-only',
    'attempts',
    'One attempt only.',
    /\b(?:one|a single) (?:attempt|try|run|execution|shot) only\b|\bonly (?:one|a single) (?:attempt|try|execution)(?: (?:is|are) (?:allowed|permitted)| per| may| counts|[.!;]|$)/,
  ),
  row(
    'attempt-limit',
    'not-twice',
    'attempts',
    'NEVER run this twice.',
    String.raw`\b${not} (?:run(?:ning)?|execut(?:e|ing)|start(?:ing)?|repeat(?:ing)?|attempt(?:ing)?) (?:this|it|the (?:plan|drill|migration|procedure|run|script|cutover)) (?:\S+ ){0,2}?(?:twice|again|more than once|a second time)\b|\b${not} (?:run|execute|start) (?:twice|a second time)\b|\b(?:${not}) repeat (?:this|the) (?:plan|drill|procedure|run|rehearsal)\b`,
  ),
  row(
    'attempt-limit',
    'nth-time',
    'attempts',
    'Do not try a fourth time.',
    String.raw`\b${not} (?:try|attempt|run|start|retry|repeat|execute) (?:it |this )?(?:for )?an? (?:second|third|fourth|fifth|sixth) (?:time|attempt)\b|\bno (?:second|third|fourth|fifth|sixth) attempt(?=[.,;!)]|$)`,
  ),
  row(
    'attempt-limit',
    'run-once',
    'attempts',
    'Run this plan exactly once.',
    /^(?:please )?(?:run|execute|start|perform) (?:this|it|the) (?:\S+ )?(?:exactly once|once only|only once|once and only once)\b(?! (?:per|an?|each|every)\b)|\b(?:must|may|shall|is to) (?:only )?be (?:run|executed|attempted|performed) (?:exactly once|only once|once only)\b(?! (?:per|an?|each|every)\b)/,
  ),
  row(
    'attempt-limit',
    'must-not-be',
    'attempts',
    'The drill must not be repeated.',
    String.raw`\b(?:this|plan|drill|run|execution|procedure|rehearsal|test|migration|failed (?:steps?|runs?|checks?)) ${mustNotBe} (?:repeated|retried|re-?run|re-?tried|run twice|restarted|run again|executed again)\b`,
  ),
  row(
    'attempt-limit',
    'forbidden',
    'attempts',
    'Retries are not permitted.',
    String.raw`\b(?:retries|retrying|re-?runs|re-?running|repeating (?:the|this|a) \S+)(?: [^\s.;]+){0,3}? ${banned}`,
  ),
];

export const proofPhrases: readonly Phrase[] = [...retained, ...fresh, ...attempts];
