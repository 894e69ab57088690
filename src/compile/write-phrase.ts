/** Phrases about the data: who writes it, and where it is only read. */
import { aboutDatabase, banned, data, dataPlain, forbid, mayBe, mayDo, mustNotBe, not, row, upTo, type Phrase } from './phrase-row.ts';

const verb = '(?:insert|write|update|delete|seed|truncate|modify|change|edit|backfill|populate|overwrite|upsert|purge|add|remove|touch)';
const verbing =
  '(?:inserting|writing|updating|deleting|seeding|truncating|modifying|changing|editing|backfilling|populating|overwriting|upserting|purging|adding|removing|touching)';
const done =
  '(?:inserted|written|updated|deleted|seeded|truncated|modified|changed|edited|backfilled|populated|overwritten|upserted|purged|added|removed|touched|created|altered|corrected|entered|made|repaired)';
const doing = String.raw`(?:inserts?|insertions?|writes?|updates?|deletes?|deletions?|seeds?|seeding|dml|changes?|edits?|fix(?:es)?|corrections?|modifications?|backfills?|patch(?:es)?)`;
const manual = String.raw`(?:manual|manually|hand-?(?:made|written|crafted|rolled|typed)?|direct|directly|ad[- ]?hoc|raw|out-of-band|by-hand)`;
const hand = String.raw`(?:by hand|manually|directly|yourself|yourselves|ad[- ]?hoc|with (?:raw |plain |hand-written )?sql|(?:in|through|via|with|from) psql|(?:from|in|through|at) (?:the|a) (?:\S+ )?(?:console|shell|prompt))`;
/** Structure is another kind: its words may not stand between verb and data. */
const noStructure = String.raw`(?:(?!(?:before|until|unless|while|after|without|backups?|dumps?|snapshots?|schemas?|columns?|index(?:es)?|triggers?|constraints?|views?|structure|definitions?|files?|code|documentation|config\w*|password)\b)[^\s.;:]+ ){0,7}?`;

