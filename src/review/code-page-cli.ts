/** Pages of what can be wrong with a command line and the files it names. */
import type { CodeReason } from './code-page-row.ts';

export const cliReasons = {
  'cli/file-exists': {
    why: 'what is there may be an addendum that somebody answered, or a plan that was reviewed',
    bad: 'proofplan new runbook -o plan.md     (plan.md exists)',
    good: 'proofplan new runbook -o restore.md',
  },
  'cli/file-too-large': {
    why: 'no person can have reviewed a plan of that size, so it is mostly another file than was meant',
    bad: 'proofplan check backup.dump',
    good: 'proofplan check plans/backup.md',
  },
  'cli/given-value': {
    why: 'a value that is read in another way than it was meant goes into a command',
    bad: 'proofplan run plan.md --set tenant_id',
    good: 'proofplan run plan.md --set tenant_id=acme',
  },
  'cli/internal': {
    why: 'a program that is in a state it does not know cannot say that a plan has passed; the exit code is 5',
    bad: 'any command that ends with this message',
    good: 'report it with the lines of the message; no verdict was given',
  },
  'cli/lock-unusable': {
    why: 'a lock that cannot be read protects nothing, and must not look as if it did',
    bad: 'proofplan run --locked plan.md       (plan.lock was edited by hand)',
    good: 'proofplan lock plan.md               (after a review)',
  },
  'cli/machine-short': {
    why: 'an execution that could not get what it needs shows nothing about the tested system',
    bad: 'ulimit -n 32; proofplan run plan.md',
    good: 'ulimit -n 1024; proofplan run plan.md',
  },
  'cli/no-config': {
    why: 'without the configuration nobody knows what the environment of that name is, and another one would be used',
    bad: 'cd /tmp && proofplan run plan.md --environment staging',
    good: 'proofplan run project/plan.md --environment staging',
  },
  'cli/no-environment': {
    why: 'an environment that is picked by itself may be the wrong one, production among them',
    bad: 'environments:\n  staging: { workspace: . }',
    good: 'default: staging\nenvironments:\n  staging: { workspace: . }',
  },
  'cli/no-lock': {
    why: '`--locked` promises that the reviewed reading is executed; without a lock there is none',
    bad: 'proofplan run --locked plan.md',
    good: 'proofplan lock plan.md\nproofplan run --locked plan.md',
  },
  'cli/no-server': {
    why: 'there is no address to give, and a made-up one leads somewhere else',
    bad: 'proofplan db url',
    good: 'proofplan db start\nproofplan db url',
  },
  'cli/no-such-file': {
    why: 'a plan that was not found was not executed; it counts against the exit code of the whole command',
    bad: 'proofplan check plan/releas.md',
    good: 'proofplan check plans/release.md',
  },
  'cli/not-a-file': {
    why: 'nothing can be read from it; `run` executes only what is named file by file',
    bad: 'proofplan run plans/',
    good: 'proofplan run plans/release.md',
  },
  'cli/not-an-execution': {
    why: 'there is no record in it that could be shown or verified',
    bad: 'proofplan show .',
    good: 'proofplan show .proofplan/latest',
  },
  'cli/not-parallel': {
    why: 'two plans that write into one workspace, or into one database, would see what the other one does',
    bad: 'proofplan run plans --jobs 4         (all in one workspace)',
    good: 'parallel: true                       (in the environment, where its plans leave each other alone)',
  },
  'cli/plan-changed': {
    why: 'what is executed must be what was compiled, and what the other plans of the command are told of it',
    bad: 'proofplan run plans --jobs 2         (a plan is edited meanwhile)',
    good: 'proofplan run plans --jobs 2         (again, with the plans as they are now)',
  },
  'cli/plan-named-twice': {
    why: 'a plan that was executed twice would be counted twice',
    bad: 'proofplan run plans/a.md ./plans/a.md',
    good: 'proofplan run plans/a.md',
  },
  'cli/prerequisite-circle': {
    why: 'in a circle no plan can be the first',
    bad: 'a.md: Run [B](b.md) first.    b.md: Run [A](a.md) first.',
    good: 'a.md: Run [B](b.md) first.',
  },
  'cli/prerequisite-missing': {
    why: 'a demand that nobody can meet must not look as if it were met',
    bad: 'Run [Setup](setpu.md) first.',
    good: 'Run [Setup](setup.md) first.',
  },
  'cli/prerequisite-unusable': {
    why: 'its own plan could only fail, or would rest on what another system was brought to',
    bad: 'Run [Setup](notes.md) first.         (notes.md has no step)',
    good: 'Run [Setup](setup.md) first.',
  },
  'cli/pruned-execution': {
    why: 'the record was removed on purpose, which is another answer than that there never was one',
    bad: 'proofplan show .proofplan/executions/2026-02-09T12-00-00Z-abcdef     (pruned in May)',
    good: 'proofplan history 2026-02-09T12-00-00Z-abcdef                       (what the ledger keeps of it)',
  },
  'cli/server-record': {
    why: 'the note says which process holds the server; without it another process could be ended',
    bad: '.proofplan/server.json holds half a line',
    good: 'remove the note, end the server by its process number, start it again',
  },
  'cli/server-running': {
    why: 'a second server for one folder would leave two databases of which one is looked at',
    bad: 'proofplan db start\nproofplan db start',
    good: 'proofplan db start\nproofplan db url',
  },
  'cli/shard-unwritable': {
    why: 'without it nobody can tell a whole set from one that lacks a part',
    bad: 'proofplan run plans --shard 1/2 --out /read-only',
    good: 'proofplan run plans --shard 1/2 --out results',
  },
  'cli/stale-lock': {
    why: 'the plan, its addendum or its reading changed after the review: what would be executed is not what was agreed',
    bad: 'proofplan lock plan.md\nsed -i s/7/0/ plan.md\nproofplan run --locked plan.md',
    good: 'proofplan diff reviewed.md plan.md   (look at what changed)\nproofplan lock plan.md',
  },
  'cli/two-values': {
    why: 'one of the two would win silently, and the record would show a value that somebody did not give',
    bad: 'proofplan run plan.md --set region=eu --set region=us',
    good: 'proofplan run plan.md --set region=eu',
  },
  'cli/unknown-code': {
    why: 'a code that does not exist explains nothing',
    bad: 'proofplan explain compile/no-steps',
    good: 'proofplan explain compile/no-step',
  },
  'cli/unknown-environment': {
    why: 'falling back to another environment would execute the plan where nobody wanted it',
    bad: 'proofplan run plan.md --environment stagin',
    good: 'proofplan run plan.md --environment staging',
  },
  'cli/unknown-step': {
    why: 'no step of that number would be executed or shown, which must not look like one without a fault',
    bad: 'proofplan run plan.md --only 9.9',
    good: 'proofplan run plan.md --only 2.1',
  },
  'cli/unknown-plan': {
    why: 'an empty history of a misspelt plan would look like one that never failed',
    bad: 'proofplan history plans/run-prof.md',
    good: 'proofplan history                          (all plans that the ledger knows)\nproofplan history plans/run-proof.md',
  },
  'cli/unknown-task': {
    why: 'an attestation that belongs to no task attests nothing',
    bad: 'proofplan run plan.md --attest T9 --by Ann',
    good: 'proofplan run plan.md --attest T1 --by Ann',
  },
  'cli/unreadable-file': {
    why: 'a file that is there and cannot be read may hold rules; going on without it would weaken the plan',
    bad: 'chmod 000 plan.addendum.yaml\nproofplan check plan.md',
    good: 'chmod 644 plan.addendum.yaml\nproofplan check plan.md',
  },
  'cli/unset-database': {
    why: 'without its address the environment has no database, and another one must not take its place',
    bad: 'database: { env: STAGING_URL }        (STAGING_URL is not set)',
    good: 'STAGING_URL=postgres://… proofplan run plan.md',
  },
  'cli/unwritable-file': {
    why: 'what was asked for would be missing without anybody being told',
    bad: 'proofplan convert plan.md --out /proc/plan.yaml',
    good: 'proofplan convert plan.md --out plan.plan.yaml',
  },
  'cli/usage': {
    why: 'an option that is misspelt and passed over is a demand that nobody hears',
    bad: 'proofplan check --frial plan.md',
    good: 'proofplan check --frail plan.md',
  },
  'cli/variable-not-passed': {
    why: 'a program that finds the real address, or that of another database, would not go through the gateway',
    bad: 'REPORTS_DATABASE_URL=postgresql://… proofplan guard --database env:APP_URL -- ./job.sh',
    good: 'env -u REPORTS_DATABASE_URL proofplan guard --database env:APP_URL -- ./job.sh',
  },
} as const satisfies Readonly<Record<string, CodeReason>>;
