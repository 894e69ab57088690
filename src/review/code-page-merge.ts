/** Pages of what can be wrong with the shards of a set of plans. */
import type { CodeReason } from './code-page-row.ts';

export const mergeReasons = {
  'review/shard-attempt-later': {
    why: 'what came of it stands in no shard, and may be a failure',
    bad: 'proofplan run a.md --out shard-1       (after run plans --shard 1/2 --out shard-1)',
    good: 'proofplan run plans --shard 1/2 --out shard-1   (the shard again, and merge)',
  },
  'review/shard-damaged': {
    why: 'whoever edits it could let a plan vanish, or a set look whole',
    bad: 'shard-1/shard.json was edited',
    good: 'proofplan run plans --shard 1/2 --out shard-1   (again)',
  },
  'review/shard-doubled': {
    why: 'of two results of the same plans somebody could choose the better one',
    bad: 'proofplan merge shard-1 shard-1-copy shard-2',
    good: 'proofplan merge shard-1 shard-2',
  },
  'review/shard-execution-differs': {
    why: 'a record that was changed shows nothing any more',
    bad: 'shard-1/executions/…/journal.jsonl was edited',
    good: 'proofplan run plans --shard 1/2 --out shard-1   (again)',
  },
  'review/shard-ledger-differs': {
    why: 'attempts may have been taken out of it',
    bad: 'shard-1/ledger.jsonl was edited',
    good: 'proofplan run plans --shard 1/2 --out shard-1   (again)',
  },
  'review/shard-missing': {
    why: 'its plans were executed by nobody, as far as can be seen',
    bad: 'proofplan merge shard-1                (of 2)',
    good: 'proofplan merge shard-1 shard-2',
  },
  'review/shard-open': {
    why: 'what was under way may have failed',
    bad: 'the runner of shard 1 was killed',
    good: 'proofplan run plans --shard 1/2 --out shard-1   (again)',
  },
  'review/shard-plan-doubled': {
    why: 'of two results of the same plan somebody could choose the better one',
    bad: 'an execution was copied from shard-1 into shard-2',
    good: 'each shard as it was left',
  },
  'review/shard-plan-missing': {
    why: 'a plan that nobody executed has not passed',
    bad: 'the runner of shard 1 was interrupted',
    good: 'proofplan run plans --shard 1/2 --out shard-1   (again)',
  },
  'review/shard-stale': {
    why: 'a plan was changed since, and what passed is not what would be executed today',
    bad: 'proofplan merge shard-1 yesterday/shard-2',
    good: 'proofplan merge shard-1 shard-2',
  },
  'review/shard-unlike': {
    why: 'somebody could choose for each plan the values with which it passes',
    bad: 'proofplan run plans --shard 2/2 --set tenant=demo   (shard 1: --set tenant=live)',
    good: 'proofplan run plans --shard 2/2 --set tenant=live',
  },
  'review/shard-unsigned': {
    why: 'whoever has no key could have written it',
    bad: 'proofplan merge results-* --vkey …     (executed without --key)',
    good: 'proofplan run plans --shard 1/2 --key ci.key',
  },
} satisfies Readonly<Record<string, CodeReason>>;
