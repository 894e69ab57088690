/** Pages of what an auditor asks for: keys, expectations, proofs, and how a cut journal goes on. */
import type { CodeReason } from './code-page-row.ts';

const verify = 'proofplan audit verify .proofplan/latest';

export const auditReasons = {
  'cli/key-unusable': {
    why: 'whoever can read the key can sign a record that no execution has left',
    bad: 'chmod 644 proofplan.key\nproofplan run plan.md --key proofplan.key',
    good: 'chmod 600 proofplan.key\nproofplan run plan.md --key proofplan.key',
  },
  'cli/unknown-entry': {
    why: 'a proof is of one line of the journal, and of no other',
    bad: 'proofplan audit prove .proofplan/latest 1000',
    good: 'proofplan show .proofplan/latest          (entries with their numbers)\nproofplan audit prove .proofplan/latest 17',
  },
  'cli/unknown-policy': {
    why: 'an answer about another sentence would look like one about this',
    bad: 'proofplan audit explain .proofplan/latest P9',
    good: 'proofplan audit show .proofplan/latest     (policies with their numbers)\nproofplan audit explain .proofplan/latest P1',
  },
  'review/proof-malformed': {
    why: 'a proof whose entry is not the one that it speaks of proves something else',
    bad: 'a proof in which `seq` was changed by hand',
    good: 'proofplan audit prove .proofplan/latest 17 --out proof.json',
  },
  'review/proof-mismatch': {
    why: 'the entry does not stand in the journal that the checkpoint closes, or not at this place',
    bad: 'a proof in which `failed` was changed to `passed`',
    good: 'proofplan audit prove .proofplan/latest 17 --out proof.json',
  },
  'review/resumption-unfit': {
    why: 'between the last whole line and the next one something may have been taken out',
    bad: 'a line before the entry `resumed` was removed',
    good: `restore the folder as it was written, then: ${verify}`,
  },
  'review/step-attempt-missing': {
    why: 'an attempt that failed may have been taken out, and the one that passed be shown alone',
    bad: 'attempt 1 of step 2.1 was removed from journal.jsonl',
    good: `restore the folder as it was written, then: ${verify}`,
  },
  'review/unexpected-execution': {
    why: 'this is the record of another execution, perhaps of a better one',
    bad: `${verify} --expect-execution ID (of the failed one)`,
    good: 'proofplan audit verify .proofplan/executions/ID --expect-execution ID',
  },
  'review/unexpected-policy': {
    why: 'the plan passed without what it was to be held to',
    bad: `${verify} --expect-policy no-manual-writes    (the sentence was taken out of the plan)`,
    good: 'put the sentence back, execute the plan again, and verify that record',
  },
  'review/verdict-unfounded': {
    why: 'a pass is as good as the worst of its parts, whoever wrote the word `passed`',
    bad: 'a journal whose verdict was changed and whose chain was made anew',
    good: 'execute the plan again; this record proves nothing any more',
  },
} as const satisfies Readonly<Record<string, CodeReason>>;
