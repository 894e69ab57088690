/** What `merge` says: one table of the plans, what is not shown and why, and the one next action. */
import { verdictOrder, type Verdict } from '../model/verdict.ts';
import type { AuditCode } from './audit-finding.ts';
import type { Merge, MergedPlan } from './merge-set.ts';
import { plainLine } from './plain-text.ts';

const mostRows = 200;
const mostFindings = 20;

const marks: Readonly<Record<Verdict, string>> = { none: '·', passed: '✓', unproven: '?', failed: '✗', refused: '⊘', error: '!' };

/** By what has to be done first; the first that was found decides. */
const nextActions: readonly { readonly code: AuditCode; readonly next: string }[] = [
  { code: 'review/shard-damaged', next: 'find out who changes the files of that shard, execute it again into a new folder, and merge again' },
  { code: 'review/shard-ledger-differs', next: 'find out who changes the ledger of that shard, execute it again into a new folder, and merge again' },
  { code: 'review/shard-execution-differs', next: 'find out who changes the records of that shard, execute it again into a new folder, and merge again' },
  { code: 'review/shard-unsigned', next: 'execute the shards with `--key`, or ask who made these' },
  { code: 'review/shard-stale', next: 'execute all shards from the same commit and with the same plans, and merge again' },
  { code: 'review/shard-doubled', next: 'name each shard once: the folder that its last execution has left' },
  { code: 'review/shard-plan-doubled', next: 'merge the folders as the shards have left them' },
  { code: 'review/shard-open', next: 'execute that shard again, to its end, and merge again' },
  { code: 'review/shard-attempt-later', next: 'execute that shard again, and merge again' },
  { code: 'review/shard-missing', next: 'bring the missing shards, or execute them with `run --shard`, and merge again' },
  { code: 'review/shard-plan-missing', next: 'execute that shard again, to its end, and merge again' },
];

export function renderMerge(merge: Merge): string {
  const { plans, findings, shards, setSha256 } = merge;
  const shown = plans.length > mostRows ? plans.filter(({ verdict }) => verdict !== 'passed').slice(0, mostRows) : plans;
  const width = Math.max(4, ...shown.map(({ path }) => path.length));
  const rows = shown.map((plan) =>
    `${plainLine(plan.path).padEnd(width)}  ${`${marks[plan.verdict]} ${plan.verdict}`.padEnd(10)}  ${placeOf(plan, shards.count)}`.trimEnd(),
  );
  const left = plans.length - shown.length;
  const because = findings.slice(0, mostFindings).map(({ message }) => `  ${plainLine(message)}`);
  const next = nextOf(merge);
  return [
    ...(rows.length === 0 ? [] : [`${'plan'.padEnd(width)}  verdict     shard`, ...rows]),
    ...(left === 0 ? [] : [`and ${left} more, ${shown.length < mostRows ? 'which passed' : 'some of which passed'}`]),
    ...(rows.length === 0 ? [] : ['']),
    ...(because.length === 0 ? [] : ['what is not shown, and why:', ...because]),
    ...(findings.length > mostFindings ? [`  and ${findings.length - mostFindings} more`] : []),
    ...(because.length === 0 ? [] : ['']),
    `${marks[merge.verdict]} ${merge.verdict}  ${sumOf(plans)} · ${shards.found} of ${shards.count ?? '?'} shards · set ${setSha256 ?? 'unknown'}`,
    ...(next === undefined ? [] : [`next    ${next}`]),
  ].join('\n');
}

function placeOf({ shard, folder, execution, earlier }: MergedPlan, count: number | null): string {
  const told = earlier.map(({ verdict }) => verdict ?? 'no end').join(', ');
  const place = folder === null ? 'not there' : `${plainLine(folder)}${execution === null ? '' : `/executions/${plainLine(execution)}`}`;
  return `${shard}/${count ?? '?'}  ${place}${told === '' ? '' : `  attempt ${earlier.length + 1}; before: ${told}`}`;
}

function sumOf(plans: readonly MergedPlan[]): string {
  const counts = verdictOrder
    .map((verdict) => ({ verdict, number: plans.filter((plan) => plan.verdict === verdict).length }))
    .filter(({ number }) => number > 0);
  return counts.length === 0 ? 'no plan' : `${plans.length} plans: ${counts.map(({ verdict, number }) => `${number} ${verdict}`).join(', ')}`;
}

function nextOf({ findings, plans }: Merge): string | undefined {
  const action = nextActions.find(({ code }) => findings.some((finding) => finding.code === code));
  if (action !== undefined) return action.next;
  const bad = plans.find(({ verdict, folder, execution }) => verdict !== 'passed' && folder !== null && execution !== null);
  return bad && `proofplan show ${plainLine(bad.folder ?? '')}/executions/${plainLine(bad.execution ?? '')}`;
}
