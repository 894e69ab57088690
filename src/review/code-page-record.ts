/** Pages of guards, policies and records: what was refused, and what makes a record worth nothing. */
import type { CodeReason } from './code-page-row.ts';

const verify = 'proofplan audit verify .proofplan/latest';
const again = 'execute the plan again; this record proves nothing any more';
const restored = `restore the folder as it was written, then: ${verify}`;

export const recordReasons = {
  'guard/no-such-table': {
    why: 'a name that no table has protects nothing, and the plan reads as if it did',
    bad: 'Do not insert into `oders`.',
    good: 'Do not insert into `orders`.',
  },
  'guard/not-guarded': {
    why: 'without the guard nothing keeps a forbidden write from taking effect',
    bad: 'the account may not connect a second time',
    good: 'let the account connect from this host, then execute again',
  },
  'guard/superuser-account': {
    why: 'a superuser can switch off what watches it; nothing is called prevented there',
    bad: 'database: postgres://postgres@db.example/shop',
    good: 'database: postgres://app@db.example/shop',
  },
  'journal/closed': {
    why: 'what happens after the end belongs to no verdict',
    bad: 'any execution that ends with this message',
    good: 'report it as a defect of proofplan',
  },
  'journal/disturbed': {
    why: 'a journal that others write can be written to say that the plan has passed',
    bad: 'a step that removes .proofplan',
    good: 'find out what writes there, and execute the plan again',
  },
  'journal/entry-refused': {
    why: 'an entry that is changed to fit would say something else than what happened',
    bad: 'any execution that ends with this message',
    good: 'report it as a defect of proofplan',
  },
  'journal/evidence-changed': { why: 'the verdict was given on other bytes than are there now', bad: 'evidence/sha256/… was edited', good: restored },
  'journal/evidence-missing': { why: 'what the verdict was given on cannot be looked at', bad: 'evidence/ was emptied to save room', good: restored },
  'journal/latest-not-updated': {
    why: 'the link leads to an older execution, whose verdict could be taken for this one',
    bad: '.proofplan/latest is a folder',
    good: 'remove it, and name the folder of the execution itself',
  },
  'journal/latest-turned': {
    why: 'whoever opens latest would take another verdict for the one of this execution',
    bad: 'ln -sfn executions/2026-01-01T00-00-00Z-abcdef .proofplan/latest     (while a plan runs)',
    good: 'find out what writes into the output folder; the link is right again',
  },
  'journal/later-version': {
    why: 'an entry that is read in another sense than it was written could turn a failure into a pass',
    bad: 'proofplan show old/.proofplan/latest     (written by a later version)',
    good: 'npx proofplan@latest show old/.proofplan/latest',
  },
  'journal/ledger-damaged': {
    why: 'failed attempts may have been taken out of it, so the number of this attempt says little',
    bad: 'a line of ledger.jsonl was removed between two executions',
    good: 'restore it from where it is kept, or begin in another folder with --out',
  },
  'journal/ledger-locked': {
    why: 'two writers would break the chain that shows deleted attempts',
    bad: 'two executions that begin in one output folder',
    good: 'wait for the other one, or name another folder with --out',
  },
  'journal/ledger-unusable': {
    why: 'without the ledger a failed attempt could be deleted, and nobody would see it',
    bad: 'ledger.jsonl was removed while a plan ran',
    good: again,
  },
  'journal/not-resumable': {
    why: 'what an earlier process has done is taken from its journal, so every line of it has to be genuine',
    bad: 'a line of journal.jsonl was edited between the kill and `proofplan resume`',
    good: 'proofplan run plan.md',
  },
  'journal/not-opened': {
    why: 'nothing is executed without a record',
    bad: 'proofplan run plan.md --out /read-only',
    good: 'proofplan run plan.md --out /data/proofplan',
  },
  'journal/output-not-ours': {
    why: 'somebody else decides where the record goes, and could exchange it',
    bad: '.proofplan is a link of another user',
    good: 'proofplan run plan.md --out /data/proofplan',
  },
  'journal/output-unusable': { why: 'nothing is executed without a record', bad: '.proofplan is a file', good: 'proofplan run plan.md --out /data/proofplan' },
  'journal/prune-failed': {
    why: 'the ledger says that a record is gone, and a part of it is still there',
    bad: 'a folder of an execution that belongs to another user',
    good: 'proofplan prune --keep 20 --yes            (once more, when it can be removed)',
  },
  'journal/prune-running': {
    why: 'two that remove at once could both say that they removed the same',
    bad: 'proofplan prune --keep 20 --yes & proofplan prune --keep 10 --yes',
    good: 'wait for the other one',
  },
  'journal/unknown-kind': {
    why: 'what is left out may be what a reader looks for; the count says that something is missing',
    bad: 'proofplan report .proofplan/latest     (written by a later version)',
    good: 'npx proofplan@latest report .proofplan/latest',
  },
  'journal/unreadable': {
    why: 'what cannot be read cannot be relied on, and half a journal may lack the failure',
    bad: 'journal.jsonl was cut',
    good: restored,
  },
  'journal/write-failed': { why: 'what is not recorded cannot be part of a verdict', bad: 'the disk was full', good: 'make room, and execute the plan again' },
  'policy/changed-behind-guard': {
    why: 'data that changed and that no step has written may have been put there by hand',
    bad: 'psql in another window while the plan ran',
    good: again,
  },
  'policy/forbidden-command': {
    why: 'the rule names this command; nothing that it did could be taken back',
    bad: 'Never run `git push`.\n\n```bash\ngit push origin main\n```',
    good: 'Never run `git push`.\n\n```bash\ngit status --short\n```',
  },
  'policy/forbidden-execution': {
    why: 'the section promises that nothing is executed in it',
    bad: '## 1. Static checks (No Execution Yet)\n\n```bash\n./import.sh\n```',
    good: '## 1. Static checks (No Execution Yet)\n\n```bash\nrg -n "import_orders" src\n```',
  },
  'policy/forbidden-identifier': {
    why: 'what goes by this name is what the plan rules out, and a pass with it is not the one that was asked for',
    bad: 'Do not use `SQLiteStore`.\n\n```bash\npython -m shop.run --store SQLiteStore\n```',
    good: 'Do not use `SQLiteStore`.\n\n```bash\npython -m shop.run --store PostgresStore\n```',
  },
  'policy/forbidden-statement': {
    why: 'a step that only looks must not change what it looks at',
    bad: '```sql\nDELETE FROM orders WHERE stuck;\n```',
    good: '```sql\nSELECT count(*) AS stuck FROM orders WHERE stuck;\n```\n\n**Expected:** `stuck = 0`',
  },
  'policy/forbidden-target': {
    why: 'what is done there cannot be taken back, whatever the verdict',
    bad: 'Never run this against production.    (database: …@production-db/shop)',
    good: 'Never run this against production.    (database: …@staging-db/shop)',
  },
  'policy/forbidden-write': {
    why: 'rows that were put there by hand look like rows that the system has made',
    bad: 'No manual inserts into `orders`.\n\n```bash\npsql -c "INSERT INTO orders VALUES (1, \'paid\')"\n```',
    good: 'No manual inserts into `orders`.\n\n## 2. Import (Production Path)\n\n```bash\npython -m shop.import_orders\n```',
  },
  'policy/isolation-not-reached': {
    why: 'without it a step could reach what no guard looks at, and the record would show a rule that nothing kept',
    bad: 'Isolation level: network.    (on a machine without bubblewrap)',
    good: 'install bubblewrap and let it make namespaces; `proofplan doctor` tells the level that is reached',
  },
  'policy/opaque-write': {
    why: 'no reading of a program tells what it will send; the guard refuses the statement when it is sent, in the middle of the execution',
    bad: 'No manual inserts into `orders`.\n\n```bash\npython3 -c \'connect().execute("INSERT INTO orders VALUES (1)")\'\n```',
    good: 'No manual inserts into `orders`.\n\n```bash\npython3 -c \'print(connect().execute("SELECT count(*) FROM orders").fetchone())\'\n```',
  },
  'policy/sqlite-fallback': {
    why: 'what passed on a local file says nothing about the real database',
    bad: 'No SQLite fallback.    (the program found no database and wrote shop.db)',
    good: 'give the program its database, and let it fail without one',
  },
  'report/live-not-written': {
    why: 'the view is no part of the record: nothing waits for it, and nothing is judged by it',
    bad: 'the disk was full while `proofplan run --live plan.md` went on',
    good: 'look at report.html at the end, or at `proofplan show DIR` meanwhile',
  },
  'report/no-document': {
    why: 'a report is the plan with its answers; without the plan it would answer something else',
    bad: 'the evidence of an execution lacks the plan',
    good: restored,
  },
  'report/no-end': {
    why: 'what would have made the execution fail may be what is missing',
    bad: 'proofplan report .proofplan/latest     (the runner was killed)',
    good: 'proofplan resume .proofplan/latest\nproofplan report .proofplan/latest',
  },
  'report/no-opening': {
    why: 'without its opening nobody knows which plan a record belongs to, and which steps it should hold',
    bad: ': > .proofplan/latest/journal.jsonl',
    good: restored,
  },
  'report/not-rendered': {
    why: 'an older report in its place could be taken for this one; so it is said, and the old one is removed',
    bad: 'proofplan run plan.md --report junit=/proc/junit.xml',
    good: 'proofplan report .proofplan/latest --format junit --output junit.xml',
  },
  'review/attempt-missing': {
    why: 'a failed attempt that is deleted makes the next one look like the first',
    bad: 'rm -r .proofplan/executions/2026-01-02…',
    good: restored,
  },
  'review/attempt-pruned': {
    why: 'whoever removes the record of a failure can also write into the ledger that it was pruned',
    bad: 'rm -r .proofplan/executions/2026-02-09T12-00-00Z-abcdef, and a line `pruned` written by hand',
    good: 'proofplan prune --keep 20 --failures --key ci.key     (signed: the auditor gives --vkey)',
  },
  'review/chain-broken': { why: 'a line was changed, added or taken out after it was written', bad: 'sed -i s/failed/passed/ journal.jsonl', good: restored },
  'review/checkpoint-mismatch': {
    why: 'the journal is not the one that was closed',
    bad: 'a journal of another execution was put beside the checkpoint',
    good: restored,
  },
  'review/checkpoint-missing': { why: 'the end may have been cut off, and with it the failure', bad: 'rm .proofplan/latest/checkpoint', good: restored },
  'review/checkpoint-unsigned': { why: 'anybody could have written it', bad: `${verify} --vkey ANOTHER`, good: `${verify} --vkey THE-SIGNER'S` },
  'review/conversion-differs': {
    why: 'a YAML form that demands less would pass where the document fails',
    bad: 'proofplan convert plan.md',
    good: 'keep the Markdown form, or say the named parts more plainly',
  },
  'review/entry-after-closed': { why: 'the verdict was given without it', bad: 'echo … >> journal.jsonl', good: restored },
  'review/entry-malformed': {
    why: 'a line that is no entry may stand in place of one',
    bad: 'a journal that was opened and saved by an editor',
    good: restored,
  },
  'review/entry-not-canonical': {
    why: 'the runner writes one form only: somebody else has written this line',
    bad: 'jq . journal.jsonl > journal.jsonl',
    good: restored,
  },
  'review/evidence-changed': { why: 'the verdict was given on other bytes', bad: 'an output in evidence/ was edited', good: restored },
  'review/evidence-missing': { why: 'nobody can see what the verdict was given on', bad: 'evidence/ was emptied to save room', good: restored },
  'review/file-changed': { why: 'a verdict or report was edited after the execution was closed', bad: 'sed -i s/failed/passed/ verdict.json', good: restored },
  'review/file-missing': { why: 'a file that belongs to the record was taken away', bad: 'rm .proofplan/latest/report.md', good: restored },
  'review/files-not-recorded': {
    why: 'without their digests nobody can say that verdict and reports are the ones that were written',
    bad: 'the runner was killed before it closed the journal',
    good: again,
  },
  'review/ledger-broken': { why: 'an attempt may have been taken out of it', bad: 'a line of ledger.jsonl was removed', good: restored },
  'review/ledger-differs': { why: 'one of the two was written afterwards', bad: 'a folder of one execution was renamed to that of another', good: restored },
  'review/ledger-missing': {
    why: 'without the ledger, attempts that were deleted do not show',
    bad: 'one execution was copied elsewhere',
    good: 'verify it where it was made, with ledger.jsonl two folders up',
  },
  'review/ledger-not-ended': { why: 'how it ended is only told by a file that could be exchanged', bad: 'the runner was killed at its end', good: again },
  'review/not-an-execution': { why: 'there is no record that could be verified', bad: 'proofplan audit verify .', good: verify },
  'review/not-closed': { why: 'what came after the last line is not known', bad: 'the runner was killed', good: again },
  'review/not-in-ledger': {
    why: 'an execution that was never registered may have been made elsewhere, many times, until it passed',
    bad: 'a folder was copied into .proofplan/executions',
    good: 'verify it where it was made',
  },
  'review/not-opened': {
    why: 'the beginning is missing, and with it which plan was executed',
    bad: 'the first lines of journal.jsonl were removed',
    good: restored,
  },
  'review/step-not-ended': {
    why: 'the step may have taken effect, and what it has done is not known',
    bad: 'the runner was killed in the middle of a step',
    good: again,
  },
  'review/step-not-started': {
    why: 'an outcome without its beginning was not written by an execution',
    bad: 'a line was put into journal.jsonl',
    good: restored,
  },
  'review/time-backwards': {
    why: 'the lines may not be in the order in which things happened',
    bad: 'the clock of the machine was set back',
    good: 'execute the plan again with a clock that runs forward',
  },
  'review/torn-end': { why: 'what the last line was to say is lost', bad: 'the machine lost its power', good: again },
  'review/trailing-bytes': { why: 'the verdict was given without them', bad: 'printf x >> journal.jsonl', good: restored },
  'review/unexpected-plan': {
    why: 'another plan has passed, perhaps a weaker one',
    bad: `${verify} --expect-plan SHA-256 (of another version)`,
    good: `${verify} --expect-plan SHA-256 (of the plan that was meant)`,
  },
  'review/unexpected-root': {
    why: 'this is not the record that was spoken of',
    bad: `${verify} --expect-root ROOT (of another execution)`,
    good: `${verify} --expect-root ROOT (of the AUDIT line)`,
  },
  'review/unknown-version': {
    why: 'what a reader does not know it cannot judge',
    bad: 'a journal of a later proofplan',
    good: 'verify it with that version, or a later one',
  },
  'review/verdict-differs': {
    why: 'one of the two was edited, and only the journal is chained',
    bad: 'sed -i s/unproven/passed/ verdict.json',
    good: restored,
  },
  'review/verdict-not-single': { why: 'with two verdicts one can be chosen', bad: 'a second verdict was put into journal.jsonl', good: restored },
  'review/wrong-execution': { why: 'a line of a better execution was put into this one', bad: 'lines were copied from another journal', good: restored },
  'review/wrong-sequence': { why: 'a line is missing, doubled or at another place', bad: 'a line of journal.jsonl was removed', good: restored },
} as const satisfies Readonly<Record<string, CodeReason>>;
