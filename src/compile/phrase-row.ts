/** One row of the phrasebook, and the word lists that its rows share. All patterns are matched against the folded sentence. */
import type { PolicyKind } from '../model/policy.ts';

/** What a sentence's own words give to the rule, beside its kind. */
export type PhraseParameter = 'tables' | 'identifiers' | 'attempts' | 'parts' | 'evidence' | 'hosts' | 'targets' | 'commands' | 'isolation' | 'none';

export interface Phrase {
  /** `kind/which-wording`; its examples and near misses stand in fixtures/reading/phrases/KIND.tsv. */
  readonly id: string;
  readonly kind: PolicyKind;
  readonly pattern: RegExp;
  readonly takes: PhraseParameter;
  /** Shown by `proofplan explain compile/unenforced-policy`. */
  readonly example: string;
  /** Only where the heading's brackets carry it. */
  readonly heading?: true;
  /** A sentence that this matches speaks of something else. */
  readonly unless?: RegExp;
}

export function row(kind: PolicyKind, wording: string, takes: PhraseParameter, example: string, pattern: string | RegExp, heading?: true): Phrase {
  const compiled = typeof pattern === 'string' ? new RegExp(pattern) : pattern;
  return { id: `${kind}/${wording}`, kind, pattern: compiled, takes, example, ...(heading ? { heading } : {}) };
}

/** Speaks of files, buckets or zones and of nothing that a database has: guards of a database would keep another rule than the one that is meant. */
const otherStore =
  /^(?!.*\b(?:databases?|db|tables?|rows?|sql|ledgers?|inserts?|ddl|schema|postgres\w*)\b)(?!.*\x60[a-z_]+\x60).*\b(?:buckets?|s3|files?|disks?|volumes?|configs?|configuration|caches?|queues?|topics?|registry|firewalls?|dns|zones?|wiki|calendars?|folders?|spreadsheets?|sheets?|documents?|code|sources?|dashboards?|tickets?|mailbox(?:es)?|images?|branch(?:es)?|repository|repo)\b/;

export function aboutDatabase(phrases: readonly Phrase[]): readonly Phrase[] {
  return phrases.map((phrase) => ({ ...phrase, unless: otherStore }));
}

/** Up to so many words, each with its space. Always bounded: a long line must cost no more than its length. */
export const upTo = (count: number): string => String.raw`(?:[^\s.;:]+ ){0,${count}}?`;

/** Words that forbid what follows them. */
export const not = String.raw`(?:never|do not|don't|(?:must|may|shall)(?: not| never)|mustn't|should never|not allowed(?: to|:)?|not permitted to|(?:is|are|it is) not to|forbidden(?: to|:)?|prohibited(?: to| from|:)?|refrain from|avoid|under no circumstances)`;
export const forbid = String.raw`(?:no|zero|without(?: any)?|${not})`;

/** "Rows must not be …", "may under no circumstances be …". */
export const mustNotBe = String.raw`(?:(?:must|may|shall|should|can)(?: not| never| under no circumstances)|mustn't|cannot|(?:is|are) (?:not|never) to) (?:ever )?be`;
export const mayBe = String.raw`(?:may|must|shall|should|can|is to|are to|is allowed to|are allowed to) (?:ever )?be`;
export const mayDo = String.raw`(?:may|must|shall|should|can|is allowed to|is permitted to|are allowed to|are permitted to)`;

/** "… is forbidden"; a trigger that forbids something tells how the system is made. */
export const banned = String.raw`(?:is|are|remains?) (?:strictly |expressly |absolutely )?(?:forbidden|prohibited|not allowed|not permitted|not acceptable|disallowed|banned|out of bounds|off[- ]limits)(?! by\b)`;

const code = String.raw`\x60[a-z_][a-z0-9_]*\x60`;
/** The things of a database, and names in backticks; not what only begins with such a word. */
export const data = String.raw`(?:(?:databases?|db|tables?|rows?|records?|data|ledgers?|entries|sql)\b|${code})(?! (?:password|version|driver|url|config\w*|settings?|schema|servers?|engine|client|connection|migrations?|files?|folder|director\w+|sheet|model|types?|dumps?|backups?|names?|of contents|groups?|users?|admin\w*|teams?|roles?|accounts?|nodes?|clusters?|hosts?|cent(?:er|re)s?|protection|sources?|disks?|volumes?)\b)`;
export const dataPlain = String.raw`(?:(?:databases?|db|tables?|rows?|records?|data|ledgers?|entries)\b|${code})`;

/**
 * A part of a sentence that tells how things are, or when something holds. It is taken out before the rows are tried, so that
 * "if you do not write to the table, the import waits" forbids nothing.
 */
export const toldPart =
  /\b(?:if|when|whenever|because|since|unless|in case|why|whether|that|which|who|so that) (?:[^\s,;:]+ ){0,3}?(?:do not|don't|does not|doesn't|did not|didn't|never|cannot|can't|will not|won't)\b[^,;:]{0,200}/g;

/** A clause that tells what something does or does not do: "the importer does not write …", "it only takes a minute". */
export const toldClause =
  /^(?:(?:so|and|but|because|since|as|therefore) )?(?:the|this|that|these|those|an?|each|every|our|its|it|most|some|they|we|i|he|she|users?|customers?|people) (?:(?!(?:must|may|shall|should|can|is|are|to|not|under)\b)[^\s,;:]+ ){0,5}?(?:does not|doesn't|did not|didn't|do not|don't|never|only|no longer|works? without|runs? without)(?! (?:permitted|allowed|legitimate|be)\b) /;

/** Of whoever carries out the plan, telling is demanding: "the agent never writes …". */
export const executorTells =
  /\b(?:the |this |an? |every |all )?(?:executing |release |test )?(?:agents?|operators?|executors?|testers?|runners?) (?:does not|do not|doesn't|don't|never)\b/g;

/** Whole sentences that tell, ask, or speak of the past, whatever words they use. */
export const narratives: readonly RegExp[] = [
  /\?["')]?$/,
  /^there (?:is|are|was|were|has been|have been|will be)\b/,
  /^(?:in the past|previously|last (?:week|month|year|time)|historically|at that time|back then)\b/,
  /^no (?:[^\s,;:]+ ){0,8}?(?:was|were|has been|have been|had been|happened|occurred|came|needed|necessary|(?:is|are) (?:required|expected|planned|involved|included|known|available|affected|shown|found|pending|left|part of))\b/,
  /^(?:no need|not needed|nothing to|no longer)\b/,
];
