/** What `merge` says: one table of the plans, what is not shown and why, and the one next action. */
import { verdictOrder, type Verdict } from '../model/verdict.ts';
import type { AuditCode } from './audit-finding.ts';
import type { Merge, MergedPlan } from './merge-set.ts';
import { plainLine } from './plain-text.ts';

const mostRows = 200;
const mostFindings = 20;
const mostNameColumns = 48;
const mostReasonLetters = 300;

const marks: Readonly<Record<Verdict, string>> = { none: '·', passed: '✓', unproven: '?', failed: '✗', refused: '⊘', error: '!' };

/** By what has to be done first; the first that was found decides. */
const nextActions: readonly { readonly code: AuditCode; readonly next: string }[] = [
  { code: 'review/shard-damaged', next: 'find out who changes the files of that shard, execute it again into a new folder, and merge again' },
  { code: 'review/shard-ledger-differs', next: 'find out who changes the ledger of that shard, execute it again into a new folder, and merge again' },
  { code: 'review/shard-execution-differs', next: 'find out who changes the records of that shard, execute it again into a new folder, and merge again' },
  { code: 'review/shard-unsigned', next: 'execute the shards with `--key`, or ask who made these' },
  {
    code: 'review/shard-stale',
    next: 'execute all shards from the same commit and with the same plans, and merge again; of a set that was meant to be older, say its digest with `--expect-set`',
  },
  { code: 'review/shard-unlike', next: 'execute all shards by the same version, with the same values and the same kind of database, and merge again' },
  { code: 'review/shard-doubled', next: 'name each shard once: the folder that its last execution has left' },
  { code: 'review/shard-plan-doubled', next: 'merge the folders as the shards have left them' },
  { code: 'review/shard-open', next: 'execute that shard again, to its end, and merge again' },
  { code: 'review/shard-attempt-later', next: 'execute that shard again, and merge again' },
  { code: 'review/shard-missing', next: 'bring the missing shards, or execute them with `run --shard`, and merge again' },
  { code: 'review/shard-plan-missing', next: 'execute that shard again, to its end, and merge again' },
];

/** `command` is how the program is called here. */
export function renderMerge(merge: Merge, command = 'proofplan'): string {
  const { plans, findings, notes, shards, setSha256 } = merge;
  const shown = plans.length > mostRows ? plans.filter(({ verdict }) => verdict !== 'passed').slice(0, mostRows) : plans;
  const names = shown.map(({ path }) => plainLine(path).length).filter((length) => length <= mostNameColumns);
  const width = Math.max(4, ...names);
  const rows = shown.flatMap((plan) => rowOf(plan, shards.count, width));
  const left = plans.length - shown.length;
  const next = nextOf(merge, command);
  return [
    ...(rows.length === 0 ? [] : [`${'plan'.padEnd(width)}  verdict     shard`, ...rows]),
    ...(left === 0 ? [] : [`and ${left} more, ${shown.length < mostRows ? 'which passed' : 'some of which passed'}`]),
    ...(rows.length === 0 ? [] : ['']),
    ...listed(
      'what is not shown, and why:',
      findings.map(({ message }) => message),
    ),
    ...listed('beside the verdict:', notes),
    `${marks[merge.verdict]} ${merge.verdict}  ${sumOf(plans)} · ${shards.found} of ${shards.count ?? '?'} shards · set ${setSha256 ?? 'unknown'}`,
    ...(next === undefined ? [] : [`next    ${next}`]),
  ].join('\n');
}

/** A name that is too long for the table stands in a line of its own. */
function rowOf(plan: MergedPlan, count: number | null, width: number): readonly string[] {
  const name = plainLine(plan.path);
  const long = name.length > mostNameColumns;
  const row = `${(long ? '' : name).padEnd(width)}  ${`${marks[plan.verdict]} ${plan.verdict}`.padEnd(10)}  ${placeOf(plan, count)}`.trimEnd();
  return [...(long ? [name] : []), row, ...(plan.reason === null ? [] : [`  ${cut(plainLine(plan.reason))}`])];
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const more = lines.length - mostFindings;
  return [title, ...lines.slice(0, mostFindings).map((line) => `  ${plainLine(line)}`), ...(more > 0 ? [`  and ${more} more`] : []), ''];
}

function placeOf({ shard, folder, execution, earlier }: MergedPlan, count: number | null): string {
  const place = folder === null ? 'not there' : `${plainLine(folder)}${execution === null ? '' : `/executions/${plainLine(execution)}`}`;
  return `${shard}/${count ?? '?'}  ${place}${earlier.length === 0 ? '' : `  attempt ${earlier.length + 1}; before: ${countVerdicts(earlier.map(({ verdict }) => verdict))}`}`;
}

function sumOf(plans: readonly MergedPlan[]): string {
  return plans.length === 0 ? 'no plan' : `${plans.length} ${plans.length === 1 ? 'plan' : 'plans'}: ${countVerdicts(plans.map(({ verdict }) => verdict))}`;
}

/** `3 passed, 1 failed`; null is one that has no end. */
function countVerdicts(verdicts: readonly (Verdict | null)[]): string {
  return [...verdictOrder, null]
    .map((verdict) => ({ verdict: verdict ?? 'without an end', number: verdicts.filter((each) => each === verdict).length }))
    .filter(({ number }) => number > 0)
    .map(({ verdict, number }) => `${number} ${verdict}`)
    .join(', ');
}

function nextOf({ findings, plans }: Merge, command: string): string | undefined {
  const action = nextActions.find(({ code }) => findings.some((finding) => finding.code === code));
  if (action !== undefined) return action.next;
  const bad = plans.find(({ verdict, folder, execution }) => verdict !== 'passed' && folder !== null && execution !== null);
  return bad && `${command} show ${plainLine(bad.folder ?? '')}/executions/${plainLine(bad.execution ?? '')}`;
}

function cut(text: string): string {
  return text.length > mostReasonLetters ? `${text.slice(0, mostReasonLetters)}…` : text;
}
