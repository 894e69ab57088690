/**
 * How policy sentences are recognised: one row a phrase, as data. Order matters only inside a kind. A sentence can match
 * rows of several kinds and then becomes several policies. What forbids or demands and matches no row is reported.
 */
import type { PolicyKind } from '../model/policy.ts';

export interface Phrase {
  readonly kind: PolicyKind;
  /** Matched against the folded sentence. */
  readonly pattern: RegExp;
  /** Only where the heading's brackets or a section's title carry it. */
  readonly heading?: boolean;
}

const forbid = String.raw`(?:no|never|do not|don't|must not|mustn't|may not|without|not allowed:?|forbidden:?|avoid|zero)`;

export const phrasebook: readonly Phrase[] = [
  {
    kind: 'no-manual-writes',
    pattern: new RegExp(
      String.raw`\b${forbid} (?:\w+ ){0,3}?(?:manual|manually|direct|directly|hand|ad-?hoc|raw)(?:ly)? (?:\w+ ){0,2}?(?:inserts?|writes?|updates?|deletes?|seeds?|seeding|rows?|sql|changes?|edits?|modif\w+)\b`,
    ),
  },
  {
    kind: 'no-manual-writes',
    pattern: new RegExp(String.raw`\b${forbid} (?:\w+ ){0,2}?(?:insert|seed|truncate)(?:ing|s)? (?:\w+ ){0,2}?(?:into|in|to|from|on|rows?|data|the)\b.*`),
  },
  {
    kind: 'no-manual-writes',
    pattern: new RegExp(
      String.raw`\b${forbid} (?:\w+ ){0,2}?(?:write|update|delete|modify|change)(?:ing|s)? .*(?:\b(?:databases?|db|tables?|rows?|records?|data|sql|schema)\b|\x60[a-z_]+\x60)`,
    ),
  },
  {
    kind: 'no-manual-writes',
    pattern:
      /\b(?:inserts?|writes?|seeding|seeds?|updates?|deletes?)\b(?: \w+){0,4} (?:is|are) (?:strictly )?(?:forbidden|prohibited|not allowed|not permitted|disallowed)\b/,
  },
  {
    kind: 'no-manual-writes',
    pattern: new RegExp(String.raw`\b${forbid} (?:\w+ ){0,2}?(?:db|database) (?:inserts?|writes?|seeds?|seeding|changes?|modifications?)\b`),
  },
  { kind: 'no-sqlite-fallback', pattern: new RegExp(String.raw`\b${forbid} (?:\w+ ){0,3}?\x60?sqlite\w*\x60?`) },
  {
    kind: 'stop-on-failure',
    pattern:
      /\b(?:stop|halt|abort)\b(?: \w+){0,3}? (?:on|at|upon|after) (?:the )?(?:first |any )?(?:failure|error|failing)\b|\bstop and report\b|\bfail(?:s|ing)? fast\b/,
  },
  {
    kind: 'stop-on-failure',
    pattern:
      /\bif (?:a|any|one|the) (?:\w+ )?(?:step|check|test|command|assertion)s? fails?,? (?:then )?(?:stop|abort|halt)\b|\bdo not (?:proceed|continue) (?:until|unless|if|after|when|past)\b.*\b(?:pass|passes|passed|fail|fails|failed|failure|succeeds?|green|error)\b|\b(?:stop|halt|abort) (?:immediately )?(?:if|when) (?:a|any|one) (?:\w+ )?(?:step|check|test|command)s? fails?\b/,
  },
  { kind: 'order', pattern: /\bbefore (?:attempting|running|starting|executing|any|testing|proceeding|the)\b.*/ },
  { kind: 'order', pattern: /^required before (?:testing|any|running|proceeding|execution)\b.*/, heading: true },
  { kind: 'read-only', pattern: /\bread-only\b/, heading: true },
  { kind: 'read-only', pattern: /\b(?:must|only|strictly|is|are) (?:be )?read-only\b|^read-only\b/ },
  { kind: 'no-execution', pattern: /\bno execution\b|\bnothing (?:is )?(?:executed|run)\b|\bsearch(?:es)? only\b|\bstatic only\b/, heading: true },
  { kind: 'no-execution', pattern: /\b(?:do not|never|must not) execute (?:anything|any command|commands)\b/ },
  { kind: 'no-ddl', pattern: new RegExp(String.raw`\b${forbid} (?:\w+ ){0,2}?(?:ddl|schema changes?|migrations?)\b`) },
  {
    kind: 'no-undeclared-env',
    pattern: new RegExp(String.raw`\b${forbid} (?:\w+ ){0,2}?(?:undeclared|extra|additional) (?:env(?:ironment)?(?: variables?)?|variables?)\b`),
  },
  {
    kind: 'no-workspace-change',
    pattern: new RegExp(
      String.raw`\b${forbid} (?:\w+ ){0,3}?(?:edit|modify|change|patch)(?:ing)? (?:the )?(?:source|code|workspace|repository|files)\b|\b${forbid} (?:code|source) (?:changes?|edits?)\b`,
    ),
  },
  {
    kind: 'no-substitution',
    pattern: new RegExp(String.raw`\b${forbid} (?:\w+ ){0,2}?(?:substitut\w+|workarounds?|shims?|equivalents?|alternative commands?|shortcuts?)\b`),
  },
  {
    kind: 'no-substitution',
    pattern:
      /\b(?:do not|don't|never|must not|may not|not allowed to|no) skip(?:ping|ped)?\b|\b(?:executed|run|performed|followed) in (?:the )?(?:given |listed |this |exact |documented )?(?:order|sequence)\b/,
  },
  {
    kind: 'fresh-evidence',
    pattern: /\b(?:evidence|runs?|rows?) (?:must be|has to be|have to be) (?:fresh|new)\b|\bno (?:old|stale|earlier|previous) (?:evidence|runs?|rows?|data)\b/,
  },
  { kind: 'fresh-evidence', pattern: /\breal (?:run|runs|execution|data)\b.*\bnot (?:an? )?(?:db |database )?(?:seed|seeded|mock|fake|stub)\w*\b/ },
  {
    kind: 'attempt-limit',
    pattern:
      /\bmax(?:imum)?(?: of)? (\d+) (?:attempts?|rounds?|tries|retries)\b|\bno retries\b|\b(?:avoid|do not|don't|never|must not) retr(?:y|ies|ying)\b|\bone attempt only\b/,
  },
  { kind: 'no-network', pattern: new RegExp(String.raw`\b${forbid} (?:\w+ ){0,2}?(?:network|internet|external)(?: access| calls?| traffic)?\b`) },
];

/** Words that make a sentence a rule for whoever executes the plan. A sentence with one and without a phrase is unenforced. */
export const ruleWords = /\b(?:must not|mustn't|may not|never|do not|don't|not allowed|forbidden|prohibited|no \w+|under no circumstances|strictly)\b/;