const writes: readonly Phrase[] = [
  row(
    'no-manual-writes',
    'manual-doing',
    'tables',
    'No manual DB inserts.',
    String.raw`\b${forbid} (?:any )?${upTo(3)}${manual} ${upTo(2)}(?:${doing}|rows?|records?|sql|statements?|data entry|data)\b`,
  ),
  row(
    'no-manual-writes',
    'by-hand',
    'tables',
    'Never correct rows by hand.',
    String.raw`\b${forbid} ${upTo(3)}(?:${verb}|${verbing}|correct(?:ing)?|creat(?:e|ing)|fix(?:ing)?|repair(?:ing)?) ${upTo(4)}${dataPlain} ${upTo(6)}${hand}(?=[\s.,;!)]|$)`,
  ),
  row(
    'no-manual-writes',
    'forbid-data',
    'tables',
    'You MUST NOT insert into `orders`.',
    String.raw`\b${not} ${upTo(2)}(?:${verb}|${verbing}) ${noStructure}${data}`,
  ),
  row(
    'no-manual-writes',
    'without-doing',
    'tables',
    'Show it without inserting rows.',
    String.raw`\b(?:without|no) (?:ever )?${verbing} ${noStructure}${data}`,
  ),
  row(
    'no-manual-writes',
    'no-data-doing',
    'tables',
    'No database writes.',
    String.raw`\b${forbid} ${upTo(2)}(?:db|database|table|row|data|record|sql) ${doing}\b|\bno (?:inserts?|deletes?|dml|seeding|truncates?)(?=[.,;!)]|$| (?:and|or|here|at all|in|into|on)\b)`,
  ),
  row(
    'no-manual-writes',
    'keyword',
    'tables',
    'Never run INSERT or DELETE.',
    String.raw`\b${not} (?:run|send|execute|issue|type) (?:any )?(?:[^\s.;:]+,? (?:or |and |nor )?){0,2}?\x60?(?:insert|delete|truncate|dml)\x60?s?(?=[\s.,;!)]|$)`,
  ),
  row('no-manual-writes', 'must-not-be', 'tables', 'Rows must not be inserted by hand.', String.raw`${dataPlain} ${upTo(4)}${mustNotBe} ${upTo(2)}${done}\b`),
  row(
    'no-manual-writes',
    'no-row-may',
    'tables',
    'No row may be inserted by hand.',
    String.raw`\bno ${upTo(2)}(?:rows?|records?|entries|tables?) ${upTo(3)}${mayBe} ${upTo(2)}${done}\b`,
  ),
  row(
    'no-manual-writes',
    'nobody-may',
    'tables',
    'Nobody may write to the ledger.',
    String.raw`\b(?:nobody|no one|no human|no person|no operator|no tester|no engineer) ${upTo(2)}${mayDo} ${upTo(2)}${verb} ${noStructure}${data}`,
  ),
  row(
    'no-manual-writes',
    'forbidden',
    'tables',
    'Writes are forbidden.',
    String.raw`\b(?:inserts?|writes?|seeding|updates|deletes|dml|inserting|writing|updating|deleting)\b(?: [^\s.;]+){0,5}? ${banned}`,
  ),
  row(
    'no-manual-writes',
    'only-writer',
    'tables',
    'Only the importer may write `orders`.',
    String.raw`\bonly (?:the |an? )?(?:[^\s.;:]+ ){1,5}?${mayDo} (?:ever )?(?:${verb}|create) ${noStructure}${data}`,
  ),
  row(
    'no-manual-writes',
    'written-only-by',
    'tables',
    '`orders` may only be written by the importer.',
    String.raw`${dataPlain} ${upTo(3)}(?:(?:may|must|shall|can|should|is to|are to) (?:only|exclusively|solely) be ${upTo(1)}${done} (?:by|through|via|using|with|from)|(?:may|must|shall|should|is to|are to) be ${upTo(1)}${done} (?:only|exclusively|solely) (?:by|through|via|using|with|from)|(?:may|must|shall|should|is to|are to) be ${upTo(1)}${done} by (?:[^\s.;:]+ ){1,4}?(?:only|alone|exclusively))\b`,
  ),
  row(
    'no-manual-writes',
    'only-through',
    'tables',
    'All writes MUST go through the CLI.',
    String.raw`\b(?:all|every|any) ${upTo(2)}(?:writes?|inserts?|rows?|records?) (?:must|shall|has to|have to|is to|are to|may only) (?:go|come|be made|be written|be created|be done|originate) (?:only )?(?:through|via|from|by)\b`,
  ),
  row(
    'no-manual-writes',
    'no-without',
    'tables',
    'No writes except through the importer.',
    String.raw`\bno ${upTo(2)}(?:writes?|inserts?|rows?|records?|data changes?) ${upTo(3)}(?:except (?:through|by|via|from|those)|without (?:the|going through)|other than (?:through|by|via|those)|outside (?:of )?the|unless (?:through|by|via)|but (?:through|by|via))\b`,
  ),
  row(
    'no-manual-writes',
    'required',
    'tables',
    'It is REQUIRED that rows are written by the importer only.',
    String.raw`\b(?:required|mandatory)\b.{0,60}${dataPlain} ${upTo(2)}(?:is|are|be) (?:only |exclusively )?(?:written|inserted|created|entered) (?:only |exclusively )?by\b`,
  ),
  row('no-manual-writes', 'hands-off', 'tables', 'Hands off the patient records.', String.raw`\bhands off (?:of )?(?:the )?${upTo(2)}${data}`),
];

const part =
  '(?:section|step|phase|plan|part|procedure|runbook|drill|audit|everything(?: below| here)?|(?:all of )?the following|all (?:steps|queries|checks|statements|access)|queries|access|statements)';
const kept = '(?:untouched|alone|unchanged|intact|unmodified|as (?:it is|they are|it was|they were|found))';

const reads: readonly Phrase[] = [
  row(
    'read-only',
    'bracket',
    'none',
    '(Read-Only)',
    /\bread[- ]only\b|^(?:queries|selects?|inspection|observation|look(?:ing)?|viewing|reads?) only$|^no (?:writes?|changes?|modifications?)(?: (?:allowed|permitted|yet|here))?$|^look,? (?:but )?(?:do not|don't) touch|^without (?:any )?(?:writes?|changes?)$/,
    true,
  ),
  row(
    'read-only',
    'must-be',
    'none',
    'Every query must be read-only.',
    /\b(?:must|shall|should|has to|have to|is to|are to) (?:be |remain |stay |run |be kept |be run |be executed |be done )(?:strictly |in )?read[- ]only\b|\bstrictly read[- ]only\b|^read[- ]only(?=[.,!:]|$| (?:throughout|on|from here|in this|everywhere|please|mode))/,
  ),
  row('read-only', 'part-is', 'none', 'This section is read-only.', String.raw`\b${part} ${upTo(3)}(?:is|are|stays?|remains?) (?:strictly )?read[- ]only\b`),
  row(
    'read-only',
    'use',
    'none',
    'Use read-only queries only.',
    /\b(?:use|run|issue|send|execute|perform|open|only|nothing but) (?:only |nothing but |exclusively |it |this |them |everything |in |over |with |through ){0,3}(?:an? |the )?(?:\S+ )?read[- ]only (?:[^\s.;:]+ ){0,2}?(?:quer(?:y|ies)|statements?|access|sql|connections?|sessions?|transactions?|users?|roles?|accounts?|operations?|commands?|checks?)\b/,
  ),
  row(
    'read-only',
    'select-only',
    'none',
    'Only SELECT statements are permitted.',
    /\b(?:only|nothing but|exclusively) `?selects?`?s?(?: statements?| queries)?(?=[\s.,;!)]|$)(?! (?:the|an?|one|those|rows?|your|from)\b)|\bselect(?:s| statements| queries)? only(?=[.,;!)]|$)|\bonly (?:reads?|queries) (?:is|are|may be|must be) (?:allowed|permitted|sent|run|issued|executed)\b/,
  ),
  row(
    'read-only',
    'nothing-written',
    'none',
    'Nothing may be written to the database.',
    String.raw`\b(?:nothing|no data) ${upTo(3)}(?:may|must|shall|is to) (?:ever )?be (?:written|changed|modified|inserted|updated|deleted|altered)\b`,
  ),
  row(
    'read-only',
    'make-no-changes',
    'none',
    'Make no changes.',
    /\bmake no (?:changes?|modifications?|writes?)(?=[.,;!)]|$| to the (?:data|database|db|tables?|records?)\b)/,
  ),
  row(
    'read-only',
    'leave',
    'none',
    'Leave the data untouched.',
    String.raw`^(?:please )?(?:leave|keep) ${upTo(3)}${dataPlain} ${upTo(3)}${kept}(?=[\s.,;!)]|$)`,
  ),
  row(
    'read-only',
    'must-stay',
    'none',
    'The data must remain untouched.',
    String.raw`${dataPlain} ${upTo(3)}(?:must|shall|should|has to|have to|is to|are to) (?:remain|stay|be left|be kept) (?:strictly |completely )?${kept}(?=[\s.,;!)]|$)`,
  ),
];

/** Anything is everything: also where files are spoken of. */
const anything: readonly Phrase[] = [
  row(
    'read-only',
    'not-anything',
    'none',
    'Do not change anything.',
    String.raw`\b(?:${not}|without) ${upTo(1)}(?:write|change|modify|alter|update|writing|changing|modifying|altering|updating) anything\b(?! (?:in|under) the (?:code|source|repo\w*|files?|workspace))`,
  ),
];

export const writePhrases: readonly Phrase[] = [...aboutDatabase([...writes, ...reads]), ...anything];
